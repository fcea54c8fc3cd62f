//! One column of a CSV or TSV (RFC 4180), read with the csv crate's push parser.
//!
//! The first row that is neither blank nor a comment tells the delimiter: a tab if there is one in it, else the more
//! frequent of comma and semicolon, and a comma if there are as many of both. Where the comma is the decimal sign, it
//! delimits nothing: `12,50` alone in a row would be two fields otherwise, and nobody would see it. Fields may be quoted with `"`. Blank rows and
//! rows that begin with `#` are passed over. White space around a number is no part of it.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::values::Values;
use crate::{Column, Error, Limits, Position, Skipped, SkippedToken, token};

/// Bytes of a field's buffer at first; it grows.
const FIELD_BYTES: usize = 1_024;

/// Reads a table in chunks.
#[derive(Debug)]
pub(crate) struct Table {
    wanted: Column,
    skip_invalid: bool,
    sign: DecimalSign,
    limits: Limits,
    progress: Progress,
    values: Values,
    skipped: Skipped,
    header: Option<String>,
}

#[derive(Debug)]
enum Progress {
    /// The first row has not ended: its bytes and those before it.
    FirstRow(Vec<u8>),
    Rows(Box<Rows>),
}

/// The CSV parser and where in the table it is.
#[derive(Debug)]
struct Rows {
    reader: Reader,
    /// The field being read.
    field: Vec<u8>,
    length: usize,
    /// How many fields of the row have ended.
    index: usize,
    /// The fields of the first row, until it has ended.
    first: Option<Vec<String>>,
    /// Index of the column, once the first row has ended.
    column: usize,
}

