//! One token: an optional sign, decimal digits with a decimal sign among them or not, and an exponent of ten or not.

mod cure;
mod written;

use num_bigint::BigInt;

use self::written::Written;
use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::number::{from_digits, powers};
use crate::values::Values;
use crate::{Error, Limits, Position, utf16};

pub use cure::Cure;

/// Digits that always fit 128 bits.
const WIDE_DIGITS: usize = 38;
/// Places of a fraction up to which its zeros at the end are kept: cutting them takes time, and keeping them takes none
/// of the places that 64 bits have.
const KEPT_PLACES: i64 = 6;
/// More bytes than a token can have besides as many digits as are allowed: signs, and an exponent.
pub(crate) const BYTES_BESIDE_DIGITS: usize = 16;

/// Stores a token, if it is a number.
///
/// # Errors
///
/// What is wrong with the token at `position`, or that the numbers need more memory than allowed.
pub(crate) fn store(
    values: &mut Values,
    token: &[u8],
    sign: DecimalSign,
    position: Position,
    limits: &Limits,
) -> Result<(), Error> {
    let (is_negative, digits) = written::without_sign(token);
    if values.places() == 0 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        if digits.len() > limits.token_digits {
            return Err(too_long(token, position, limits));
        }
        store_integer(values, is_negative, digits);
        return values.check(limits);
    }
    let Some(written) = Written::parse(token, sign) else {
        return Err(invalid(token, sign, position, false));
    };
    if written.digits() > limits.token_digits {
        return Err(too_long(token, position, limits));
    }
    // What fits 128 bits has no more digits than any usual limit allows.
    let short = (limits.token_digits > WIDE_DIGITS)
        .then(|| short(&written, values.places()))
        .flatten();
    match short {
        Some(value) => values.push_wide(value),
        None => store_decimal(values, &written, token, position, limits)?,
    }
    values.check(limits)
}

/// The value at so many decimal places, if that fits 128 bits and no place is lost: the usual case.
fn short(written: &Written, places: u32) -> Option<i128> {
    let (whole, fraction) = (written.whole, written.fraction);
    if whole.len() + fraction.len() > WIDE_DIGITS / 2 || written.exponent.unsigned_abs() > Limits::EXPONENT {
        return None;
    }
    let after = i64::try_from(fraction.len()).ok()? - written.exponent;
    let up = u32::try_from(i64::from(places) - after).ok()?;
    if whole.len() + fraction.len() + up as usize > WIDE_DIGITS {
        return None;
    }
    let power = fraction.iter().fold(1_u64, |power, _| power * 10);
    let digits = small(whole) * power + small(fraction);
    let magnitude = i128::from(digits) * 10_i128.pow(up);
    Some(if written.is_negative {
        -magnitude
    } else {
        magnitude
    })
}

fn store_integer(values: &mut Values, is_negative: bool, digits: &[u8]) {
    if digits.len() > WIDE_DIGITS {
        let magnitude = from_digits(digits);
        values.push_big(if is_negative { -magnitude } else { magnitude });
    } else {
        let magnitude = wide(digits);
        values.push_wide(if is_negative { -magnitude } else { magnitude });
    }
}

fn store_decimal(
    values: &mut Values,
    written: &Written,
    token: &[u8],
    position: Position,
    limits: &Limits,
) -> Result<(), Error> {
    if written.exponent.unsigned_abs() > Limits::EXPONENT {
        return Err(Error::ExponentTooLarge {
            token: shown(&String::from_utf8_lossy(token)),
            position,
            limit: Limits::EXPONENT,
        });
    }
    let mut digits = [written.whole, written.fraction].concat();
    // How many of the digits, and, below zero, how many zeros after them, stand before the decimal sign.
    let fraction = i64::try_from(written.fraction.len()).unwrap_or(i64::MAX);
    let mut places = fraction.saturating_sub(written.exponent);
    if places > KEPT_PLACES {
        let kept = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |last| last + 1);
        let cut = (digits.len() - kept).min(usize::try_from(places).unwrap_or(usize::MAX));
        digits.truncate(digits.len() - cut);
        places -= i64::try_from(cut).unwrap_or(i64::MAX);
    }
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    let mut digits = &digits[leading..];
    if digits.is_empty() {
        digits = b"0";
        places = places.clamp(0, KEPT_PLACES);
    }
    let whole = i64::try_from(digits.len())
        .unwrap_or(i64::MAX)
        .saturating_sub(places);
    let written_out = whole.max(1).saturating_add(places.max(0));
    if usize::try_from(written_out).is_ok_and(|digits| digits > limits.token_digits) {
        return Err(too_long(token, position, limits));
    }
    let places_of_value = u32::try_from(places.max(0)).expect("no more than digits are allowed");
    values.hold_places(places_of_value, || shown(&String::from_utf8_lossy(token)));
    let up = u32::try_from(i64::from(values.places()) - places).expect("two counts of digits");
    push_scaled(values, written.is_negative, digits, up);
    Ok(())
}

/// Stores the digits' value times `10^up`.
fn push_scaled(values: &mut Values, is_negative: bool, digits: &[u8], up: u32) {
    if digits.len() + up as usize <= WIDE_DIGITS {
        let magnitude = wide(digits) * 10_i128.pow(up);
        values.push_wide(if is_negative { -magnitude } else { magnitude });
    } else if digits == b"0" {
        values.push_wide(0);
    } else {
        let magnitude: BigInt = powers::times_power_of_ten(from_digits(digits), up);
        values.push_big(if is_negative { -magnitude } else { magnitude });
    }
}

/// The value of at most 38 digits.
fn wide(digits: &[u8]) -> i128 {
    // In two halves, each of which fits 64 bits: 128-bit multiplications are slow.
    let (high, low) = digits.split_at(digits.len().saturating_sub(WIDE_DIGITS / 2));
    let power = low.iter().fold(1_u64, |power, _| power * 10);
    i128::from(small(high)) * i128::from(power) + i128::from(small(low))
}

/// The value of at most 19 digits.
fn small(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + u64::from(digit & 0x0f))
}

pub(crate) fn is_number(token: &[u8], sign: DecimalSign) -> bool {
    Written::parse(token, sign).is_some()
}

/// Whether numbers have this byte.
#[inline]
pub(crate) fn may_have(byte: u8, sign: DecimalSign) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'e' | b'E') || byte == sign.byte()
}

/// Whether a token that is no longer read on has more digits than a number may have.
pub(crate) fn has_too_many_digits(token: &[u8], limits: &Limits) -> bool {
    token.iter().filter(|byte| byte.is_ascii_digit()).count() > limits.token_digits
}

/// The error of a token that is no number; if it is `cut`, these are only its first bytes.
pub(crate) fn invalid(token: &[u8], sign: DecimalSign, position: Position, cut: bool) -> Error {
    match str::from_utf8(token) {
        // Of what was cut, the last bytes may be less than a character.
        Err(error) if !cut || (error.error_len().is_some() && token.len() - error.valid_up_to() >= 4) => {
            let (valid, rest) = token.split_at(error.valid_up_to());
            let characters = String::from_utf8_lossy(valid).chars().count() as u64;
            let position = Position {
                column: position.column + characters,
                ..position
            };
            utf16::surrogate(rest).map_or(
                Error::InvalidUtf8 {
                    byte: rest[0],
                    position,
                },
                |surrogate| Error::LoneSurrogate { surrogate, position },
            )
        }
        _ => {
            let token = String::from_utf8_lossy(token);
            Error::NotANumber {
                token: shown(&token),
                position,
                cure: Cure::of(&token, sign),
            }
        }
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
