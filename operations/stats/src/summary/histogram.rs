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
    let wanted = match bins {
        Bins::Count(count) => u64::from(count.max(1)),
        Bins::Auto => u64::from(1 + values.count().next_power_of_two().ilog2()),
    };
    let places = values.places();
    let step = power_of_ten(values.common_zeros(cancel)?);
    // Integer divisions that leave nothing: all values end with the step's zeros.
    let span: BigInt = (maximum - minimum) / &step + 1;
    let width: BigInt = (&span + wanted - 1_u32) / wanted;
    let bins: BigInt = (&span + &width - 1_u32) / &width;
    let bins = usize::try_from(bins).expect("at most as many as wanted");
    let width = width * &step;
    let counts = values.counts_by_width(minimum, &width, bins);
    let bin = |(index, count)| {
        let from = minimum + &width * index;
        Bin {
            to: exact(&(&from + &width - &step), places),
            from: exact(&from, places),
            count,
        }
    };
    Ok(Histogram {
        bins: counts.into_iter().enumerate().map(bin).collect(),
        width: exact(&width, places),
    })
}
