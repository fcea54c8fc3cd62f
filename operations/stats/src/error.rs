//! What can go wrong, told so that the person who sent the input knows where to look and what to do.

use std::fmt;

use crate::token::Cure;
use crate::{Column, Position};

/// How many characters of an offending token a message shows.
const SHOWN_CHARACTERS: usize = 40;

/// A compressed format recognized by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// Why a list has no statistics.
///
/// Every one but [`Error::Canceled`] is permanent: the same bytes with the same parameters and limits fail the same way again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text holds no number: it is empty, or separators and comments only, or all of it was skipped.
    #[error("{}", empty_message(*.skipped))]
    EmptyInput {
        /// How many invalid tokens were skipped on the way.
        skipped: u64,
    },

    /// A token is not a number: a sign, digits with a decimal sign, an exponent.
    #[error("not a number: `{token}` at {position}; {}", .cure)]
    #[non_exhaustive]
    NotANumber {
        /// The token, shortened and made printable.
        token: String,
        /// Where the token begins.
        position: Position,
        /// What to do about it.
        cure: Cure,
    },

    /// The text is not UTF-8.
    #[error("not UTF-8 text: byte 0x{byte:02x} at {position}; send numbers as UTF-8 or ASCII text")]
    InvalidUtf8 {
        /// The first byte that cannot be decoded.
        byte: u8,
        /// Where the byte is.
        position: Position,
    },

    /// The text is UTF-16, and one half of a character stands alone.
    #[error(
        "not UTF-16 text: the surrogate 0x{surrogate:04x} at {position} has no other half; save the text as UTF-8"
    )]
    LoneSurrogate {
        /// The surrogate.
        surrogate: u16,
        /// Where it is.
        position: Position,
    },

    /// The text is UTF-16, and has an odd number of bytes.
    #[error("the UTF-16 text ends within a character, after half of its two bytes; send the whole file")]
    HalfCodeUnit,

    /// The input is no text, but something that is known and not read.
    #[error("this is {format}, which is not read; {cure}")]
    UnsupportedFormat {
        /// What it is.
        format: &'static str,
        /// What to do about it.
        cure: &'static str,
    },

    /// A number has more digits than [`Limits::token_digits`](crate::Limits::token_digits).
    #[error(
        "number too long: `{token}` at {position} has over {limit} digits, written without an exponent; shorten it"
    )]
    TooManyDigits {
        /// The beginning of the token.
        token: String,
        /// Where the token begins.
        position: Position,
        /// The most digits allowed.
        limit: usize,
    },

    /// A number's exponent is beyond [`Limits::EXPONENT`](crate::Limits::EXPONENT).
    #[error("exponent too large: `{token}` at {position} is beyond 10^{limit} or 10^-{limit}; correct it")]
    ExponentTooLarge {
        /// The token, shortened.
        token: String,
        /// Where the token begins.
        position: Position,
        /// The largest exponent allowed.
        limit: u64,
    },

    /// A `[` where the comma is the decimal sign.
    #[error("the JSON array at {position} separates its numbers by commas; leave out --decimal-comma")]
    ArrayWithDecimalComma {
        /// Where its `[` is.
        position: Position,
    },

    /// A `[` that does not begin the text, or a `]` without its `[`.
    #[error("unexpected `{bracket}` at {position}; a JSON array is one flat `[...]` and nothing around it")]
    UnexpectedBracket {
        /// The bracket.
        bracket: char,
        /// Where it is.
        position: Position,
    },

    /// A JSON array has no `]`: the text was probably cut short.
    #[error("the JSON array that begins at {position} is never closed; send the whole array")]
    UnclosedArray {
        /// Where its `[` is.
        position: Position,
    },

    /// Something follows the `]` of a JSON array.
    #[error("`{token}` at {position} comes after the end of the JSON array; send one array")]
    TextAfterArray {
        /// The first character after the array that is no separator.
        token: String,
        /// Where it is.
        position: Position,
    },

    /// The table has no such column.
    #[error("no column {column} in the first row, which has {available}; {}", .cure)]
    UnknownColumn {
        /// The column asked for.
        column: Column,
        /// The columns there are, shortened.
        available: String,
        /// What to do about it.
        cure: &'static str,
    },

    /// A column was asked for by name, of a table whose first row is no headers.
    #[error(
        "no column {column}: the first row is data (--no-header, \"header\": false); give the column's number, or leave that out"
    )]
    NameWithoutHeaders {
        /// The column asked for.
        column: Column,
    },

    /// All columns of numbers were asked for, and there is none.
    #[error(
        "no column of numbers; {available}; check the delimiter, or skip what is no number (--skip-invalid)"
    )]
    NoNumericColumn {
        /// The columns there are, and why they are none of numbers, shortened.
        available: String,
    },

    /// One of several columns holds no number.
    #[error("no numbers in column {column}{}; leave it out", skipped_message(*.skipped))]
    EmptyColumn {
        /// Its header, or its number.
        column: Column,
        /// How many fields of it were skipped.
        skipped: u64,
    },

    /// A field begins with a quote that is never closed.
    #[error(
        "the quote at {position} is never closed; close it, or double it (`\"\"`) if it belongs to the text"
    )]
    UnclosedQuote {
        /// Where the field is.
        position: Position,
    },

    /// Something other than a delimiter or a line end follows the quote that closes a field.
    #[error(
        "{} follows the closing quote of the field at {position}; double the quotes inside a field (`\"\"`), or check the delimiter",
        shown_byte(*.byte)
    )]
    TextAfterQuote {
        /// The first byte of it.
        byte: char,
        /// Where the field is.
        position: Position,
    },

    /// A row ends before the column.
    #[error("row too short: no field at {position}; complete it, or skip such rows (--skip-invalid)")]
    MissingField {
        /// The row's line and the column asked for.
        position: Position,
    },

    /// A JSON object has no such field.
    #[error("no field `{field}` in the object at {position}{}; {}", among(.others), if .others.is_empty() {
        "complete it, or skip such objects (--skip-invalid)"
    } else {
        "correct the name, or skip such objects (--skip-invalid)"
    })]
    NoSuchField {
        /// The field asked for.
        field: String,
        /// Where the object begins.
        position: Position,
        /// The fields that the first object has, shortened; empty for others.
        others: Vec<String>,
    },

    /// A column of JSON objects was asked for by number.
    #[error(
        "JSON objects have no column {column}; name a field, such as --column amount or --column .user.age"
    )]
    FieldByNumber {
        /// The column asked for.
        column: Column,
    },

    /// Several columns of JSON objects were asked for.
    #[error(
        "of JSON objects one field is read at a time; name it, such as --column amount or --column .user.age"
    )]
    SeveralFields,

    /// What was sent as JSON objects is no JSON.
    #[error(
        "not JSON: {found} at {position}, where {expected} should be; send objects, one a line, or an array of them"
    )]
    InvalidJson {
        /// What is there.
        found: String,
        /// Where it is.
        position: Position,
        /// What should be there.
        expected: &'static str,
    },

    /// A field, or the first row of a table, is longer than [`Limits::field_bytes`](crate::Limits::field_bytes).
    #[error("a field of over {limit} bytes at {position}; check the table's quotes and its delimiter")]
    FieldTooLong {
        /// Where the field is.
        position: Position,
        /// The most bytes allowed.
        limit: usize,
    },

    /// The compressed bytes are damaged or end too early.
    #[error("damaged {format} data: {reason}; send the whole file, or compress the list again")]
    DamagedCompression {
        /// The format its first bytes name.
        format: Compression,
        /// What the decoder says.
        reason: String,
    },

    /// The text is larger than [`Limits::decompressed_bytes`](crate::Limits::decompressed_bytes).
    #[error("over {limit} bytes when decompressed; split the list")]
    DecompressedTooLarge {
        /// The most bytes allowed.
        limit: u64,
    },

    /// The numbers need more memory than [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    #[error("{}", budget_message(*.budget, *.count, *.places, .longest))]
    MemoryBudgetExceeded {
        /// The budget.
        budget: usize,
        /// Numbers read until then.
        count: u64,
        /// The decimal places of the longest fraction until then, at which all of them are held.
        places: u32,
        /// The first token with that fraction, shortened; empty if there are integers only.
        longest: String,
    },

    /// Modes or the distinct count are asked for, and there may be more different numbers than
    /// [`Limits::memory_bytes`](crate::Limits::memory_bytes) hold.
    #[error(
        "{count} numbers, of which there may be more different ones than {budget} bytes of memory hold; leave out modes and distinct, which need them all"
    )]
    TooManyDifferent {
        /// The budget.
        budget: usize,
        /// How many numbers there are.
        count: u64,
    },

    /// So many columns need more memory than [`Limits::memory_bytes`](crate::Limits::memory_bytes), whatever is in them.
    #[error(
        "the answers of {columns} columns need more than {budget} bytes of memory; name those that are wanted (--column)"
    )]
    TooManyColumns {
        /// How many columns were asked for.
        columns: usize,
        /// The budget.
        budget: usize,
    },

    /// An earlier chunk of the input gave an error, so there are no statistics of the whole.
    #[error("an earlier chunk of this input failed; send the input again from its beginning")]
    AlreadyFailed,

    /// Parameters contradict each other.
    #[error("{message}")]
    InvalidParameters {
        /// What is wrong, and the cure.
        message: String,
    },

    /// Several columns were read, and one answer was asked for.
    #[error("several columns have an answer each; call `answer` for them")]
    SeveralAnswers,

    /// The caller gave the work up ([`Accumulator::with_cancel`](crate::Accumulator::with_cancel)).
    #[error("given up before the statistics were there; send the input again")]
    Canceled,
}

