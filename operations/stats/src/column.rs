//! Columns of a CSV or TSV (RFC 4180), read in one pass.
//!
//! The first row tells the delimiter, unless that is given ([`delimiter`]), and which columns are meant ([`resolve`]); from then
//! on the text is split into fields ([`splitter`]), and those of the columns are stored ([`reading`]). White space around
//! a number is no part of it. A row that begins with `#` is a row like any other, unless that byte begins comments.

mod delimiter;
mod reading;
mod resolve;
mod specials;
mod splitter;

use serde::{Deserialize, Serialize};

use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::found::{Found, FoundColumn};
use crate::values::Values;
use crate::{Bins, Columns, Error, FirstRow, Limits, Modes, Parameters, Statistic};

use self::reading::{COLUMN_BYTES, FirstFields, Invalid, Reading};
use self::resolve::{Header, Wanted};
use self::splitter::{Sink as _, Splitter};

/// Bytes of a text after which it is looked at how much memory several columns take together.
const CHECKED_BYTES: usize = 64 << 10;
/// More bytes than a field can have besides a number of as many digits as are allowed.
const BYTES_BESIDE_DIGITS: usize = 64;

/// Reads a table in chunks.
#[derive(Debug)]
pub(crate) struct Table {
    wanted: Wanted,
    skip_invalid: bool,
    sign: DecimalSign,
    comment: Option<u8>,
    is_headers: Option<bool>,
    limits: Limits,
    /// What the columns' lists are like.
    values: Values,
    /// Memory that each of several columns takes besides its numbers.
    column_bytes: usize,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The first row has not ended.
    Delimiter(Box<delimiter::FirstRow>),
    /// The delimiter is known, and perhaps some of the first row's fields.
    FirstRow(Box<(Splitter, FirstFields)>),
    Rows(Box<Rows>),
    /// Between two of them, or after an error.
    Ended,
}

#[derive(Debug)]
struct Rows {
    splitter: Splitter,
    reading: Reading,
    /// For each column asked for, which of those that are read it is.
    order: Vec<usize>,
    is_several: bool,
    first_row: Option<FirstRow>,
}

impl Table {
    /// Reads what `parameters` ask for into lists like `values`.
    pub(crate) fn new(parameters: &Parameters, sign: DecimalSign, limits: Limits, values: Values) -> Self {
        let wanted = match (&parameters.columns, &parameters.column) {
            (Some(several), _) => Wanted::Several(several.clone()),
            (None, Some(one)) => Wanted::One(one.clone()),
            (None, None) => Wanted::Several(Columns::All),
        };
        let comment = parameters.comment.map(u8::from);
        let limit = longest_field(&limits);
        let stage = if let Some(delimiter) = parameters.delimiter {
            let splitter = Splitter::new(delimiter.into(), comment, limit, 1);
            Stage::FirstRow(Box::new((splitter, FirstFields::new(limits.field_bytes))))
        } else {
            let row = delimiter::FirstRow::new(sign, comment, limits.field_bytes);
            Stage::Delimiter(Box::new(row))
        };
        Self {
            wanted,
            skip_invalid: parameters.skip_invalid,
            sign,
            comment,
            is_headers: parameters.header,
            limits,
            values,
            column_bytes: COLUMN_BYTES + answer_bytes(parameters),
            stage,
        }
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        while !rest.is_empty() {
            let read = match &mut self.stage {
                Stage::Delimiter(row) => {
                    let (read, found) = row.take(rest)?;
                    if let Some(found) = found {
                        self.begin(&found)?;
                    }
                    read
                }
                Stage::FirstRow(first) => {
                    let (splitter, fields) = &mut **first;
                    let read = splitter.split(rest, fields)?;
                    self.resolve_if_whole()?;
                    read
                }
                Stage::Rows(rows) => {
                    let part = &rest[..rest.len().min(CHECKED_BYTES)];
                    let read = rows.splitter.split(part, &mut rows.reading)?;
                    if rows.is_several {
                        rows.reading.check()?;
                    }
                    read
                }
                Stage::Ended => return Err(Error::AlreadyFailed),
            };
            rest = &rest[read..];
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Found, Error> {
        if let Stage::Delimiter(row) = &mut self.stage {
            let found = row.end();
            self.begin(&found)?;
        }
        if let Stage::FirstRow(first) = &mut self.stage {
            let (splitter, fields) = &mut **first;
            splitter.finish(fields)?;
            self.resolve_if_whole()?;
        }
        let Stage::Rows(mut rows) = self.stage else {
            return Err(Error::EmptyInput { skipped: 0 });
        };
        rows.splitter.finish(&mut rows.reading)?;
        Ok(rows.found(matches!(self.wanted, Wanted::Several(Columns::All))))
    }

    /// Begins with the first row, now that the delimiter is known.
    fn begin(&mut self, found: &delimiter::Found) -> Result<(), Error> {
        let limit = longest_field(&self.limits);
        let mut splitter = Splitter::new(found.delimiter, self.comment, limit, found.line);
        let mut fields = FirstFields::new(self.limits.field_bytes);
        splitter.split(&found.row, &mut fields)?;
        self.stage = Stage::FirstRow(Box::new((splitter, fields)));
        self.resolve_if_whole()
    }

    /// Goes on to the rows below the first, if that has ended.
    fn resolve_if_whole(&mut self) -> Result<(), Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended);
        self.stage = match stage {
            Stage::FirstRow(first) if first.1.is_whole => {
                let (splitter, fields) = *first;
                Stage::Rows(Box::new(self.rows(splitter, fields)?))
            }
            other => other,
        };
        Ok(())
    }

