//! Files of chunks: events and definitions.

use std::io::{self, Write};

const CHUNK_HEADER: u8 = 3;
const LITTLE_ENDIAN: u8 = 0x42;
const TIMESTAMP: u8 = 5;
const END_OF_FILE: u8 = 2;
const END_OF_BUFFER: u8 = 1;

/// Bytes of a chunk's header, of which the last eight are known when it is complete.
const HEADER: usize = 18;
const LAST_EVENT: usize = 10;

/// Bytes of a time.
const TIME: usize = 9;

/// Bytes that a chunk must have left: one, or what ends a file.
const TAIL: usize = 3;

/// A file that is being written. One chunk is held in memory.
#[derive(Debug)]
pub(super) struct ChunkedFile<W> {
    out: W,
    chunk: Vec<u8>,
    size: usize,
    events: u64,
    time: Option<u64>,
}

impl<W: Write> ChunkedFile<W> {
    /// A file whose chunks have that many bytes.
    pub(super) fn new(out: W, size: usize) -> Self {
        let mut file = Self {
            out,
            chunk: Vec::with_capacity(size),
            size,
            events: 0,
            time: None,
        };
        file.open_chunk();
        file
    }

    fn open_chunk(&mut self) {
        self.chunk.clear();
        self.chunk.extend([CHUNK_HEADER, LITTLE_ENDIAN]);
        self.chunk.extend((self.events + 1).to_le_bytes());
        self.chunk.extend(0_u64.to_le_bytes());
        debug_assert_eq!(self.chunk.len(), HEADER);
    }

    fn write_chunk(&mut self) -> io::Result<()> {
        self.chunk[LAST_EVENT..HEADER].copy_from_slice(&self.events.to_le_bytes());
        self.out.write_all(&self.chunk)
    }

    /// Begins a new chunk if what comes does not fit.
    fn make_room(&mut self, bytes: usize) -> io::Result<bool> {
        if self.chunk.len() + bytes + TAIL <= self.size {
            return Ok(false);
        }
        if HEADER + bytes + TAIL > self.size {
            return Err(io::Error::other(
                "a record of an OTF2 archive is larger than a chunk",
            ));
        }
        self.chunk.resize(self.size, 0);
        self.write_chunk()?;
        self.open_chunk();
        Ok(true)
    }

    /// Appends a definition.
    pub(super) fn define(&mut self, record: &[u8]) -> io::Result<()> {
        self.make_room(record.len())?;
        self.chunk.extend(record);
        Ok(())
    }

    /// Appends an event. Times must not go back.
    pub(super) fn event(&mut self, time: u64, record: &[u8]) -> io::Result<()> {
        let new_chunk = self.make_room(TIME + record.len())?;
        if new_chunk || self.time != Some(time) {
            self.chunk.push(TIMESTAMP);
            self.chunk.extend(time.to_le_bytes());
            self.time = Some(time);
        }
        self.chunk.extend(record);
        self.events += 1;
        Ok(())
    }

    /// Completes the file; gives the number of its events.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.chunk.extend([END_OF_FILE, END_OF_BUFFER]);
        self.write_chunk()?;
        self.out.flush()?;
        Ok(self.events)
    }
}
