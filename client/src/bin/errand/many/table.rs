//! Statistics of many lists: a row for each, in the order of the lists.
//!
//! The name comes last, as with `wc`, so that the numbers are columns whatever the names are. On a terminal a row keeps to
//! its width: what is too long is shortened, and `…` says so. Elsewhere, and with `--json`, every number is whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;

use errand_stats::Summary;
use terminal_size::{Width, terminal_size_of};

use crate::output::shown;

/// Rows that are held back to find the width of their columns.
const BLOCK: usize = 500;

/// The least that is left of a number, as `1.2…e45`, and of a name.
const LEAST_NUMBER: usize = 7;
const LEAST_NAME: usize = 10;

pub(crate) struct Table {
    /// None: not a terminal, all is shown.
    columns: Option<usize>,
    rows: BTreeMap<usize, Row>,
    /// The index of the next row to be shown, as far as those before it are known to come or not.
    next: usize,
    widths: Vec<usize>,
    has_header: bool,
}

/// None: there is none, its list could not be read.
type Row = Option<(Vec<(&'static str, String)>, String)>;

impl Table {
    pub(crate) fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let width = || terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| usize::from(columns));
        Self::of_width(is_terminal.then(width))
    }

    fn of_width(columns: Option<usize>) -> Self {
        Self {
            columns,
            rows: BTreeMap::new(),
            next: 0,
            widths: Vec::new(),
            has_header: false,
        }
    }

    /// Whether a summary is no more than a row.
    pub(crate) fn holds(summary: &Summary) -> bool {
        summary.variance.is_none()
            && summary.standard_deviation.is_none()
            && summary.quartiles.is_none()
            && summary.percentiles.is_empty()
            && summary.modes.is_none()
            && summary.histogram.is_none()
    }

    /// Takes the row of this index, or that there is none; gives the lines that can be written now.
    pub(crate) fn add(&mut self, index: usize, summary: Option<(&Summary, &Path)>) -> Option<String> {
        let row = summary.map(|(summary, name)| (cells(summary), shown(name)));
        self.rows.insert(index, row);
        let ready = self
            .rows
            .keys()
            .zip(self.next..)
            .take_while(|(index, next)| *index == next)
            .count();
        (ready >= BLOCK).then(|| self.write(ready)).flatten()
    }

    /// Gives what is left.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.write(self.rows.len())
    }

    fn write(&mut self, count: usize) -> Option<String> {
        let mut rows = Vec::new();
        for _ in 0..count {
            let (index, row) = self.rows.pop_first()?;
            self.next = index + 1;
            rows.extend(row);
        }
        let (first, _) = rows.first()?;
        let header = (
            first
                .iter()
                .map(|(name, _)| (*name, (*name).to_owned()))
                .collect(),
            "list".to_owned(),
        );
        if !self.has_header {
            self.has_header = true;
            rows.insert(0, header);
        }
        self.widths.resize(self.widths.len().max(rows[0].0.len()), 0);
        for (cells, _) in &rows {
            for (width, (_, value)) in self.widths.iter_mut().zip(cells) {
                *width = (*width).max(value.chars().count());
            }
        }
        if let Some(columns) = self.columns {
            fit(&mut self.widths, columns.saturating_sub(LEAST_NAME));
        }
        let lines: Vec<String> = rows.iter().map(|(cells, name)| self.line(cells, name)).collect();
        Some(lines.join("\n"))
    }

    fn line(&self, cells: &[(&'static str, String)], name: &str) -> String {
        let mut line = String::new();
        for ((_, value), width) in cells.iter().zip(&self.widths) {
            let _ = write!(line, "{:>width$}  ", shortened(value, *width));
        }
        let used: usize = self.widths.iter().map(|width| width + 2).sum();
        match self.columns {
            Some(columns) => line.push_str(&end_of(name, columns.saturating_sub(used).max(LEAST_NAME))),
            None => line.push_str(name),
        }
        line
    }
}

fn cells(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut cells = vec![("count", summary.count.to_string())];
    let mut add = |name, value: Option<String>| cells.extend(value.map(|value| (name, value)));
    add("sum", summary.sum.as_ref().map(ToString::to_string));
    add("min", summary.minimum.as_ref().map(ToString::to_string));
    add("max", summary.maximum.as_ref().map(ToString::to_string));
    add("mean", summary.mean.as_ref().map(ToString::to_string));
    add("median", summary.median.as_ref().map(ToString::to_string));
    add("range", summary.range.as_ref().map(ToString::to_string));
    add("distinct", summary.distinct.as_ref().map(ToString::to_string));
    cells
}

/// Makes the widest columns narrower until all have room.
fn fit(widths: &mut [usize], room: usize) {
    while widths.iter().map(|width| width + 2).sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > LEAST_NUMBER => *widest -= 1,
            _ => break,
        }
    }
}

/// A number in so many columns: with fewer decimals, or with an exponent. What is left out is not rounded, and `…` says that
/// it is not all.
fn shortened(number: &str, columns: usize) -> String {
    if number.chars().count() <= columns {
        return number.to_owned();
    }
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let whole = digits.split('.').next().unwrap_or(digits);
    if sign.len() + whole.len() + 2 < columns {
        let kept: String = number.chars().take(columns - 1).collect();
        return format!("{kept}…");
    }
    let exponent = format!("…e{}", whole.len() - 1);
    let kept = columns.saturating_sub(sign.len() + exponent.chars().count() + 2);
    let (first, rest) = whole.split_at(1);
    let rest = &rest[..kept.min(rest.len())];
    if rest.is_empty() {
        return format!("{sign}{first}{exponent}");
    }
    format!("{sign}{first}.{rest}{exponent}")
}

/// The end of a name, which tells files apart, in so many columns.
fn end_of(name: &str, columns: usize) -> String {
    let length = name.chars().count();
    if length <= columns {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length + 1 - columns).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Summary {
        errand_stats::summarize(text.as_bytes(), &errand_stats::Parameters::default()).unwrap()
    }

    #[test]
    fn rows_are_aligned_in_the_order_of_the_lists() {
        let mut table = Table::of_width(None);
        assert_eq!(table.add(2, Some((&summary("1 2 2"), Path::new("c")))), None);
        assert_eq!(
            table.add(0, Some((&summary("-1000000"), Path::new("lists/a.txt")))),
            None
        );
        assert_eq!(table.add(1, None), None);
        let text = table.end().unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].starts_with("count       sum       min       max"),
            "{text}"
        );
        assert!(
            lines[0].ends_with("  list") && lines[1].ends_with("  lists/a.txt"),
            "{text}"
        );
        assert!(
            lines[2]
                .trim_start()
                .starts_with("3         5         1         2"),
            "{text}"
        );
    }

    #[test]
    fn a_row_keeps_to_the_width_of_the_terminal() {
        for columns in [60, 80, 120] {
            let mut table = Table::of_width(Some(columns));
            let large = format!("{} 1", "7".repeat(100));
            let name = "a/long/way/to/a/list/".repeat(5);
            table.add(0, Some((&summary(&large), Path::new(&name))));
            table.add(1, Some((&summary("1 2"), Path::new("b"))));
            for line in table.end().unwrap().lines() {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn a_number_is_shortened_and_says_so() {
        assert_eq!(shortened("3.3333333333333", 10), "3.3333333…");
        assert_eq!(shortened("-77777777777777777777", 10), "-7.777…e19");
        assert_eq!(shortened("1234567890", 10), "1234567890");
        assert_eq!(end_of("lists/long-name.txt", 10), "…-name.txt");
    }
}
