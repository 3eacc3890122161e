//! Messages of the Debug Adapter Protocol on a stream of bytes: a header with the length, an empty
//! line, JSON.

use std::io::{self, BufRead, Write};

use serde_json::Value;

/// Longest message that is read. Variables are paged, so none comes near it.
const MAX_LENGTH: usize = 64 << 20;

/// The next message, or `None` at the end of the stream.
pub(super) fn read(stream: &mut impl BufRead) -> io::Result<Option<Value>> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let length: usize = length
        .filter(|length| *length <= MAX_LENGTH)
        .ok_or_else(|| io::Error::other("a message without a sensible Content-Length"))?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one message.
pub(super) fn write(stream: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{read, write};

    #[test]
    fn what_is_written_is_read() {
        let messages = [json!({"seq": 1, "text": "é\r\n\r\n"}), json!({})];
        let mut bytes = Vec::new();
        for message in &messages {
            write(&mut bytes, message).unwrap();
        }
        let mut stream = bytes.as_slice();
        for message in messages {
            assert_eq!(read(&mut stream).unwrap(), Some(message));
        }
        assert_eq!(read(&mut stream).unwrap(), None);
    }

    #[test]
    fn damage_is_an_error() {
        for bytes in [
            &b"Content-Type: x\r\n\r\n{}"[..],
            b"Content-Length: 9999999999999\r\n\r\n{}",
            b"Content-Length: 7\r\n\r\n{}",
            b"Content-Length: 2\r\n\r\n{]",
        ] {
            assert!(read(&mut &bytes[..]).is_err());
        }
    }
}
