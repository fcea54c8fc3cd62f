//! A number's parts, as they are written: `-12.50e3` is `-`, `12`, `50` and 3.

use crate::decimal_sign::DecimalSign;

/// A number as it is written: `whole.fraction * 10^exponent`, with a digit at least.
pub(super) struct Written<'a> {
    pub(super) is_negative: bool,
    pub(super) whole: &'a [u8],
    pub(super) fraction: &'a [u8],
    /// Zero if none is written; beyond 18 digits, as large as 64 bits allow.
    pub(super) exponent: i64,
}

impl<'a> Written<'a> {
    /// The parts of a token, if it is a number.
    pub(super) fn parse(token: &'a [u8], sign: DecimalSign) -> Option<Self> {
        let (is_negative, unsigned) = without_sign(token);
        let (whole, rest) = digits_of(unsigned);
        let (fraction, rest) = match rest.split_first() {
            Some((byte, rest)) if *byte == sign.byte() => {
                let (fraction, rest) = digits_of(rest);
                // A comma that ends a token was meant to separate.
                if fraction.is_empty() && sign == DecimalSign::Comma {
                    return None;
                }
                (fraction, rest)
            }
            _ => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest.split_first() {
            None => 0,
            Some((b'e' | b'E', exponent)) => exponent_of(exponent)?,
            Some(_) => return None,
        };
        Some(Self {
            is_negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// How many digits are written, without the exponent's.
    pub(super) fn digits(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }
}

/// Whether there is a minus, and the token without its sign.
pub(super) fn without_sign(token: &[u8]) -> (bool, &[u8]) {
    match token.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, token),
    }
}

/// The digits that the text begins with, and the rest.
fn digits_of(text: &[u8]) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(length.unwrap_or(text.len()))
}

fn exponent_of(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = without_sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit & 0x0f))
    });
    Some(if is_negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole part, fraction and exponent.
    fn parts(token: &str, sign: DecimalSign) -> Option<(String, String, i64)> {
        let text = |digits: &[u8]| String::from_utf8(digits.to_vec()).unwrap();
        Written::parse(token.as_bytes(), sign).map(|written| {
            let minus = if written.is_negative { "-" } else { "" };
            (
                minus.to_owned() + &text(written.whole),
                text(written.fraction),
                written.exponent,
            )
        })
    }

    #[test]
    fn numbers_are_told_from_what_is_none() {
        for (token, whole, fraction, exponent) in [
            ("12.50", "12", "50", 0),
            ("-.5", "-", "5", 0),
            ("+7", "7", "", 0),
            ("5.", "5", "", 0),
            ("1e3", "1", "", 3),
            ("1.5E-3", "1", "5", -3),
            ("-0.0e+07", "-0", "0", 7),
            ("1e99999999999999999999", "1", "", i64::MAX),
        ] {
            let expected = Some((whole.to_owned(), fraction.to_owned(), exponent));
            assert_eq!(parts(token, DecimalSign::Point), expected, "{token}");
        }
        for token in [
            "", "-", ".", "-.", "+-1", "e5", ".e5", "1e", "1e+", "1e5.0", "1.2.3", "1,5", "1_0", "0x1",
            "NaN", "inf", "1e5e5", "1 ",
        ] {
            assert_eq!(parts(token, DecimalSign::Point), None, "{token}");
        }
    }

    #[test]
    fn a_decimal_comma_needs_a_digit_after_it_and_allows_no_point() {
        let expected = Some(("1".to_owned(), "5".to_owned(), -2));
        assert_eq!(parts("1,5e-2", DecimalSign::Comma), expected);
        for token in ["1,", "1.5", ",", "1,5,"] {
            assert_eq!(parts(token, DecimalSign::Comma), None, "{token}");
        }
    }
}
