//! Sums, sums of squares and extremes, exact for integers of any size.

use num_bigint::BigInt;

use super::Values;

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
    pub(crate) fn sum_of_squares(&self) -> BigInt {
        let mut narrow = SquareSum::default();
        for block in &self.blocks {
            block.for_each(|value| narrow.add(value));
        }
        for value in self.pending() {
            narrow.add(*value);
        }
        let wide: BigInt = self.wide.iter().map(|value| BigInt::from(*value).pow(2)).sum();
        let big: BigInt = self.big.iter().map(|value| value.pow(2)).sum();
        narrow.total() + wide + big
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
        let square = u128::from(value.unsigned_abs()).pow(2);
        self.low_halves += square & u128::from(u64::MAX);
        self.high_halves += square >> 64;
    }

    fn total(self) -> BigInt {
        BigInt::from(self.low_halves) + (BigInt::from(self.high_halves) << 64)
    }
}
