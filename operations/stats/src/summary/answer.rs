//! The answer to a request: the statistics of one list, or of each of several columns.

use std::fmt;
use std::num::NonZero;

use serde::{Deserialize, Serialize};

use super::compute::compute;
use super::{FirstRow, Summary};
use crate::cancel::Cancel;
use crate::found::{Found, FoundColumn};
use crate::{Column, Error, Limits, Parameters};

/// What was asked for. As JSON one object, which has `columns` if and only if it is that of several columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// The statistics of several columns.
    Columns(ColumnSummaries),
    /// The statistics of a list, or of one column.
    List(Box<Summary>),
}

/// The statistics of several columns of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnSummaries {
    /// Those of each, in the order in which they were asked for; of all columns, in the order of the table.
    pub columns: Vec<ColumnSummary>,
    /// If all columns of numbers were asked for: which are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_numeric: Vec<NotNumeric>,
    /// What the first row was taken for, if nothing said whether it is headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_row: Option<FirstRow>,
}

/// The statistics of one of several columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ColumnSummary {
    /// Which column of the table, from 1.
    pub number: u64,
    /// Its statistics. [`Summary::column`] is its header, if the first row is headers.
    #[serde(flatten)]
    pub summary: Summary,
}

/// A column that is none of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotNumeric {
    /// Which column of the table, from 1.
    pub number: u64,
    /// Its header, if the first row is headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Its first field that is no number, shortened and made printable; none if there are no rows below the headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The line of that field, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// How many numbers are above that field.
    pub count: u64,
}

/// The answer that `parameters` ask for.
pub(crate) fn answer(
    found: Found,
    parameters: &Parameters,
    limits: &Limits,
    threads: NonZero<usize>,
    cancel: &Cancel,
) -> Result<Answer, Error> {
    match found {
        Found::One { contents, first_row } => {
            let summary = compute(contents, parameters, limits, threads, cancel)?;
            Ok(Answer::List(Box::new(Summary { first_row, ..summary })))
        }
        Found::Columns {
            columns,
            only_numeric,
            first_row,
        } => {
            let (columns, not_numeric) = apart(columns, only_numeric)?;
            let columns = compute_each(columns, parameters, limits, threads, cancel)?;
            Ok(Answer::Columns(ColumnSummaries {
                columns,
                not_numeric,
                first_row,
            }))
        }
    }
}

/// The columns of numbers, and those that are none, which is an error unless they are to be left out.
fn apart(found: Vec<FoundColumn>, only_numeric: bool) -> Result<(Vec<FoundColumn>, Vec<NotNumeric>), Error> {
    let (numeric, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|column| column.contents.values.count() > 0);
    if !only_numeric && let Some(empty) = others.first() {
        let number = Column::Number(u32::try_from(empty.number).unwrap_or(u32::MAX));
        return Err(Error::EmptyColumn {
            column: empty.contents.column.clone().map_or(number, Column::Name),
            skipped: empty.contents.skipped.count,
        });
    }
    let not_numeric: Vec<NotNumeric> = others.into_iter().map(NotNumeric::from).collect();
    if numeric.is_empty() {
        if not_numeric.iter().all(|column| column.token.is_none()) {
            return Err(Error::EmptyInput { skipped: 0 });
        }
        return Err(Error::NoNumericColumn {
            available: shown_list(&not_numeric),
        });
    }
    Ok((numeric, not_numeric))
}

/// Computes one column after the other, so that only one of them has to be sorted in a copy at a time.
fn compute_each(
    columns: Vec<FoundColumn>,
    parameters: &Parameters,
    limits: &Limits,
    threads: NonZero<usize>,
    cancel: &Cancel,
) -> Result<Vec<ColumnSummary>, Error> {
    let mut waiting: usize = columns.iter().map(|column| column.contents.values.bytes()).sum();
    let mut summaries = Vec::with_capacity(columns.len());
    for column in columns {
        waiting -= column.contents.values.bytes();
        // Brought to the same decimal places, a list may become larger: by as much as the others leave of the memory.
        let left = Limits {
            memory_bytes: limits.memory_bytes.saturating_sub(waiting),
            ..*limits
        };
        let summary = compute(column.contents, parameters, &left, threads, cancel).map_err(|mut error| {
            if let Error::MemoryBudgetExceeded { budget, .. } = &mut error {
                *budget = limits.memory_bytes;
            }
            error
        })?;
        summaries.push(ColumnSummary {
            number: column.number,
            summary,
        });
    }
    Ok(summaries)
}

impl From<FoundColumn> for NotNumeric {
    fn from(found: FoundColumn) -> Self {
        let FoundColumn {
            number,
            contents,
            ended_by,
        } = found;
        let count = ended_by.as_ref().map_or(0, |field| field.count);
        let token = ended_by
            .map(|field| field.token)
            .or_else(|| contents.skipped.first.into_iter().next());
        Self {
            number,
            column: contents.column,
            line: token.as_ref().map(|token| token.position.line),
            token: token.map(|token| token.token),
            count,
        }
    }
}

impl ColumnSummary {
    /// What the column is called: its header, or `column 2`.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.number, self.summary.column.as_deref())
    }
}

fn label(number: u64, header: Option<&str>) -> String {
    match header {
        Some(header) if !header.is_empty() => header.to_owned(),
        _ => format!("column {number}"),
    }
}

impl fmt::Display for NotNumeric {
    /// Which, and why: ``name: `Doe` at line 2``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&label(self.number, self.column.as_deref()))?;
        match (&self.token, self.line) {
            (Some(token), Some(line)) => write!(f, ": `{token}` at line {line}")?,
            _ => f.write_str(": no rows")?,
        }
        match self.count {
            0 => Ok(()),
            1 => f.write_str(", below 1 number (--skip-invalid)"),
            count => write!(f, ", below {count} numbers (--skip-invalid)"),
        }
    }
}

impl ColumnSummaries {
    /// What is to be told besides the columns' statistics, a line each: which columns are none of numbers, and what was assumed of
    /// the first row.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .not_numeric
            .iter()
            .map(|column| format!("not numeric: {column}"))
            .collect();
        notes.extend(self.first_row.map(|first_row| {
            match first_row {
                FirstRow::Headers => "first row: headers (assumed; --no-header if it is data)",
                FirstRow::Data => "first row: data (assumed; --header if it is headers)",
            }
            .to_owned()
        }));
        notes
    }
}

impl fmt::Display for ColumnSummaries {
    /// What each column is called and its statistics, then the notes, with empty lines in between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, column) in self.columns.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{}\n{}", column.label(), column.summary)?;
        }
        let notes = self.notes();
        if notes.is_empty() {
            return Ok(());
        }
        write!(f, "\n\n{}", notes.join("\n"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Columns(columns) => columns.fmt(f),
            Self::List(summary) => summary.fmt(f),
        }
    }
}

/// The columns and why each is none of numbers, as a message shows them.
fn shown_list(columns: &[NotNumeric]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = columns.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if columns.len() > SHOWN { ", ..." } else { "" };
    shown.join(", ") + more
}
