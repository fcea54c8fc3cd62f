//! What to compute, and where in the text the numbers are.

use std::fmt;
use std::ops::Not;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod column;
mod options;
mod percentile;
mod selection;
mod table;

use crate::Error;
pub use column::{Column, Columns, InvalidColumn};
pub use options::parameter_of_option;
pub use percentile::{InvalidPercentile, Percentile};
pub use selection::{Selection, Statistic, UnknownStatistic};
pub use table::{Comment, Delimiter, InvalidComment, InvalidDelimiter};

/// What to compute. The default asks for the six default statistics of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Read one column of a CSV or TSV, or one field of JSON objects; `None` (the default) reads a list, unless
    /// [`Parameters::columns`] says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<Column>,
    /// Read several columns, in one pass, and answer for each; default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// Whether a table's first row is headers; by default it is if a column is asked for by name, or if a field of a column in
    /// that row is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What stands between a table's fields; by default the first row tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// What begins the rows of a table that are comments; by default there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
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
    /// Whether a table is to be read, and not a list.
    pub(crate) fn read_table(&self) -> bool {
        self.column.is_some() || self.columns.is_some()
    }

    /// Whether there may be several answers: several columns are asked for, or one whose name may turn out to be the names of
    /// several.
    #[must_use]
    pub fn may_have_several_answers(&self) -> bool {
        self.columns.is_some() || matches!(&self.column, Some(Column::Name(name)) if name.contains(','))
    }

    /// Fails if they contradict each other.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParameters`].
    pub fn check(&self) -> Result<(), Error> {
        let of_tables = [
            ("header", self.header.is_some()),
            ("delimiter", self.delimiter.is_some()),
            ("comment", self.comment.is_some()),
        ];
        let message = if self.column.is_some() && self.columns.is_some() {
            "`column` and `columns` exclude each other; give one of them".to_owned()
        } else if matches!(&self.columns, Some(Columns::These(columns)) if columns.is_empty()) {
            "`columns` is empty; name one, or say \"all\"".to_owned()
        } else if let Some((name, _)) = of_tables.iter().find(|(_, is_given)| *is_given)
            && !self.read_table()
        {
            format!("`{name}` is for tables; name a column too, or leave it out")
        } else if self
            .delimiter
            .map(u8::from)
            .is_some_and(|delimiter| self.comment.map(u8::from) == Some(delimiter))
        {
            "`delimiter` and `comment` are the same; change one of them".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::InvalidParameters { message })
    }

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
    /// They are kept, and sorted where they are.
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
            columns: None,
            header: Some(true),
            delimiter: Some("tab".parse().unwrap()),
            comment: Some("#".parse().unwrap()),
            decimal_comma: true,
            skip_invalid: true,
            statistics: Selection::All,
            percentiles: vec!["2.5".parse().unwrap(), "99".parse().unwrap()],
            histogram: Some(Bins::Count(12)),
        };
        let json = serde_json::to_string(&parameters).unwrap();
        assert_eq!(
            json,
            r##"{"column":"age","header":true,"delimiter":"tab","comment":"#","decimal_comma":true,"skip_invalid":true,"statistics":"all","percentiles":["2.5","99"],"histogram":12}"##
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
    fn parameters_that_contradict_each_other_are_refused() {
        let message = |json| {
            let parameters: Parameters = serde_json::from_str(json).unwrap();
            parameters.check().map_err(|error| error.to_string())
        };
        for json in [
            r#"{"column":1,"columns":"all"}"#,
            r#"{"columns":[]}"#,
            r#"{"header":true}"#,
            r#"{"delimiter":";"}"#,
            r##"{"comment":"#"}"##,
            r#"{"column":1,"delimiter":";","comment":";"}"#,
        ] {
            assert!(message(json).is_err(), "{json}");
        }
        assert!(
            message(r#"{"delimiter":";"}"#)
                .unwrap_err()
                .contains("`delimiter` is for tables")
        );
        assert_eq!(
            message(r##"{"columns":[1,"a"],"header":false,"delimiter":";","comment":"#"}"##),
            Ok(())
        );
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
    fn bins_are_auto_or_a_number_up_to_the_maximum() {
        assert_eq!("auto".parse(), Ok(Bins::Auto));
        assert_eq!(serde_json::from_str::<Bins>("10").unwrap(), Bins::Count(10));
        assert!(serde_json::from_str::<Bins>("0").is_err());
        assert!(serde_json::from_str::<Bins>("1001").is_err());
    }
}
