//! The decompressed text: a byte order mark if there is one, and then a list, a table or records of JSON.
//!
//! Where a column is asked for, the first characters tell whether it is one of a table or of JSON objects.

use std::io::Read;
use std::mem;
use std::num::NonZero;

use crate::column::Table;
use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::foreign;
use crate::found::Found;
use crate::reading::{ReadError, in_chunks};
use crate::records::{self, Records};
use crate::scan::Scanner;
use crate::utf16::Utf16;
use crate::values::Values;
use crate::{Column, Error, Limits, Parameters};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

mod resume;

pub(crate) use resume::Form;

/// Reads text in chunks.
#[derive(Debug)]
pub(crate) struct Text {
    /// The first bytes, as long as it is not known what the text is.
    prefix: Option<Vec<u8>>,
    /// Decodes what follows, if it is UTF-16.
    utf16: Option<Box<Utf16>>,
    parser: Parser,
    threads: NonZero<usize>,
}

#[derive(Debug)]
enum Parser {
    List(Box<Scanner>),
    /// A table or records: what has come does not tell yet.
    Either(Box<Either>),
    Table(Box<Table>),
    Records(Box<Records>),
    Failed,
}

/// What may begin a table or records.
#[derive(Debug)]
struct Either {
    parameters: Parameters,
    /// The one column or field; none if there are several.
    column: Option<Column>,
    sign: DecimalSign,
    limits: Limits,
    values: Values,
    held: Vec<u8>,
}

impl Text {
    /// Reads into `values`, to those that it holds already.
    pub(crate) fn new(
        parameters: &Parameters,
        limits: Limits,
        threads: NonZero<usize>,
        values: Values,
    ) -> Self {
        let sign = DecimalSign::of(parameters);
        let parser = if parameters.read_table() {
            Parser::Either(Box::new(Either {
                parameters: parameters.clone(),
                column: match &parameters.columns {
                    None => parameters.column.clone(),
                    Some(_) => None,
                },
                sign,
                limits,
                values,
                held: Vec::new(),
            }))
        } else {
            Parser::List(Box::new(Scanner::new(
                parameters.skip_invalid,
                sign,
                limits,
                values,
            )))
        };
        Self {
            prefix: Some(Vec::new()),
            utf16: None,
            parser,
            threads,
        }
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let Some(prefix) = &mut self.prefix else {
            return self.read(chunk);
        };
        let missing = foreign::PREFIX_BYTES.saturating_sub(prefix.len());
        let (first, rest) = chunk.split_at(missing.min(chunk.len()));
        prefix.extend_from_slice(first);
        let may_be_more =
            BYTE_ORDER_MARK.starts_with(prefix) || Utf16::may_begin(prefix) || foreign::may_be_told(prefix);
        if prefix.len() < foreign::PREFIX_BYTES && may_be_more {
            return Ok(());
        }
        self.begin()?;
        self.read(rest)
    }

    pub(crate) fn finish(mut self) -> Result<Found, Error> {
        self.begin()?;
        if let Some(mut utf16) = self.utf16.take() {
            let found = utf16
                .finish()
                .and_then(|rest| self.parser.feed(rest))
                .and_then(|()| self.parser.finish());
            return found;
        }
        self.parser.finish().map_err(no_surrogate)
    }

    /// Reads the first bytes, by which it is known what the text is, if that was not done.
    fn begin(&mut self) -> Result<(), Error> {
        let prefix = self.prefix.take().unwrap_or_default();
        foreign::refuse(&prefix)?;
        let Some((utf16, rest)) = Utf16::begun(&prefix) else {
            return self.read(prefix.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&prefix));
        };
        self.utf16 = Some(Box::new(utf16));
        self.read(rest)
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match &mut self.utf16 {
            None => self.parser.feed(chunk).map_err(no_surrogate),
            Some(utf16) => self.parser.feed(utf16.decode(chunk)),
        }
    }

    /// Reads all that `source` has left, a list on several threads.
    pub(crate) fn read_from(&mut self, source: &mut impl Read) -> Result<(), ReadError> {
        match &mut self.parser {
            Parser::List(scanner) if self.prefix.is_none() && self.utf16.is_none() => {
                let read = scanner.read_parallel(source, self.threads);
                read.map_err(|error| match error {
                    ReadError::List(error) => ReadError::List(no_surrogate(error)),
                    other @ ReadError::Input(_) => other,
                })
            }
            _ => in_chunks(source, |chunk| self.feed(chunk)),
        }
    }
}

/// What is wrong with bytes that are a surrogate where the text is no UTF-16.
fn no_surrogate(error: Error) -> Error {
    match error {
        Error::LoneSurrogate { position, .. } => Error::InvalidUtf8 { byte: 0xed, position },
        other => other,
    }
}

impl Parser {
    fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match self {
            Self::List(scanner) => scanner.feed(chunk),
            Self::Table(table) => table.feed(chunk),
            Self::Records(records) => records.feed(chunk),
            Self::Either(either) => {
                either.held.extend_from_slice(chunk);
                // White space without an end is for the table to refuse.
                let is_records = records::begin(&either.held)
                    .or_else(|| (either.held.len() > either.limits.field_bytes).then_some(false));
                is_records.map_or(Ok(()), |is_records| self.decide(is_records))
            }
            Self::Failed => Err(Error::AlreadyFailed),
        }
    }

    fn finish(mut self) -> Result<Found, Error> {
        if let Self::Either(_) = self {
            self.decide(false)?;
        }
        match self {
            Self::List(scanner) => {
                let (values, skipped) = scanner.finish()?;
                Ok(Found::from(Contents {
                    values,
                    skipped,
                    column: None,
                }))
            }
            Self::Table(table) => table.finish(),
            Self::Records(records) => Ok(Found::from(records.finish()?)),
            Self::Either(_) | Self::Failed => Err(Error::AlreadyFailed),
        }
    }

    fn decide(&mut self, is_records: bool) -> Result<(), Error> {
        let Self::Either(either) = mem::replace(self, Self::Failed) else {
            return Ok(());
        };
        let Either {
            parameters,
            column,
            sign,
            limits,
            values,
            held,
        } = *either;
        *self = if is_records {
            let column = column.ok_or(Error::SeveralFields)?;
            let records = Records::new(&column, parameters.skip_invalid, sign, limits, values)?;
            Self::Records(Box::new(records))
        } else {
            Self::Table(Box::new(Table::new(&parameters, sign, limits, values)))
        };
        self.feed(&held)
    }
}
