//! A list of numbers as text: the grammar.
//!
//! Tokens are separated by ASCII white space, commas and semicolons, in any number; where the comma is the decimal sign,
//! it separates nothing. `#` begins a comment that ends with the line, at a line feed or a carriage
//! return. A text that begins with `[` is a JSON array and
//! must end with its `]`. Text may arrive in chunks that are cut anywhere, inside a token or a comment too.
//!
//! A list is read as integers until a number has more decimal places than those before it; from there on, every number
//! is read to so many places.

mod chunk;
mod parallel;
pub(crate) mod separator;
mod swar;
mod workers;

use std::mem;

use serde::{Deserialize, Serialize};

use self::separator::Separators;
use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::values::Values;
use crate::{Error, Limits, Position, Skipped, SkippedToken, token};

/// How many bytes of a token that is no number are kept, to be shown.
const KEPT_BYTES: usize = 200;

/// Reads a list in chunks.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    skip_invalid: bool,
    sign: DecimalSign,
    separators: Separators,
    values: Values,
    skipped: Skipped,
    /// Where the next byte is.
    position: Position,
    state: State,
    shape: Shape,
    /// The token being read, or as much of it as is kept.
    token: Vec<u8>,
    token_position: Position,
}

/// What the next byte is in or between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Comment,
    /// In a token of bytes that numbers have.
    Number,
    /// In a token that is no number.
    Invalid,
}

/// What the text as a whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// Nothing but separators and comments so far.
    Undecided,
    List,
    Array(Position),
    ClosedArray,
}

impl Scanner {
    /// Reads into `values`, an empty list.
    pub(crate) fn new(skip_invalid: bool, sign: DecimalSign, limits: Limits, values: Values) -> Self {
        Self {
            limits,
            skip_invalid,
            sign,
            separators: Separators::beside(sign),
            values,
            skipped: Skipped::default(),
            position: Position::START,
            state: State::Between,
            shape: Shape::Undecided,
            token: Vec::new(),
            token_position: Position::START,
        }
    }

    /// Reads on in a list of this shape, between two tokens at this position.
    pub(crate) fn resumed(self, shape: Shape, position: Position) -> Self {
        Self {
            position,
            shape,
            ..self
        }
    }

    /// What the text is, once that is known, and whether the next byte is in no token and no comment of it.
    pub(crate) fn shape(&self) -> Option<(Shape, bool)> {
        (self.shape != Shape::Undecided).then_some((self.shape, self.state == State::Between))
    }

    /// What was read, between two tokens, and the position there.
    pub(crate) fn suspend(self) -> (Values, Skipped, Position) {
        (self.values, self.skipped, self.position)
    }