impl Error {
    /// A stable name of the error for programs, in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyInput { .. } | Self::EmptyColumn { .. } => "empty_input",
            // From when only integers were read: a code does not change.
            Self::NotANumber { .. } => "not_an_integer",
            Self::InvalidUtf8 { .. } => "invalid_utf8",
            Self::LoneSurrogate { .. } | Self::HalfCodeUnit => "invalid_utf16",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::TooManyDigits { .. } => "too_many_digits",
            Self::ExponentTooLarge { .. } => "exponent_too_large",
            Self::ArrayWithDecimalComma { .. } => "array_with_decimal_comma",
            Self::UnexpectedBracket { .. } => "unexpected_bracket",
            Self::UnclosedArray { .. } => "unclosed_array",
            Self::TextAfterArray { .. } => "text_after_array",
            Self::UnknownColumn { .. }
            | Self::NameWithoutHeaders { .. }
            | Self::FieldByNumber { .. }
            | Self::SeveralFields => "unknown_column",
            Self::NoNumericColumn { .. } => "no_numeric_column",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::TextAfterQuote { .. } => "text_after_quote",
            Self::InvalidParameters { .. } => "invalid_parameters",
            Self::SeveralAnswers => "several_answers",
            Self::InvalidJson { .. } => "invalid_json",
            Self::MissingField { .. } | Self::NoSuchField { .. } => "missing_field",
            Self::FieldTooLong { .. } => "field_too_long",
            Self::DamagedCompression { .. } => "damaged_compression",
            Self::DecompressedTooLarge { .. } => "decompressed_too_large",
            Self::AlreadyFailed => "already_failed",
            Self::Canceled => "canceled",
            Self::MemoryBudgetExceeded { .. }
            | Self::TooManyDifferent { .. }
            | Self::TooManyColumns { .. } => "memory_budget_exceeded",
        }
    }
}

