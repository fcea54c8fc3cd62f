//! What separates tokens: ASCII white space, commas and semicolons.

/// Bit b is set if the byte b is a separator: all of them are below 64.
const SEPARATORS: u64 = 1 << b' ' | 0x1f << b'\t' | 1 << b',' | 1 << b';';

#[inline]
pub(super) fn is_separator(byte: u8) -> bool {
    byte < 64 && SEPARATORS >> byte & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_from_every_other_byte() {
        let separators = [9, 10, 11, 12, 13, b' ', b',', b';'];
        for byte in 0..=255_u8 {
            assert_eq!(is_separator(byte), separators.contains(&byte), "{byte}");
        }
    }
}