    /// Reads the next chunk of the text.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Between => self.read_between(rest)?,
                State::Comment => self.read_comment(rest),
                State::Number | State::Invalid => self.read_token(rest)?,
            };
        }
        Ok(())
    }

    /// Reads numbers and separators, and decides by the byte that follows them what comes next. Returns the rest.
    fn read_between<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let separators = self.separators;
        let rest = if self.is_between_numbers() {
            self.read_fast(text)?
        } else {
            text
        };
        let rest = self.pass(rest, |byte| !separators.contain(byte));
        match rest.first() {
            None => Ok(rest),
            Some(b'#') => {
                self.state = State::Comment;
                Ok(rest)
            }
            Some(bracket @ (b'[' | b']')) => {
                self.bracket(*bracket)?;
                self.position.column += 1;
                Ok(&rest[1..])
            }
            Some(other) => {
                self.begin_token(*other)?;
                Ok(rest)
            }
        }
    }

    fn read_comment<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let rest = self.pass(text, |byte| matches!(byte, b'\n' | b'\r'));
        if !rest.is_empty() {
            self.state = State::Between;
        }
        rest
    }

    fn read_token<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let separators = self.separators;
        let rest = self.pass(text, |byte| {
            separators.contain(byte) || matches!(byte, b'#' | b'[' | b']')
        });
        self.extend_token(&text[..text.len() - rest.len()])?;
        if !rest.is_empty() {
            self.end_token()?;
        }
        Ok(rest)
    }

    /// Passes over bytes up to the first that `ends` them. Returns the rest.
    fn pass<'a>(&mut self, text: &'a [u8], ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = text.iter().position(|byte| ends(*byte)).unwrap_or(text.len());
        let (passed, rest) = text.split_at(length);
        self.position = self.position.after(passed);
        rest
    }

    /// Reads numbers the fast way as long as they allow it. Returns the rest of the text.
    fn read_fast<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let mut rest = text;
        loop {
            let read = match (self.sign, self.values.places()) {
                (DecimalSign::Point, 0) => {
                    let (read, values) = swar::read(rest, self.values.room());
                    self.values.extend_by(values);
                    read
                }
                (sign, places) => self.read_fast_decimals(rest, sign, places),
            };
            if read == 0 {
                return Ok(rest);
            }
            self.position = self.position.after(&rest[..read]);
            rest = &rest[read..];
            self.values.check(&self.limits)?;
        }
    }

    /// Reads decimals that fit 64 bits, or else some that fit 128. Returns how many bytes.
    fn read_fast_decimals(&mut self, text: &[u8], sign: DecimalSign, places: u32) -> usize {
        let (read, values) = swar::read_decimals(text, self.values.room(), sign, places);
        self.values.extend_by(values);
        if read > 0 {
            return read;
        }
        swar::read_wide_decimals(text, sign, places, |value| self.values.push_wide(value))
    }

    /// Whether the next byte is in no token and no comment, and the text has begun and not ended.
    fn is_between_numbers(&self) -> bool {
        self.state == State::Between && matches!(self.shape, Shape::List | Shape::Array(_))
    }

    /// Goes on where `next` stopped, a scanner that began at this one's position, between two tokens. Its values are
    /// not taken.
    fn continue_from(&mut self, next: Self) {
        let start = self.position;
        let unlisted = next.skipped.count - next.skipped.first.len() as u64;
        for SkippedToken { token, position } in next.skipped.first {
            self.skipped.add(SkippedToken {
                token,
                position: position.offset_by(start),
            });
        }
        self.skipped.count += unlisted;
        self.position = next.position.offset_by(start);
        self.state = next.state;
        self.shape = next.shape;
        self.token = next.token;
        self.token_position = next.token_position.offset_by(start);
    }

    /// Ends the text.
    pub(crate) fn finish(mut self) -> Result<(Values, Skipped), Error> {
        self.end_token()?;
        if let Shape::Array(position) = self.shape {
            return Err(Error::UnclosedArray { position });
        }
        Ok((self.values, self.skipped))
    }

    fn bracket(&mut self, byte: u8) -> Result<(), Error> {
        self.shape = match (self.shape, byte) {
            (Shape::Undecided, b'[') if self.sign == DecimalSign::Comma => {
                return Err(Error::ArrayWithDecimalComma {
                    position: self.position,
                });
            }
            (Shape::Undecided, b'[') => Shape::Array(self.position),
            (Shape::Array(_), b']') => Shape::ClosedArray,
            (Shape::ClosedArray, _) => {
                return Err(Error::TextAfterArray {
                    token: char::from(byte).to_string(),
                    position: self.position,
                });
            }
            _ => {
                return Err(Error::UnexpectedBracket {
                    bracket: byte.into(),
                    position: self.position,
                });
            }
        };
        Ok(())
    }

    fn extend_token(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        if self.state == State::Number {
            let sign = self.sign;
            let length = rest.iter().position(|byte| !token::may_have(*byte, sign));
            let length = length.unwrap_or(rest.len());
            let room =
                (self.limits.token_digits + token::BYTES_BESIDE_DIGITS).saturating_sub(self.token.len());
            self.token.extend_from_slice(&rest[..length.min(room)]);
            if length > room && token::has_too_many_digits(&self.token, &self.limits) {
                return Err(token::too_long(&self.token, self.token_position, &self.limits));
            }
            rest = &rest[length.min(room)..];
            if rest.is_empty() {
                return Ok(());
            }
            self.state = State::Invalid;
        }
        let room = KEPT_BYTES.saturating_sub(self.token.len());
        self.token.extend_from_slice(&rest[..rest.len().min(room)]);
        // That is enough to say what is wrong: a file without any separator need not be read to its end for it.
        if rest.len() > room && !self.skip_invalid {
            Err(self.invalid())
        } else {
            Ok(())
        }
    }

    fn begin_token(&mut self, byte: u8) -> Result<(), Error> {
        match self.shape {
            Shape::Undecided => self.shape = Shape::List,
            Shape::ClosedArray => {
                let token = shown(&String::from_utf8_lossy(&[byte]));
                return Err(Error::TextAfterArray {
                    token,
                    position: self.position,
                });
            }
            Shape::List | Shape::Array(_) => {}
        }
        self.token_position = self.position;
        self.token.clear();
        self.state = State::Number;
        Ok(())
    }

    fn end_token(&mut self) -> Result<(), Error> {
        let state = mem::replace(&mut self.state, State::Between);
        let result = match state {
            State::Between | State::Comment => Ok(()),
            State::Number => token::store(
                &mut self.values,
                &self.token,
                self.sign,
                self.token_position,
                &self.limits,
            ),
            State::Invalid => Err(self.invalid()),
        };
        match result {
            Err(Error::NotANumber { token, position, .. }) if self.skip_invalid => {
                self.skipped.add(SkippedToken { token, position });
                Ok(())
            }
            result => result,
        }
    }

    /// The error of the token, which is no number.
    fn invalid(&self) -> Error {
        let cut = self.token.len() >= KEPT_BYTES;
        token::invalid(&self.token, self.sign, self.token_position, cut).of_list()
    }
}
