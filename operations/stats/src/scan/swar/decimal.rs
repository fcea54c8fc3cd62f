//! Decimals, for lists in which there are any: `12.50` at two decimal places is read as the integer 1250.
//!
//! The caller says to how many places. A token with fewer is multiplied by a power of ten; one with more is left, and so
//! is one with an exponent. Otherwise this reads as [`block`](super::block) does for integers. A decimal sign is a part
//! of its token, and is cut out as the digits are loaded: a word that ends with the token's last digit has the digits
//! after the sign in their places, one that ends a byte earlier has those before it, and a mask by the number of digits
//! after the sign joins the two.

use super::super::separator::Separators;
use super::block::{BLOCK, LAST_DIGITS, LAST_DIGITS_BUT_EIGHT, MARGIN, MAX_TOKENS, digits, gathered};
use super::word::{ONES, eight_digits, word};
use crate::decimal_sign::DecimalSign;

/// The most places that can be asked for: `10^19` fits 64 bits.
pub(crate) const MAX_PLACES: u32 = 19;

/// The most digits of a value that is made without a check: `10^18 - 1` fits 63 bits, `10^19 - 1` does not.
const SAFE_DIGITS: usize = 18;
/// Digits that always fit 128 bits.
const WIDE_DIGITS: u32 = 38;
/// The most digits of a token, with leading zeros.
const MOST_DIGITS: u32 = 64;
/// Tokens read with up to 128 bits before 64 are tried again.
const WIDE_TOKENS: usize = 32;
/// The most digits of a token in a block: two words.
const BLOCK_DIGITS: usize = 16;

const POWERS: [u64; MAX_PLACES as usize + 1] = powers();

