//! The hash by which frontends name the files of cells.

/// `MurmurHash2` (Austin Appleby, 32 bits) of bytes: what the Jupyter protocol calls `Murmur2`.
pub(super) fn murmur2(bytes: &[u8], seed: u32) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = seed ^ bytes.len() as u32;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (at, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * at);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::murmur2;

    /// The numbers are those of ipykernel's `murmur2_x86`.
    #[test]
    fn it_is_the_hash_of_frontends() {
        for (text, hash) in [
            ("", 3_990_065_800),
            ("a", 2_167_009_006),
            ("ab", 2_805_137_849),
            ("abc", 3_350_977_461),
            ("abcd", 804_720_481),
            ("let n = 4;\nn * n", 3_179_070_476),
        ] {
            assert_eq!(murmur2(text.as_bytes(), 0xc70f_6907), hash, "{text:?}");
        }
    }
}
