//! Splitting a table's text into rows and fields: the grammar of RFC 4180, held strictly.
//!
//! A field that begins with `"` ends with the next `"` that is not doubled, and a delimiter or a line end follows it;
//! anything else there is an error, and so is a quote that is never closed. Within other fields, `"` is a character. A line
//! ends with LF, CR LF or CR. It is what Python's `csv.reader(..., strict=True)` takes, but that rows of nothing but white
//! space are passed over, and comments are, where they were asked for.
//!
//! Text arrives in chunks that are cut anywhere. Every field is held against the limit, also one that nobody wants:
//! else a quote that is not closed would swallow the rest of the table.

use super::specials::Specials;
use crate::{Error, Position};

/// Who takes the fields.
pub(super) trait Sink {
    /// Whether the bytes of the row's field of this index are to be given.
    fn wants(&self, index: usize) -> bool;

    /// Takes a field that is wanted.
    fn field(&mut self, index: usize, field: &[u8], position: Position) -> Result<(), Error>;

    /// Takes note that a row of so many fields has ended, which began on this line. Whether the next is to be read.
    fn end_row(&mut self, fields: usize, line: u64) -> Result<bool, Error>;
}

/// Splits a table.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    comment: Option<u8>,
    /// Most bytes of a field, its quotes counted.
    limit: usize,
    state: State,
    /// What earlier chunks have of the field, without its quotes, if it is wanted.
    field: Vec<u8>,
    /// How many bytes of the field were in earlier chunks.
    length: usize,
    /// Whether these bytes are white space.
    is_blank: bool,
    /// Fields of the row that have ended.
    index: usize,
    /// The line that the next byte is on.
    line: u64,
    row_line: u64,
    /// The line that the quoted field begins on.
    field_line: u64,
    /// Whether the last byte was a CR, so that an LF after it belongs to it.
    after_cr: bool,
}

/// What the next byte is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a field without quotes, or where one begins.
    Field,
    /// Between a field's quotes.
    Quoted,
    /// After a quote between a field's quotes: the last of them, or the first of two that stand for one.
    Quote,
    Comment,
}

impl Splitter {
    /// A splitter of a text that begins on this line.
    pub(super) fn new(delimiter: u8, comment: Option<u8>, limit: usize, line: u64) -> Self {
        Self {
            delimiter,
            comment,
            limit,
            state: State::Field,
            field: Vec::new(),
            length: 0,
            is_blank: true,
            index: 0,
            line,
            row_line: line,
            field_line: line,
            after_cr: false,
        }
    }

    /// Splits the next chunk. Returns how many bytes were read: all, unless the sink stopped after a row.
    pub(super) fn split(&mut self, text: &[u8], sink: &mut impl Sink) -> Result<usize, Error> {
        // Where the field begins in this chunk, and its bytes that were not taken yet.
        let (mut start, mut from) = (0, 0);
        // Where the special byte is that has to follow a quote, and the LF that belongs to a CR.
        let mut after_quote = 0;
        let mut after_cr = if self.after_cr { 0 } else { usize::MAX };
        for at in Specials::of(text, self.delimiter) {
            let byte = text[at];
            let is_second_half = byte == b'\n' && at == after_cr;
            match self.state {
                State::Field => {
                    if is_second_half {
                        start = at + 1;
                        continue;
                    }
                    if self.index == 0 && self.begins_comment(&text[start..at]) {
                        self.state = State::Comment;
                    } else if byte == b'"' {
                        if at == start && self.length == 0 {
                            self.state = State::Quoted;
                            self.field_line = self.line;
                            from = at + 1;
                        }
                        continue;
                    } else if byte == self.delimiter {
                        self.end_plain_field(&text[start..at], sink)?;
                        start = at + 1;
                        continue;
                    } else {
                        let is_row = self.index > 0 || !self.is_blank_with(&text[start..at]);
                        if is_row {
                            self.end_plain_field(&text[start..at], sink)?;
                        }
                        start = at + 1;
                        if byte == b'\r' {
                            after_cr = start;
                        }
                        if !self.end_row(is_row, sink)? {
                            self.after_cr = byte == b'\r';
                            return Ok(start);
                        }
                        continue;
                    }
                    // A comment may end with the byte that showed it to be one.
                    if matches!(byte, b'\n' | b'\r') {
                        self.end_comment();
                        start = at + 1;
                        if byte == b'\r' {
                            after_cr = start;
                        }
                    }
                }
                State::Quoted => match byte {
                    b'"' => {
                        self.check_length(at + 1 - start, self.field_line)?;
                        if sink.wants(self.index) {
                            self.field.extend_from_slice(&text[from..at]);
                        }
                        self.state = State::Quote;
                        after_quote = at + 1;
                    }
                    b'\r' => {
                        self.line += 1;
                        after_cr = at + 1;
                    }
                    b'\n' if !is_second_half => self.line += 1,
                    _ => {}
                },
                State::Quote if at > after_quote => return Err(self.text_after_quote(text[after_quote])),
                State::Quote if byte == b'"' => {
                    self.state = State::Quoted;
                    // The second of two quotes is what they stand for.
                    from = at;
                }
                State::Quote => {
                    self.end_quoted_field(sink)?;
                    start = at + 1;
                    if byte != self.delimiter {
                        if byte == b'\r' {
                            after_cr = start;
                        }
                        if !self.end_row(true, sink)? {
                            self.after_cr = byte == b'\r';
                            return Ok(start);
                        }
                    }
                }
                State::Comment => {
                    if matches!(byte, b'\n' | b'\r') {
                        self.end_comment();
                        start = at + 1;
                        if byte == b'\r' {
                            after_cr = start;
                        }
                    }
                }
            }
        }
        self.keep(text, start, from, after_quote, sink)?;
        self.after_cr = if text.is_empty() {
            self.after_cr
        } else {
            after_cr == text.len()
        };
        Ok(text.len())
    }

