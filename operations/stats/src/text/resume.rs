//! Reading on in the middle of a text whose beginning was read before.

use std::num::NonZero;

use serde::{Deserialize, Serialize};

use super::{Parser, Text};
use crate::column::{OneColumn, Table};
use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::found::Found;
use crate::records::Records;
use crate::scan::{Scanner, Shape};
use crate::values::Values;
use crate::{Error, Limits, Parameters, Position};

/// What a text is, told by what was read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    List(Shape),
    Table(OneColumn),
    /// JSON objects, one after the other.
    Records,
}

/// Where in a text the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) form: Form,
    /// Whether a reader who begins there and knows the form reads what this one reads: the next byte is in no token, comment, row or
    /// object.
    pub(crate) is_between: bool,
}

impl Text {
    /// Reads on in a text of this form, between two tokens, rows or objects at this position.
    ///
    /// # Errors
    ///
    /// The column that is asked for is none of such a text.
    pub(crate) fn resumed(
        parameters: &Parameters,
        limits: Limits,
        values: Values,
        form: Form,
        position: Position,
    ) -> Result<Self, Error> {
        let sign = DecimalSign::of(parameters);
        let skip_invalid = parameters.skip_invalid;
        let parser = match form {
            Form::List(shape) => {
                let scanner = Scanner::new(skip_invalid, sign, limits, values);
                Parser::List(Box::new(scanner.resumed(shape, position)))
            }
            Form::Table(column) => {
                let table = Table::new(parameters, sign, limits, values);
                Parser::Table(Box::new(table.resumed(column, position.line)))
            }
            Form::Records => {
                let column = parameters.column.as_ref().ok_or(Error::SeveralFields)?;
                let records = Records::new(column, skip_invalid, sign, limits, values)?;
                Parser::Records(Box::new(records.resumed(position)))
            }
        };
        Ok(Self {
            prefix: None,
            utf16: None,
            parser,
            threads: NonZero::<usize>::MIN,
        })
    }

    /// Whether it is UTF-16.
    pub(crate) fn is_utf16(&self) -> bool {
        self.utf16.is_some()
    }

    /// Whether it is an array of JSON objects.
    pub(crate) fn is_array_of_records(&self) -> bool {
        matches!(&self.parser, Parser::Records(records) if matches!(records.known(), Some((true, _))))
    }

    /// Where the next byte is, once it is known what the text is; none for a text in whose middle nobody can begin.
    ///
    /// # Errors
    ///
    /// [`Error::SeveralAnswers`] if several columns are read.
    pub(crate) fn place(&self) -> Result<Option<Place>, Error> {
        if self.prefix.is_some() || self.utf16.is_some() {
            return Ok(None);
        }
        Ok(match &self.parser {
            Parser::List(scanner) => scanner.shape().map(|(shape, is_between)| Place {
                form: Form::List(shape),
                is_between,
            }),
            Parser::Table(table) => table.known()?.map(|(column, line)| Place {
                form: Form::Table(column),
                is_between: line.is_some(),
            }),
            Parser::Records(records) => match records.known() {
                Some((false, position)) => Some(Place {
                    form: Form::Records,
                    is_between: position.is_some(),
                }),
                _ => None,
            },
            Parser::Either(_) | Parser::Failed => None,
        })
    }

    /// What was read, between two tokens, rows or objects, and the position there. Of a table it is the line's first column.
    pub(crate) fn suspend(self) -> Result<(Found, Position), Error> {
        match self.parser {
            Parser::List(scanner) => {
                let (values, skipped, position) = scanner.suspend();
                let contents = Contents {
                    values,
                    skipped,
                    column: None,
                };
                Ok((contents.into(), position))
            }
            Parser::Table(table) => {
                let line = table.known()?.and_then(|(_, line)| line);
                let position = Position {
                    line: line.ok_or(Error::AlreadyFailed)?,
                    column: 1,
                };
                Ok((table.suspend()?, position))
            }
            Parser::Records(records) => {
                let position = records.known().and_then(|(_, position)| position);
                let position = position.ok_or(Error::AlreadyFailed)?;
                Ok((records.suspend()?.into(), position))
            }
            Parser::Either(_) | Parser::Failed => Err(Error::AlreadyFailed),
        }
    }
}
