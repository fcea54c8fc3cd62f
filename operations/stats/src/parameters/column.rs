//! Which columns of a table to read.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One column of a table. In JSON a number or a string.
///
/// On a command line ([`FromStr`]), digits are a number and anything else is a header's name; `"2019"`, in quotes, is a name too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By number, from 1. A number larger than there are columns is a header's name. If nothing says whether the first row is
    /// headers, it is if the field there is not a number.
    Number(u32),
    /// By name: the first row is headers, and this is the first header that equals the name, white space around both left out. If
    /// there is none, and the name has commas, it is the names of several columns.
    Name(String),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}

/// A column was empty, 0, or a number that does not fit 32 bits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a column: `{0}`; give a header's name, or a number from 1")]
pub struct InvalidColumn(String);

impl FromStr for Column {
    type Err = InvalidColumn;

    fn from_str(text: &str) -> Result<Self, InvalidColumn> {
        let invalid = || InvalidColumn(text.to_owned());
        if text.is_empty() {
            return Err(invalid());
        }
        if let Some((name, "")) = quoted(text) {
            return if name.is_empty() {
                Err(invalid())
            } else {
                Ok(Self::Name(name))
            };
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Name(text.to_owned()));
        }
        text.parse()
            .ok()
            .filter(|number| *number > 0)
            .map(Self::Number)
            .ok_or_else(invalid)
    }
}

impl Column {
    /// The columns that a name with commas stands for, where there is no column of that name. One of them in quotes may have
    /// commas itself, as in a CSV. Empty if one is none.
    pub(crate) fn split(names: &str) -> Vec<Self> {
        let mut columns = Vec::new();
        let mut rest = names.trim();
        loop {
            let (name, after) = match quoted(rest) {
                Some((name, after)) => (Ok(Self::Name(name)), after),
                None => {
                    let end = rest.find(',').unwrap_or(rest.len());
                    (rest[..end].trim().parse(), &rest[end..])
                }
            };
            match (name, after.trim_start().strip_prefix(',')) {
                (Ok(column), Some(more)) => {
                    columns.push(column);
                    rest = more.trim_start();
                }
                (Ok(column), None) if after.trim().is_empty() => {
                    columns.push(column);
                    return columns;
                }
                _ => return Vec::new(),
            }
        }
    }
}

/// The name in quotes that a text begins with, where two quotes stand for one, and the rest.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor;

        impl Visitor<'_> for ColumnVisitor {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column: a header's name, or a number from 1")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Column, E> {
                let fitting = u32::try_from(number).ok().filter(|number| *number > 0);
                fitting
                    .map(Column::Number)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Column, E> {
                if name.is_empty() {
                    return Err(E::invalid_value(de::Unexpected::Str(name), &self));
                }
                Ok(Column::Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(ColumnVisitor)
    }
}

/// Several columns of a table. In JSON `"all"`, or a list of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Every column of numbers; which are none is said.
    All,
    /// These, at least one, in this order. One that is named twice is given once.
    These(Vec<Column>),
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::These(columns) => columns.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor;

        impl<'de> Visitor<'de> for ColumnsVisitor {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"all\", or a list of columns")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Columns, E> {
                if text == "all" {
                    return Ok(Columns::All);
                }
                Err(E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut columns: A) -> Result<Columns, A::Error> {
                let mut these = Vec::new();
                while let Some(column) = columns.next_element()? {
                    these.push(column);
                }
                Ok(Columns::These(these))
            }
        }

        deserializer.deserialize_any(ColumnsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_number_from_one_or_a_name() {
        assert_eq!("3".parse(), Ok(Column::Number(3)));
        assert_eq!("age".parse(), Ok(Column::Name("age".to_owned())));
        assert!("0".parse::<Column>().is_err());
        assert!("".parse::<Column>().is_err());
        assert!("99999999999".parse::<Column>().is_err());
        assert_eq!(serde_json::from_str::<Column>("2").unwrap(), Column::Number(2));
        assert_eq!(
            serde_json::from_str::<Column>("\"2\"").unwrap(),
            Column::Name("2".to_owned())
        );
        assert!(serde_json::from_str::<Column>("0").is_err());
    }

    #[test]
    fn a_name_in_quotes_is_a_name_whatever_it_looks_like() {
        let name = |text: &str| Ok(Column::Name(text.to_owned()));
        assert_eq!("\"2019\"".parse(), name("2019"));
        assert_eq!("\"a \"\"b\"\", c\"".parse(), name("a \"b\", c"));
        assert_eq!("5\" pipe".parse(), name("5\" pipe"));
        assert!("\"\"".parse::<Column>().is_err());
    }

    #[test]
    fn names_are_split_at_commas_outside_quotes() {
        let name = |text: &str| Column::Name(text.to_owned());
        assert_eq!(Column::split("a, b,3"), [name("a"), name("b"), Column::Number(3)]);
        assert_eq!(Column::split("\"a, b\" ,\"3\""), [name("a, b"), name("3")]);
        assert_eq!(Column::split("a"), [name("a")]);
        for none in ["a,", ",a", "a,,b", "a,0", "\"a\"b,c"] {
            assert_eq!(Column::split(none), [], "{none}");
        }
    }

    #[test]
    fn several_columns_are_all_or_a_list() {
        let some = Columns::These(vec![Column::Number(2), Column::Name("2".to_owned())]);
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"[2,"2"]"#);
        assert_eq!(serde_json::from_str::<Columns>(r#"[2,"2"]"#).unwrap(), some);
        assert_eq!(serde_json::from_str::<Columns>("\"all\"").unwrap(), Columns::All);
        assert!(serde_json::from_str::<Columns>("\"a\"").is_err());
        assert!(serde_json::from_str::<Columns>("[0]").is_err());
    }
}
