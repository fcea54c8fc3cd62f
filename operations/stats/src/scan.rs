//! A list of integers as text: the grammar.
//!
//! Tokens are separated by ASCII white space, commas and semicolons, in any number. `#` begins a comment that
//! ends with the line. A text that begins with `[` is a JSON array and must end with its `]`. Text may arrive in
//! chunks that are cut anywhere, inside a token or a comment too.

mod chunk;
mod parallel;
mod separator;
mod swar;
mod workers;

use std::mem;

use self::separator::is_separator;
use crate::error::{Position, shown};
use crate::summary::{Skipped, SkippedToken};
use crate::values::Values;
use crate::{Error, Limits, token};

/// Most bytes of a token that is no integer which are kept to be shown.
const KEPT_BYTES: usize = 200;

/// Reads a list in chunks.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    skip_invalid: bool,
    values: Values,
    skipped: Skipped,
    /// Where the next byte is.
    place: Position,
    state: State,
    shape: Shape,
    /// The token being read, as far as it is kept.
    token: Vec<u8>,
    token_place: Position,
}

/// What the bytes read so far leave the scanner in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Comment,
    /// In a token that is an integer so far: a sign and digits.
    Integer,
    /// In a token that is none.
    Invalid,
}

/// What the text as a whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Nothing but separators and comments so far.
    Undecided,
    List,
    Array(Position),
    ClosedArray,
}

impl Scanner {
    /// Reads into `values`, an empty list.
    pub(crate) fn new(skip_invalid: bool, limits: Limits, values: Values) -> Self {
        let start = Position { line: 1, column: 1 };
        Self {
            limits,
            skip_invalid,
            values,
            skipped: Skipped::default(),
            place: start,
            state: State::Between,
            shape: Shape::Undecided,
            token: Vec::new(),
            token_place: start,
        }
    }

    /// Reads the next chunk of the text.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Between => self.read_between(rest)?,
                State::Comment => self.read_comment(rest),
                State::Integer | State::Invalid => self.read_token(rest)?,
            };
        }
        Ok(())
    }

    /// Reads plain integers and separators, and what comes after them as far as its first byte; gives the rest.
    fn read_between<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let rest = if self.is_between_integers() {
            self.read_plain(text)?
        } else {
            text
        };
        let rest = self.pass(rest, |byte| !is_separator(byte));
        match rest.first() {
            None => Ok(rest),
            Some(b'#') => {
                self.state = State::Comment;
                Ok(rest)
            }
            Some(bracket @ (b'[' | b']')) => {
                self.bracket(*bracket)?;
                self.place.column += 1;
                Ok(&rest[1..])
            }
            Some(other) => {
                self.begin_token(*other)?;
                Ok(rest)
            }
        }
    }

    fn read_comment<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let rest = self.pass(text, |byte| byte == b'\n');
        if !rest.is_empty() {
            self.state = State::Between;
        }
        rest
    }

    fn read_token<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let rest = self.pass(text, |byte| {
            is_separator(byte) || matches!(byte, b'#' | b'[' | b']')
        });
        self.extend_token(&text[..text.len() - rest.len()])?;
        if !rest.is_empty() {
            self.end_token()?;
        }
        Ok(rest)
    }

    /// Passes over bytes up to one that `ends` them; gives the rest.
    fn pass<'a>(&mut self, text: &'a [u8], ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = text.iter().position(|byte| ends(*byte)).unwrap_or(text.len());
        let (passed, rest) = text.split_at(length);
        self.place = after(self.place, passed);
        rest
    }

    /// Reads plain integers as long as there are any; gives the rest of the text.
    fn read_plain<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], Error> {
        let mut rest = text;
        loop {
            let (read, values) = swar::read(rest, self.values.room());
            if read == 0 {
                return Ok(rest);
            }
            self.values.extend_by(values);
            self.place = after(self.place, &rest[..read]);
            rest = &rest[read..];
            self.values.check(&self.limits)?;
        }
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
            (Shape::Undecided, b'[') => Shape::Array(self.place),
            (Shape::Array(_), b']') => Shape::ClosedArray,
            (Shape::ClosedArray, _) => {
                return Err(Error::TextAfterArray {
                    token: char::from(byte).to_string(),
                    position: self.place,
                });
            }
            _ => {
                return Err(Error::UnexpectedBracket {
                    bracket: byte.into(),
                    position: self.place,
                });
            }
        };
        Ok(())
    }

    fn extend_token(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        if self.state == State::Integer {
            let sign = usize::from(self.token.is_empty() && matches!(rest.first(), Some(b'+' | b'-')));
            let digits = rest[sign..].iter().position(|byte| !byte.is_ascii_digit());
            let length = digits.map_or(rest.len(), |digits| sign + digits);
            // One more than the digits allowed: the first may be a sign.
            let room = self.limits.token_digits + 1 - self.token.len();
            self.token.extend_from_slice(&rest[..length.min(room)]);
            if length > room {
                return Err(token::too_long(&self.token, self.token_place, &self.limits));
            }
            rest = &rest[length..];
            if rest.is_empty() {
                return Ok(());
            }
            self.state = State::Invalid;
        }
        let room = KEPT_BYTES.saturating_sub(self.token.len());
        self.token.extend_from_slice(&rest[..rest.len().min(room)]);
        // Enough to say what is wrong; a file without a separator must not be read to its end first.
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
                    position: self.place,
                });
            }
            Shape::List | Shape::Array(_) => {}
        }
        self.token_place = self.place;
        self.token.clear();
        self.state = State::Integer;
        Ok(())
    }

    fn end_token(&mut self) -> Result<(), Error> {
        let state = mem::replace(&mut self.state, State::Between);
        let result = match state {
            State::Between | State::Comment => Ok(()),
            State::Integer => token::store(&mut self.values, &self.token, self.token_place, &self.limits),
            State::Invalid => Err(self.invalid()),
        };
        match result {
            Err(Error::NotAnInteger { token, position }) if self.skip_invalid => {
                self.skipped.add(SkippedToken { token, position });
                Ok(())
            }
            result => result,
        }
    }

    /// What is wrong with the token.
    fn invalid(&self) -> Error {
        token::invalid(&self.token, self.token_place, self.token.len() >= KEPT_BYTES)
    }
}

/// The place after `text` when `place` is before it.
fn after(place: Position, text: &[u8]) -> Position {
    let breaks = count_if(text, |byte| byte == b'\n');
    let line = match (breaks > 0)
        .then(|| text.iter().rposition(|byte| *byte == b'\n'))
        .flatten()
    {
        Some(last) => &text[last + 1..],
        None => text,
    };
    // A byte 10xxxxxx continues a character.
    let characters = count_if(line, |byte| byte & 0xc0 != 0x80);
    if breaks == 0 {
        Position {
            column: place.column + characters,
            ..place
        }
    } else {
        Position {
            line: place.line + breaks,
            column: 1 + characters,
        }
    }
}

/// How many bytes hold. The chunks are so short that a byte counts them, which lets the compiler count 16 at once.
fn count_if(text: &[u8], holds: impl Fn(u8) -> bool) -> u64 {
    let count = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(holds(*byte))).sum::<u8>();
    text.chunks(255).map(|chunk| u64::from(count(chunk))).sum()
}
