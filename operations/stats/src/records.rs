//! One field of JSON objects (RFC 8259): one a line, as JSON Lines has them, one after another, or in one array.
//!
//! The objects are read byte by byte and never held: what is kept is the name or the value that is being read, as far as it
//! can matter, and the brackets that are open. What is not asked for is passed over, but has to be JSON: a string that is not
//! closed would swallow the rest of the file. Numbers are decimal digits from first to last, as everywhere here.

mod path;
mod resume;
mod string;

use std::mem;

use self::path::Path;
use self::string::StringReader;
use crate::contents::Contents;
use crate::decimal_sign::DecimalSign;
use crate::error::shown;
use crate::values::Values;
use crate::{Column, Error, Limits, Position, Skipped, SkippedToken, token};

/// The most brackets that are open at once: more than any record has, and what Python's `json` takes too, about.
const MOST_DEPTH: usize = 1_000;
/// How many bytes of a name or a value are kept, to be shown.
const KEPT_BYTES: usize = 200;
/// How many names of the first object an error shows.
const SHOWN_NAMES: usize = 20;

/// Whether a text that begins so holds JSON objects; nothing, if that is not known yet. A header `{a}` or `[a]` is none.
pub(crate) fn begin(text: &[u8]) -> Option<bool> {
    let mut bytes = text.iter().filter(|byte| !is_space(**byte));
    match (bytes.next()?, bytes.next()) {
        (b'{', Some(second)) => Some(matches!(second, b'"' | b'}')),
        (b'[', Some(second)) => Some(matches!(second, b'{' | b']')),
        (b'{' | b'[', None) => None,
        _ => Some(false),
    }
}

/// Reads one field of objects that arrive in chunks.
#[derive(Debug)]
pub(crate) struct Records {
    path: Path,
    skip_invalid: bool,
    sign: DecimalSign,
    limits: Limits,
    values: Values,
    skipped: Skipped,
    /// Where the next byte is.
    position: Position,
    state: State,
    /// Where the array of all objects begins, if they are in one.
    array: Option<Position>,
    /// The brackets that are open within the array.
    open: Vec<u8>,
    /// How many of them lead to the field: objects, from the outermost in.
    on_path: usize,
    /// Where the object begins that is being read.
    record: Position,
    string: StringReader,
    /// What is kept of a value that is no string.
    bare: Vec<u8>,
    token_position: Position,
    found: Option<Found>,
    /// The names of the first object, while it is being read.
    names: Option<Vec<String>>,
}

/// A value of the field.
#[derive(Debug)]
struct Found {
    token: Vec<u8>,
    position: Position,
    kind: Kind,
    /// Whether this is only its beginning.
    is_cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A number, or what stands in its place.
    Bare,
    String,
    /// An object or an array.
    Brackets,
}

/// What the next byte is in, or what is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An object of its own, or the end of all.
    Record,
    /// What follows an object in the array.
    AfterRecord,
    /// Nothing but white space.
    End,
    /// A name, or the end of the object, if it may be empty.
    Name {
        or_end: bool,
    },
    InName,
    Colon {
        matched: bool,
    },
    /// A value; of an array, if it may be empty, or its end.
    Value {
        matched: bool,
        or_end: bool,
    },
    InString {
        matched: bool,
    },
    InBare {
        matched: bool,
    },
    AfterValue,
}

