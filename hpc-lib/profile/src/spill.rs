//! The second file of a recording: chunks of records that had no room in memory, one after the
//! other, each in a place of the same size. A place may be empty: its thread was killed on the way.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::record::layout::RECORD_WORDS;

const MAGIC: u64 = u64::from_ne_bytes(*b"HPCSPIL\x01");

/// Bytes of a head.
const HEAD_BYTES: u64 = 40;

/// Bytes of a place.
pub(crate) const PLACE_BYTES: u64 = HEAD_BYTES + RECORD_WORDS as u64 * 8;

/// What is in front of each piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whose records they are.
    pub(crate) slot: u64,
    /// The count of resets that they are of.
    pub(crate) epoch: u64,
    /// The number of the first.
    pub(crate) sequence: u64,
    /// How many words follow.
    pub(crate) words: u64,
}

impl Head {
    pub(crate) fn encode(&self) -> [u8; HEAD_BYTES as usize] {
        let mut bytes = [0; HEAD_BYTES as usize];
        let words = [MAGIC, self.slot, self.epoch, self.sequence, self.words];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8; HEAD_BYTES as usize]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<8>();
        let word = |index: usize| u64::from_ne_bytes(words[index]);
        (word(0) == MAGIC).then(|| Self {
            slot: word(1),
            epoch: word(2),
            sequence: word(3),
            words: word(4),
        })
    }
}

/// A piece of the file: its head, and where its records begin.
pub(crate) type Piece = (Head, u64);

/// The pieces of a file in which there is something, up to `end`.
pub(crate) fn pieces(file: &File, end: u64) -> Vec<Piece> {
    let mut found = Vec::new();
    for at in (0..end).step_by(PLACE_BYTES as usize) {
        let mut head = [0; HEAD_BYTES as usize];
        if file.read_exact_at(&mut head, at).is_err() {
            break;
        }
        if let Some(head) = Head::decode(&head).filter(|head| head.words > 0) {
            found.push((head, at + HEAD_BYTES));
        }
    }
    found
}

/// Replaces the head of a piece by one that has fewer words, or none.
pub(crate) fn shorten(file: &File, head: &Head, words_at: u64) -> io::Result<()> {
    file.write_all_at(&head.encode(), words_at - HEAD_BYTES)
}

/// The words of a piece.
pub(crate) fn read(file: &File, piece: Piece) -> io::Result<Vec<u64>> {
    let words = piece.0.words.min(RECORD_WORDS as u64);
    let mut bytes = vec![0; words as usize * 8];
    file.read_exact_at(&mut bytes, piece.1)?;
    let (words, _) = bytes.as_chunks::<8>();
    Ok(words.iter().map(|word| u64::from_ne_bytes(*word)).collect())
}
