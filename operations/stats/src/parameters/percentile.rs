//! A percentage held exactly, so that its rank is exact too.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Decimal places a percentile may have.
const PLACES: usize = 9;
/// `10^PLACES`.
const ONE: u64 = 1_000_000_000;
const HUNDRED: u64 = 100 * ONE;

/// A percentage from 0 to 100 with at most nine decimal places, held exactly.
///
/// In JSON it is written as a string (`"99.9"`), and read from a string or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile {
    /// Billionths of a percent.
    billionths: u64,
}

impl Percentile {
    /// The first quartile.
    pub const Q1: Self = Self { billionths: 25 * ONE };
    /// The median.
    pub const MEDIAN: Self = Self { billionths: 50 * ONE };
    /// The third quartile.
    pub const Q3: Self = Self { billionths: 75 * ONE };

    /// Where the percentile is among `count` sorted values: the rank below it, from 0, and how far it is from there to
    /// the next rank, in units of `10^-FRACTION_PLACES`. Together they are `h = (count - 1) p` of Hyndman and Fan's
    /// definition 7 ("Sample Quantiles in Statistical Packages", The American Statistician 50, 1996).
    #[must_use]
    pub(crate) fn rank(self, count: u64) -> (u64, u64) {
        let scaled = u128::from(count.saturating_sub(1)) * u128::from(self.billionths);
        let part =
            |value: u128| u64::try_from(value).expect("at most count - 1, or below the fraction's unit");
        (
            part(scaled / u128::from(HUNDRED)),
            part(scaled % u128::from(HUNDRED)),
        )
    }

    /// Decimal places of [`Percentile::rank`]'s fraction.
    pub(crate) const FRACTION_PLACES: u32 = 11;
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.billionths / ONE, self.billionths % ONE);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:0PLACES$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// A percentile was not a number from 0 to 100, or had more than nine decimal places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a percentile: `{0}`; give a number from 0 to 100 with at most 9 decimal places")]
pub struct InvalidPercentile(String);

impl FromStr for Percentile {
    type Err = InvalidPercentile;

    fn from_str(text: &str) -> Result<Self, InvalidPercentile> {
        exact(text)
            .filter(|billionths| *billionths <= HUNDRED)
            .map(|billionths| Self { billionths })
            .ok_or_else(|| InvalidPercentile(text.chars().take(40).collect()))
    }
}

fn exact(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > PLACES {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<PLACES$}").parse().ok()?;
    whole.checked_mul(ONE)?.checked_add(fraction)
}

impl Serialize for Percentile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percentile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PercentileVisitor;

        impl Visitor<'_> for PercentileVisitor {
            type Value = Percentile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentile from 0 to 100")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Percentile, E> {
                number.to_string().parse().map_err(E::custom)
            }

            // The shortest text that reads back as the same double is the text that was written.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Percentile, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Percentile, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(PercentileVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_held_as_it_is_written() {
        for text in ["0", "2.5", "50", "99.9", "99.999999999", "100"] {
            assert_eq!(text.parse::<Percentile>().unwrap().to_string(), text);
        }
        assert_eq!(
            serde_json::from_str::<Percentile>("99.9").unwrap(),
            "99.9".parse().unwrap()
        );
        assert_eq!(
            serde_json::from_str::<Percentile>("99").unwrap(),
            "99.0".parse().unwrap()
        );
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "100.1",
            "1e1",
            "nan",
            "0.0000000001",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Percentile>("-0.5").is_err());
    }

    #[test]
    fn the_rank_is_exact_for_the_largest_count() {
        assert_eq!(Percentile::MEDIAN.rank(4), (1, HUNDRED / 2));
        assert_eq!(Percentile::MEDIAN.rank(u64::MAX), (u64::MAX / 2, 0));
        assert_eq!(
            "100".parse::<Percentile>().unwrap().rank(u64::MAX),
            (u64::MAX - 1, 0)
        );
        assert_eq!(Percentile::Q1.rank(1), (0, 0));
    }
}
