//! A rational number, exact and as a rounded decimal.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::Signed as _;
use serde::{Deserialize, Serialize};

use super::{Decimal, Integer, rounding};

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
    /// `numerator / denominator`, for a denominator above zero.
    pub(crate) fn new(numerator: BigInt, denominator: BigInt) -> Self {
        debug_assert!(denominator.is_positive());
        // The remainder first: num-bigint's binary algorithm is slow for numbers of very different sizes.
        let divisor = (&numerator % &denominator).gcd(&denominator);
        let (numerator, denominator) = (numerator / &divisor, denominator / divisor);
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
        let fraction = Fraction::new((-6).into(), 4.into());
        assert_eq!(
            serde_json::to_string(&fraction).unwrap(),
            r#"{"decimal":"-1.5","numerator":"-3","denominator":"2"}"#
        );
    }
}
