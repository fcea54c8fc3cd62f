//! Computing the statistics that were asked for.

use std::num::NonZero;

use num_bigint::BigInt;
use num_traits::Signed as _;

use super::histogram::{self, Histogram};
use super::{Modes, PercentileValue, Quartiles, Spread, Summary};
use crate::cancel::Cancel;
use crate::contents::Contents;
use crate::number::powers::{power_of_ten, times_power_of_ten};
use crate::number::rounding::{self, exact};
use crate::values::Frequencies;
use crate::{Decimal, Error, FirstRow, Fraction, Limits, Parameters, Percentile, Skipped, Statistic};

/// What is known of a list, and the skipped tokens and the header that go with it: from this follows its summary.
pub(crate) struct Findings {
    pub(crate) count: u64,
    /// The decimal places of all values here.
    pub(crate) places: u32,
    pub(crate) sum: BigInt,
    /// The sum of the squares, if a spread is asked for.
    pub(crate) squares: Option<BigInt>,
    pub(crate) minimum: BigInt,
    pub(crate) maximum: BigInt,
    /// [`ranks`], and the values there.
    pub(crate) ranks: Vec<u64>,
    pub(crate) at_ranks: Vec<BigInt>,
    pub(crate) histogram: Option<Histogram>,
    pub(crate) frequencies: Option<Frequencies>,
    pub(crate) skipped: Skipped,
    pub(crate) column: Option<String>,
    pub(crate) first_row: Option<FirstRow>,
}

/// The statistics `parameters` ask for.
pub(crate) fn compute(
    contents: Contents,
    parameters: &Parameters,
    limits: &Limits,
    threads: NonZero<usize>,
    cancel: &Cancel,
) -> Result<Summary, Error> {
    let Contents {
        mut values,
        skipped,
        column,
    } = contents;
    values.align(limits, cancel)?;
    let Some((minimum, maximum)) = values.extremes() else {
        return Err(Error::EmptyInput {
            skipped: skipped.count,
        });
    };
    let count = values.count();
    let sum = values.sum();
    cancel.check()?;
    let squares = parameters.need_squares().then(|| values.sum_of_squares());
    cancel.check()?;
    let ranks = ranks(parameters, count);
    let at_ranks = values.at_ranks(&ranks, threads);
    cancel.check()?;
    let histogram = parameters
        .histogram
        .map(|bins| histogram::of(&values, &minimum, &maximum, bins));
    cancel.check()?;
    Ok(Findings {
        count,
        places: values.places(),
        sum,
        squares,
        minimum,
        maximum,
        ranks,
        at_ranks,
        histogram,
        frequencies: parameters
            .need_frequencies()
            .then(|| values.frequencies(Modes::LISTED)),
        skipped,
        column,
        first_row: None,
    }
    .summary(parameters))
}

