//! Plain integers one by one, each in at most three words.

use super::super::separator::is_separator;
use super::word::{DIGIT_VALUES, eight_digits, non_digits, word};

/// Bytes looked at for one token: a sign, three words and the separator after them.
const WINDOW: usize = 32;

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

/// Reads token by token from `text`, which begins between two tokens, into `values`, until either ends or something
/// is not short. Returns how many bytes were read, up to between two tokens again, and how many values.
pub(super) fn read(text: &[u8], values: &mut [i64]) -> (usize, usize) {
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

/// The integer at the beginning of the window and its length, if it is short.
#[inline]
fn token(window: &[u8; WINDOW]) -> Option<(i64, usize)> {
    let negative = window[0] == b'-';
    let sign = usize::from(negative);
    let first = word(window, sign);
    let others = non_digits(first);
    let (magnitude, digits) = if others != 0 {
        let digits = others.trailing_zeros() as usize / 8;
        if digits == 0 {
            return None;
        }
        (eight_digits((first & DIGIT_VALUES) << (64 - 8 * digits)), digits)
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
    let high = eight_digits(first & DIGIT_VALUES);
    let second = word(window, sign + 8);
    let others = non_digits(second);
    if others == 0 {
        let high = high * POWERS[8] + eight_digits(second & DIGIT_VALUES);
        return longest(window, sign, high);
    }
    let digits = others.trailing_zeros() as usize / 8;
    // Two shifts, for there may be no digit, and a shift by 64 bits is none.
    let low = eight_digits((second & DIGIT_VALUES) << (56 - 8 * digits) << 8);
    Some((high * POWERS[digits] + low, 8 + digits))
}

/// The same for a token whose first two words are all digits, worth `high`.
#[inline]
fn longest(window: &[u8; WINDOW], sign: usize, high: u64) -> Option<(u64, usize)> {
    let third = word(window, sign + 16);
    let digits = non_digits(third).trailing_zeros() as usize / 8;
    if digits > 3 {
        return None;
    }
    let low = eight_digits((third & DIGIT_VALUES) << (56 - 8 * digits) << 8);
    let magnitude = high * POWERS[digits] + low;
    // 19 digits fit 64 bits, but not always with a sign.
    i64::try_from(magnitude)
        .is_ok()
        .then_some((magnitude, 16 + digits))
}
