//! The encoding of fields and records, little endian.

/// "No reference".
pub(super) const UNDEFINED: u32 = u32::MAX;

/// Fields of a record that is being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<u8>);

impl Fields {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// A number of 32 bits, compressed.
    pub(super) fn u32(mut self, value: u32) -> Self {
        if value == u32::MAX {
            self.0.push(0xff);
        } else {
            self.compress(u64::from(value));
        }
        self
    }

    /// A number of 64 bits, compressed.
    pub(super) fn u64(mut self, value: u64) -> Self {
        if value == u64::MAX {
            self.0.push(0xff);
        } else {
            self.compress(value);
        }
        self
    }

    /// A signed number, compressed unless it is negative.
    pub(super) fn i64(mut self, value: i64) -> Self {
        self.compress(value as u64);
        self
    }

    /// How many bytes are not zero, and these.
    fn compress(&mut self, value: u64) {
        let len = 8 - value.leading_zeros() as usize / 8;
        self.0.push(len as u8);
        self.0.extend(&value.to_le_bytes()[..len]);
    }

    pub(super) fn full_u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn full_u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn f64(mut self, value: f64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A text, which ends at its first zero byte.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes().take_while(|byte| *byte != 0));
        self.0.push(0);
        self
    }

    /// Bytes as they are.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// A record with its length.
    pub(super) fn record(self, kind: u8) -> Vec<u8> {
        let mut record = vec![kind];
        match u8::try_from(self.0.len()) {
            Ok(len) if len < 0xff => record.push(len),
            _ => {
                record.push(0xff);
                record.extend((self.0.len() as u64).to_le_bytes());
            }
        }
        record.extend(self.0);
        record
    }

    /// A record of a kind that has no length.
    pub(super) fn bare_record(self, kind: u8) -> Vec<u8> {
        let mut record = vec![kind];
        record.extend(self.0);
        record
    }

    /// The fields alone.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let of = |value| Fields::new().u64(value).finish();
        assert_eq!(of(0), [0]);
        assert_eq!(of(255), [1, 255]);
        assert_eq!(of(256), [2, 0, 1]);
        assert_eq!(
            of(u64::MAX - 1),
            [8, 254, 255, 255, 255, 255, 255, 255, 255]
        );
        assert_eq!(of(u64::MAX), [255]);
        assert_eq!(Fields::new().u32(UNDEFINED).finish(), [255]);
        assert_eq!(
            Fields::new().u32(UNDEFINED - 1).finish(),
            [4, 254, 255, 255, 255]
        );
        let of = |value| Fields::new().i64(value).finish();
        assert_eq!(of(0), [0]);
        assert_eq!(of(9), [1, 9]);
        assert_eq!(of(-1), [8, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(of(i64::MAX), [8, 255, 255, 255, 255, 255, 255, 255, 127]);
    }

    #[test]
    fn long_records_have_long_lengths() {
        let of = |len: usize| Fields::new().bytes(&vec![7; len]).record(10);
        assert_eq!(of(254)[..3], [10, 254, 7]);
        assert_eq!(of(255)[..11], [10, 255, 255, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(of(256)[..11], [10, 255, 0, 1, 0, 0, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn texts_end_at_a_zero() {
        assert_eq!(Fields::new().text("a\0b").finish(), b"a\0");
    }
}
