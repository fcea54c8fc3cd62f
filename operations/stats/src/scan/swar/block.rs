//! Plain integers 64 bytes at once.
//!
//! Reading token by token keeps the processor waiting: where a token begins is known only when the one before it
//! has been read. So first a bit is set for each of the 64 bytes that is a digit; the bits give the bounds of every
//! token, and then the tokens can be read independently of one another, each from its last digit backwards. Finding
//! structure with bit masks before reading values is the idea of simdjson (G. Langdale and D. Lemire, "Parsing
//! gigabytes of JSON per second", The VLDB Journal 28, 2019).

use super::super::separator::is_separator;
use super::word::{DIGIT_VALUES, ONES, eight_digits, word};

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;
/// Bytes before a block: the two words that end with a token's last digit may begin there.
pub(super) const MARGIN: usize = 16;
/// The most tokens that end in a block: a digit and a separator each.
pub(super) const MAX_TOKENS: usize = BLOCK / 2;

/// For a token of n digits, the mask that keeps the digits among its last eight bytes and makes the bytes before them
/// zeros.
pub(super) const LAST_DIGITS: [u64; 32] = last_digits(0);
/// The same for the eight bytes before those.
pub(super) const LAST_DIGITS_BUT_EIGHT: [u64; 32] = last_digits(8);

const fn last_digits(but: usize) -> [u64; 32] {
    let mut masks = [0; 32];
    let mut digits = but + 1;
    while digits < masks.len() {
        let kept = if digits - but < 8 { digits - but } else { 8 };
        masks[digits] = DIGIT_VALUES << (64 - 8 * kept);
        digits += 1;
    }
    masks
}

/// Reads whole blocks of `text` from `at` on, which is between two tokens, until something is no short integer. Returns the
/// place reached, between two tokens too, and how many values were read.
pub(super) fn read(text: &[u8], mut at: usize, values: &mut [i64]) -> (usize, usize) {
    let mut count = 0;
    while let Some(start) = at.checked_sub(MARGIN)
        && let Some(window) = text[start..].first_chunk()
        && let Some(room) = values[count..].first_chunk_mut()
    {
        let (length, found) = block(window, room);
        if found == 0 {
            break;
        }
        at += length;
        count += found;
    }
    (at, count)
}

/// Reads the tokens that end in the window's block, which begins between two tokens. Returns how many bytes there
/// are up to and including the separator after the last token read, and how many tokens.
#[inline]
fn block(window: &[u8; MARGIN + BLOCK], values: &mut [i64; MAX_TOKENS]) -> (usize, usize) {
    let digits = digits(window.last_chunk().expect("the window is larger"));
    // Bit i is set if the bytes up to and including i end with at least so many digits.
    let pairs = digits & digits << 1;
    let quadruples = pairs & pairs << 2;
    let eights = quadruples & quadruples << 4;
    let nines = eights & digits << 8;
    let seventeens = eights & nines << 8;
    if seventeens != 0 {
        (0, 0)
    } else if nines != 0 {
        tokens::<true>(window, digits, values)
    } else {
        tokens::<false>(window, digits, values)
    }
}

/// The same for tokens of at most 8 digits, or 16 if `LONG`.
#[inline]
fn tokens<const LONG: bool>(
    window: &[u8; MARGIN + BLOCK],
    digits: u64,
    values: &mut [i64; MAX_TOKENS],
) -> (usize, usize) {
    let mut starts = digits & !(digits << 1);
    let mut ends = !digits & digits << 1;
    let mut read = 0;
    let mut count = 0;
    while ends != 0 {
        let start = starts.trailing_zeros() as usize % BLOCK;
        let end = ends.trailing_zeros() as usize % BLOCK;
        starts &= starts.wrapping_sub(1);
        ends &= ends - 1;
        let is_negative = window[MARGIN + start - 1] == b'-';
        let sign = usize::from(is_negative);
        // Between the separator after the last token and this one's digits, there is usually at most a minus, sometimes
        // one more separator, as in `1, 2`.
        let is_short = match start.wrapping_sub(read + sign) {
            0 => true,
            1 => is_separator(window[MARGIN + read]),
            _ => window
                .get(MARGIN + read..MARGIN + start - sign)
                .is_some_and(|bytes| bytes.iter().all(|byte| is_separator(*byte))),
        };
        if !is_short {
            break;
        }
        if !is_separator(window[MARGIN + end]) {
            break;
        }
        let digits = end.wrapping_sub(start) % LAST_DIGITS.len();
        let mut magnitude = eight_digits(word(window, MARGIN + end - 8) & LAST_DIGITS[digits]);
        if LONG {
            let high = word(window, MARGIN + end - 16) & LAST_DIGITS_BUT_EIGHT[digits];
            magnitude += eight_digits(high) * 100_000_000;
        }
        let negative = i64::from(is_negative);
        values[count % MAX_TOKENS] = (magnitude.cast_signed() ^ -negative) + negative;
        count += 1;
        read = end + 1;
    }
    (read, count)
}

/// A bit for each of the bytes, set if it is a digit.
#[inline]
pub(super) fn digits(text: &[u8; BLOCK]) -> u64 {
    gathered(text, |word| {
        let values = word ^ (0x30 * ONES);
        !(((values & (0x7f * ONES)) + 0x76 * ONES) | values)
    })
}

/// A bit for each of the bytes: the top bit of what `marked` makes of it, eight bytes at once.
#[inline]
pub(super) fn gathered(text: &[u8; BLOCK], marked: impl Fn(u64) -> u64) -> u64 {
    let (words, _) = text.as_chunks::<8>();
    let mut bits = 0;
    for (index, word) in words.iter().enumerate() {
        let marks = marked(u64::from_le_bytes(*word)) & (0x80 * ONES);
        bits |= (marks >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56 << (8 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_told_from_every_other_byte() {
        for byte in 0..=255_u8 {
            for place in 0..BLOCK {
                let mut text = [b'x'; BLOCK];
                text[(place + 1) % BLOCK] = 0xff;
                text[place] = byte;
                assert_eq!(
                    digits(&text),
                    u64::from(byte.is_ascii_digit()) << place,
                    "{byte} at {place}"
                );
            }
        }
    }

    /// The integers of `text` with a margin before it and a rest after it.
    fn all(text: &str) -> Vec<i64> {
        let text = [" ".repeat(MARGIN).as_str(), text, "x".repeat(BLOCK).as_str()].concat();
        let mut values = [0; 100];
        let (_, count) = read(text.as_bytes(), MARGIN, &mut values);
        values[..count].to_vec()
    }

    #[test]
    fn tokens_are_read_up_to_what_is_no_short_integer() {
        assert_eq!(all("1 -22,333;-4444\n55555 "), [1, -22, 333, -4_444, 55_555]);
        assert_eq!(
            all("\n\n 123456789, -1234567890123456\r\n0\t"),
            [123_456_789, -1_234_567_890_123_456, 0]
        );
        assert_eq!(all("1 2 x 3 "), [1, 2]);
        assert_eq!(all("1 --2 "), [1]);
        assert_eq!(all("1 2-3 4 "), [1]);
        assert_eq!(all("1 - 2 "), [1]);
        assert_eq!(all("-1 +2 "), [-1]);
        assert_eq!(all("1 2.5 "), [1]);
        assert!(all("1 12345678901234567 ").is_empty());
        assert_eq!(all(&"7 ".repeat(40)), [7; 40]);
    }
}
