//! Computing the statistics that were asked for.

use std::num::NonZero;

use num_bigint::BigInt;
use num_traits::Signed as _;

use super::histogram;
use super::{Modes, PercentileValue, Quartiles, Spread, Summary};
use crate::cancel::Cancel;
use crate::contents::Contents;
use crate::number::powers::{power_of_ten, times_power_of_ten};
use crate::number::rounding::{self, exact};
use crate::values::Values;
use crate::{Decimal, Error, Fraction, Limits, Parameters, Percentile, Statistic};

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
    let places = values.places();
    let decimal = |value: &BigInt| exact(value, places);
    let count = values.count();
    let Some((minimum, maximum)) = values.extremes() else {
        return Err(Error::EmptyInput {
            skipped: skipped.count,
        });
    };
    let wants = |statistic| parameters.statistics.contains(statistic);
    let sum = values.sum();
    cancel.check()?;
    let variance = (wants(Statistic::Variance) || wants(Statistic::StandardDeviation))
        .then(|| Variance::of(&values, &sum, cancel))
        .transpose()?;
    cancel.check()?;
    let quantiles = Quantiles::of(&mut values, parameters, threads);
    cancel.check()?;
    let histogram = parameters
        .histogram
        .map(|bins| histogram::of(&values, &minimum, &maximum, bins, cancel))
        .transpose()?;
    cancel.check()?;
    let frequencies =
        (wants(Statistic::Modes) || wants(Statistic::Distinct)).then(|| values.frequencies(Modes::LISTED));
    let modes = frequencies
        .as_ref()
        .filter(|_| wants(Statistic::Modes))
        .map(|frequencies| Modes {
            frequency: frequencies.highest,
            total: frequencies.modes,
            values: frequencies.first_modes.iter().map(decimal).collect(),
        });
    Ok(Summary {
        count,
        mean: wants(Statistic::Mean).then(|| Fraction::new(sum.clone(), count.into(), places)),
        median: wants(Statistic::Median).then(|| quantiles.at(Percentile::MEDIAN)),
        range: wants(Statistic::Range).then(|| decimal(&(&maximum - &minimum))),
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
        distinct: frequencies
            .filter(|_| wants(Statistic::Distinct))
            .map(|frequencies| frequencies.distinct),
        histogram,
        sum: wants(Statistic::Sum).then(|| decimal(&sum)),
        minimum: wants(Statistic::Minimum).then(|| decimal(&minimum)),
        maximum: wants(Statistic::Maximum).then(|| decimal(&maximum)),
        column,
        skipped,
    })
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
    fn of(values: &Values, sum: &BigInt, cancel: &Cancel) -> Result<Self, Error> {
        let count = BigInt::from(values.count());
        let deviations = &count * values.sum_of_squares(cancel)? - sum * sum;
        let places = 2 * values.places();
        Ok(Self {
            count,
            deviations,
            places,
        })
    }

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
    fn of(values: &mut Values, parameters: &Parameters, threads: NonZero<usize>) -> Self {
        let count = values.count();
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
        let places = values.places();
        let values = values.at_ranks(&ranks, threads);
        Self {
            count,
            ranks,
            values,
            places,
        }
    }

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
