//! Rounding an exact value to decimal text, once.
//!
//! Every result is the decimal number nearest to the exact value, a tie going to the even digit, as IEEE 754's
//! `roundTiesToEven` does in binary. There are 17 significant digits because that many tell any two doubles apart, and
//! more where a whole number has more: no digit of a whole number is replaced by a zero.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{Signed as _, Zero as _};

use super::Decimal;
use super::powers::power_of_ten;

/// Significant digits of a rounded decimal.
const SIGNIFICANT: u32 = 17;

/// `numerator / denominator`, rounded. The denominator is above zero.
pub(crate) fn quotient(numerator: &BigInt, denominator: &BigInt) -> Decimal {
    let magnitude = numerator.abs();
    let places = places(&magnitude, denominator, 1);
    let (mut rounded, rest) = (magnitude * power_of_ten(places)).div_rem(denominator);
    let up = match (rest * 2_u32).cmp(denominator) {
        Ordering::Less => false,
        Ordering::Equal => rounded.is_odd(),
        Ordering::Greater => true,
    };
    rounded += u32::from(up);
    scaled(&rounded, places, numerator.is_negative())
}

/// The square root of `numerator / denominator`, rounded. The numerator is not below zero, the denominator above it.
pub(crate) fn square_root(numerator: &BigInt, denominator: &BigInt) -> Decimal {
    let places = places(numerator, denominator, 2);
    let scaled_up = numerator * power_of_ten(2 * places);
    let mut root = (&scaled_up / denominator).sqrt();
    // The root is above root + 1/2 exactly if 4 value > (2 root + 1)^2; value is scaled_up / denominator.
    let twice: BigInt = &root * 2_u32 + 1_u32;
    let up = match (scaled_up * 4_u32).cmp(&(&twice * &twice * denominator)) {
        Ordering::Less => false,
        Ordering::Equal => root.is_odd(),
        Ordering::Greater => true,
    };
    root += u32::from(up);
    scaled(&root, places, false)
}

/// `value / 10^places`, exactly.
pub(crate) fn exact(value: &BigInt, places: u32) -> Decimal {
    scaled(&value.abs(), places, value.is_negative())
}

/// `magnitude / 10^places` with a sign, exactly.
fn scaled(magnitude: &BigInt, places: u32, negative: bool) -> Decimal {
    let sign = if negative { "-" } else { "" };
    let digits = magnitude.to_string();
    if places == 0 {
        return Decimal::new(format!("{sign}{digits}"));
    }
    let places = places as usize;
    // By hand, for a formatting width is at most 65,535.
    let zeros = "0".repeat((places + 1).saturating_sub(digits.len()));
    let padded = zeros + &digits;
    let (whole, fraction) = padded.split_at(padded.len() - places);
    Decimal::new(format!("{sign}{whole}.{fraction}"))
}

/// Decimal places after which `(numerator / denominator)^(1 / root)` has [`SIGNIFICANT`] digits or is whole.
fn places(numerator: &BigInt, denominator: &BigInt, root: u32) -> u32 {
    if numerator.is_zero() {
        return 0;
    }
    let whole = (numerator / denominator).nth_root(root);
    if !whole.is_zero() {
        return SIGNIFICANT.saturating_sub(digits(&whole));
    }
    // Below one: the first digit that is not zero stands `leading` places after the point.
    // 3 / 10 is below log10(2), and so this starts at or before it.
    let missing_bits = denominator.bits().saturating_sub(numerator.bits() + 1);
    let mut leading = u32::try_from(missing_bits * 3 / 10 / u64::from(root))
        .unwrap_or(u32::MAX)
        .max(1);
    let step = power_of_ten(root);
    let mut value = numerator * power_of_ten(root * leading);
    while value < *denominator {
        value *= &step;
        leading += 1;
    }
    leading - 1 + SIGNIFICANT
}

/// How many decimal digits a value above zero has, or `SIGNIFICANT + 1` if it has more than [`SIGNIFICANT`].
fn digits(value: &BigInt) -> u32 {
    (1..=SIGNIFICANT)
        .find(|count| *value < power_of_ten(*count))
        .unwrap_or(SIGNIFICANT + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(numerator: i64, denominator: i64) -> String {
        quotient(&numerator.into(), &denominator.into()).to_string()
    }

    fn root_of(numerator: i64, denominator: i64) -> String {
        square_root(&numerator.into(), &denominator.into()).to_string()
    }

    #[test]
    fn a_quotient_has_seventeen_significant_digits() {
        assert_eq!(divided(1, 3), "0.33333333333333333");
        assert_eq!(divided(-2, 3), "-0.66666666666666667");
        assert_eq!(divided(1, 3_000), "0.00033333333333333333");
        assert_eq!(divided(1, i64::MAX), "0.00000000000000000010842021724855044");
        assert_eq!(divided(2_000, 3), "666.66666666666667");
        assert_eq!(divided(0, 7), "0");
        assert_eq!(divided(10, 5), "2");
        assert_eq!(divided(999_999_999_999_999_999, 1_000), "1000000000000000");
    }

    #[test]
    fn a_whole_part_keeps_all_its_digits() {
        assert_eq!(divided(1_234_567_890_123_456_789, 1), "1234567890123456789");
        assert_eq!(divided(1_234_567_890_123_456_789, 2), "617283945061728394");
    }

    #[test]
    fn a_tie_goes_to_the_even_digit() {
        assert_eq!(divided(100_000_000_000_000_005, 10), "10000000000000000");
        assert_eq!(divided(100_000_000_000_000_015, 10), "10000000000000002");
        assert_eq!(divided(100_000_000_000_000_025, 10), "10000000000000002");
    }

    #[test]
    fn a_square_root_is_rounded_once() {
        assert_eq!(root_of(2, 1), "1.414213562373095");
        assert_eq!(root_of(4, 9), "0.66666666666666667");
        assert_eq!(root_of(1, 10_000), "0.01");
        assert_eq!(root_of(0, 5), "0");
        assert_eq!(root_of(1, 1_000_000_000_000_000_000), "0.000000001");
        assert_eq!(root_of(9_000_000_000_000_000_000, 1), "3000000000");
    }
}
