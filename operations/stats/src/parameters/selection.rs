//! The statistics, and a selection of them.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One statistic, or one family of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
#[non_exhaustive]
pub enum Statistic {
    /// How many numbers there are. Always given.
    Count,
    /// Their sum, exact.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// The arithmetic mean, as an exact fraction and rounded once.
    Mean,
    /// The middle value, or the exact mean of the two in the middle.
    Median,
    /// Largest minus smallest.
    Range,
    /// Population and sample variance, each as an exact fraction and rounded once.
    Variance,
    /// Population and sample standard deviation, rounded once.
    StandardDeviation,
    /// First and third quartile and the distance between them, exact.
    Quartiles,
    /// The most frequent values.
    Modes,
    /// How many different values there are.
    Distinct,
}

impl Statistic {
    /// Every statistic, in the order in which they are given.
    pub const ALL: [Self; 12] = [
        Self::Count,
        Self::Sum,
        Self::Minimum,
        Self::Maximum,
        Self::Mean,
        Self::Median,
        Self::Range,
        Self::Variance,
        Self::StandardDeviation,
        Self::Quartiles,
        Self::Modes,
        Self::Distinct,
    ];

    /// The six that are given when nothing is asked for.
    pub const DEFAULT: [Self; 6] = [
        Self::Count,
        Self::Sum,
        Self::Minimum,
        Self::Maximum,
        Self::Mean,
        Self::Median,
    ];

    /// Whether it needs more than count, sum and extremes.
    pub(crate) const fn needs_values(self) -> bool {
        match self {
            Self::Count | Self::Sum | Self::Minimum | Self::Maximum | Self::Mean | Self::Range => false,
            Self::Median
            | Self::Variance
            | Self::StandardDeviation
            | Self::Quartiles
            | Self::Modes
            | Self::Distinct => true,
        }
    }

    /// The name in JSON and on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Range => "range",
            Self::Variance => "variance",
            Self::StandardDeviation => "standard_deviation",
            Self::Quartiles => "quartiles",
            Self::Modes => "modes",
            Self::Distinct => "distinct",
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no statistic of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no statistic `{0}`; pick from count, sum, minimum, maximum, mean, median, range, variance, \
     standard_deviation, quartiles, modes, distinct, or say `all` or `default`"
)]
pub struct UnknownStatistic(String);

impl TryFrom<String> for Statistic {
    type Error = UnknownStatistic;

    fn try_from(text: String) -> Result<Self, UnknownStatistic> {
        text.parse()
    }
}

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    /// Reads a statistic's name, in which `-` may stand for `_`.
    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        let name = text.replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|statistic| statistic.name() == name)
            .ok_or_else(|| UnknownStatistic(text.chars().take(40).collect()))
    }
}

/// Which statistics to give. In JSON `"default"`, `"all"` or a list of names; on a command line the same, the
/// list separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Count, sum, minimum, maximum, mean and median.
    #[default]
    Default,
    /// Every [`Statistic`].
    All,
    /// These, and the count.
    Only(Vec<Statistic>),
}

impl Selection {
    /// Whether `statistic` is to be given.
    #[must_use]
    pub fn contains(&self, statistic: Statistic) -> bool {
        match self {
            Self::Default => Statistic::DEFAULT.contains(&statistic),
            Self::All => true,
            Self::Only(chosen) => chosen.contains(&statistic) || statistic == Statistic::Count,
        }
    }
}

impl FromStr for Selection {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        match text {
            "default" => Ok(Self::Default),
            "all" => Ok(Self::All),
            names => names
                .split(',')
                .map(|name| name.trim().parse())
                .collect::<Result<_, _>>()
                .map(Self::Only),
        }
    }
}

impl Serialize for Selection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Default => serializer.serialize_str("default"),
            Self::All => serializer.serialize_str("all"),
            Self::Only(chosen) => chosen.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SelectionVisitor;

        impl<'de> Visitor<'de> for SelectionVisitor {
            type Value = Selection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"default\", \"all\", or a list of statistics")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Selection, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Selection, A::Error> {
                let mut chosen = Vec::new();
                while let Some(statistic) = names.next_element()? {
                    chosen.push(statistic);
                }
                Ok(Selection::Only(chosen))
            }
        }

        deserializer.deserialize_any(SelectionVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statistic_is_known_by_its_json_name() {
        for statistic in Statistic::ALL {
            assert_eq!(
                serde_json::to_string(&statistic).unwrap(),
                format!("\"{statistic}\"")
            );
            assert_eq!(statistic.name().parse(), Ok(statistic));
        }
        assert_eq!("standard-deviation".parse(), Ok(Statistic::StandardDeviation));
        for spelled in [
            r#"["standard_deviation"]"#,
            r#"["standard-deviation"]"#,
            r#""standard-deviation""#,
        ] {
            let only = Selection::Only(vec![Statistic::StandardDeviation]);
            assert_eq!(
                serde_json::from_str::<Selection>(spelled).unwrap(),
                only,
                "{spelled}"
            );
        }
        assert!("averag".parse::<Statistic>().is_err());
    }

    #[test]
    fn a_selection_reads_the_same_from_json_and_from_a_command_line() {
        let some = Selection::Only(vec![Statistic::Range, Statistic::Modes]);
        assert_eq!("range, modes".parse(), Ok(some.clone()));
        assert_eq!(
            serde_json::from_str::<Selection>(r#"["range","modes"]"#).unwrap(),
            some
        );
        assert_eq!(
            serde_json::from_str::<Selection>(r#""all""#).unwrap(),
            Selection::All
        );
        assert!(some.contains(Statistic::Count) && !some.contains(Statistic::Sum));
        assert!(!Selection::Default.contains(Statistic::Range) && Selection::All.contains(Statistic::Range));
    }
}
