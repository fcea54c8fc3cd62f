//! One token: an optional sign and decimal digits.

use crate::error::shown;
use crate::number::from_digits;
use crate::values::Values;
use crate::{Error, Limits, Position};

/// Digits that always fit 128 bits.
const WIDE_DIGITS: usize = 38;

/// Stores a token, if it is an integer.
///
/// # Errors
///
/// What is wrong with the token at `position`, or that the integers need more memory than allowed.
pub(crate) fn store(
    values: &mut Values,
    token: &[u8],
    position: Position,
    limits: &Limits,
) -> Result<(), Error> {
    if !is_integer(token) {
        return Err(invalid(token, position, false));
    }
    let negative = token[0] == b'-';
    let digits = digits_of(token);
    if digits.len() > limits.token_digits {
        return Err(too_long(token, position, limits));
    }
    if digits.len() > WIDE_DIGITS {
        let magnitude = from_digits(digits);
        values.push_big(if negative { -magnitude } else { magnitude });
    } else {
        // In two halves, each of which fits 64 bits: 128-bit multiplications are slow.
        let (high, low) = digits.split_at(digits.len().saturating_sub(WIDE_DIGITS / 2));
        let power = low.iter().fold(1_u64, |power, _| power * 10);
        let magnitude = i128::from(small(high)) * i128::from(power) + i128::from(small(low));
        values.push_wide(if negative { -magnitude } else { magnitude });
    }
    values.check(limits)
}

/// The value of at most 19 digits.
fn small(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + u64::from(digit & 0x0f))
}

pub(crate) fn is_integer(token: &[u8]) -> bool {
    let digits = digits_of(token);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// A token without its sign.
fn digits_of(token: &[u8]) -> &[u8] {
    token
        .strip_prefix(b"-")
        .or(token.strip_prefix(b"+"))
        .unwrap_or(token)
}

/// The error of a token that is no integer; if it is `cut`, these are only its first bytes.
pub(crate) fn invalid(token: &[u8], position: Position, cut: bool) -> Error {
    match str::from_utf8(token) {
        Err(error) if error.error_len().is_some() || !cut => {
            let (valid, rest) = token.split_at(error.valid_up_to());
            let characters = String::from_utf8_lossy(valid).chars().count() as u64;
            let position = Position {
                column: position.column + characters,
                ..position
            };
            Error::InvalidUtf8 {
                byte: rest[0],
                position,
            }
        }
        _ => Error::NotAnInteger {
            token: shown(&String::from_utf8_lossy(token)),
            position,
        },
    }
}

/// The error of a token with too many digits.
pub(crate) fn too_long(token: &[u8], position: Position, limits: &Limits) -> Error {
    Error::TooManyDigits {
        token: shown(&String::from_utf8_lossy(token)),
        position,
        limit: limits.token_digits,
    }
}