impl Error {
    /// The same of a token of a list, rather than of a table's column: a word at the beginning is most likely a header.
    pub(crate) fn of_list(self) -> Self {
        match self {
            Self::NotANumber {
                token,
                position,
                cure: Cure::Correct,
            } if position == Position::START && token.starts_with(char::is_alphabetic) => Self::NotANumber {
                token,
                position,
                cure: Cure::Column,
            },
            other => other,
        }
    }
}

fn empty_message(skipped: u64) -> String {
    match skipped {
        0 => "no numbers in the input; send at least one".to_owned(),
        1 => "no numbers in the input, 1 invalid token skipped; send at least one".to_owned(),
        _ => format!("no numbers in the input, {skipped} invalid tokens skipped; send at least one"),
    }
}

fn skipped_message(skipped: u64) -> String {
    match skipped {
        0 => String::new(),
        1 => ", 1 field skipped".to_owned(),
        _ => format!(", {skipped} fields skipped"),
    }
}

fn shown_byte(byte: char) -> String {
    if byte.is_ascii() {
        format!("`{}`", shown(&byte.to_string()))
    } else {
        "text".to_owned()
    }
}

/// The names that there are instead.
fn among(names: &[String]) -> String {
    match names {
        [] => String::new(),
        _ => format!(", which has `{}`", names.join("`, `")),
    }
}

/// Decimal places that a list of measurements or amounts has no more than: with more, they are what takes the memory.
const USUAL_PLACES: u32 = 20;

fn budget_message(budget: usize, count: u64, places: u32, longest: &str) -> String {
    if places <= USUAL_PLACES {
        return format!(
            "more numbers than {budget} bytes of memory hold (stopped after {count}); ask without the median and the like, \
             which takes none (--statistics count,sum,minimum,maximum,mean), or split the list"
        );
    }
    format!(
        "more numbers than {budget} bytes of memory hold (stopped after {count}) at {places} decimal places, which \
         `{longest}` has, and all are held at; shorten it, or split the list"
    )
}

/// The token as a message shows it: at most [`SHOWN_CHARACTERS`], control characters escaped.
pub(crate) fn shown(token: &str) -> String {
    let mut characters = token.chars();
    let mut text: String = characters
        .by_ref()
        .take(SHOWN_CHARACTERS)
        .flat_map(printable)
        .collect();
    if characters.next().is_some() {
        text.push_str("...");
    }
    text
}

fn printable(character: char) -> impl Iterator<Item = char> {
    let is_quote = matches!(character, '"' | '\'' | '\\');
    let escaped = (!is_quote).then(|| character.escape_debug());
    is_quote
        .then_some(character)
        .into_iter()
        .chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_is_shortened_and_control_characters_are_escaped() {
        assert_eq!(shown("it's"), "it's");
        assert_eq!(shown("a\u{1b}[2J\u{a0}"), "a\\u{1b}[2J\\u{a0}");
        assert_eq!(shown(&"x".repeat(100)), format!("{}...", "x".repeat(40)));
    }

    #[test]
    fn a_message_names_the_token_the_place_and_the_cure() {
        let error = Error::NotANumber {
            token: "x".to_owned(),
            position: Position { line: 1, column: 5 },
            cure: Cure::Correct,
        };
        assert_eq!(error.code(), "not_an_integer");
        assert_eq!(
            error.to_string(),
            "not a number: `x` at line 1, column 5; correct it, or skip what is no number (--skip-invalid)"
        );
    }
}
