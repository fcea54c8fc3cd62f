//! A rational number, exact and as a rounded decimal.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::Signed as _;
use serde::{Deserialize, Serialize};

use super::{Decimal, Integer, factors, rounding};

/// A rational number: an exact fraction, and the decimal number nearest to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraction {
    /// The fraction rounded once, half to even, to 17 significant digits, or to a whole number if that has more.
    pub decimal: Decimal,
    /// Numerator of the fraction in lowest terms.
    pub numerator: Integer,
    /// Denominator of the fraction in lowest terms, above zero.
    pub denominator: Integer,
}

impl Fraction {
    /// `numerator / (denominator * 10^places)`, for a denominator above zero.
    pub(crate) fn new(numerator: BigInt, denominator: BigInt, places: u32) -> Self {
        debug_assert!(denominator.is_positive());
        // The power's factors first, by themselves: num-bigint's binary algorithm is slow for large numbers. For the same
        // reason the remainder before the divisor, which it is slow to find for numbers of very different sizes.
        let (numerator, twos) = factors::without(numerator, 2, places);
        let (numerator, fives) = factors::without(numerator, 5, places);
        let divisor = (&numerator % &denominator).gcd(&denominator);
        let rest = BigInt::from(5).pow(places - fives) << (places - twos);
        let denominator = denominator / &divisor * rest;
        let numerator = numerator / divisor;
        let decimal = rounding::quotient(&numerator, &denominator);
        Self {
            decimal,
            numerator: Integer::new(numerator),
            denominator: Integer::new(denominator),
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_in_lowest_terms_with_its_sign_on_top() {
        let fraction = Fraction::new((-6).into(), 4.into(), 0);
        assert_eq!(
            serde_json::to_string(&fraction).unwrap(),
            r#"{"decimal":"-1.5","numerator":"-3","denominator":"2"}"#
        );
    }

    #[test]
    fn a_power_of_ten_is_canceled_as_far_as_it_goes() {
        for (numerator, denominator, places, expected) in [
            (250, 1, 2, ["5", "2"]),
            (-3_000, 7, 3, ["-3", "7"]),
            (7, 3, 2, ["7", "300"]),
            (8, 6, 1, ["2", "15"]),
            (0, 9, 5, ["0", "1"]),
            (1_000_000, 4, 3, ["250", "1"]),
            (12_800, 64, 9, ["1", "5000000"]),
        ] {
            let fraction = Fraction::new(numerator.into(), denominator.into(), places);
            let given = [fraction.numerator.to_string(), fraction.denominator.to_string()];
            assert_eq!(given, expected, "{numerator} / ({denominator} * 10^{places})");
        }
    }
}