    fn rows(&self, splitter: Splitter, first: FirstFields) -> Result<Rows, Error> {
        let (fields, positions): (Vec<String>, Vec<_>) = first.fields.into_iter().unzip();
        let header = Header {
            fields: &fields,
            sign: self.sign,
            is_headers: self.is_headers,
        };
        let resolved = header.resolve(&self.wanted)?;
        let mut places = resolved.indexes.clone();
        places.sort_unstable();
        places.dedup();
        if resolved.is_several && places.len().saturating_mul(self.column_bytes) > self.limits.memory_bytes {
            return Err(Error::TooManyColumns {
                columns: places.len(),
                budget: self.limits.memory_bytes,
            });
        }
        let mut order = Vec::new();
        let mut is_taken = vec![false; places.len()];
        for index in &resolved.indexes {
            let at = places
                .binary_search(index)
                .expect("every index is one of the places");
            if !std::mem::replace(&mut is_taken[at], true) {
                order.push(at);
            }
        }
        let with_header = |place: usize| {
            let header = resolved.has_headers.then(|| shown(fields[place].trim()));
            (place, header)
        };
        let mut reading = self.reading(places.into_iter().map(with_header).collect());
        if !resolved.has_headers {
            for (place, (field, position)) in fields.iter().zip(positions).enumerate() {
                if reading.wants(place) {
                    reading.field(place, field.as_bytes(), position)?;
                }
            }
            reading.end_row(fields.len(), first.line)?;
        }
        Ok(Rows {
            splitter,
            reading,
            order,
            is_several: resolved.is_several,
            first_row: resolved.is_assumed.then_some(if resolved.has_headers {
                FirstRow::Headers
            } else {
                FirstRow::Data
            }),
        })
    }
}

impl Table {
    /// Reads the columns at these places in a row, with their headers.
    fn reading(&self, places: Vec<(usize, Option<String>)>) -> Reading {
        let invalid = match (&self.wanted, self.skip_invalid) {
            (Wanted::Several(Columns::All), true) => Invalid::SkippedInAny,
            (Wanted::Several(Columns::All), false) => Invalid::EndsColumn,
            (_, true) => Invalid::Skipped,
            (_, false) => Invalid::Fails,
        };
        Reading::new(
            invalid,
            self.sign,
            self.limits,
            places,
            &self.values,
            self.column_bytes,
        )
    }

    /// Reads on in a table of which this is known, from the beginning of a line.
    pub(crate) fn resumed(mut self, known: OneColumn, line: u64) -> Self {
        let limit = longest_field(&self.limits);
        self.stage = Stage::Rows(Box::new(Rows {
            splitter: Splitter::new(known.delimiter, self.comment, limit, line),
            reading: self.reading(vec![(known.place, None)]),
            order: vec![0],
            is_several: false,
            first_row: None,
        }));
        self
    }

    /// What the first row told of the one column that is read, and the line that the next byte begins, if it does.
    ///
    /// # Errors
    ///
    /// [`Error::SeveralAnswers`] if several are.
    pub(crate) fn known(&self) -> Result<Option<(OneColumn, Option<u64>)>, Error> {
        let Stage::Rows(rows) = &self.stage else {
            return Ok(None);
        };
        if rows.is_several {
            return Err(Error::SeveralAnswers);
        }
        let known = OneColumn {
            delimiter: rows.splitter.delimiter(),
            place: rows.reading.place(),
        };
        Ok(Some((known, rows.splitter.new_line())))
    }

    /// What was read, at the beginning of a line.
    pub(crate) fn suspend(self) -> Result<Found, Error> {
        match self.stage {
            Stage::Rows(rows) => Ok(rows.found(false)),
            _ => Err(Error::AlreadyFailed),
        }
    }
}

/// Where in the rows of a table the numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OneColumn {
    delimiter: u8,
    place: usize,
}

/// The most bytes that a field may have: a number may have as many digits as are allowed, whatever the limit for fields is.
fn longest_field(limits: &Limits) -> usize {
    limits.field_bytes.max(limits.token_digits + BYTES_BESIDE_DIGITS)
}

/// About how much memory the answer of one of several columns takes, as a summary and as JSON: a small table can have half a million
/// columns.
fn answer_bytes(parameters: &Parameters) -> usize {
    /// A number with its name, written twice.
    const NUMBER: usize = 256;
    let modes = if parameters.statistics.contains(Statistic::Modes) {
        Modes::LISTED
    } else {
        0
    };
    let bins = match parameters.histogram {
        None => 0,
        // By Sturges' rule, of as many numbers as there can be.
        Some(Bins::Auto) => 64,
        Some(Bins::Count(count)) => count.into(),
    };
    NUMBER * (2 * Statistic::ALL.len() + modes + 3 * bins + parameters.percentiles.len())
}

impl Rows {
    fn found(self, only_numeric: bool) -> Found {
        let mut columns: Vec<Option<FoundColumn>> = self.reading.finish().into_iter().map(Some).collect();
        let mut in_order = self.order.into_iter().filter_map(|at| columns[at].take());
        if self.is_several {
            return Found::Columns {
                columns: in_order.collect(),
                only_numeric,
                first_row: self.first_row,
            };
        }
        let column = in_order
            .next()
            .expect("one column was asked for, and it is there");
        Found::One {
            contents: Box::new(column.contents),
            first_row: self.first_row,
        }
    }
}
