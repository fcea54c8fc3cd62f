//! Every statistic against a plain big-integer computation: sort, count, divide.

use std::collections::BTreeMap;
use std::num::NonZero;

use errand_stats::{Accumulator, Bins, Parameters, Percentile, Selection, Summary};
use num_bigint::BigInt;
use num_traits::Signed as _;
use proptest::prelude::*;

/// Integers of all sizes.
fn integer() -> impl Strategy<Value = BigInt> {
    prop_oneof![
        4 => (-9_i64..10).prop_map(BigInt::from),
        4 => any::<i32>().prop_map(BigInt::from),
        4 => any::<i64>().prop_map(BigInt::from),
        2 => prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(BigInt::from),
        2 => any::<i128>().prop_map(BigInt::from),
        1 => prop_oneof![Just(i128::MIN), Just(i128::MAX)].prop_map(BigInt::from),
        1 => "-?[1-9][0-9]{30,60}".prop_map(|digits| digits.parse().unwrap()),
    ]
}

fn lists() -> impl Strategy<Value = Vec<BigInt>> {
    prop_oneof![
        prop::collection::vec(integer(), 1..60),
        prop::collection::vec((0_i64..5).prop_map(BigInt::from), 1..60),
        (integer(), 1_usize..40).prop_map(|(value, count)| vec![value; count]),
        prop::collection::vec(any::<i16>().prop_map(BigInt::from), 1..2_000).prop_map(|mut list| {
            list.sort();
            list
        }),
    ]
}

fn percentile() -> impl Strategy<Value = Percentile> {
    prop_oneof![
        (0_u32..=100).prop_map(|whole| whole.to_string().parse().unwrap()),
        (0_u32..100, 0_u32..1_000_000_000)
            .prop_map(|(whole, part)| format!("{whole}.{part:09}").parse().unwrap()),
    ]
}

