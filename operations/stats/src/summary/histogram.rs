//! A histogram: how many values fall in each of several ranges.

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::cancel::Cancel;
use crate::number::powers::power_of_ten;
use crate::number::rounding::exact;
use crate::values::Values;
use crate::{Bins, Decimal, Error};

/// How many values fall in each of several ranges of equal width that follow one another from the minimum on.
///
/// The width is a whole number of steps, and a step is 1, or the last decimal place that any value needs. It is the smallest
/// with which the bins asked for reach the maximum, so there may be
/// fewer bins than asked for, and the last may end beyond the maximum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// How much a bin spans.
    pub width: Decimal,
    /// The bins, ascending.
    pub bins: Vec<Bin>,
}

/// One range and how many values fall in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// The smallest value that is in it.
    pub from: Decimal,
    /// The largest value that is in it: a step below the next bin.
    pub to: Decimal,
    /// How many values fall in it.
    pub count: u64,
}

/// The histogram of values whose extremes are known.
pub(super) fn of(
    values: &Values,
    minimum: &BigInt,
    maximum: &BigInt,
    bins: Bins,
    cancel: &Cancel,
) -> Result<Histogram, Error> {
    let zeros = values.common_zeros(cancel)?;
    let plan = Plan::new(minimum, maximum, zeros, values.count(), bins);
    let counts = values.counts_by_width(minimum, &plan.width, plan.bins);
    Ok(plan.filled(&counts, values.places()))
}

/// The bins of a histogram whose values are to be counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    minimum: BigInt,
    step: BigInt,
    /// How much a bin spans.
    pub(crate) width: BigInt,
    /// How many there are.
    pub(crate) bins: usize,
}

impl Plan {
    /// The bins of `count` values, all of which end with so many zeros.
    pub(crate) fn new(minimum: &BigInt, maximum: &BigInt, zeros: u32, count: u64, bins: Bins) -> Self {
        let wanted = match bins {
            Bins::Count(count) => u64::from(count.max(1)),
            Bins::Auto => u64::from(1 + count.next_power_of_two().ilog2()),
        };
        let step = power_of_ten(zeros);
        // Integer divisions that leave nothing: all values end with the step's zeros.
        let span: BigInt = (maximum - minimum) / &step + 1;
        let width: BigInt = (&span + wanted - 1_u32) / wanted;
        let bins: BigInt = (&span + &width - 1_u32) / &width;
        Self {
            minimum: minimum.clone(),
            bins: usize::try_from(bins).expect("at most as many as wanted"),
            width: width * &step,
            step,
        }
    }

    /// The histogram of values at so many decimal places, with how many are in each bin.
    pub(crate) fn filled(&self, counts: &[u64], places: u32) -> Histogram {
        let bin = |(index, count): (usize, &u64)| {
            let from = &self.minimum + &self.width * index;
            Bin {
                to: exact(&(&from + &self.width - &self.step), places),
                from: exact(&from, places),
                count: *count,
            }
        };
        Histogram {
            bins: counts.iter().enumerate().map(bin).collect(),
            width: exact(&self.width, places),
        }
    }
}
