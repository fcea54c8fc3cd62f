//! Statistics of many lists, or of several columns: a row for each, in the order of lists and columns.
//!
//! The name comes last, as with `wc`, so that the numbers are columns whatever the names are. On a terminal a row keeps to
//! its width: what is too long is shortened, and `…` says so. Elsewhere, and with `--json`, every number is whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;

use errand_stats::{Answer, ColumnSummaries, ColumnSummary, Summary};
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
    /// What the rows are called, each by a name of its own kind.
    names: Vec<&'static str>,
    /// Whether rows say how much was skipped.
    with_skipped: bool,
    rows: BTreeMap<usize, Vec<Row>>,
    /// The index of the next rows to be shown, as far as those before them are known to come or not.
    next: usize,
    /// Of the numbers, and of all names but the last.
    widths: Vec<usize>,
    has_header: bool,
}

/// Numbers, each with what it is, and what they are of.
struct Row {
    cells: Vec<(&'static str, String)>,
    names: Vec<String>,
}

/// Several columns of one table, as rows, and what else is to be told of them; none if rows do not hold all that was asked for.
pub(crate) fn of_columns(columns: &ColumnSummaries) -> Option<String> {
    if !columns.columns.iter().all(|column| is_row(&column.summary)) {
        return None;
    }
    let with_skipped = columns
        .columns
        .iter()
        .any(|column| !column.summary.skipped.is_empty());
    let mut table = Table::new(vec!["column"], with_skipped);
    table.rows.insert(0, table.rows_of_columns(columns, None));
    let mut text = table.end()?;
    let notes = columns.notes();
    if !notes.is_empty() {
        text.push_str("\n\n");
        text.push_str(&notes.join("\n"));
    }
    Some(text)
}

impl Table {
    /// A table of lists, whose rows say which column of it they are of, if need be, and how much was skipped.
    pub(crate) fn of_lists(with_columns: bool, with_skipped: bool) -> Self {
        let names = if with_columns {
            vec!["column", "list"]
        } else {
            vec!["list"]
        };
        Self::new(names, with_skipped)
    }

    fn new(names: Vec<&'static str>, with_skipped: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let width = || terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| usize::from(columns));
        Self::of_width(is_terminal.then(width), names, with_skipped)
    }

    fn of_width(columns: Option<usize>, names: Vec<&'static str>, with_skipped: bool) -> Self {
        Self {
            columns,
            names,
            with_skipped,
            rows: BTreeMap::new(),
            next: 0,
            widths: Vec::new(),
            has_header: false,
        }
    }

    /// Whether an answer is no more than rows.
    pub(crate) fn holds(answer: &Answer) -> bool {
        match answer {
            Answer::List(summary) => is_row(summary),
            Answer::Columns(columns) => columns.columns.iter().all(|column| is_row(&column.summary)),
        }
    }

    /// Takes the rows of this index, or that there are none; gives the lines that can be written now.
    pub(crate) fn add(&mut self, index: usize, answer: Option<(&Answer, &Path)>) -> Option<String> {
        let rows = match answer {
            None => Vec::new(),
            Some((Answer::Columns(columns), list)) => self.rows_of_columns(columns, Some(list)),
            Some((Answer::List(summary), list)) => {
                let column = match (&summary.column, summary.first_row) {
                    (Some(header), _) => header.clone(),
                    (None, Some(_)) => "(no header)".to_owned(),
                    (None, None) => String::new(),
                };
                vec![self.row(summary, column, Some(list))]
            }
        };
        self.rows.insert(index, rows);
        let ready = self
            .rows
            .keys()
            .zip(self.next..)
            .take_while(|(index, next)| *index == next)
            .count();
        (ready >= BLOCK).then(|| self.write(ready)).flatten()
    }

    fn rows_of_columns(&self, columns: &ColumnSummaries, list: Option<&Path>) -> Vec<Row> {
        let row = |column: &ColumnSummary| self.row(&column.summary, column.label(), list);
        columns.columns.iter().map(row).collect()
    }

    fn row(&self, summary: &Summary, column: String, list: Option<&Path>) -> Row {
        let name = |kind: &&str| match (*kind, list) {
            ("list", Some(list)) => shown(list),
            _ => column.clone(),
        };
        Row {
            cells: cells(summary, self.with_skipped),
            names: self.names.iter().map(name).collect(),
        }
    }

    /// Gives what is left.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.write(self.rows.len())
    }