impl Table {
    /// Reads into `values`, an empty list.
    pub(crate) fn new(
        wanted: Column,
        skip_invalid: bool,
        sign: DecimalSign,
        limits: Limits,
        values: Values,
    ) -> Self {
        Self {
            wanted,
            skip_invalid,
            sign,
            limits,
            progress: Progress::FirstRow(Vec::new()),
            values,
            skipped: Skipped::default(),
            header: None,
        }
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        if chunk.is_empty() {
            return Ok(());
        }
        let Progress::FirstRow(text) = &mut self.progress else {
            return self.read(chunk);
        };
        text.extend_from_slice(chunk);
        // Only a line break can have ended the row: without one, the text need not be searched again.
        let row = if chunk.contains(&b'\n') {
            first_row(text)
        } else {
            None
        };
        if let Some(delimiter) = row.map(|row| delimiter(row, self.sign)) {
            return self.begin(delimiter);
        }
        if text.len() > self.limits.field_bytes {
            return Err(self.field_too_long(Position::START));
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Contents, Error> {
        if let Progress::FirstRow(text) = &self.progress {
            let delimiter = delimiter(text, self.sign);
            self.begin(delimiter)?;
        }
        // Empty input tells the parser that the table has ended.
        self.read(b"")?;
        Ok(Contents {
            values: self.values,
            skipped: self.skipped,
            column: self.header,
        })
    }

    fn begin(&mut self, delimiter: u8) -> Result<(), Error> {
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .comment(Some(b'#'))
            .build();
        let rows = Rows {
            reader,
            field: vec![0; FIELD_BYTES],
            length: 0,
            index: 0,
            first: Some(Vec::new()),
            column: usize::MAX,
        };
        match std::mem::replace(&mut self.progress, Progress::Rows(Box::new(rows))) {
            Progress::FirstRow(text) if !text.is_empty() => self.read(&text),
            _ => Ok(()),
        }
    }

    /// Reads `chunk`, or the end of the table if it is empty.
    fn read(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        let Progress::Rows(mut rows) = std::mem::replace(&mut self.progress, Progress::FirstRow(Vec::new()))
        else {
            return Ok(());
        };
        loop {
            let (result, read, written) = rows.reader.read_field(rest, &mut rows.field[rows.length..]);
            let ends_line = read > 0 && rest[read - 1] == b'\n';
            rest = &rest[read..];
            rows.length += written;
            match result {
                ReadFieldResult::InputEmpty | ReadFieldResult::End => break,
                ReadFieldResult::OutputFull => self.make_room(&mut rows)?,
                ReadFieldResult::Field { record_end } => {
                    let line = rows.reader.line() - u64::from(record_end && ends_line);
                    self.end_field(&mut rows, line)?;
                    if record_end {
                        self.end_row(&mut rows, line)?;
                    }
                }
            }
            if rest.is_empty() && !chunk.is_empty() {
                break;
            }
        }
        self.progress = Progress::Rows(rows);
        Ok(())
    }

    fn make_room(&self, rows: &mut Rows) -> Result<(), Error> {
        if rows.first.is_none() && rows.index != rows.column {
            // The field is not in the wanted column.
            rows.length = 0;
        } else if rows.field.len() >= self.limits.field_bytes.max(self.limits.token_digits + 1) {
            let position = Position {
                line: rows.reader.line(),
                column: rows.index as u64 + 1,
            };
            return Err(self.field_too_long(position));
        } else {
            rows.field.resize(2 * rows.field.len(), 0);
        }
        Ok(())
    }

    fn field_too_long(&self, position: Position) -> Error {
        Error::FieldTooLong {
            position,
            limit: self.limits.field_bytes,
        }
    }

    fn end_field(&mut self, rows: &mut Rows, line: u64) -> Result<(), Error> {
        let field = &rows.field[..rows.length];
        let position = Position {
            line,
            column: rows.index as u64 + 1,
        };
        if let Some(first) = &mut rows.first {
            first.push(String::from_utf8_lossy(field).into_owned());
        } else if rows.index == rows.column {
            self.store(field, position)?;
        }
        rows.length = 0;
        rows.index += 1;
        Ok(())
    }

    fn end_row(&mut self, rows: &mut Rows, line: u64) -> Result<(), Error> {
        if let Some(fields) = rows.first.take() {
            rows.column = self.find(&fields)?;
            let field = fields[rows.column].trim();
            let is_data =
                matches!(self.wanted, Column::Number(_)) && token::is_number(field.as_bytes(), self.sign);
            if is_data {
                self.store(
                    field.as_bytes(),
                    Position {
                        line,
                        column: rows.column as u64 + 1,
                    },
                )?;
            } else {
                self.header = Some(shown(field));
            }
        } else if rows.index <= rows.column {
            let position = Position {
                line,
                column: rows.column as u64 + 1,
            };
            if !self.skip_invalid {
                return Err(Error::MissingField { position });
            }
            self.skipped.add(SkippedToken {
                token: String::new(),
                position,
            });
        }
        rows.index = 0;
        Ok(())
    }

    /// Index of the column in the first row.
    fn find(&self, fields: &[String]) -> Result<usize, Error> {
        let index = match &self.wanted {
            Column::Number(number) => usize::try_from(*number)
                .ok()
                .and_then(|number| number.checked_sub(1)),
            Column::Name(name) => fields.iter().position(|field| field.trim() == name.trim()),
        };
        index
            .filter(|index| *index < fields.len())
            .ok_or_else(|| Error::UnknownColumn {
                column: self.wanted.clone(),
                available: match fields {
                    [only] if self.sign == DecimalSign::Comma && only.contains(',') => {
                        format!(
                            "only `{}`, for a comma delimits nothing (--decimal-comma)",
                            shown(only)
                        )
                    }
                    [only] => format!("only `{}`", shown(only)),
                    _ => format!("{} columns: {}", fields.len(), shown_list(fields)),
                },
            })
    }

    fn store(&mut self, field: &[u8], position: Position) -> Result<(), Error> {
        match token::store(
            &mut self.values,
            field.trim_ascii(),
            self.sign,
            position,
            &self.limits,
        ) {
            Err(Error::NotANumber { token, position, .. }) if self.skip_invalid => {
                self.skipped.add(SkippedToken { token, position });
                Ok(())
            }
            // In a table, a position names the field, not the byte within it.
            Err(Error::InvalidUtf8 { byte, .. }) => Err(Error::InvalidUtf8 { byte, position }),
            Err(Error::LoneSurrogate { surrogate, .. }) => Err(Error::LoneSurrogate { surrogate, position }),
            result => result,
        }
    }
}

/// The first fields, as a message shows them.
fn shown_list(fields: &[String]) -> String {
    const SHOWN: usize = 20;
    let names: Vec<String> = fields
        .iter()
        .take(SHOWN)
        .map(|field| format!("`{}`", shown(field)))
        .collect();
    let more = if fields.len() > SHOWN { ", ..." } else { "" };
    names.join(", ") + more
}

/// The first row that is neither blank nor a comment, if it has ended.
fn first_row(text: &[u8]) -> Option<&[u8]> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines
        .filter(|line| line.ends_with(b"\n"))
        .find(|line| !line.starts_with(b"#") && !line.trim_ascii().is_empty())
}

fn delimiter(row: &[u8], sign: DecimalSign) -> u8 {
    let count = |delimiter| row.split(|byte| *byte == delimiter).count() - 1;
    if count(b'\t') > 0 {
        b'\t'
    } else if sign == DecimalSign::Comma || count(b';') > count(b',') {
        b';'
    } else {
        b','
    }
}