impl Records {
    /// Reads into `values`, an empty list.
    pub(crate) fn new(
        column: &Column,
        skip_invalid: bool,
        sign: DecimalSign,
        limits: Limits,
        values: Values,
    ) -> Result<Self, Error> {
        let Column::Name(name) = column else {
            return Err(Error::FieldByNumber {
                column: column.clone(),
            });
        };
        Ok(Self {
            path: Path::of(name),
            skip_invalid,
            sign,
            limits,
            values,
            skipped: Skipped::default(),
            position: Position::START,
            state: State::Record,
            array: None,
            open: Vec::new(),
            on_path: 0,
            record: Position::START,
            string: StringReader::default(),
            bare: Vec::new(),
            token_position: Position::START,
            found: None,
            names: Some(Vec::new()),
        })
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        while let Some(byte) = rest.first() {
            let read = match self.state {
                State::InName | State::InString { .. } => self.read_string(rest)?,
                State::InBare { matched } => self.read_bare(rest, matched)?,
                _ if is_space(*byte) => rest.iter().take_while(|byte| is_space(**byte)).count(),
                _ => {
                    self.read_byte(*byte)?;
                    // A value without quotes begins with this byte.
                    usize::from(!matches!(self.state, State::InBare { .. }))
                }
            };
            self.position = self.position.after(&rest[..read]);
            rest = &rest[read..];
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Contents, Error> {
        match (self.state, self.array) {
            (State::Record, None) | (State::End, _) => {}
            (State::Record | State::AfterRecord, Some(position)) => {
                return Err(Error::UnclosedArray { position });
            }
            _ => {
                self.position = self.record;
                return Err(self.unexpected("an object that is never closed", "one that ends with `}`"));
            }
        }
        Ok(Contents {
            values: self.values,
            skipped: self.skipped,
            column: Some(shown(self.path.name())),
        })
    }

    /// Reads a byte between names and values.
    fn read_byte(&mut self, byte: u8) -> Result<(), Error> {
        self.state = match (self.state, byte) {
            (State::Record, b'{') => {
                self.record = self.position;
                self.on_path = 1;
                self.push(b'{')?
            }
            (State::Record, b'[') if self.array.is_none() && self.is_first() => {
                self.array = Some(self.position);
                State::Record
            }
            (State::Record, b']') if self.array.is_some() && self.is_first() => State::End,
            (State::Record, _) => return Err(self.unexpected_byte(byte, "an object")),
            (State::AfterRecord, b',') => State::Record,
            (State::AfterRecord, b']') => State::End,
            (State::AfterRecord, _) => return Err(self.unexpected_byte(byte, "`,` or `]`")),
            (State::End, _) => return Err(self.unexpected_byte(byte, "the end")),
            (State::Name { .. }, b'"') => {
                let of_path = self.is_on_path();
                self.string
                    .begin(of_path.then(|| self.path.longest().max(KEPT_BYTES)));
                State::InName
            }
            (State::Name { or_end: true }, b'}') | (State::Value { or_end: true, .. }, b']') => self.pop()?,
            (State::Name { .. }, _) => return Err(self.unexpected_byte(byte, "a name in quotes")),
            (State::Colon { matched }, b':') => State::Value {
                matched,
                or_end: false,
            },
            (State::Colon { .. }, _) => return Err(self.unexpected_byte(byte, "`:`")),
            (State::Value { matched, .. }, _) => self.begin_value(byte, matched)?,
            (State::AfterValue, b',') => match self.open.last() {
                Some(b'{') => State::Name { or_end: false },
                _ => State::Value {
                    matched: false,
                    or_end: false,
                },
            },
            (State::AfterValue, b'}') if self.open.last() == Some(&b'{') => self.pop()?,
            (State::AfterValue, b']') if self.open.last() == Some(&b'[') => self.pop()?,
            (State::AfterValue, _) => return Err(self.unexpected_byte(byte, "`,` or a closing bracket")),
            (State::InName | State::InString { .. } | State::InBare { .. }, _) => {
                unreachable!("what is in a name or a value is read as that")
            }
        };
        Ok(())
    }

    fn begin_value(&mut self, byte: u8, matched: bool) -> Result<State, Error> {
        self.token_position = self.position;
        let is_last = matched && self.on_path == self.path.len();
        match byte {
            b'"' => {
                let kept = self.limits.token_digits + token::BYTES_BESIDE_DIGITS;
                self.string.begin(is_last.then_some(kept.max(KEPT_BYTES)));
                Ok(State::InString { matched: is_last })
            }
            b'{' | b'[' => {
                if is_last {
                    let token = if byte == b'{' { &b"{...}"[..] } else { b"[...]" };
                    self.found = Some(Found {
                        token: token.to_vec(),
                        position: self.position,
                        kind: Kind::Brackets,
                        is_cut: false,
                    });
                } else if matched && byte == b'{' {
                    self.on_path += 1;
                }
                self.push(byte)
            }
            _ => {
                self.bare.clear();
                Ok(State::InBare { matched: is_last })
            }
        }
    }

    fn push(&mut self, bracket: u8) -> Result<State, Error> {
        if self.open.len() == MOST_DEPTH {
            return Err(self.unexpected("a bracket within a thousand others", "less depth"));
        }
        self.open.push(bracket);
        Ok(if bracket == b'{' {
            State::Name { or_end: true }
        } else {
            State::Value {
                matched: false,
                or_end: true,
            }
        })
    }

    fn pop(&mut self) -> Result<State, Error> {
        if self.is_on_path() {
            self.on_path -= 1;
        }
        self.open.pop();
        if !self.open.is_empty() {
            return Ok(State::AfterValue);
        }
        self.end_record()?;
        Ok(match self.array {
            Some(_) => State::AfterRecord,
            None => State::Record,
        })
    }

    /// Whether the innermost object is one that leads to the field.
    fn is_on_path(&self) -> bool {
        self.on_path == self.open.len()
    }

    /// Whether no object has come yet.
    fn is_first(&self) -> bool {
        self.names.is_some()
    }

    /// Reads on in a name or a value in quotes. Returns how many bytes it has.
    fn read_string(&mut self, rest: &[u8]) -> Result<usize, Error> {
        let (read, ended) = match self.string.read(rest) {
            Ok(step) => step,
            Err(at) => {
                self.position = self.position.after(&rest[..at]);
                return Err(
                    self.unexpected_byte(rest[at], "the rest of a string, or the quote that closes it")
                );
            }
        };
        if !ended {
            return Ok(read);
        }
        self.state = match self.state {
            State::InString { matched } => {
                if matched {
                    self.found = Some(Found {
                        is_cut: self.string.is_cut(),
                        token: self.string.take(),
                        position: self.token_position,
                        kind: Kind::String,
                    });
                }
                State::AfterValue
            }
            _ => State::Colon {
                matched: self.end_name(),
            },
        };
        Ok(read)
    }

    /// Whether the name leads to the field.
    fn end_name(&mut self) -> bool {
        if !self.is_on_path() {
            return false;
        }
        let name = self.string.text();
        if let Some(names) = &mut self.names
            && self.on_path == 1
            && names.len() < SHOWN_NAMES
        {
            names.push(shown(&String::from_utf8_lossy(name)));
        }
        let matched = self.path.has(self.on_path - 1, name);
        if matched {
            // Of several fields of one name the last counts, as in jq and Python.
            self.found = None;
        }
        matched
    }

    /// Reads on in a value without quotes. Returns how many bytes it has.
    fn read_bare(&mut self, rest: &[u8], matched: bool) -> Result<usize, Error> {
        let is_end = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b'}' | b']');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let bytes = &rest[..length];
        // A name without quotes, a quote or a bracket in the middle: what follows could be anything.
        let is_bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
        if let Some(at) = bytes
            .iter()
            .position(|byte| !(is_bare(byte) || matched && *byte >= 0x80))
        {
            self.position = self.position.after(&bytes[..at]);
            return Err(self.unexpected_byte(bytes[at], "a value"));
        }
        let most = self.limits.token_digits + token::BYTES_BESIDE_DIGITS;
        let kept = if matched { most.max(KEPT_BYTES) } else { 1 };
        let room = kept.saturating_sub(self.bare.len()).min(length);
        self.bare.extend_from_slice(&bytes[..room]);
        if matched && room < length {
            return Err(self.cut(&self.bare, self.token_position));
        }
        if length == rest.len() {
            return Ok(length);
        }
        if self.bare.is_empty() {
            return Err(self.unexpected_byte(rest[0], "a value"));
        }
        self.state = State::AfterValue;
        if matched {
            self.found = Some(Found {
                token: mem::take(&mut self.bare),
                position: self.token_position,
                kind: Kind::Bare,
                is_cut: false,
            });
        }
        Ok(length)
    }

    /// Stores what was found in an object.
    fn end_record(&mut self) -> Result<(), Error> {
        let names = self.names.take();
        let stored = match self.found.take() {
            Some(found) => self.store(&found),
            None => Err(Error::NoSuchField {
                field: shown(self.path.name()),
                position: self.record,
                others: names.unwrap_or_default(),
            }),
        };
        match stored {
            Err(Error::NotANumber { token, position, .. }) if self.skip_invalid => {
                self.skipped.add(SkippedToken { token, position });
                Ok(())
            }
            Err(Error::NoSuchField { position, .. }) if self.skip_invalid => {
                let token = String::new();
                self.skipped.add(SkippedToken { token, position });
                Ok(())
            }
            other => other,
        }
    }

    fn store(&mut self, found: &Found) -> Result<(), Error> {
        if found.is_cut {
            return Err(self.cut(&found.token, found.position));
        }
        // A number of JSON has a point; what is in quotes is written as the sender writes numbers.
        let sign = match found.kind {
            Kind::Bare => DecimalSign::Point,
            Kind::String | Kind::Brackets => self.sign,
        };
        let token = match found.kind {
            Kind::String => found.token.trim_ascii(),
            Kind::Bare | Kind::Brackets => &found.token,
        };
        token::store(&mut self.values, token, sign, found.position, &self.limits)
    }

    /// The error of a value that is longer than any number.
    fn cut(&self, token: &[u8], position: Position) -> Error {
        if token::has_too_many_digits(token, &self.limits) {
            token::too_long(token, position, &self.limits)
        } else {
            token::invalid(&token[..token.len().min(KEPT_BYTES)], self.sign, position, true)
        }
    }

    fn unexpected_byte(&self, byte: u8, expected: &'static str) -> Error {
        let found = if byte.is_ascii() {
            format!("`{}`", shown(&char::from(byte).to_string()))
        } else {
            format!("byte 0x{byte:02x}")
        };
        self.unexpected(&found, expected)
    }

    fn unexpected(&self, found: &str, expected: &'static str) -> Error {
        Error::InvalidJson {
            found: found.to_owned(),
            position: self.position,
            expected,
        }
    }
}

/// White space of JSON (section 2).
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_from_a_table_by_what_follows_the_first_bracket() {
        for (text, expected) in [
            ("", None),
            (" \n", None),
            ("{", None),
            ("\r\n {  ", None),
            ("[\n", None),
            ("{\"a\":1}", Some(true)),
            ("{ }", Some(true)),
            ("[ {\"a\":1}]", Some(true)),
            ("[]", Some(true)),
            ("{a},b", Some(false)),
            ("[a],b", Some(false)),
            ("[1,2]", Some(false)),
            ("amount\n1", Some(false)),
            ("\"{\"", Some(false)),
        ] {
            assert_eq!(begin(text.as_bytes()), expected, "{text:?}");
        }
    }
}
