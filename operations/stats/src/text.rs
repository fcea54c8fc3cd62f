//! The decompressed text: a byte order mark if there is one, and then a list or a table.

use std::io::Read;
use std::num::NonZero;

use crate::column::Table;
use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::found::Found;
use crate::prefix::Prefix;
use crate::reading::{ReadError, in_chunks};
use crate::scan::Scanner;
use crate::values::Values;
use crate::{Error, Limits, Parameters};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads text in chunks.
#[derive(Debug)]
pub(crate) struct Text {
    prefix: Prefix,
    parser: Parser,
    threads: NonZero<usize>,
}

#[derive(Debug)]
enum Parser {
    List(Box<Scanner>),
    Table(Box<Table>),
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
            Parser::Table(Box::new(Table::new(parameters, sign, limits, values)))
        } else {
            Parser::List(Box::new(Scanner::new(
                parameters.skip_invalid,
                sign,
                limits,
                values,
            )))
        };
        Self {
            prefix: Prefix::new(BYTE_ORDER_MARK.len()),
            parser,
            threads,
        }
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let Some((prefix, rest)) = self.prefix.take(chunk) else {
            return Ok(());
        };
        self.read(prefix.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&prefix))?;
        self.read(rest)
    }

    pub(crate) fn finish(mut self) -> Result<Found, Error> {
        let prefix = self.prefix.end();
        self.read(&prefix)?;
        match self.parser {
            Parser::List(scanner) => {
                let (values, skipped) = scanner.finish()?;
                Ok(Found::from(Contents {
                    values,
                    skipped,
                    column: None,
                }))
            }
            Parser::Table(table) => table.finish(),
        }
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match &mut self.parser {
            Parser::List(scanner) => scanner.feed(chunk),
            Parser::Table(table) => table.feed(chunk),
        }
    }

    /// Reads all that `source` has left, a list on several threads.
    pub(crate) fn read_from(&mut self, source: &mut impl Read) -> Result<(), ReadError> {
        match &mut self.parser {
            Parser::List(scanner) if !self.prefix.is_awaited() => scanner.read_parallel(source, self.threads),
            _ => in_chunks(source, |chunk| self.feed(chunk)),
        }
    }
}
