//! What to do about a token that is no number.

use std::fmt;

use crate::decimal_sign::DecimalSign;

/// What to do about a token that is no number, told by what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cure {
    /// Nothing is known of it.
    Correct,
    /// It is the first of a list, and a word: the header of a table, most likely.
    Column,
    /// It says that there is no number: `NaN`, `inf`, `NA`, nothing at all.
    Skip,
    /// It has underscores between its digits.
    RemoveUnderscores,
    /// It is hexadecimal, octal or binary.
    WriteInDecimal,
    /// There is a comma in it, and the decimal sign is the point.
    Comma,
    /// There is a point in it, and the decimal sign is the comma.
    Point,
    /// There are several decimal signs in it.
    OneSign(char),
    /// It ends with a comma, and the decimal sign is the comma.
    LastComma,
    /// It has a minus that is not ASCII.
    Minus,
    /// It begins with `#`, in a table whose comments nobody spoke of.
    Comment,
    /// It begins a JSON object.
    NameField,
    /// It has zero bytes, as UTF-16 has where its byte order mark is missing.
    SaveAsUtf8,
}

impl Cure {
    pub(crate) fn of(token: &str, sign: DecimalSign) -> Self {
        let unsigned = token.trim_start_matches(['+', '-']);
        let lower = unsigned.to_ascii_lowercase();
        let begins_as_number =
            |text: &str| text.starts_with(|first: char| first.is_ascii_digit() || ".,".contains(first));
        let of_digits_and = |allowed: &str| {
            begins_as_number(unsigned)
                && unsigned.contains(|character: char| character.is_ascii_digit())
                && unsigned
                    .chars()
                    .all(|character| character.is_ascii_digit() || allowed.contains(character))
        };
        let sign_count = unsigned.matches(char::from(sign.byte())).count();
        match lower.as_str() {
            "" | "nan" | "inf" | "infinity" | "na" | "n/a" | "null" | "none" | "nil" => Self::Skip,
            _ if ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix)) => Self::WriteInDecimal,
            _ if of_digits_and("_.,eE+-") && unsigned.contains('_') => Self::RemoveUnderscores,
            _ if sign == DecimalSign::Point && of_digits_and(".,eE+-") && unsigned.contains(',') => {
                Self::Comma
            }
            _ if sign == DecimalSign::Comma && of_digits_and(".,eE+-") && unsigned.contains('.') => {
                Self::Point
            }
            _ if of_digits_and(".,") && sign_count > 1 => Self::OneSign(char::from(sign.byte())),
            _ if sign == DecimalSign::Comma && of_digits_and(",") && unsigned.ends_with(',') => {
                Self::LastComma
            }
            _ if token
                .strip_prefix(['\u{2212}', '\u{2013}'])
                .is_some_and(begins_as_number) =>
            {
                Self::Minus
            }
            _ if token.starts_with('#') => Self::Comment,
            _ if token.starts_with('{') => Self::NameField,
            _ if token.contains('\0') => Self::SaveAsUtf8,
            _ => Self::Correct,
        }
    }
}

impl fmt::Display for Cure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Correct => f.write_str("correct it, or skip what is no number (--skip-invalid)"),
            Self::Comment => f.write_str("correct it, or pass over such rows as comments (--comment '#')"),
            Self::Column => f.write_str(
                "of a table, choose a column (--column); else correct it, or skip what is no number (--skip-invalid)",
            ),
            Self::Skip => f.write_str("give a number, or skip what is none (--skip-invalid)"),
            Self::RemoveUnderscores => f.write_str("remove the underscores"),
            Self::WriteInDecimal => f.write_str("write it in decimal digits"),
            Self::Comma => f.write_str(
                "if the comma is the decimal sign, say so (--decimal-comma); if it groups digits, remove it",
            ),
            Self::Point => f.write_str(
                "the comma is the decimal sign (--decimal-comma): if the point groups digits, remove it; else leave the \
                 option out",
            ),
            Self::OneSign(sign) => write!(f, "a number has one `{sign}`: remove those that group digits"),
            Self::LastComma => {
                f.write_str("the comma is the decimal sign (--decimal-comma): separate numbers by something else")
            }
            Self::Minus => f.write_str("write its minus as `-`"),
            Self::NameField => f.write_str("for the numbers in a field of JSON objects, name the field (--column NAME)"),
            Self::SaveAsUtf8 => {
                f.write_str("zero bytes are no text: save UTF-16 as UTF-8, and unpack an archive")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cure_is_told_by_what_the_token_looks_like() {
        for (token, cure) in [
            ("x", Cure::Correct),
            ("", Cure::Skip),
            ("NaN", Cure::Skip),
            ("-inf", Cure::Skip),
            ("N/A", Cure::Skip),
            ("1_000", Cure::RemoveUnderscores),
            ("-0x1F", Cure::WriteInDecimal),
            ("1,5", Cure::Comma),
            ("1,234.50", Cure::Comma),
            ("1.234.567", Cure::OneSign('.')),
            ("\u{2212}5", Cure::Minus),
            ("1e", Cure::Correct),
            ("5%", Cure::Correct),
            ("snake_case", Cure::Correct),
            ("{\"amount\":5}", Cure::NameField),
            ("1\0\n\0", Cure::SaveAsUtf8),
        ] {
            assert_eq!(Cure::of(token, DecimalSign::Point), cure, "{token}");
        }
        for (token, cure) in [
            ("1.5", Cure::Point),
            ("1.234,50", Cure::Point),
            ("1,", Cure::LastComma),
            ("1,2,3", Cure::OneSign(',')),
            ("y", Cure::Correct),
        ] {
            assert_eq!(Cure::of(token, DecimalSign::Comma), cure, "{token}");
        }
    }
}
