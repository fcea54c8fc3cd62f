//! Telling the delimiter from the first row.
//!
//! The first row that is neither blank nor a comment tells it: a tab if there is one in it, else the more frequent of comma and
//! semicolon, and a comma if there are as many of both. What is between quotes does not count. Where the comma is the decimal
//! sign, it delimits nothing: `12,50` alone in a row would be two fields otherwise, and nobody would see it.

use crate::decimal_sign::DecimalSign;
use crate::{Error, Position};

/// Holds back the text until the first row has ended.
#[derive(Debug)]
pub(super) struct FirstRow {
    sign: DecimalSign,
    comment: Option<u8>,
    /// Most bytes of the row.
    limit: usize,
    /// The row so far.
    row: Vec<u8>,
    /// The line that the row begins on.
    line: u64,
    /// The line that the next byte is on.
    next_line: u64,
    place: Place,
    after_cr: bool,
    tabs: usize,
    semicolons: usize,
    commas: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Where a quote opens a quoted field.
    Start,
    Plain,
    Quoted,
    /// After a quote between quotes: the last of them, or the first of two.
    Quote,
}

/// A first row that has ended, or all there is of it.
pub(super) struct Found {
    pub(super) row: Vec<u8>,
    /// The line that it begins on.
    pub(super) line: u64,
    pub(super) delimiter: u8,
}

impl FirstRow {
    pub(super) fn new(sign: DecimalSign, comment: Option<u8>, limit: usize) -> Self {
        Self {
            sign,
            comment,
            limit,
            row: Vec::new(),
            line: 1,
            next_line: 1,
            place: Place::Start,
            after_cr: false,
            tabs: 0,
            semicolons: 0,
            commas: 0,
        }
    }

    /// Takes the next chunk. Returns how many of its bytes belong to the first row and what is before it, and the row if it has
    /// ended.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(usize, Option<Found>), Error> {
        for (index, &byte) in chunk.iter().enumerate() {
            if std::mem::take(&mut self.after_cr) && byte == b'\n' && self.row.is_empty() {
                continue;
            }
            self.row.push(byte);
            if matches!(byte, b'\n' | b'\r') {
                self.next_line += 1;
                self.after_cr = byte == b'\r';
                if self.place != Place::Quoted || self.is_comment() {
                    if !self.is_comment() && !self.row.iter().all(u8::is_ascii_whitespace) {
                        return Ok((index + 1, Some(self.end())));
                    }
                    self.begin_row();
                }
                continue;
            }
            self.advance(byte);
            if self.row.len() > self.limit && !self.is_comment() {
                return Err(Error::FieldTooLong {
                    position: Position {
                        line: self.line,
                        column: 1,
                    },
                    limit: self.limit,
                });
            }
            if self.is_comment() {
                self.row.truncate(1);
            }
        }
        Ok((chunk.len(), None))
    }

    /// The row as far as it has come.
    pub(super) fn end(&mut self) -> Found {
        Found {
            row: std::mem::take(&mut self.row),
            line: self.line,
            delimiter: self.delimiter(),
        }
    }

    fn advance(&mut self, byte: u8) {
        let delimits = match byte {
            b'\t' | b';' => true,
            b',' => self.sign == DecimalSign::Point,
            _ => false,
        };
        self.place = match (self.place, byte) {
            (Place::Start | Place::Quote, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Quote,
            (Place::Quoted, _) => Place::Quoted,
            _ if delimits => Place::Start,
            _ => Place::Plain,
        };
        if self.place != Place::Quoted {
            match byte {
                b'\t' => self.tabs += 1,
                b';' => self.semicolons += 1,
                b',' => self.commas += 1,
                _ => {}
            }
        }
    }

    fn is_comment(&self) -> bool {
        self.comment.is_some() && self.row.first().copied() == self.comment
    }

    fn begin_row(&mut self) {
        self.row.clear();
        self.line = self.next_line;
        self.place = Place::Start;
        (self.tabs, self.semicolons, self.commas) = (0, 0, 0);
    }

    fn delimiter(&self) -> u8 {
        if self.tabs > 0 {
            b'\t'
        } else if self.sign == DecimalSign::Comma || self.semicolons > self.commas {
            b';'
        } else {
            b','
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, sign: DecimalSign) -> char {
        let mut row = FirstRow::new(sign, Some(b'#'), 1_000);
        let found = match row.take(text.as_bytes()).unwrap() {
            (_, Some(found)) => found,
            (_, None) => row.end(),
        };
        found.delimiter.into()
    }

    #[test]
    fn the_first_row_tells_the_delimiter() {
        for (text, delimiter) in [
            ("a\tb, c; d; e", '\t'),
            ("a;b;c,d", ';'),
            ("a;b,c", ','),
            ("a", ','),
            ("\"a; b; c\",d\n", ','),
            ("\"a \"\" ; ; \",d\n", ','),
            ("\"a\tb\";d\n", ';'),
            ("5\" pipe; 6\" pipe, 7\n", ','),
            ("# ; ;\r\n \r\na,b\n;;;", ','),
            ("#\"\ra;b\r", ';'),
        ] {
            assert_eq!(told(text, DecimalSign::Point), delimiter, "{text:?}");
        }
        assert_eq!(told("12,50", DecimalSign::Comma), ';');
    }

    #[test]
    fn a_row_knows_its_line_whatever_ends_the_lines_before_it() {
        for text in ["\n#\n\na,b\n", "\r\n#\r\n\r\na,b\r\n", "\r#\r\ra,b\r"] {
            let mut row = FirstRow::new(DecimalSign::Point, Some(b'#'), 1_000);
            let found = text
                .bytes()
                .find_map(|byte| row.take(&[byte]).unwrap().1)
                .unwrap();
            assert_eq!((found.line, found.row.starts_with(b"a,b")), (4, true), "{text:?}");
        }
    }

    #[test]
    fn comments_before_the_first_row_may_be_of_any_length() {
        let mut row = FirstRow::new(DecimalSign::Point, Some(b'#'), 10);
        assert!(row.take(&[b'#'; 1_000]).unwrap().1.is_none());
        assert!(row.take(b"\na,b\n").unwrap().1.is_some());
    }
}
