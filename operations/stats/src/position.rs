//! Where in a text something is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in the decompressed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1: in a list, counted in characters; in a CSV or TSV, the number of the field.
    pub column: u64,
}

impl Position {
    /// The beginning of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The position at the end of `text`, which begins at this one.
    #[inline]
    pub(crate) fn after(self, text: &[u8]) -> Self {
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
            Self {
                column: self.column + characters,
                ..self
            }
        } else {
            Self {
                line: self.line + breaks,
                column: 1 + characters,
            }
        }
    }

    /// This position in a part of a text that begins at `start`, as a position in the whole text.
    pub(crate) fn offset_by(self, start: Self) -> Self {
        if self.line == 1 {
            Self {
                line: start.line,
                column: start.column + self.column - 1,
            }
        } else {
            Self {
                line: start.line + self.line - 1,
                ..self
            }
        }
    }
}

/// How many bytes hold. They are counted 255 at a time, which fits a byte, so that the compiler counts 16 at once.
#[inline]
fn count_if(text: &[u8], holds: impl Fn(u8) -> bool) -> u64 {
    let count = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(holds(*byte))).sum::<u8>();
    text.chunks(255).map(|bytes| u64::from(count(bytes))).sum()
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters() {
        let after = |text: &str| Position::START.after(text.as_bytes()).to_string();
        assert_eq!(after(""), "line 1, column 1");
        assert_eq!(after("1 é "), "line 1, column 5");
        assert_eq!(after("1\r\n\n é"), "line 3, column 3");
        assert_eq!(after(&"é\n".repeat(1_000)), "line 1001, column 1");
        assert_eq!(after(&"é".repeat(1_000)), "line 1, column 1001");
    }

    #[test]
    fn a_position_in_a_part_has_one_in_the_whole() {
        for (first, second) in [("12 3", "4 "), ("1\n2 ", "3 4"), ("1 ", "2\n3 4"), ("1\n", "\n2")] {
            let start = Position::START.after(first.as_bytes());
            let part = Position::START.after(second.as_bytes());
            let whole = Position::START.after([first, second].concat().as_bytes());
            assert_eq!(part.offset_by(start), whole, "{first:?} {second:?}");
        }
    }
}
