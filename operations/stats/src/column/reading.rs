//! The columns that are read, each into a list of its own.

use super::splitter::Sink;
use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::found::{FoundColumn, NoNumber};
use crate::values::Values;
use crate::{Error, Limits, Position, Skipped, SkippedToken, token};

/// What is done with what is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    /// It is an error.
    Fails,
    /// It is counted.
    Skipped,
    /// Its column is none of numbers, and not read on: of all columns, those of numbers are wanted.
    EndsColumn,
    /// It is counted, whatever is wrong with it: of all columns, those with any number are wanted.
    SkippedInAny,
}

/// Takes the fields of rows, and stores those of the columns that are read.
#[derive(Debug)]
pub(super) struct Reading {
    invalid: Invalid,
    sign: DecimalSign,
    limits: Limits,
    /// By their place in the row.
    columns: Vec<ColumnReading>,
    /// Memory that each of them takes besides its numbers.
    column_bytes: usize,
    /// Indexes into `columns` of those that are still read.
    live: Vec<usize>,
    /// Whether one of these is not to be read on from the next row.
    has_ended: bool,
    /// How many of these the row has had.
    next: usize,
    /// The place in the row of the next of them.
    next_place: usize,
}

#[derive(Debug)]
struct ColumnReading {
    place: usize,
    header: Option<String>,
    values: Values,
    skipped: Skipped,
    /// Why it is not read on.
    ended_by: Option<NoNumber>,
}

/// Memory that a column takes besides its numbers and its answer.
pub(super) const COLUMN_BYTES: usize = size_of::<ColumnReading>();

impl Reading {
    /// Reads the columns at these places in a row, ascending, with their headers, each into a list like `values`. `column_bytes` is what
    /// a column takes besides its numbers.
    pub(super) fn new(
        invalid: Invalid,
        sign: DecimalSign,
        limits: Limits,
        places: Vec<(usize, Option<String>)>,
        values: &Values,
        column_bytes: usize,
    ) -> Self {
        let columns: Vec<ColumnReading> = places
            .into_iter()
            .map(|(place, header)| ColumnReading {
                place,
                header,
                values: Values::empty_like(values),
                skipped: Skipped::default(),
                ended_by: None,
            })
            .collect();
        let mut reading = Self {
            invalid,
            sign,
            limits,
            live: (0..columns.len()).collect(),
            columns,
            column_bytes,
            has_ended: false,
            next: 0,
            next_place: 0,
        };
        reading.aim();
        reading
    }

    /// Sets the place of the next field that is wanted.
    #[inline]
    fn aim(&mut self) {
        let next = self.live.get(self.next).map(|column| self.columns[*column].place);
        self.next_place = next.unwrap_or(usize::MAX);
    }

    /// Stores a field of the next column.
    #[inline]
    fn store(&mut self, field: &[u8], position: Position) -> Result<(), Error> {
        let column = &mut self.columns[self.live[self.next]];
        let field = field.trim_ascii();
        if self.invalid != Invalid::Fails
            && self.invalid != Invalid::EndsColumn
            && column.skipped.first.len() >= Skipped::LISTED
            && field.is_ascii()
            && !token::is_number(field, self.sign)
        {
            column.skipped.count += 1;
            self.next += 1;
            return Ok(());
        }
        let stored = token::store(&mut column.values, field, self.sign, position, &self.limits);
        match stored {
            Ok(()) => {}
            Err(error @ (Error::MemoryBudgetExceeded { .. } | Error::Canceled)) => return Err(error),
            Err(error) => match (self.invalid, error) {
                (Invalid::EndsColumn, _) => {
                    column.end(field, position);
                    self.has_ended = true;
                }
                (Invalid::SkippedInAny, _) => column.skipped.add(skipped(field, position)),
                (Invalid::Skipped, Error::NotANumber { token, position, .. }) => {
                    column.skipped.add(SkippedToken { token, position });
                }
                // In a table, a position names the field, not the byte within it.
                (_, Error::InvalidUtf8 { byte, .. }) => return Err(Error::InvalidUtf8 { byte, position }),
                (_, Error::LoneSurrogate { surrogate, .. }) => {
                    return Err(Error::LoneSurrogate { surrogate, position });
                }
                (_, error) => return Err(error),
            },
        }
        self.next += 1;
        Ok(())
    }

