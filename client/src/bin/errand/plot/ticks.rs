//! Where an axis has its ticks, and what stands at them.

use num_bigint::{BigInt, Sign};

use super::label::{grouped, short, times_power};

/// The most ticks beside the bars.
const MOST_COUNTS: u64 = 6;
/// The most digits of a label: longer ones are written with a power of ten or from an offset on, which the axis names.
const MOST_DIGITS: usize = 8;

/// An axis of values.
#[derive(Debug)]
pub(super) struct Axis {
    /// The ticks, ascending, at the decimal places of the values, and what stands at each.
    pub(super) ticks: Vec<(BigInt, String)>,
    /// What the values under the ticks are to be multiplied by, and what to be added to; empty if they are as they are.
    pub(super) unit: String,
}

/// Counts from 0 on: the last is at least `highest`.
pub(super) fn of_counts(highest: u64) -> Vec<u64> {
    let most = MOST_COUNTS - 1;
    let step = nice_steps()
        .find(|step| step.saturating_mul(most) >= highest)
        .unwrap_or(highest);
    let mut counts = vec![0];
    while counts.last().is_some_and(|last| *last < highest) {
        counts.push(counts.len() as u64 * step);
    }
    counts
}

/// 1, 2, 5, 10, 20 and so on.
fn nice_steps() -> impl Iterator<Item = u64> {
    (0..19).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)))
}

/// Ticks between two values, no closer than `step`, about `most` of them.
pub(super) fn of_values(low: &BigInt, high: &BigInt, step: &BigInt, places: usize, most: u32) -> Axis {
    let span: BigInt = high - low;
    let wanted: BigInt = (&span / most.max(1)).max(step.clone());
    let (distance, power) = nice_above(&wanted);
    let mut ticks = Vec::new();
    let mut tick = ceiling(low, &distance);
    while &tick <= high {
        ticks.push(tick.clone());
        tick += &distance;
    }
    labeled(ticks, power, places)
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below a value above zero, and the power.
fn nice_above(value: &BigInt) -> (BigInt, usize) {
    let power = value.to_string().len() - 1;
    let ten = BigInt::from(10).pow(u32::try_from(power).unwrap_or(u32::MAX));
    for digit in [1, 2, 5] {
        let nice = &ten * digit;
        if &nice >= value {
            return (nice, power);
        }
    }
    (ten * 10, power + 1)
}

/// The smallest multiple that is not below a value.
fn ceiling(value: &BigInt, distance: &BigInt) -> BigInt {
    let quotient: BigInt = value / distance;
    let multiple: BigInt = quotient * distance;
    if &multiple < value {
        multiple + distance
    } else {
        multiple
    }
}

/// Ticks whose distance ends with `power` zeros, with labels.
fn labeled(ticks: Vec<BigInt>, power: usize, places: usize) -> Axis {
    let plain = |tick: &BigInt, exponent: i64| written(tick, power, exponent_of(power, places), exponent);
    let longest = |exponent| {
        let digits = |text: String| text.bytes().filter(u8::is_ascii_digit).count();
        let lengths = ticks.iter().map(|tick| digits(plain(tick, exponent)));
        lengths.max().unwrap_or(0)
    };
    // As they are, or else as multiples of a power of a thousand.
    let last = exponent_of(power, places);
    let thousand = last.div_euclid(3) * 3;
    for exponent in [0, thousand, thousand + 3] {
        if longest(exponent) <= MOST_DIGITS {
            let labels = ticks
                .iter()
                .map(|tick| grouped(&plain(tick, exponent)))
                .collect::<Vec<_>>();
            let unit = if exponent == 0 {
                String::new()
            } else {
                format!(" ({})", times_power(exponent))
            };
            return Axis {
                ticks: ticks.into_iter().zip(labels).collect(),
                unit,
            };
        }
    }
    from_offset(ticks, power, places)
}

/// Ticks that differ in their last digits alone, told from the first on.
fn from_offset(ticks: Vec<BigInt>, power: usize, places: usize) -> Axis {
    let offset = ticks.first().cloned().unwrap_or_default();
    let relative: Vec<BigInt> = ticks.iter().map(|tick| tick - &offset).collect();
    let Axis { ticks: labels, unit } = labeled(relative, power, places);
    let labels = labels.into_iter().map(|(_, label)| format!("+{label}"));
    let offset = written(&offset, 0, -length(places), 0);
    Axis {
        ticks: ticks.into_iter().zip(labels).collect(),
        unit: format!("{unit}, from {} on", short(&offset)),
    }
}

/// What power of ten a number stands for that ends with `power` zeros at so many places.
fn exponent_of(power: usize, places: usize) -> i64 {
    length(power) - length(places)
}

/// A tick that ends with `power` zeros, each unit before which stands for `10^last`, in units of `10^exponent`.
fn written(tick: &BigInt, power: usize, last: i64, exponent: i64) -> String {
    let digits = tick.magnitude().to_string();
    let kept = digits
        .get(..digits.len().saturating_sub(power))
        .unwrap_or_default();
    let sign = if tick.sign() == Sign::Minus { "-" } else { "" };
    if kept.is_empty() {
        return "0".to_owned();
    }
    if let Ok(zeros) = usize::try_from(last - exponent) {
        return format!("{sign}{kept}{}", "0".repeat(zeros));
    }
    let places = usize::try_from(exponent - last).unwrap_or(0);
    let padded = format!("{kept:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}")
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels and unit of an axis from `low` to `high`, at one decimal place.
    fn axis(low: &str, high: &str, step: &str) -> (Vec<String>, String) {
        let number = |text: &str| text.parse::<BigInt>().unwrap();
        let axis = of_values(&number(low), &number(high), &number(step), 1, 5);
        let labels = axis.ticks.into_iter().map(|(_, label)| label);
        (labels.collect(), axis.unit)
    }

    #[test]
    fn counts_end_above_the_highest() {
        assert_eq!(of_counts(1), [0, 1]);
        assert_eq!(of_counts(7), [0, 2, 4, 6, 8]);
        assert_eq!(of_counts(1_001), [0, 500, 1_000, 1_500]);
        let most = of_counts(u64::MAX / 2);
        assert!(
            most.len() < 8 && *most.last().unwrap() >= u64::MAX / 2,
            "{most:?}"
        );
    }

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        assert_eq!(axis("5", "95", "10").0, ["2", "4", "6", "8"]);
        assert_eq!(
            axis("-25", "25", "1").0,
            ["\u{2212}2", "\u{2212}1", "0", "1", "2"]
        );
        assert_eq!(axis("1", "11", "1").0, ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        // No finer than the values are: between 5 and 6 there is nothing.
        assert_eq!(axis("45", "55", "10").0, ["5"]);
    }

    #[test]
    fn long_labels_are_told_by_a_power_of_ten_or_from_an_offset_on() {
        let zeros = "0".repeat(30);
        let (labels, unit) = axis("0", &format!("5{zeros}"), "10");
        assert_eq!(
            (&labels[..], &unit[..]),
            (
                &["0", "100", "200", "300", "400", "500"].map(String::from)[..],
                " (×10²⁷)"
            )
        );
        let (labels, unit) = axis(&format!("1{zeros}0"), &format!("1{}40", "0".repeat(29)), "10");
        assert_eq!(labels, ["+0", "+1", "+2", "+3", "+4"]);
        assert_eq!(unit, ", from 1×10³⁰ on");
    }
}
