//! The summary as text for a terminal.

use std::fmt;

use super::{FirstRow, Histogram, Modes, Spread, Summary};

/// Modes shown; the rest are counted.
const SHOWN_MODES: usize = 10;
/// Characters of the longest bar of a histogram, where no width is given.
const BAR_CHARACTERS: usize = 40;
/// The most of them in a wide terminal, and the fewest that are worth drawing.
const MOST_BAR_CHARACTERS: usize = 72;
const FEWEST_BAR_CHARACTERS: usize = 6;

/// A summary as text for a terminal of some width ([`Summary::in_width`]).
#[derive(Clone, Copy, Debug)]
pub struct InWidth<'a> {
    summary: &'a Summary,
    columns: Option<usize>,
}

impl Summary {
    /// The same text as [`Display`](fmt::Display) gives, its histogram as wide as a terminal of so many columns: the bars take what
    /// the labels leave; where that is little, a bin is told by where it begins, and where that is nothing, it has no bar.
    #[must_use]
    pub fn in_width(&self, columns: Option<usize>) -> InWidth<'_> {
        InWidth {
            summary: self,
            columns,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.in_width(None))
    }
}

impl fmt::Display for InWidth<'_> {
    /// One name and value a line, the values aligned; then the histogram, if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary.write(f)?;
        match &self.summary.histogram {
            Some(histogram) => {
                f.write_str("\n\n")?;
                histogram.write(f, self.columns)
            }
            None => Ok(()),
        }
    }
}

impl Summary {
    /// All but the histogram.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines::default();
        lines.add("count", self.count);
        lines.add_some("sum", self.sum.as_ref());
        lines.add_some("minimum", self.minimum.as_ref());
        lines.add_some("maximum", self.maximum.as_ref());
        lines.add_some("mean", self.mean.as_ref());
        lines.add_some("median", self.median.as_ref());
        lines.add_some("range", self.range.as_ref());
        lines.add_spread("variance", self.variance.as_ref());
        lines.add_spread("standard deviation", self.standard_deviation.as_ref());
        if let Some(quartiles) = &self.quartiles {
            lines.add("first quartile", &quartiles.first);
            lines.add("third quartile", &quartiles.third);
            lines.add("interquartile range", &quartiles.interquartile_range);
        }
        for percentile in &self.percentiles {
            lines.add(format!("percentile {}", percentile.percentile), &percentile.value);
        }
        if let Some(modes) = &self.modes {
            lines.add(if modes.total == 1 { "mode" } else { "modes" }, modes);
        }
        lines.add_some("distinct", self.distinct.as_ref());
        if let Some(first_row) = self.first_row {
            lines.add("header", assumed(first_row, self.column.as_deref()));
        }
        if !self.skipped.is_empty() {
            lines.add("skipped", &self.skipped);
        }
        write!(f, "{lines}")
    }
}

/// What was assumed of the first row, and what to do if that is wrong.
fn assumed(first_row: FirstRow, header: Option<&str>) -> String {
    match first_row {
        FirstRow::Headers => format!(
            "{} (assumed, for it is no number; --no-header if it is data)",
            header.unwrap_or_default()
        ),
        FirstRow::Data => {
            "none (assumed, for the first row is a number; --header if it is headers)".to_owned()
        }
    }
}

/// Names and values, which are printed aligned.
#[derive(Default)]
struct Lines(Vec<(String, String)>);

impl Lines {
    fn add(&mut self, name: impl Into<String>, value: impl fmt::Display) {
        self.0.push((name.into(), value.to_string()));
    }

