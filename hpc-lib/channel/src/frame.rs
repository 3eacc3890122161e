use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The byte that answers a message.
pub const ACK: u8 = 0x06;

/// Largest frame that is written or read. A figure of this size is a mistake, not a figure.
pub const MAX_FRAME_BYTES: usize = 512 << 20;

/// Writes `message` as one frame.
///
/// # Errors
/// Fails when the message cannot be written, or is larger than [`MAX_FRAME_BYTES`].
pub fn write_frame<T: Serialize>(stream: &mut impl Write, message: &T) -> io::Result<()> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = frame.len() - 4;
    if length > MAX_FRAME_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a message of {length} bytes is over the limit of {MAX_FRAME_BYTES}"),
        ));
    }
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    stream.write_all(&frame)?;
    stream.flush()
}

/// Reads one frame; `None` when the sender has closed the channel between two frames.
///
/// # Errors
/// Fails when the channel breaks inside a frame, the frame is too large, or its text is not a `T`.
pub fn read_frame<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match stream.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}"),
        ));
    }
    // Grown while reading, so that a forged length costs no memory.
    let mut frame = Vec::new();
    let read = stream.take(length as u64).read_to_end(&mut frame)?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&frame)?))
}

/// Answers a message.
///
/// # Errors
/// Fails when the channel is closed.
pub fn write_ack(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(&[ACK])
}

/// Waits for the answer to a message.
///
/// # Errors
/// Fails when the channel is closed, or something else than an answer arrives.
pub fn read_ack(stream: &mut impl Read) -> io::Result<()> {
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    if answer[0] == ACK {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "expected an acknowledgement",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellMessage, MimeBundle};

    #[test]
    fn frames_come_back_as_they_were_written() {
        let message = CellMessage::Display {
            bundle: MimeBundle::text("é\n").with("text/html", "<b>é</b>"),
            display_id: Some("plot".into()),
        };
        let mut wire = Vec::new();
        write_frame(&mut wire, &message).unwrap();
        write_frame(&mut wire, &CellMessage::Clear { wait: true }).unwrap();
        let mut reader = wire.as_slice();
        assert_eq!(read_frame(&mut reader).unwrap(), Some(message));
        assert_eq!(
            read_frame(&mut reader).unwrap(),
            Some(CellMessage::Clear { wait: true })
        );
        assert_eq!(read_frame::<CellMessage>(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_broken_or_oversized_frame_is_an_error() {
        let mut wire = Vec::new();
        write_frame(&mut wire, &CellMessage::Clear { wait: false }).unwrap();
        wire.truncate(wire.len() - 1);
        assert!(read_frame::<CellMessage>(&mut wire.as_slice()).is_err());
        let huge = u32::MAX.to_le_bytes();
        assert!(read_frame::<CellMessage>(&mut huge.as_slice()).is_err());
    }
}
