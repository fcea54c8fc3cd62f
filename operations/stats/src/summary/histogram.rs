//! A histogram: how many values fall in each of several ranges.

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::values::Values;
use crate::{Bins, Integer};

/// How many values fall in each of several ranges of equal width that follow one another from the minimum on.
///
/// The width is a whole number, the smallest with which the bins asked for reach the maximum, so there may be
/// fewer bins than asked for, and the last may end beyond the maximum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// How many whole numbers a bin spans.
    pub width: Integer,
    /// The bins, ascending.
    pub bins: Vec<Bin>,
}

/// One range and how many values fall in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// The smallest whole number in it.
    pub from: Integer,
    /// The largest whole number in it.
    pub to: Integer,
    /// How many values fall in it.
    pub count: u64,
}

/// The histogram of values whose extremes are known.
pub(super) fn of(values: &Values, minimum: &BigInt, maximum: &BigInt, bins: Bins) -> Histogram {
    let wanted = match bins {
        Bins::Count(count) => u64::from(count.max(1)),
        Bins::Auto => u64::from(1 + values.count().next_power_of_two().ilog2()),
    };
    let span: BigInt = maximum - minimum + 1;
    let width: BigInt = (&span + wanted - 1_u32) / wanted;
    let bins: BigInt = (&span + &width - 1_u32) / &width;
    let bins = usize::try_from(bins).expect("at most as many as wanted");
    let counts = values.counts_by_width(minimum, &width, bins);
    let bin = |(index, count)| {
        let from = minimum + &width * index;
        let to = &from + &width - 1;
        Bin {
            from: Integer::new(from),
            to: Integer::new(to),
            count,
        }
    };
    Histogram {
        bins: counts.into_iter().enumerate().map(bin).collect(),
        width: Integer::new(width),
    }
}