/// The list as text.
fn text(list: &[BigInt], separator: &str) -> String {
    list.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

/// Whether `decimal`, to 17 significant digits or to a whole number, is nearest to `numerator / denominator`: the
/// distance is at most half a unit of the last place. (Ties are tested where rounding is implemented.)
fn is_nearest(decimal: &str, numerator: &BigInt, denominator: &BigInt) -> bool {
    let (digits, places) = rounded(decimal);
    let distance = (digits * denominator - numerator * BigInt::from(10).pow(places)).abs();
    distance * 2_u32 <= *denominator
}

/// The digits without the point and how many follow it, with the zeros that rounding removed.
fn rounded(decimal: &str) -> (BigInt, u32) {
    let significant = decimal
        .trim_start_matches(['-', '0', '.'])
        .chars()
        .filter(char::is_ascii_digit)
        .count();
    let removed = u32::try_from(17_usize.saturating_sub(significant)).unwrap();
    let (digits, places) = parsed(decimal);
    (digits * BigInt::from(10).pow(removed), places + removed)
}

/// The digits without the point, and how many follow it.
fn parsed(decimal: &str) -> (BigInt, u32) {
    let places = decimal.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    (
        decimal.replace('.', "").parse().unwrap(),
        u32::try_from(places).unwrap(),
    )
}

fn check(summary: &Summary, list: &[BigInt], percentiles: &[Percentile]) {
    let mut sorted = list.to_vec();
    sorted.sort();
    let count = BigInt::from(list.len());
    let sum: BigInt = list.iter().sum();
    let (smallest, largest) = (&sorted[0], &sorted[sorted.len() - 1]);
    assert_eq!(summary.count, list.len() as u64);
    assert_eq!(summary.sum.as_ref().unwrap().to_string(), sum.to_string());
    assert_eq!(
        summary.minimum.as_ref().unwrap().to_string(),
        smallest.to_string()
    );
    assert_eq!(summary.maximum.as_ref().unwrap().to_string(), largest.to_string());
    assert_eq!(
        summary.range.as_ref().unwrap().to_string(),
        (largest - smallest).to_string()
    );

    let mean = summary.mean.as_ref().unwrap();
    let (numerator, denominator): (BigInt, BigInt) = (
        mean.numerator.to_string().parse().unwrap(),
        mean.denominator.to_string().parse().unwrap(),
    );
    assert_eq!(&numerator * &count, &sum * &denominator);
    assert!(
        is_nearest(mean.decimal.as_str(), &sum, &count),
        "{sum} / {count} = {mean}"
    );

    // The textbook's sum of squared deviations, times the count: the sum of (count x - sum)^2, divided by the count.
    let deviations: BigInt = list
        .iter()
        .map(|value| (value * &count - &sum).pow(2))
        .sum::<BigInt>()
        / &count;
    let variance = summary.variance.as_ref().unwrap();
    assert!(is_nearest(
        variance.population.decimal.as_str(),
        &deviations,
        &(&count * &count)
    ));
    let deviation = summary.standard_deviation.as_ref().unwrap();
    check_root(deviation.population.as_str(), &deviations, &(&count * &count));
    assert_eq!(variance.sample.is_some(), list.len() > 1);
    if let (Some(variance), Some(deviation)) = (&variance.sample, &deviation.sample) {
        let denominator = &count * (&count - 1);
        assert!(is_nearest(variance.decimal.as_str(), &deviations, &denominator));
        check_root(deviation.as_str(), &deviations, &denominator);
    }

    let median = summary.median.as_ref().unwrap().as_str();
    check_quantile(median, "50".parse().unwrap(), &sorted);
    let quartiles = summary.quartiles.as_ref().unwrap();
    check_quantile(quartiles.first.as_str(), "25".parse().unwrap(), &sorted);
    check_quantile(quartiles.third.as_str(), "75".parse().unwrap(), &sorted);
    assert_eq!(summary.percentiles.len(), percentiles.len());
    for (value, percentile) in summary.percentiles.iter().zip(percentiles) {
        assert_eq!(value.percentile, *percentile);
        check_quantile(value.value.as_str(), *percentile, &sorted);
    }

    let mut occurrences = BTreeMap::new();
    for value in list {
        *occurrences.entry(value).or_insert(0) += 1;
    }
    let highest = *occurrences.values().max().unwrap();
    let modes: Vec<String> = occurrences
        .iter()
        .filter(|(_, count)| **count == highest)
        .map(|(value, _)| value.to_string())
        .collect();
    let given = summary.modes.as_ref().unwrap();
    assert_eq!((given.frequency, given.total), (highest, modes.len() as u64));
    let listed: Vec<String> = given.values.iter().map(ToString::to_string).collect();
    assert_eq!(listed, modes[..modes.len().min(100)]);
    assert_eq!(summary.distinct, Some(occurrences.len() as u64));

    let histogram = summary.histogram.as_ref().unwrap();
    for bin in &histogram.bins {
        let (from, to): (BigInt, BigInt) = (
            bin.from.to_string().parse().unwrap(),
            bin.to.to_string().parse().unwrap(),
        );
        let inside = list
            .iter()
            .filter(|value| from <= **value && **value <= to)
            .count();
        assert_eq!(bin.count, inside as u64);
        assert_eq!((to - from + 1_u32).to_string(), histogram.width.to_string());
    }
    assert_eq!(
        histogram.bins.iter().map(|bin| bin.count).sum::<u64>(),
        summary.count
    );
    assert_eq!(histogram.bins[0].from.to_string(), smallest.to_string());
}

/// The square of the decimal less, and more, half a unit of the last place encloses the fraction.
fn check_root(decimal: &str, numerator: &BigInt, denominator: &BigInt) {
    let (digits, places) = rounded(decimal);
    let power = BigInt::from(10).pow(2 * places) * 4_u32;
    let less: BigInt = &digits * 2_u32 - 1_u32;
    let more: BigInt = &digits * 2_u32 + 1_u32;
    assert!(
        &less * less.abs() * denominator <= numerator * &power,
        "{decimal} is above the root"
    );
    assert!(
        &more * &more * denominator >= numerator * &power,
        "{decimal} is below the root"
    );
}

/// Hyndman and Fan's definition 7 in fractions.
fn check_quantile(decimal: &str, percentile: Percentile, sorted: &[BigInt]) {
    let (billionths, places) = parsed(&percentile.to_string());
    let scale = BigInt::from(10).pow(places) * 100_u32;
    let position = billionths * (sorted.len() - 1);
    let rank = usize::try_from(&position / &scale).unwrap();
    let fraction = &position % &scale;
    let above = sorted.get(rank + 1).unwrap_or(&sorted[rank]);
    let expected = &sorted[rank] * &scale + fraction * (above - &sorted[rank]);
    let (digits, places) = parsed(decimal);
    assert_eq!(
        digits * scale,
        expected * BigInt::from(10).pow(places),
        "percentile {percentile} is {decimal}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_statistic_is_what_the_definition_says(
        list in lists(),
        percentiles in prop::collection::vec(percentile(), 0..5),
        bins in prop_oneof![Just(Bins::Auto), (1_u16..50).prop_map(Bins::Count)],
        separator in prop::sample::select(vec![" ", "\n", ", ", ";", "\r\n", ",", " # x\n"]),
        cuts in prop::collection::vec(1_usize..300, 1..6),
        threads in 1_usize..4,
    ) {
        let parameters = Parameters {
            statistics: Selection::All,
            percentiles: percentiles.clone(),
            histogram: Some(bins),
            ..Parameters::default()
        };
        let text = text(&list, separator);
        let mut accumulator = Accumulator::new(&parameters).with_threads(NonZero::new(threads).unwrap());
        let mut rest = text.as_bytes();
        for cut in cuts.into_iter().cycle() {
            let (chunk, others) = rest.split_at(cut.min(rest.len()));
            accumulator.push(chunk).unwrap();
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        let summary = accumulator.finish().unwrap();
        check(&summary, &list, &percentiles);
        let json = serde_json::to_string(&summary).unwrap();
        prop_assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_long_list_read_on_threads_is_what_the_definition_says(seed in any::<u64>(), bits in 1_u32..64, threads in 1_usize..4) {
        let value = |index: u64| {
            let mixed = (index ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9).cast_signed()) >> (63 - bits)
        };
        let list: Vec<BigInt> = (0..100_000).map(|index| value(index).into()).collect();
        let parameters = Parameters { statistics: Selection::All, histogram: Some(Bins::Auto), ..Parameters::default() };
        let mut accumulator = Accumulator::new(&parameters).with_threads(NonZero::new(threads).unwrap());
        accumulator.read(text(&list, "\n").as_bytes()).unwrap();
        check(&accumulator.finish().unwrap(), &list, &[]);
    }
}