    /// Takes what the chunk has of a field that has not ended.
    fn keep(
        &mut self,
        text: &[u8],
        start: usize,
        from: usize,
        after_quote: usize,
        sink: &impl Sink,
    ) -> Result<(), Error> {
        let rest = &text[start..];
        match self.state {
            State::Comment => return Ok(()),
            State::Field if self.index == 0 && self.begins_comment(rest) => {
                self.state = State::Comment;
                return Ok(());
            }
            State::Field => {
                self.is_blank &= is_blank(rest);
                if sink.wants(self.index) {
                    self.field.extend_from_slice(rest);
                }
                self.check_length(rest.len(), self.line)?;
            }
            State::Quoted => {
                if sink.wants(self.index) {
                    self.field.extend_from_slice(&text[from..]);
                }
                self.check_length(rest.len(), self.field_line)?;
            }
            State::Quote => {
                if let Some(other) = text.get(after_quote) {
                    return Err(self.text_after_quote(*other));
                }
            }
        }
        self.length += rest.len();
        Ok(())
    }

    /// Ends the table.
    pub(super) fn finish(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        match self.state {
            State::Comment => return Ok(()),
            State::Quoted => {
                return Err(Error::UnclosedQuote {
                    position: self.position(self.field_line),
                });
            }
            State::Quote => self.end_quoted_field(sink)?,
            State::Field if self.index == 0 && self.is_blank => return Ok(()),
            State::Field => self.end_plain_field(b"", sink)?,
        }
        self.end_row(true, sink)?;
        Ok(())
    }

    /// What stands between fields.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The line that the next byte begins, if it does and no field reaches to there.
    pub(super) fn new_line(&self) -> Option<u64> {
        let begins = self.state == State::Field && self.index == 0 && self.length == 0 && !self.after_cr;
        begins.then_some(self.line)
    }

    /// Whether the row, of which this chunk has `part`, is a comment.
    fn begins_comment(&self, part: &[u8]) -> bool {
        self.comment.is_some() && self.length == 0 && part.first().copied() == self.comment
    }

    fn is_blank_with(&self, part: &[u8]) -> bool {
        self.is_blank && is_blank(part)
    }

    /// Ends a field without quotes, of which this chunk has `part`.
    #[inline]
    fn end_plain_field(&mut self, part: &[u8], sink: &mut impl Sink) -> Result<(), Error> {
        self.check_length(part.len(), self.line)?;
        if sink.wants(self.index) {
            let position = self.position(self.line);
            if self.length == 0 {
                sink.field(self.index, part, position)?;
            } else {
                self.field.extend_from_slice(part);
                sink.field(self.index, &self.field, position)?;
                self.field.clear();
            }
        }
        self.length = 0;
        self.index += 1;
        Ok(())
    }

    fn end_quoted_field(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        if sink.wants(self.index) {
            sink.field(self.index, &self.field, self.position(self.field_line))?;
        }
        self.state = State::Field;
        self.field.clear();
        self.length = 0;
        self.index += 1;
        Ok(())
    }

    /// Ends a line between two rows. Whether the next row is to be read.
    fn end_row(&mut self, is_row: bool, sink: &mut impl Sink) -> Result<bool, Error> {
        let goes_on = !is_row || sink.end_row(self.index, self.row_line)?;
        self.index = 0;
        self.length = 0;
        self.field.clear();
        self.is_blank = true;
        self.line += 1;
        self.row_line = self.line;
        Ok(goes_on)
    }

    fn end_comment(&mut self) {
        self.state = State::Field;
        self.line += 1;
        self.row_line = self.line;
    }

    #[inline]
    fn check_length(&self, more: usize, line: u64) -> Result<(), Error> {
        if self.length + more > self.limit {
            return Err(Error::FieldTooLong {
                position: self.position(line),
                limit: self.limit,
            });
        }
        Ok(())
    }

    fn text_after_quote(&self, byte: u8) -> Error {
        Error::TextAfterQuote {
            byte: byte.into(),
            position: self.position(self.field_line),
        }
    }

    /// The position of the field that is being read.
    fn position(&self, line: u64) -> Position {
        Position {
            line,
            column: self.index as u64 + 1,
        }
    }
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests;
