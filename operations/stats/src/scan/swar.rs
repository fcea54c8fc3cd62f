//! The fast path: plain integers, read eight bytes at a time. Where it can, it leaves them to [`block`].
//!
//! A word of eight bytes is taken from the text at once. One addition tells which of its bytes are no digits, the
//! lowest of them gives the number of digits, and three multiplications turn up to eight digits into their value
//! (pairs, then quadruples, then all eight), so a token of eight digits takes three multiplications and no loop.
//! The technique is known as SWAR, SIMD within a register; see D. Lemire, "Number parsing at a gigabyte per
//! second", Software: Practice and Experience 51 (2021).
//!
//! What is not plain (comments, brackets, more than 19 digits, what is no integer, the end of the chunk) is left
//! to the scanner, which reads a token its own way and comes back.

mod block;

/// Bytes looked at for one token: a sign, three words and the separator after them.
const WINDOW: usize = 32;

/// Tokens read one by one where a block was not plain, before blocks are tried again.
const TOKENS_BETWEEN_BLOCKS: usize = 32;

const ONES: u64 = 0x0101_0101_0101_0101;

/// Bit b is set if the byte b is a separator: all of them are below 64.
const SEPARATORS: u64 = 1 << b' ' | 0x1f << b'\t' | 1 << b',' | 1 << b';';

/// `10^n` for a number of digits n that is at most a word's.
const POWERS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

pub(super) fn is_separator(byte: u8) -> bool {
    byte < 64 && SEPARATORS >> byte & 1 == 1
}

/// Reads plain integers from `text`, which begins between two tokens, into `values`, until either ends or
/// something is not plain. Gives how many bytes were read, up to between two tokens again, and how many values.
pub(super) fn read(text: &[u8], values: &mut [i64]) -> (usize, usize) {
    let mut at = 0;
    let mut count = 0;
    loop {
        let (reached, found) = block::read(text, at, &mut values[count..]);
        at = reached;
        count += found;
        let end = values.len().min(count + TOKENS_BETWEEN_BLOCKS);
        let (length, found) = read_tokens(&text[at..], &mut values[count..end]);
        at += length;
        count += found;
        if found == 0 {
            return (at, count);
        }
    }
}

/// Reads token by token.
fn read_tokens(text: &[u8], values: &mut [i64]) -> (usize, usize) {
    let mut rest = text;
    let mut count = 0;
    'values: for value in values {
        loop {
            let Some(window) = rest.first_chunk() else {
                break 'values;
            };
            if let Some((integer, length)) = token(window) {
                *value = integer;
                rest = &rest[length + 1..];
                count += 1;
                break;
            }
            if !is_separator(window[0]) {
                break 'values;
            }
            rest = &rest[1..];
        }
    }
    (text.len() - rest.len(), count)
}

/// The integer at the beginning of the window and its length, if it is plain and a separator follows.
#[inline]
fn token(window: &[u8; WINDOW]) -> Option<(i64, usize)> {
    let negative = window[0] == b'-';
    let sign = usize::from(negative);
    let first = word(window, sign);
    let others = others(first);
    let (magnitude, digits) = if others != 0 {
        let digits = others.trailing_zeros() as usize / 8;
        if digits == 0 {
            return None;
        }
        (eight((first & (0x0f * ONES)) << (64 - 8 * digits)), digits)
    } else {
        longer(window, sign, first)?
    };
    if !is_separator(window[sign + digits]) {
        return None;
    }
    let magnitude = magnitude.cast_signed();
    Some((if negative { -magnitude } else { magnitude }, sign + digits))
}

/// The value and number of digits of a token whose first word is all digits.
#[inline]
fn longer(window: &[u8; WINDOW], sign: usize, first: u64) -> Option<(u64, usize)> {
    let high = eight(first & (0x0f * ONES));
    let second = word(window, sign + 8);
    let others = others(second);
    if others == 0 {
        return longest(window, sign, high * POWERS[8] + eight(second & (0x0f * ONES)));
    }
    let digits = others.trailing_zeros() as usize / 8;
    // Two shifts, for there may be no digit, and a shift by 64 bits is none.
    let low = eight((second & (0x0f * ONES)) << (56 - 8 * digits) << 8);
    Some((high * POWERS[digits] + low, 8 + digits))
}

/// The same for a token whose first two words are all digits, worth `high`.
#[inline]
fn longest(window: &[u8; WINDOW], sign: usize, high: u64) -> Option<(u64, usize)> {
    let third = word(window, sign + 16);
    let digits = others(third).trailing_zeros() as usize / 8;
    if digits > 3 {
        return None;
    }
    let magnitude = high * POWERS[digits] + eight((third & (0x0f * ONES)) << (56 - 8 * digits) << 8);
    // 19 digits fit 64 bits, but not always with a sign.
    i64::try_from(magnitude)
        .is_ok()
        .then_some((magnitude, 16 + digits))
}

#[inline]
fn word(window: &[u8; WINDOW], at: usize) -> u64 {
    let bytes = window[at..at + 8].try_into().expect("eight bytes");
    u64::from_le_bytes(bytes)
}

/// The top bit of every byte that is no digit, right up to and with the lowest of them. A byte is a digit if,
/// the digits' common bits 0x30 removed, it is at most 9, and then adding 0x76 does not reach its top bit. The
/// addition can carry out of a byte only if that is no digit, so only bytes above the lowest such are wrong.
#[inline]
fn others(word: u64) -> u64 {
    let values = word ^ (0x30 * ONES);
    (values.wrapping_add(0x76 * ONES) | values) & (0x80 * ONES)
}

/// The value of eight digits of which the first is in the lowest byte. Bytes that are zero count as digits zero.
#[inline]
fn eight(word: u64) -> u64 {
    let pairs = word.wrapping_mul(1 + (10 << 8)) >> 8;
    let quadruples = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(1 + (100 << 16)) >> 16;
    (quadruples & 0x0000_ffff_0000_ffff).wrapping_mul(1 + (10_000 << 32)) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (usize, Vec<i64>) {
        let mut values = [0; 100];
        let (read, count) = read(text.as_bytes(), &mut values);
        (read, values[..count].to_vec())
    }

    #[test]
    fn tokens_of_every_length_are_read() {
        for digits in 1..=19 {
            for digit in [0, 1, 9] {
                let value: i64 = digit.to_string().repeat(digits).parse().unwrap_or(i64::MAX);
                let text = format!("{value:0digits$}\n-{value:0digits$},{}", " ".repeat(WINDOW));
                assert_eq!(
                    all(&text),
                    (text.len() - WINDOW + 1, vec![value, -value]),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left() {
        for (left, tail) in [
            ("x", ""),
            ("1x", ""),
            ("-", ""),
            ("+1", ""),
            ("#", ""),
            ("9223372036854775808", ""),
            ("00000000000000000001", ""),
            ("1\u{e9}", ""),
            ("1.5", ""),
        ] {
            let text = format!("7, {left}{tail} {}", "1 ".repeat(WINDOW));
            assert_eq!(all(&text), (3, vec![7]), "{text}");
        }
    }

    #[test]
    fn digits_are_told_from_every_other_byte() {
        for byte in 0..=255_u8 {
            for place in 0..8 {
                let mut bytes = *b"01234567";
                bytes[place] = byte;
                let expected = if byte.is_ascii_digit() { 8 } else { place };
                assert_eq!(
                    others(u64::from_le_bytes(bytes)).trailing_zeros() as usize / 8,
                    expected
                );
            }
            let separators = [9, 10, 11, 12, 13, b' ', b',', b';'];
            assert_eq!(is_separator(byte), separators.contains(&byte));
        }
    }
}
