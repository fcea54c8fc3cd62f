//! What a picture shows, in fractions of its axes.

use errand_stats::{Decimal, Summary};
use num_bigint::BigInt;

use super::bins;
use super::label::{grouped, long, short};
use super::ticks::{self, Axis};

/// What a picture shows.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// The bars, from left to right.
    pub(super) bars: Vec<Bar>,
    pub(super) minimum: f64,
    pub(super) first: Mark,
    pub(super) median: Mark,
    pub(super) third: Mark,
    pub(super) maximum: f64,
    /// What stands under the axis of the values, as finely divided as there is room for labels.
    axis: AxisOfValues,
    /// Counts on the axis beside the bars, ascending; the last is its end.
    pub(super) counts: Vec<u64>,
}

/// A bar: from where to where on the axis of values.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) count: u64,
}

/// A place on the axis of values, with what it is.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) place: f64,
    pub(super) text: String,
}

#[derive(Debug)]
struct AxisOfValues {
    label: String,
    span: Span,
    /// The least distance of two values.
    step: BigInt,
}

/// From where to where the axis of values goes.
#[derive(Debug)]
struct Span {
    low: BigInt,
    high: BigInt,
    /// The decimal places of both.
    places: usize,
}

impl Figure {
    /// The figure of an answer, if it holds all that is shown: with the answer's own bins, if somebody chose them, or else with
    /// as many of them together as a person would choose.
    pub(super) fn of(summary: &Summary, title: &str, label: &str, is_drawn_as_it_is: bool) -> Option<Self> {
        let histogram = summary.histogram.as_ref()?;
        let quartiles = summary.quartiles.as_ref()?;
        let (minimum, maximum) = (summary.minimum.as_ref()?, summary.maximum.as_ref()?);
        let median = summary.median.as_ref()?;
        let (first, last) = (histogram.bins.first()?, histogram.bins.last()?);

        let shown = [minimum, maximum, median, &quartiles.first, &quartiles.third];
        let all = shown
            .into_iter()
            .chain([&first.from, &first.to, &last.to, &histogram.width]);
        // One place more, for half a step.
        let places = 1 + all.map(|decimal| fraction(decimal).len()).max()?;
        let scaled = |decimal: &Decimal| scaled(decimal.as_str(), places);
        let width = scaled(&histogram.width);
        // A bin goes from its smallest value to its largest: the next begins a step further. The bars meet between them.
        let step: BigInt = &width - (scaled(&first.to) - scaled(&first.from));
        let low = scaled(&first.from) - &step / 2;
        let together = if is_drawn_as_it_is {
            1
        } else {
            bins::together(summary, histogram)
        };
        let width = width * together;
        let counts: Vec<u64> = histogram
            .bins
            .chunks(together)
            .map(|bins| bins.iter().map(|bin| bin.count).sum())
            .collect();
        let count = counts.len();
        // So few bars would be walls.
        let margin = if count <= 2 { width.clone() } else { BigInt::ZERO };
        let span = Span {
            high: &low + &width * count + &margin,
            low: &low - &margin,
            places,
        };
        let edge = |index: usize| span.place(&(&low + &width * index));
        let bars = counts.iter().enumerate().map(|(index, count)| Bar {
            left: edge(index),
            right: edge(index + 1),
            count: *count,
        });
        let text = if span.is_narrow() { long } else { short };
        let mark = |name: &str, decimal: &Decimal| Mark {
            place: span.place(&scaled(decimal)),
            text: format!("{name} {}", text(decimal.as_str())),
        };
        let highest = counts.iter().copied().max()?;
        let numbers = if summary.count == 1 { "number" } else { "numbers" };
        let mut subtitle = format!(
            "{} {numbers} from {} to {}, in bins of {}",
            grouped(&summary.count.to_string()),
            text(minimum.as_str()),
            text(maximum.as_str()),
            short(&plain(&width, places)),
        );
        if !summary.skipped.is_empty() {
            let skipped = grouped(&summary.skipped.count.to_string());
            subtitle = format!("{subtitle}; {skipped} skipped");
        }
        Some(Self {
            title: match &summary.column {
                Some(column) => printable(&format!("{title}: {column}")),
                None => printable(title),
            },
            subtitle,
            bars: bars.collect(),
            minimum: span.place(&scaled(minimum)),
            first: mark("first quartile", &quartiles.first),
            median: mark("median", median),
            third: mark("third quartile", &quartiles.third),
            maximum: span.place(&scaled(maximum)),
            counts: ticks::of_counts(highest),
            axis: AxisOfValues {
                label: printable(label),
                span,
                step,
            },
        })
    }

    /// The axis of values with about so many labels.
    pub(super) fn axis(&self, most: u32) -> Axis {
        let AxisOfValues { label, span, step } = &self.axis;
        let mut axis = ticks::of_values(&span.low, &span.high, step, span.places, most);
        axis.unit.insert_str(0, label);
        axis
    }

