//! The fast path: short integers, read many bytes at a time.
//!
//! An integer is short if it is an optional minus and at most 19 digits that fit 64 bits, with a separator after it.
//! [`block`] reads 64 bytes of them at once, and [`token`] reads one by one what a block does not take. Both turn
//! digits into values a [`word`] at a time, a technique known as SWAR, SIMD within a register.
//!
//! [`decimal`] does the same for decimals, once there is one in the list: the integers' way is not slowed down by it.
//!
//! What is no short integer (comments, brackets, a plus, more than 19 digits, what is no integer, the end of the chunk) is
//! left to the scanner, which reads such a token byte by byte and then comes back.

mod block;
mod decimal;
mod token;
mod word;

use self::decimal::MAX_PLACES;
use crate::decimal_sign::DecimalSign;

/// Tokens read one by one where a block held anything but short integers, before blocks are tried again.
const TOKENS_BETWEEN_BLOCKS: usize = 32;

/// Reads short integers from `text`, which begins between two tokens, into `values`, until either ends or
/// something is no short integer. Returns how many bytes were read, up to between two tokens again, and how many values.
pub(super) fn read(text: &[u8], values: &mut [i64]) -> (usize, usize) {
    let mut at = 0;
    let mut count = 0;
    loop {
        let (reached, found) = block::read(text, at, &mut values[count..]);
        at = reached;
        count += found;
        let end = values.len().min(count + TOKENS_BETWEEN_BLOCKS);
        let (length, found) = token::read(&text[at..], &mut values[count..end]);
        at += length;
        count += found;
        if found == 0 {
            return (at, count);
        }
    }
}

/// The same of decimals, each as an integer at `places` decimal places.
pub(super) fn read_decimals(
    text: &[u8],
    values: &mut [i64],
    sign: DecimalSign,
    places: u32,
) -> (usize, usize) {
    if places > MAX_PLACES {
        return (0, 0);
    }
    let places = places as usize;
    match sign {
        DecimalSign::Point => decimals::<false>(text, values, places),
        DecimalSign::Comma => decimals::<true>(text, values, places),
    }
}

/// The same of up to 32 decimals that need not fit 64 bits, and may have exponents. They go to `take`.
pub(super) fn read_wide_decimals(
    text: &[u8],
    sign: DecimalSign,
    places: u32,
    take: impl FnMut(i128),
) -> usize {
    decimal::read_wide(text, sign, places, take)
}

fn decimals<const COMMA: bool>(text: &[u8], values: &mut [i64], places: usize) -> (usize, usize) {
    let mut at = 0;
    let mut count = 0;
    loop {
        let (reached, found) = decimal::read_blocks::<COMMA>(text, at, &mut values[count..], places);
        at = reached;
        count += found;
        let end = values.len().min(count + TOKENS_BETWEEN_BLOCKS);
        let (length, found) = decimal::read_tokens::<COMMA>(&text[at..], &mut values[count..end], places);
        at += length;
        count += found;
        if found == 0 {
            return (at, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More bytes than reading one token looks at.
    const TAIL: usize = 32;

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
                let text = format!("{value:0digits$}\n-{value:0digits$},{}", " ".repeat(TAIL));
                assert_eq!(all(&text), (text.len() - TAIL + 1, vec![value, -value]), "{text}");
            }
        }
    }

    #[test]
    fn what_is_not_a_short_integer_is_left() {
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
            let text = format!("7, {left}{tail} {}", "1 ".repeat(TAIL));
            assert_eq!(all(&text), (3, vec![7]), "{text}");
        }
    }
}
