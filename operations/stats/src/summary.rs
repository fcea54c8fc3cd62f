//! The statistics of a list, and how they are written as JSON and as text.

mod answer;
mod compute;
mod display;
mod histogram;

use serde::{Deserialize, Serialize};

use crate::{Decimal, Fraction, Percentile, Skipped};

pub(crate) use answer::answer;
pub use answer::{Answer, ColumnSummaries, ColumnSummary, NotNumeric};
pub(crate) use compute::{Findings, compute, ranks};
pub(crate) use histogram::Plan;
pub use histogram::{Bin, Histogram};

/// The statistics of a list: those that were asked for, and the count.
///
/// What is a [`Decimal`] is exact unless it says otherwise. As JSON, numbers that a reader could damage are text; what was not asked for is absent. As text
/// ([`Display`](std::fmt::Display)), one name and value a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many numbers there are; at least one.
    pub count: u64,
    /// Their exact sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Decimal>,
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Decimal>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Decimal>,
    /// The arithmetic mean, exact and rounded once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Fraction>,
    /// The middle value, or the mean of the two in the middle; exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median: Option<Decimal>,
    /// Largest minus smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Decimal>,
    /// Variance, exact and rounded once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance: Option<Spread<Fraction>>,
    /// Standard deviation: the root of the exact variance, rounded once as [`Fraction::decimal`] is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<Spread<Decimal>>,
    /// Quartiles, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quartiles: Option<Quartiles>,
    /// The percentiles asked for, in the order of the request; exact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub percentiles: Vec<PercentileValue>,
    /// The most frequent values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Modes>,
    /// How many different values there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// How many values fall in each of several ranges of equal width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The header of the column that was read, if the first row was headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What the first row was taken for, if the column was read by number and nothing said whether that row is headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_row: Option<FirstRow>,
    /// What was skipped because it is no number.
    #[serde(default, skip_serializing_if = "Skipped::is_empty")]
    pub skipped: Skipped,
}

/// What the first row of a table was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstRow {
    /// The columns' headers: a field in it is no number.
    Headers,
    /// Data, as the rows below it: the fields in it are numbers.
    Data,
}

/// A measure of spread, of the list as a whole population and as a sample of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread<T> {
    /// Of a population: dividing by the count.
    pub population: T,
    /// Of a sample: dividing by the count minus one (Bessel's correction); `None` (JSON null) for a single value.
    pub sample: Option<T>,
}

/// First and third quartile: the 25th and 75th percentile, with linear interpolation (type 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quartiles {
    /// The 25th percentile.
    pub first: Decimal,
    /// The 75th percentile.
    pub third: Decimal,
    /// Third minus first.
    pub interquartile_range: Decimal,
}

/// The value of one percentile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PercentileValue {
    /// Which percentile.
    pub percentile: Percentile,
    /// Its value with linear interpolation (type 7), exact.
    pub value: Decimal,
}

/// The most frequent values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modes {
    /// How often each of them occurs. If it is 1, no value occurs twice, and all values are modes.
    pub frequency: u64,
    /// How many there are.
    pub total: u64,
    /// The smallest [`Modes::LISTED`] of them, ascending.
    pub values: Vec<Decimal>,
}

impl Modes {
    /// The most modes that are listed.
    pub const LISTED: usize = 100;
}
