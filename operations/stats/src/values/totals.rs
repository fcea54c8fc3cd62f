//! Count, sum and extremes of values that are not stored.

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::number::powers::times_power_of_ten;

/// Count, sum and extremes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    count: u64,
    sum: BigInt,
    extremes: Option<(BigInt, BigInt)>,
}

impl Totals {
    /// Those of `count` values, at least one.
    pub(super) fn of(count: u64, sum: BigInt, minimum: BigInt, maximum: BigInt) -> Self {
        Self {
            count,
            sum,
            extremes: Some((minimum, maximum)),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn sum(&self) -> &BigInt {
        &self.sum
    }

    pub(super) fn extremes(&self) -> Option<(BigInt, BigInt)> {
        self.extremes.clone()
    }

    pub(super) fn add(&mut self, value: BigInt) {
        self.count += 1;
        self.sum += &value;
        match &mut self.extremes {
            None => self.extremes = Some((value.clone(), value)),
            Some((minimum, _)) if value < *minimum => *minimum = value,
            Some((_, maximum)) if value > *maximum => *maximum = value,
            Some(_) => {}
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.extremes = match (self.extremes.take(), other.extremes) {
            (Some((low, high)), Some((other_low, other_high))) => {
                Some((low.min(other_low), high.max(other_high)))
            }
            (extremes, None) | (None, extremes) => extremes,
        };
    }

    /// Those of the values times `10^up`.
    pub(super) fn scaled(self, up: u32) -> Self {
        Self {
            count: self.count,
            sum: times_power_of_ten(self.sum, up),
            extremes: self
                .extremes
                .map(|(low, high)| (times_power_of_ten(low, up), times_power_of_ten(high, up))),
        }
    }
}