const fn powers() -> [u64; MAX_PLACES as usize + 1] {
    let mut powers = [1; MAX_PLACES as usize + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

/// For n digits after the sign, the mask of those among the last eight bytes.
const AFTER_SIGN: [u64; 32] = after_sign(0);
/// The same among the eight bytes before those.
const AFTER_SIGN_BUT_EIGHT: [u64; 32] = after_sign(8);

const fn after_sign(but: usize) -> [u64; 32] {
    let mut masks = [0; 32];
    let mut digits = but + 1;
    while digits < masks.len() {
        let kept = if digits - but < 8 { digits - but } else { 8 };
        masks[digits] = u64::MAX << (64 - 8 * kept);
        digits += 1;
    }
    masks
}

/// The decimal sign as a constant, so that each gets loops of its own.
const fn sign_of<const COMMA: bool>() -> DecimalSign {
    if COMMA {
        DecimalSign::Comma
    } else {
        DecimalSign::Point
    }
}

/// As [`block::read`](super::block::read), of decimals, at `places`, at most [`MAX_PLACES`].
#[inline]
pub(super) fn read_blocks<const COMMA: bool>(
    text: &[u8],
    mut at: usize,
    values: &mut [i64],
    places: usize,
) -> (usize, usize) {
    let mut count = 0;
    while let Some(start) = at.checked_sub(MARGIN)
        && let Some(window) = text[start..].first_chunk()
        && let Some(room) = values[count..].first_chunk_mut()
    {
        let (length, found) = block::<COMMA>(window, room, places);
        if found == 0 {
            break;
        }
        at += length;
        count += found;
    }
    (at, count)
}

#[inline]
fn block<const COMMA: bool>(
    window: &[u8; MARGIN + BLOCK],
    values: &mut [i64; MAX_TOKENS],
    places: usize,
) -> (usize, usize) {
    let text = window.last_chunk().expect("the window is larger");
    let signs = signs(text, sign_of::<COMMA>());
    let body = digits(text) | signs;
    // Bit i is set if the bytes up to and including i end with at least so many of a token.
    let pairs = body & body << 1;
    let quadruples = pairs & pairs << 2;
    let eights = quadruples & quadruples << 4;
    let nines = eights & body << 8;
    if nines & eights << 9 & body << 17 != 0 {
        (0, 0)
    } else if nines != 0 {
        tokens::<COMMA, true>(window, body, signs, values, places)
    } else {
        tokens::<COMMA, false>(window, body, signs, values, places)
    }
}

/// The same for tokens of at most 8 bytes, or 17 if `LONG`.
#[inline]
fn tokens<const COMMA: bool, const LONG: bool>(
    window: &[u8; MARGIN + BLOCK],
    body: u64,
    signs: u64,
    values: &mut [i64; MAX_TOKENS],
    places: usize,
) -> (usize, usize) {
    let separators = Separators::beside(sign_of::<COMMA>());
    let mut starts = body & !(body << 1);
    let mut ends = !body & body << 1;
    let mut read = 0;
    let mut count = 0;
    while ends != 0 {
        let start = starts.trailing_zeros() as usize % BLOCK;
        let end = ends.trailing_zeros() as usize % BLOCK;
        starts &= starts.wrapping_sub(1);
        ends &= ends - 1;
        let is_negative = window[MARGIN + start - 1] == b'-';
        let minus = usize::from(is_negative);
        let is_next = match start.wrapping_sub(read + minus) {
            0 => true,
            1 => separators.contain(window[MARGIN + read]),
            _ => window
                .get(MARGIN + read..MARGIN + start - minus)
                .is_some_and(|bytes| bytes.iter().all(|byte| separators.contain(*byte))),
        };
        if !is_next || !separators.contain(window[MARGIN + end]) {
            break;
        }
        let length = end.wrapping_sub(start) % LAST_DIGITS.len();
        let here = signs >> start & ((1 << length) - 1);
        let sign = usize::from(here != 0);
        let whole = (here.trailing_zeros() as usize).min(length);
        let after = (length - whole).wrapping_sub(sign) % AFTER_SIGN.len();
        let digits = length - sign;
        let has_two = here & here.wrapping_sub(1) != 0;
        // A comma that ends a token was meant to separate.
        let is_separator = COMMA && sign == 1 && after == 0;
        if digits == 0
            || digits > BLOCK_DIGITS
            || after > places
            || digits - after + places > SAFE_DIGITS
            || has_two
            || is_separator
        {
            break;
        }
        let joined =
            |end: usize, after: u64| (word(window, end) & after) | (word(window, end - sign) & !after);
        let low = joined(MARGIN + end - 8, AFTER_SIGN[after]) & LAST_DIGITS[digits];
        let mut magnitude = eight_digits(low);
        if LONG {
            let high = joined(MARGIN + end - 16, AFTER_SIGN_BUT_EIGHT[after]) & LAST_DIGITS_BUT_EIGHT[digits];
            magnitude += eight_digits(high) * 100_000_000;
        }
        magnitude *= POWERS[(places - after) % POWERS.len()];
        let negative = i64::from(is_negative);
        values[count % MAX_TOKENS] = (magnitude.cast_signed() ^ -negative) + negative;
        count += 1;
        read = end + 1;
    }
    (read, count)
}

/// A bit for each of the bytes, set if it is the decimal sign.
#[inline]
fn signs(text: &[u8; BLOCK], sign: DecimalSign) -> u64 {
    gathered(text, |word| {
        let differences = word ^ (u64::from(sign.byte()) * ONES);
        !(((differences & (0x7f * ONES)) + 0x7f * ONES) | differences)
    })
}

/// As [`token::read`](super::token::read), of decimals.
#[inline]
pub(super) fn read_tokens<const COMMA: bool>(
    text: &[u8],
    values: &mut [i64],
    places: usize,
) -> (usize, usize) {
    let separators = Separators::beside(sign_of::<COMMA>());
    let mut at = 0;
    let mut count = 0;
    while count < values.len() {
        let start = at
            + text[at..]
                .iter()
                .take_while(|byte| separators.contain(**byte))
                .count();
        let Some((value, length)) = token::<COMMA>(&text[start..], places, separators) else {
            break;
        };
        values[count] = value;
        count += 1;
        at = start + length + 1;
    }
    (at, count)
}

/// The value of the token that the text begins with, and its length, if a separator follows it.
#[inline]
fn token<const COMMA: bool>(text: &[u8], places: usize, separators: Separators) -> Option<(i64, usize)> {
    let minus = usize::from(text.first() == Some(&b'-'));
    let mut magnitude = 0_u64;
    let mut digits = 0;
    let mut sign = None;
    let mut bytes = text[minus..].iter();
    loop {
        let byte = *bytes.next()?;
        if byte.is_ascii_digit() {
            // 19 digits fit 64 bits.
            if digits == MAX_PLACES as usize {
                return None;
            }
            magnitude = magnitude * 10 + u64::from(byte & 0x0f);
            digits += 1;
        } else if byte == sign_of::<COMMA>().byte() && sign.is_none() {
            sign = Some(digits);
        } else if separators.contain(byte) {
            break;
        } else {
            return None;
        }
    }
    let after = sign.map_or(0, |whole| digits - whole);
    if digits == 0 || COMMA && sign == Some(digits) {
        return None;
    }
    let power = POWERS[places.checked_sub(after)?];
    let magnitude = i64::try_from(magnitude.checked_mul(power)?).ok()?;
    let value = if minus == 1 { -magnitude } else { magnitude };
    Some((value, minus + digits + usize::from(sign.is_some())))
}

/// Reads tokens one by one, up to 38 digits and with exponents too, and gives their values to `take`, until something is no
/// such number. Returns how many bytes were read, up to between two tokens again.
///
/// Doubles as programs print them come this way: 17 digits each, and more places than that where some are small.
pub(super) fn read_wide(text: &[u8], sign: DecimalSign, places: u32, mut take: impl FnMut(i128)) -> usize {
    let separators = Separators::beside(sign);
    let mut at = 0;
    for _ in 0..WIDE_TOKENS {
        let rest = &text[at..];
        let start = rest.iter().take_while(|byte| separators.contain(**byte)).count();
        let Some((value, length)) = wide_token(&rest[start..], sign, places, separators) else {
            break;
        };
        take(value);
        at += start + length + 1;
    }
    at
}

/// Digits, an exponent of which is applied, without the sign.
#[derive(Default)]
struct Digits {
    /// The first 19 but leading zeros, and those after them, which are so many.
    high: u64,
    low: u64,
    high_count: u32,
    low_count: u32,
}

impl Digits {
    #[inline]
    fn add(&mut self, digit: u64) {
        if self.high_count < MAX_PLACES {
            self.high = self.high * 10 + digit;
            self.high_count += u32::from(self.high > 0);
        } else {
            // Beyond 19 more, the value is wrong, and the count says so.
            self.low = self.low.wrapping_mul(10).wrapping_add(digit);
            self.low_count += 1;
        }
    }

    /// The value times `10^up`, if it is sure to fit.
    fn times_power(&self, up: u32) -> Option<i128> {
        if self.low_count > MAX_PLACES || self.high_count + self.low_count + up > WIDE_DIGITS {
            return None;
        }
        let value =
            i128::from(self.high) * i128::from(POWERS[self.low_count as usize]) + i128::from(self.low);
        Some(value * 10_i128.pow(up))
    }
}

/// As [`token`], of a number that may be wide and may have an exponent.
#[inline]
fn wide_token(text: &[u8], sign: DecimalSign, places: u32, separators: Separators) -> Option<(i128, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let mut digits = Digits::default();
    let mut count = 0_u32;
    let mut whole = None;
    let mut at = usize::from(is_negative);
    let mut exponent = 0;
    loop {
        let byte = *text.get(at)?;
        if byte.is_ascii_digit() {
            digits.add(u64::from(byte & 0x0f));
            count += 1;
        } else if byte == sign.byte() && whole.is_none() {
            whole = Some(count);
        } else if separators.contain(byte) {
            break;
        } else if byte | 0x20 == b'e' {
            let length;
            (exponent, length) = short_exponent(&text[at + 1..], separators)?;
            at += 1 + length;
            break;
        } else {
            return None;
        }
        at += 1;
    }
    if count == 0 || count > MOST_DIGITS || sign == DecimalSign::Comma && whole == Some(count) {
        return None;
    }
    let after = i64::from(count - whole.unwrap_or(count)) - exponent;
    let up = u32::try_from(i64::from(places) - after).ok()?;
    let magnitude = digits.times_power(up)?;
    Some((if is_negative { -magnitude } else { magnitude }, at))
}

/// An exponent of up to three digits, and how long it is, if a separator follows it.
#[inline]
fn short_exponent(text: &[u8], separators: Separators) -> Option<(i64, usize)> {
    let sign = *text.first()?;
    let start = usize::from(matches!(sign, b'+' | b'-'));
    let mut magnitude = 0;
    for at in start..start + 4 {
        let byte = *text.get(at)?;
        if byte.is_ascii_digit() {
            magnitude = magnitude * 10 + i64::from(byte & 0x0f);
        } else if at > start && separators.contain(byte) {
            return Some((if sign == b'-' { -magnitude } else { magnitude }, at));
        } else {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of `text` read in blocks, with a margin before it and a rest after it, and read one by one.
    fn both<const COMMA: bool>(text: &str, places: usize) -> [Vec<i64>; 2] {
        let mut values = [0; 100];
        let (_, count) = read_tokens::<COMMA>(text.as_bytes(), &mut values, places);
        let single = values[..count].to_vec();
        let text = [" ".repeat(MARGIN).as_str(), text, "x".repeat(BLOCK).as_str()].concat();
        let (_, count) = read_blocks::<COMMA>(text.as_bytes(), MARGIN, &mut values, places);
        [values[..count].to_vec(), single]
    }

    #[test]
    fn the_decimal_sign_is_told_from_every_other_byte() {
        for byte in 0..=255_u8 {
            for place in 0..BLOCK {
                for sign in [DecimalSign::Point, DecimalSign::Comma] {
                    let mut text = [sign.byte() ^ 1; BLOCK];
                    text[place] = byte;
                    let expected = u64::from(byte == sign.byte()) << place;
                    assert_eq!(signs(&text, sign), expected, "{byte} at {place}");
                }
            }
        }
    }

    #[test]
    fn tokens_are_read_at_the_places_asked_for() {
        let expected = [1_250, -50, 700, 7, -1_234_567_890_123_456];
        assert_eq!(
            both::<false>("12.50 -.5,7\n.07;-12345678901234.56 ", 2),
            [expected, expected]
        );
        assert_eq!(
            both::<true>("12,50 -,5;7\n,07 -12345678901234,56 ", 2),
            [expected, expected]
        );
        assert_eq!(both::<false>("1. 2 ", 2), [[100, 200], [100, 200]]);
    }

    #[test]
    fn digits_are_right_wherever_the_sign_is() {
        for digits in 1..=16 {
            for after in 0..=digits {
                let plain = &"1234567890123456"[..digits];
                let (whole, fraction) = plain.split_at(digits - after);
                let value: i64 = plain.parse().unwrap();
                let text = format!("{whole}.{fraction} -{whole}.{fraction}\n");
                let expected = [value, -value];
                assert_eq!(both::<false>(&text, after), [expected, expected], "{text}");
            }
        }
    }

    #[test]
    fn wide_tokens_and_exponents_are_read_at_the_places_asked_for() {
        let read = |text: &str, sign, places| {
            let mut values = Vec::new();
            let length = read_wide(text.as_bytes(), sign, places, |value| values.push(value));
            (values, text[length..].to_owned())
        };
        let (values, rest) = read(
            "0.12345678901234567,-1e-20\n1.5E+3;2.50e1 00000000000000000000000000000000000000007 .5 -0 1e2 x",
            DecimalSign::Point,
            20,
        );
        let one = 10_i128.pow(20);
        let expected = [
            12_345_678_901_234_567_000,
            -1,
            1_500 * one,
            25 * one,
            7 * one,
            one / 2,
            0,
            100 * one,
        ];
        assert_eq!((values.as_slice(), rest.as_str()), (&expected[..], "x"));
        let (values, rest) = read("1,5 -1,25e-1;1,", DecimalSign::Comma, 3);
        assert_eq!((values.as_slice(), rest.as_str()), (&[1_500, -125][..], "1,"));
        let largest = "9".repeat(38);
        let (values, _) = read(
            &format!("{largest} -{}.{} ", &largest[..19], &largest[19..]),
            DecimalSign::Point,
            0,
        );
        assert_eq!(values, [10_i128.pow(38) - 1]);
        let (values, _) = read(
            &format!("-{}.{} ", &largest[..19], &largest[19..]),
            DecimalSign::Point,
            19,
        );
        assert_eq!(values, [1 - 10_i128.pow(38)]);
        for left in [
            "1e",
            "1e+",
            "1e1000",
            "1e5.",
            "1e-3",
            "1.234",
            "x",
            "+1",
            "1.2.3",
            "1e5e5",
            ".",
            "1",
            "1e5",
            "123456789012345678901234567890123456789",
            "1234567890123456789012345678901234567890",
            "1e38",
        ] {
            assert_eq!(
                read(left, DecimalSign::Point, 2),
                (vec![], left.to_owned()),
                "{left}"
            );
            let followed = format!("{left} ");
            let is_whole = left == "1" || left == "1e5";
            let (values, _) = read(&followed, DecimalSign::Point, 2);
            assert_eq!(values.len(), usize::from(is_whole), "{left}");
        }
    }

    #[test]
    fn what_is_no_short_decimal_is_left() {
        for left in [
            "1.234", ".", "-.", "1.2.3", "1..2", "1e2", "1.5e2", "+1.5", "1.5x", "--1.5", "1-.5", "1.5-",
            "1_0",
        ] {
            assert_eq!(
                both::<false>(&format!("1.5 {left} 2.5 "), 2),
                [[150], [150]],
                "{left}"
            );
        }
        // A block with a token of more than 17 bytes is left as a whole.
        for left in [
            "99999999999999999.99",
            "12345678901234567890",
            "1234567890123456789.5",
        ] {
            let [_, single] = both::<false>(&format!("1.5 {left} 2.5 "), 2);
            assert_eq!(single, [150], "{left}");
        }
        for left in ["1,234", "1,", "1,5,", "1.5", ",", "1,,5"] {
            assert_eq!(
                both::<true>(&format!("1,5 {left} 2,5 "), 2),
                [[150], [150]],
                "{left}"
            );
        }
    }
}
