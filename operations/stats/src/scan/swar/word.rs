//! Eight bytes of text in one 64-bit word, the first of them in the lowest byte.
//!
//! One addition tells which bytes of a word are no digits, and three multiplications turn up to eight digits into
//! their value (pairs, then quadruples, then all eight), so a token of eight digits takes no loop. See D. Lemire,
//! "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021).

/// Every byte 1: times a byte, this is a word of eight such bytes.
pub(super) const ONES: u64 = 0x0101_0101_0101_0101;
/// The bits of each byte that are a digit's value.
pub(super) const DIGIT_VALUES: u64 = 0x0f * ONES;

/// The eight bytes from `at` on.
#[inline]
pub(super) fn word<const LENGTH: usize>(window: &[u8; LENGTH], at: usize) -> u64 {
    u64::from_le_bytes(window[at..at + 8].try_into().expect("eight bytes"))
}

/// The value of eight digits, given as [`DIGIT_VALUES`] of a word. Zero bytes count as digits 0.
#[inline]
pub(super) fn eight_digits(values: u64) -> u64 {
    let pairs = values.wrapping_mul(1 + (10 << 8)) >> 8;
    let quadruples = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(1 + (100 << 16)) >> 16;
    (quadruples & 0x0000_ffff_0000_ffff).wrapping_mul(1 + (10_000 << 32)) >> 32
}

/// The top bit of every byte that is no digit, correct up to and including the lowest of them. A byte is a digit if,
/// the digits' common bits 0x30 removed, it is at most 9, and then adding 0x76 does not reach its top bit. The
/// addition can carry out of a byte only if that is no digit, so only bytes above the lowest such are wrong.
#[inline]
pub(super) fn non_digits(word: u64) -> u64 {
    let values = word ^ (0x30 * ONES);
    (values.wrapping_add(0x76 * ONES) | values) & (0x80 * ONES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_told_from_every_other_byte() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut bytes = *b"01234567";
                bytes[place] = byte;
                let expected = if byte.is_ascii_digit() { 8 } else { place };
                assert_eq!(
                    non_digits(u64::from_le_bytes(bytes)).trailing_zeros() as usize / 8,
                    expected
                );
            }
        }
    }

    #[test]
    fn eight_digits_have_their_value() {
        let value = |digits: &[u8; 8]| eight_digits(word(digits, 0) & DIGIT_VALUES);
        assert_eq!(value(b"12345678"), 12_345_678);
        assert_eq!(value(b"99999999"), 99_999_999);
        assert_eq!(value(b"\0\0\0\0\0\x0012"), 12);
    }
}