    /// Where a tick of the axis is.
    pub(super) fn place(&self, tick: &BigInt) -> f64 {
        self.axis.span.place(tick)
    }
}

impl Span {
    /// Whether its values differ in their last digits alone.
    fn is_narrow(&self) -> bool {
        /// Digits that a rounded number shows of the difference at least.
        const TOLD_APART: usize = 4;
        let digits = |number: BigInt| number.magnitude().to_string().len();
        digits(self.low.clone()).max(digits(self.high.clone())) > TOLD_APART + digits(&self.high - &self.low)
    }

    /// Where on the axis a value is, from 0 to 1.
    fn place(&self, value: &BigInt) -> f64 {
        /// Finer than any picture.
        const PARTS: u32 = 1 << 24;
        let place: BigInt = (value - &self.low) * PARTS / (&self.high - &self.low);
        let place = u32::try_from(place.clamp(0.into(), PARTS.into())).unwrap_or(0);
        f64::from(place) / f64::from(PARTS)
    }
}

fn fraction(decimal: &Decimal) -> &str {
    decimal
        .as_str()
        .split_once('.')
        .map_or("", |(_, fraction)| fraction)
}

/// The decimal times `10^places`, of which it has no more.
fn scaled(decimal: &str, places: usize) -> BigInt {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits = format!("{whole}{fraction:0<places$}");
    digits.parse().expect("a decimal is digits, a point and a sign")
}

/// The decimal that is `10^-places` times the number.
fn plain(number: &BigInt, places: usize) -> String {
    let digits = format!("{number:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{whole}.{fraction}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// A name without what no picture can show, and no longer than fits.
fn printable(name: &str) -> String {
    const MOST: usize = 60;
    let mut letters = name.chars();
    let mut text: String = letters
        .by_ref()
        .take(MOST)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if letters.next().is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use errand_stats::{Bins, Parameters};

    use super::super::with_what_is_drawn;
    use super::*;

    fn figure(list: &str) -> Figure {
        let parameters = with_what_is_drawn(Parameters {
            histogram: Some(Bins::Count(4)),
            ..Parameters::default()
        });
        let summary = errand_stats::summarize(list.as_bytes(), &parameters).unwrap();
        Figure::of(&summary, "list", "value", true).unwrap()
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-6
    }

    #[test]
    fn bars_fill_the_axis_and_a_whole_number_is_in_the_middle_of_its_own() {
        let figure = figure("0 1 1 2 3");
        let edges: Vec<f64> = figure.bars.iter().flat_map(|bar| [bar.left, bar.right]).collect();
        let expected = [0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1.0];
        assert!(
            edges.iter().zip(expected).all(|(edge, place)| near(*edge, place)),
            "{edges:?}"
        );
        assert!(near(figure.median.place, 0.375) && near(figure.minimum, 0.125));
        assert!(near(figure.maximum, 0.875));
        assert_eq!(figure.subtitle, "5 numbers from 0 to 3, in bins of 1");
        let one = self::figure("5");
        assert!(near(one.median.place, 0.5), "{one:?}");
        assert_eq!(one.subtitle, "1 number from 5 to 5, in bins of 1");
    }

    #[test]
    fn numbers_of_a_thousand_digits_that_differ_in_the_last_stand_apart() {
        let digits = "7".repeat(1_000);
        let figure = figure(&format!("{digits}1 {digits}2 {digits}3 {digits}3"));
        assert!(near(figure.minimum, 1.0 / 6.0) && near(figure.maximum, 5.0 / 6.0));
        assert_eq!(figure.median.text, "median 777777…777772.5");
        let tiny = self::figure("1e-300 2e-300 3e-300");
        assert!(near(tiny.median.place, 0.5));
    }

    #[test]
    fn bins_that_nobody_chose_are_drawn_together() {
        let tokens: Vec<String> = (0..1_000)
            .map(|index| (index * index % 1_009).to_string())
            .collect();
        let list = tokens.join(" ");
        let parameters = with_what_is_drawn(Parameters::default());
        let summary = errand_stats::summarize(list.as_bytes(), &parameters).unwrap();
        let figure = Figure::of(&summary, "list", "value", false).unwrap();
        assert!((8..20).contains(&figure.bars.len()), "{}", figure.bars.len());
        assert_eq!(figure.bars.iter().map(|bar| bar.count).sum::<u64>(), 1_000);
        assert!(near(figure.bars[0].left, 0.0) && figure.bars.last().unwrap().right <= 1.0);
    }

    #[test]
    fn a_name_is_shown_without_control_characters_and_not_without_end() {
        assert_eq!(printable("a\u{7}\nb"), "a\u{fffd}\u{fffd}b");
        assert_eq!(printable(&"x".repeat(99)).chars().count(), 61);
    }
}
