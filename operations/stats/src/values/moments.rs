//! Sums, sums of squares and extremes, exact for integers of any size.

use num_bigint::BigInt;

use super::Values;
use crate::Error;
use crate::cancel::Cancel;

impl Values {
    /// The exact sum.
    pub(crate) fn sum(&self) -> BigInt {
        // 2^63 blocks of 2^13 values of 2^63 would be needed to overflow 128 bits.
        let narrow: i128 = self.blocks.iter().map(|block| block.sum).sum::<i128>()
            + self
                .pending()
                .iter()
                .map(|value| i128::from(*value))
                .sum::<i128>();
        // Each half of a 128-bit value fits 64 bits, so 2^63 of them fit 128.
        let (mut low, mut high) = (0_i128, 0_i128);
        for value in &self.wide {
            low += value & i128::from(u64::MAX);
            high += value >> 64;
        }
        let big: BigInt = self.big.iter().sum();
        BigInt::from(narrow) + BigInt::from(low) + (BigInt::from(high) << 64) + big + self.totals.sum()
    }

    /// The exact sum of the squares.
    pub(crate) fn sum_of_squares(&self, cancel: &Cancel) -> Result<BigInt, Error> {
        let mut narrow = SquareSum::default();
        for block in &self.blocks {
            cancel.check()?;
            block.for_each(|value| narrow.add(value));
        }
        for value in self.pending() {
            narrow.add(*value);
        }
        let mut wide = WideSquareSum::default();
        for value in &self.wide {
            wide.add(*value);
        }
        let mut big = BigInt::ZERO;
        for value in &self.big {
            // A hundred thousand digits take milliseconds.
            cancel.check()?;
            big += value.pow(2);
        }
        Ok(narrow.total() + wide.total() + big)
    }

    /// The smallest and the largest value; `None` if there are none.
    pub(crate) fn extremes(&self) -> Option<(BigInt, BigInt)> {
        let narrow = self
            .narrow_extremes()
            .map(|(low, high)| (BigInt::from(low), BigInt::from(high)));
        let wide = self.wide.iter().min().zip(self.wide.iter().max());
        let wide = wide.map(|(low, high)| (BigInt::from(*low), BigInt::from(*high)));
        let big = self.big.iter().min().zip(self.big.iter().max());
        let big = big.map(|(low, high)| (low.clone(), high.clone()));
        [narrow, wide, big, self.totals.extremes()]
            .into_iter()
            .flatten()
            .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
    }

    /// The smallest and the largest of the values that fit 64 bits.
    pub(super) fn narrow_extremes(&self) -> Option<(i64, i64)> {
        let blocks = self.blocks.iter().map(|block| (block.minimum, block.maximum));
        let pending = self.pending().iter().map(|value| (*value, *value));
        blocks
            .chain(pending)
            .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
    }
}

/// A sum of squares of 64-bit values. A square takes up to 126 bits, so its halves are summed apart: 2^64 halves fit
/// 128 bits.
#[derive(Default)]
struct SquareSum {
    low_halves: u128,
    high_halves: u128,
}

impl SquareSum {
    fn add(&mut self, value: i64) {
        self.add_product(value.unsigned_abs(), value.unsigned_abs());
    }

    fn add_product(&mut self, left: u64, right: u64) {
        let product = u128::from(left) * u128::from(right);
        self.low_halves += product & u128::from(u64::MAX);
        self.high_halves += product >> 64;
    }

    fn total(self) -> BigInt {
        BigInt::from(self.low_halves) + (BigInt::from(self.high_halves) << 64)
    }
}

/// A sum of squares of 128-bit values: with the halves h and l of a value, `h^2 2^128 + 2 h l 2^64 + l^2`.
#[derive(Default)]
struct WideSquareSum {
    high: SquareSum,
    middle: SquareSum,
    low: SquareSum,
}

impl WideSquareSum {
    #[allow(clippy::cast_possible_truncation, reason = "the halves are wanted")]
    fn add(&mut self, value: i128) {
        let (high, low) = ((value.unsigned_abs() >> 64) as u64, value.unsigned_abs() as u64);
        self.high.add_product(high, high);
        self.middle.add_product(high, low);
        self.low.add_product(low, low);
    }

    fn total(self) -> BigInt {
        (self.high.total() << 128) + (self.middle.total() << 65) + self.low.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_of_128_bits_are_summed_exactly() {
        let list = [
            i128::MIN,
            i128::MAX,
            1 << 64,
            -(1 << 64) - 1,
            i128::from(u64::MAX),
            12_345,
            -1,
            0,
        ];
        let mut sum = WideSquareSum::default();
        for value in list {
            sum.add(value);
        }
        let expected: BigInt = list.into_iter().map(|value| BigInt::from(value).pow(2)).sum();
        assert_eq!(sum.total(), expected);
    }
}