    fn write(&mut self, count: usize) -> Option<String> {
        let mut rows = Vec::new();
        for _ in 0..count {
            let (index, these) = self.rows.pop_first()?;
            self.next = index + 1;
            rows.extend(these);
        }
        let first = rows.first()?;
        if !self.has_header {
            self.has_header = true;
            let name = |(name, _): &(&'static str, String)| (*name, (*name).to_owned());
            let header = Row {
                cells: first.cells.iter().map(name).collect(),
                names: self.names.iter().map(ToString::to_string).collect(),
            };
            rows.insert(0, header);
        }
        let (numbers, names) = (rows[0].cells.len(), self.names.len() - 1);
        self.widths.resize(self.widths.len().max(numbers + names), 0);
        for row in &rows {
            let texts = row
                .cells
                .iter()
                .map(|(_, value)| value)
                .chain(&row.names[..names]);
            for (width, text) in self.widths.iter_mut().zip(texts) {
                *width = (*width).max(text.chars().count());
            }
        }
        if let Some(columns) = self.columns {
            fit(&mut self.widths, columns.saturating_sub(LEAST_NAME));
        }
        let lines: Vec<String> = rows.iter().map(|row| self.line(row)).collect();
        Some(lines.join("\n"))
    }

    fn line(&self, row: &Row) -> String {
        let mut line = String::new();
        let (numbers, names) = self.widths.split_at(row.cells.len().min(self.widths.len()));
        for ((_, value), width) in row.cells.iter().zip(numbers) {
            let _ = write!(line, "{:>width$}  ", shortened(value, *width));
        }
        for (name, width) in row.names.iter().zip(names) {
            let _ = write!(line, "{:<width$}  ", end_of(name, *width));
        }
        let used: usize = self.widths.iter().map(|width| width + 2).sum();
        let last = row.names.last().map_or("", String::as_str);
        match self.columns {
            Some(columns) => line.push_str(&end_of(last, columns.saturating_sub(used).max(LEAST_NAME))),
            None => line.push_str(last),
        }
        line
    }
}

/// Whether a summary is no more than a row.
fn is_row(summary: &Summary) -> bool {
    summary.variance.is_none()
        && summary.standard_deviation.is_none()
        && summary.quartiles.is_none()
        && summary.percentiles.is_empty()
        && summary.modes.is_none()
        && summary.histogram.is_none()
}

fn cells(summary: &Summary, with_skipped: bool) -> Vec<(&'static str, String)> {
    let mut cells = vec![("count", summary.count.to_string())];
    let mut add = |name, value: Option<String>| cells.extend(value.map(|value| (name, value)));
    add("sum", summary.sum.as_ref().map(ToString::to_string));
    add("min", summary.minimum.as_ref().map(ToString::to_string));
    add("max", summary.maximum.as_ref().map(ToString::to_string));
    add("mean", summary.mean.as_ref().map(ToString::to_string));
    add("median", summary.median.as_ref().map(ToString::to_string));
    add("range", summary.range.as_ref().map(ToString::to_string));
    add("distinct", summary.distinct.as_ref().map(ToString::to_string));
    add("skipped", with_skipped.then(|| summary.skipped.count.to_string()));
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

    fn summary(text: &str) -> Answer {
        answer(text, "{}")
    }

    fn answer(text: &str, parameters: &str) -> Answer {
        let mut list = errand_stats::Accumulator::new(&serde_json::from_str(parameters).unwrap());
        list.push(text.as_bytes()).unwrap();
        list.answer().unwrap()
    }

    #[test]
    fn rows_are_aligned_in_the_order_of_the_lists() {
        let mut table = Table::of_width(None, vec!["list"], false);
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
            let mut table = Table::of_width(Some(columns), vec!["list"], false);
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
    fn several_columns_of_several_lists_are_rows_with_both_names() {
        let mut table = Table::of_width(None, vec!["column", "list"], true);
        let all = |text| {
            answer(
                text,
                r#"{"columns":"all","statistics":["sum"],"skip_invalid":true}"#,
            )
        };
        table.add(1, Some((&all("7,8\n1,x\n"), Path::new("b.csv"))));
        table.add(0, Some((&all("name,a,long header\nx,1,2\n"), Path::new("a.csv"))));
        assert_eq!(
            table.end().unwrap(),
            "\
count  sum  skipped  column       list
    1    1        0  a            a.csv
    1    2        0  long header  a.csv
    2    8        0  column 1     b.csv
    1    8        1  column 2     b.csv"
        );
    }

    #[test]
    fn columns_of_a_table_keep_to_the_width_of_the_terminal() {
        for columns in [60, 80, 120] {
            let mut table = Table::of_width(Some(columns), vec!["column", "list"], false);
            let text = format!("{}\n{},1\n", "Größe, ".repeat(2), "7".repeat(100));
            table.add(
                0,
                Some((&answer(&text, r#"{"columns":"all"}"#), Path::new("lists/a.csv"))),
            );
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