    fn add_some(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn add_spread(&mut self, name: &str, spread: Option<&Spread<impl fmt::Display>>) {
        if let Some(spread) = spread {
            self.add(format!("population {name}"), &spread.population);
            match &spread.sample {
                Some(sample) => self.add(format!("sample {name}"), sample),
                None => self.add(format!("sample {name}"), "undefined for one value"),
            }
        }
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (index, (name, value)) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{name:width$}  {value}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Modes {
    /// The first modes and how often each occurs: `3, 5 (2 times each)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.frequency == 1 {
            return f.write_str("none: no value occurs twice");
        }
        let shown: Vec<String> = self
            .values
            .iter()
            .take(SHOWN_MODES)
            .map(ToString::to_string)
            .collect();
        f.write_str(&shown.join(", "))?;
        match self.total.saturating_sub(shown.len() as u64) {
            0 => {}
            more => write!(f, " and {more} more")?,
        }
        let each = if self.total == 1 { "" } else { " each" };
        write!(f, " ({} times{each})", self.frequency)
    }
}

impl fmt::Display for Histogram {
    /// A bar a bin, the longest 40 characters: `from .. to  ████  count`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl Histogram {
    fn write(&self, f: &mut fmt::Formatter<'_>, columns: Option<usize>) -> fmt::Result {
        let label = |bin: &super::Bin| (bin.from.to_string(), bin.to.to_string());
        let labels: Vec<_> = self.bins.iter().map(label).collect();
        // A formatting width is at most 65,535: longer numbers are written as they are.
        let width = |length: usize| length.min(u16::MAX.into());
        let from_width = width(labels.iter().map(|(from, _)| from.len()).max().unwrap_or(0));
        let to_width = width(labels.iter().map(|(_, to)| to.len()).max().unwrap_or(0));
        let highest = self.bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
        let count_width = highest.to_string().len();
        let beside_labels = |labels: usize| match columns {
            None => BAR_CHARACTERS,
            Some(columns) => columns
                .saturating_sub(labels + "  ".len() + " ".len() + count_width)
                .min(MOST_BAR_CHARACTERS),
        };
        let (from_and_to, from_alone) = (from_width + " .. ".len() + to_width, from_width + " ..".len());
        let has_to = beside_labels(from_and_to) >= FEWEST_BAR_CHARACTERS
            || beside_labels(from_alone) < FEWEST_BAR_CHARACTERS;
        let longest = beside_labels(if has_to { from_and_to } else { from_alone });
        for (index, (bin, (from, to))) in self.bins.iter().zip(&labels).enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            let bar = bar(bin.count, highest, longest);
            let gap = if bar.is_empty() { "" } else { " " };
            write!(f, "{line_break}{from:>from_width$} ..")?;
            if has_to {
                write!(f, " {to:>to_width$}")?;
            }
            write!(f, "  {bar}{gap}{}", bin.count)?;
        }
        Ok(())
    }
}

/// A bar whose length is to `longest` as `count` is to `highest`, to an eighth of a character; a bin that is not empty shows at
/// least an eighth, if there are bars.
fn bar(count: u64, highest: u64, longest: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(count) * 8 * longest as u128 / u128::from(highest);
    let least = usize::from(count > 0 && longest > 0);
    let eighths = usize::try_from(eighths).unwrap_or(0).max(least);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use crate::{Bins, Parameters, summarize};

    fn lines(list: &str, columns: usize) -> Vec<String> {
        let parameters = Parameters {
            histogram: Some(Bins::Count(9)),
            ..Parameters::default()
        };
        let summary = summarize(list.as_bytes(), &parameters).unwrap();
        let text = summary.in_width(Some(columns)).to_string();
        let (_, histogram) = text.split_once("\n\n").unwrap();
        histogram.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_histogram_keeps_to_the_width_of_the_terminal() {
        let wide = format!("{0}1 {0}2 {0}9", "7".repeat(25));
        for columns in [40, 60, 80, 120, 200] {
            for list in ["1 2 2 3 50", &"1.25 -7 99999.5 ".repeat(400), &wide, "5"] {
                let lines = lines(list, columns);
                let longest = lines.iter().map(|line| line.chars().count()).max().unwrap();
                assert!(
                    longest <= columns,
                    "{longest} characters of {columns}: {lines:#?}"
                );
                let bars = lines.iter().map(|line| line.matches('█').count()).max().unwrap();
                assert!(
                    bars >= 6 && (columns < 120 || bars == 72 || list == wide),
                    "{bars} of {columns}: {lines:#?}"
                );
            }
        }
    }

    #[test]
    fn numbers_that_fill_the_terminal_leave_no_room_for_bars() {
        let lines = lines(&format!("{0}1 {0}2", "7".repeat(100)), 40);
        assert!(
            lines
                .iter()
                .all(|line| !line.contains('█') && line.ends_with('1')),
            "{lines:#?}"
        );
    }
}
