//! How a table is written: what delimits its fields, and what begins its comments.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands between the fields of a table: one ASCII character. In JSON and on a command line that character, or `tab`, or
/// `\t` as two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(u8);

/// A delimiter was no single character, or one that fields are made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a delimiter: `{0}`; give one ASCII character that is no letter, digit, quote or line end, or `tab`"
)]
pub struct InvalidDelimiter(String);

impl FromStr for Delimiter {
    type Err = InvalidDelimiter;

    fn from_str(text: &str) -> Result<Self, InvalidDelimiter> {
        match text.as_bytes() {
            b"tab" | b"\\t" | b"\t" => Ok(Self(b'\t')),
            [byte] if !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r' | b'\0') => {
                Ok(Self(*byte))
            }
            _ => Err(InvalidDelimiter(text.escape_debug().take(40).collect())),
        }
    }
}

impl From<Delimiter> for u8 {
    fn from(delimiter: Delimiter) -> Self {
        delimiter.0
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

/// What begins the rows of a table that are comments: one ASCII character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment(u8);

/// A comment's beginning was no single character, or one that fields begin with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not what comments begin with: `{0}`; give one ASCII character such as `#` that is no letter, digit, sign, quote or white space"
)]
pub struct InvalidComment(String);

impl FromStr for Comment {
    type Err = InvalidComment;

    fn from_str(text: &str) -> Result<Self, InvalidComment> {
        match text.as_bytes() {
            [byte] if byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'+' | b'-' | b'.') => {
                Ok(Self(*byte))
            }
            _ => Err(InvalidComment(text.escape_debug().take(40).collect())),
        }
    }
}

impl From<Comment> for u8 {
    fn from(comment: Comment) -> Self {
        comment.0
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(self.0))
    }
}

impl Serialize for Delimiter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Delimiter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Comment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Comment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_character_that_is_in_no_number() {
        for (text, byte) in [
            (";", b';'),
            ("|", b'|'),
            (" ", b' '),
            ("tab", b'\t'),
            ("\\t", b'\t'),
            ("\t", b'\t'),
            ("\u{1f}", 0x1f),
        ] {
            assert_eq!(text.parse::<Delimiter>().map(u8::from), Ok(byte), "{text:?}");
        }
        for text in ["", "\"", "\n", ";;", "é", "7", "x", "\0"] {
            assert!(text.parse::<Delimiter>().is_err(), "{text:?}");
        }
        let json = serde_json::to_string(&"\t".parse::<Delimiter>().unwrap()).unwrap();
        assert_eq!(json, "\"tab\"");
        assert!(serde_json::from_str::<Delimiter>(&json).is_ok());
    }

    #[test]
    fn a_comment_begins_with_one_character_that_no_number_begins_with() {
        for text in ["#", "%", ";", "/"] {
            assert!(text.parse::<Comment>().is_ok(), "{text:?}");
        }
        for text in ["", "//", "-", "+", ".", "1", "a", "\"", " "] {
            assert!(text.parse::<Comment>().is_err(), "{text:?}");
        }
    }
}