/// The ranks at which values are needed, ascending: those of the median, the quartiles and the percentiles.
pub(crate) fn ranks(parameters: &Parameters, count: u64) -> Vec<u64> {
    let mut percentiles = parameters.percentiles.clone();
    if parameters.statistics.contains(Statistic::Median) {
        percentiles.push(Percentile::MEDIAN);
    }
    if parameters.statistics.contains(Statistic::Quartiles) {
        percentiles.extend([Percentile::Q1, Percentile::Q3]);
    }
    let mut ranks: Vec<u64> = percentiles
        .into_iter()
        .flat_map(|percentile| {
            let (rank, fraction) = percentile.rank(count);
            [rank, rank + u64::from(fraction > 0)]
        })
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

impl Findings {
    /// The statistics `parameters` ask for.
    pub(crate) fn summary(self, parameters: &Parameters) -> Summary {
        let places = self.places;
        let decimal = |value: &BigInt| exact(value, places);
        let wants = |statistic| parameters.statistics.contains(statistic);
        let variance = self.squares.as_ref().map(|squares| Variance {
            count: self.count.into(),
            deviations: self.count * squares - &self.sum * &self.sum,
            places: 2 * places,
        });
        let quantiles = Quantiles {
            count: self.count,
            ranks: self.ranks,
            values: self.at_ranks,
            places,
        };
        let modes = self
            .frequencies
            .as_ref()
            .filter(|_| wants(Statistic::Modes))
            .map(|frequencies| Modes {
                frequency: frequencies.highest,
                total: frequencies.modes,
                values: frequencies.first_modes.iter().map(decimal).collect(),
            });
        Summary {
            count: self.count,
            mean: wants(Statistic::Mean).then(|| Fraction::new(self.sum.clone(), self.count.into(), places)),
            median: wants(Statistic::Median).then(|| quantiles.at(Percentile::MEDIAN)),
            range: wants(Statistic::Range).then(|| decimal(&(&self.maximum - &self.minimum))),
            variance: variance
                .as_ref()
                .filter(|_| wants(Statistic::Variance))
                .map(Variance::fractions),
            standard_deviation: variance
                .filter(|_| wants(Statistic::StandardDeviation))
                .map(|variance| variance.roots()),
            quartiles: wants(Statistic::Quartiles).then(|| quantiles.quartiles()),
            percentiles: quantiles.percentiles(parameters),
            modes,
            distinct: self
                .frequencies
                .filter(|_| wants(Statistic::Distinct))
                .map(|frequencies| frequencies.distinct),
            histogram: self.histogram,
            sum: wants(Statistic::Sum).then(|| decimal(&self.sum)),
            minimum: wants(Statistic::Minimum).then(|| decimal(&self.minimum)),
            maximum: wants(Statistic::Maximum).then(|| decimal(&self.maximum)),
            column: self.column,
            first_row: self.first_row,
            skipped: self.skipped,
        }
    }
}

/// The exact variance: with n values, S their sum and Q the sum of their squares, the sum of squared deviations
/// from the mean is `(n Q - S^2) / n`, at twice the values' decimal places. In floating point this formula loses all precision to cancellation; in exact
/// integers it loses none.
struct Variance {
    count: BigInt,
    /// `n Q - S^2`.
    deviations: BigInt,
    /// The decimal places of `deviations`.
    places: u32,
}

impl Variance {
    fn spread<T>(&self, divided: impl Fn(&BigInt, BigInt) -> T) -> Spread<T> {
        let count_minus_one: BigInt = &self.count - 1;
        Spread {
            population: divided(&self.deviations, &self.count * &self.count),
            sample: count_minus_one
                .is_positive()
                .then(|| divided(&self.deviations, &self.count * count_minus_one)),
        }
    }

    fn fractions(&self) -> Spread<Fraction> {
        self.spread(|numerator, denominator| Fraction::new(numerator.clone(), denominator, self.places))
    }

    fn roots(&self) -> Spread<Decimal> {
        self.spread(|numerator, denominator| {
            rounding::square_root(numerator, &times_power_of_ten(denominator, self.places))
        })
    }
}

/// The values at all the ranks that the median, quartiles and percentiles need, found together.
struct Quantiles {
    count: u64,
    ranks: Vec<u64>,
    values: Vec<BigInt>,
    /// The decimal places of the values.
    places: u32,
}

impl Quantiles {
    fn value(&self, rank: u64) -> &BigInt {
        let index = self
            .ranks
            .binary_search(&rank)
            .expect("every percentile's ranks were looked up");
        &self.values[index]
    }

    /// The percentile times `10^FRACTION_PLACES`.
    fn scaled(&self, percentile: Percentile) -> BigInt {
        let (rank, fraction) = percentile.rank(self.count);
        let below = self.value(rank);
        let whole = below * power_of_ten(Percentile::FRACTION_PLACES);
        if fraction == 0 {
            whole
        } else {
            whole + (self.value(rank + 1) - below) * fraction
        }
    }

    fn at(&self, percentile: Percentile) -> Decimal {
        self.decimal(&self.scaled(percentile))
    }

    fn quartiles(&self) -> Quartiles {
        let (first, third) = (self.scaled(Percentile::Q1), self.scaled(Percentile::Q3));
        let interquartile_range = self.decimal(&(&third - &first));
        Quartiles {
            first: self.decimal(&first),
            third: self.decimal(&third),
            interquartile_range,
        }
    }

    fn percentiles(&self, parameters: &Parameters) -> Vec<PercentileValue> {
        let value = |&percentile| PercentileValue {
            percentile,
            value: self.at(percentile),
        };
        parameters.percentiles.iter().map(value).collect()
    }

    /// A value that [`Quantiles::scaled`] gives, or a difference of two.
    fn decimal(&self, scaled: &BigInt) -> Decimal {
        exact(scaled, self.places + Percentile::FRACTION_PLACES)
    }
}