    /// The place in the row of the first column.
    pub(super) fn place(&self) -> usize {
        self.columns.first().map_or(0, |column| column.place)
    }

    /// Bytes of memory that the columns take together.
    pub(super) fn bytes(&self) -> usize {
        let values = self
            .columns
            .iter()
            .map(|column| column.values.bytes_with_pending());
        values.sum::<usize>() + self.columns.len() * self.column_bytes
    }

    /// Fails if all columns together take more memory than allowed: with the error of the one that is held at most decimal places,
    /// or else is the longest, and the numbers of all.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.bytes() <= self.limits.memory_bytes {
            return Ok(());
        }
        let none = Limits {
            memory_bytes: 0,
            ..self.limits
        };
        let lists = || self.columns.iter().map(|column| &column.values);
        let most = lists().max_by_key(|values| (values.places(), values.bytes()));
        match most.map(|values| values.check(&none)) {
            Some(Err(mut error)) => {
                if let Error::MemoryBudgetExceeded { budget, count, .. } = &mut error {
                    *budget = self.limits.memory_bytes;
                    *count = lists().map(Values::count).sum();
                }
                Err(error)
            }
            // The columns are short: it is their number that takes the memory.
            _ => Err(Error::TooManyColumns {
                columns: self.columns.len(),
                budget: self.limits.memory_bytes,
            }),
        }
    }

    /// What was read.
    pub(super) fn finish(self) -> Vec<FoundColumn> {
        let found = |column: ColumnReading| FoundColumn {
            number: column.place as u64 + 1,
            ended_by: column.ended_by,
            contents: Contents {
                values: column.values,
                skipped: column.skipped,
                column: column.header,
            },
        };
        self.columns.into_iter().map(found).collect()
    }
}

impl ColumnReading {
    /// Reads it no further: this field is no number.
    fn end(&mut self, field: &[u8], position: Position) {
        self.ended_by = Some(NoNumber {
            token: skipped(field, position),
            count: self.values.count(),
        });
        self.values = Values::empty_like(&self.values);
    }
}

fn skipped(field: &[u8], position: Position) -> SkippedToken {
    SkippedToken {
        token: crate::error::shown(&String::from_utf8_lossy(field)),
        position,
    }
}

impl Sink for Reading {
    #[inline]
    fn wants(&self, place: usize) -> bool {
        place == self.next_place
    }

    #[inline]
    fn field(&mut self, _: usize, field: &[u8], position: Position) -> Result<(), Error> {
        self.store(field, position)?;
        self.aim();
        Ok(())
    }

    #[inline]
    fn end_row(&mut self, _: usize, line: u64) -> Result<bool, Error> {
        while self.next_place != usize::MAX {
            let column = &mut self.columns[self.live[self.next]];
            let position = Position {
                line,
                column: column.place as u64 + 1,
            };
            if matches!(self.invalid, Invalid::Fails | Invalid::EndsColumn) {
                return Err(Error::MissingField { position });
            }
            column.skipped.add(skipped(b"", position));
            self.next += 1;
            self.aim();
        }
        if std::mem::take(&mut self.has_ended) {
            let columns = &self.columns;
            self.live.retain(|column| columns[*column].ended_by.is_none());
        }
        self.next = 0;
        self.aim();
        Ok(true)
    }
}

/// Takes the fields of the first row.
#[derive(Debug)]
pub(super) struct FirstFields {
    pub(super) fields: Vec<(String, Position)>,
    /// Most bytes of them together.
    limit: usize,
    bytes: usize,
    pub(super) is_whole: bool,
    pub(super) line: u64,
}

impl FirstFields {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            fields: Vec::new(),
            limit,
            bytes: 0,
            is_whole: false,
            line: 1,
        }
    }
}

impl Sink for FirstFields {
    fn wants(&self, _: usize) -> bool {
        true
    }

    fn field(&mut self, _: usize, field: &[u8], position: Position) -> Result<(), Error> {
        self.bytes += field.len() + 1;
        if self.bytes > self.limit {
            return Err(Error::FieldTooLong {
                position,
                limit: self.limit,
            });
        }
        self.fields
            .push((String::from_utf8_lossy(field).into_owned(), position));
        Ok(())
    }

    fn end_row(&mut self, _: usize, line: u64) -> Result<bool, Error> {
        self.is_whole = true;
        self.line = line;
        Ok(false)
    }
}
