//! What to compute, and where in the text the numbers are.

use std::fmt;
use std::ops::Not;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod options;
mod percentile;
mod selection;

pub use options::parameter_of_option;
pub use percentile::{InvalidPercentile, Percentile};
pub use selection::{Selection, Statistic, UnknownStatistic};

/// What to compute. The default asks for the six default statistics of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Read one column of a CSV or TSV; `None` (the default) reads a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<Column>,
    /// Read the comma as the decimal sign, not as a separator, and no point; default false.
    #[serde(skip_serializing_if = "Not::not")]
    pub decimal_comma: bool,
    /// Count and report what is not a number instead of failing; default false.
    pub skip_invalid: bool,
    /// Which statistics to give; default the six of [`Selection::Default`].
    pub statistics: Selection,
    /// Percentiles to give as well, in this order; default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub percentiles: Vec<Percentile>,
    /// A histogram to give as well; default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Bins>,
}

impl Parameters {
    /// Whether anything needs the numbers themselves, and not only their count, sum and extremes.
    pub(crate) fn need_values(&self) -> bool {
        let wanted = |statistic: &Statistic| self.statistics.contains(*statistic);
        !self.percentiles.is_empty()
            || self.histogram.is_some()
            || Statistic::ALL
                .iter()
                .filter(|statistic| wanted(statistic))
                .any(|statistic| statistic.needs_values())
    }

    /// Whether a spread is asked for.
    pub(crate) fn need_squares(&self) -> bool {
        self.statistics.contains(Statistic::Variance)
            || self.statistics.contains(Statistic::StandardDeviation)
    }

    /// Whether it is asked for how often values occur.
    pub(crate) fn need_frequencies(&self) -> bool {
        self.statistics.contains(Statistic::Modes) || self.statistics.contains(Statistic::Distinct)
    }

    /// How far the statistics that are asked for have to go for their answer.
    #[must_use]
    pub fn method(&self) -> Method {
        let wanted = |statistic| self.statistics.contains(statistic);
        if wanted(Statistic::Modes) || wanted(Statistic::Distinct) {
            Method::Sort
        } else if self.need_values() {
            Method::Keep
        } else {
            Method::Sum
        }
    }
}

/// How statistics are found, from the cheapest method to the dearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// The numbers are counted and summed as they come, and not kept.
    Sum,
    /// They are kept; ranks are selected among them, spreads computed from them.
    Keep,
    /// They are kept, and sorted in a copy.
    Sort,
}

impl Method {
    /// The method's name, for those who look after a stack.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Keep => "keep",
            Self::Sort => "sort",
        }
    }
}

/// One column of a table. In JSON a number or a string.
///
/// On a command line ([`FromStr`]), digits are a number and anything else is a header's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By number, from 1. If the first row's field there is not a number, that row is taken as headers.
    Number(u32),
    /// By name: the first row is headers, and this is the first header that equals the name.
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

/// How many bins a histogram has. In JSON and on a command line `"auto"` or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bins {
    /// Sturges' rule: the smallest whole number not below `log2(count) + 1`
    /// (H. A. Sturges, "The Choice of a Class Interval", JASA 21, 1926).
    #[default]
    Auto,
    /// At most this many bins, 1 to [`Bins::MAX`].
    Count(u16),
}

impl Bins {
    /// The most bins a histogram may have.
    pub const MAX: u16 = 1_000;
}

/// A number of bins was 0, too large, or not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of bins: `{0}`; give `auto`, or a number from 1 to {max}", max = Bins::MAX)]
pub struct InvalidBins(String);

impl FromStr for Bins {
    type Err = InvalidBins;

    fn from_str(text: &str) -> Result<Self, InvalidBins> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let count = text.parse().ok().filter(|count| (1..=Self::MAX).contains(count));
        count.map(Self::Count).ok_or_else(|| InvalidBins(text.to_owned()))
    }
}

impl Serialize for Bins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Count(count) => serializer.serialize_u16(*count),
        }
    }
}

impl<'de> Deserialize<'de> for Bins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BinsVisitor;

        impl Visitor<'_> for BinsVisitor {
            type Value = Bins;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"auto\", or a number of bins from 1 to {}", Bins::MAX)
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Bins, E> {
                count.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bins, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(BinsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_json_and_unknown_ones_are_refused() {
        let parameters = Parameters {
            column: Some(Column::Name("age".to_owned())),
            decimal_comma: true,
            skip_invalid: true,
            statistics: Selection::All,
            percentiles: vec!["2.5".parse().unwrap(), "99".parse().unwrap()],
            histogram: Some(Bins::Count(12)),
        };
        let json = serde_json::to_string(&parameters).unwrap();
        assert_eq!(
            json,
            r#"{"column":"age","decimal_comma":true,"skip_invalid":true,"statistics":"all","percentiles":["2.5","99"],"histogram":12}"#
        );
        assert_eq!(serde_json::from_str::<Parameters>(&json).unwrap(), parameters);
        let default = serde_json::to_string(&Parameters::default()).unwrap();
        assert_eq!(default, r#"{"skip_invalid":false,"statistics":"default"}"#);
        assert_eq!(
            serde_json::from_str::<Parameters>("{}").unwrap(),
            Parameters::default()
        );
        assert!(serde_json::from_str::<Parameters>(r#"{"colum":1}"#).is_err());
    }

    #[test]
    fn the_dearest_statistic_decides_on_the_method() {
        let method = |json| serde_json::from_str::<Parameters>(json).unwrap().method();
        assert_eq!(method(r#"{"statistics":["sum","range"]}"#), Method::Sum);
        assert_eq!(method("{}"), Method::Keep);
        assert_eq!(
            method(r#"{"statistics":["sum"],"percentiles":["99"]}"#),
            Method::Keep
        );
        assert_eq!(method(r#"{"statistics":["sum","distinct"]}"#), Method::Sort);
        assert_eq!(method(r#"{"statistics":"all"}"#).name(), "sort");
    }

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
    fn bins_are_auto_or_a_number_up_to_the_maximum() {
        assert_eq!("auto".parse(), Ok(Bins::Auto));
        assert_eq!(serde_json::from_str::<Bins>("10").unwrap(), Bins::Count(10));
        assert!(serde_json::from_str::<Bins>("0").is_err());
        assert!(serde_json::from_str::<Bins>("1001").is_err());
    }
}
