//! A decimal number that is text in JSON.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A decimal number as text: `-327111.5`, without an exponent and without superfluous zeros. In JSON a string.
///
/// Each use says whether the number is exact or rounded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// `text` is digits, with a `-` and a point if needed. Zeros at the end of a fraction are removed.
    pub(crate) fn new(mut text: String) -> Self {
        if text.contains('.') {
            let kept = text.trim_end_matches('0').trim_end_matches('.').len();
            text.truncate(kept);
        }
        if text == "-0" {
            text.remove(0);
        }
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text is not a decimal number without an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number; give digits, with a sign and a point if there are any")]
pub struct InvalidDecimal;

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits(whole) && digits(fraction) {
            Ok(Self::new(text.to_owned()))
        } else {
            Err(InvalidDecimal)
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superfluous_zeros_are_removed_and_zero_has_no_sign() {
        for (text, kept) in [
            ("2.50", "2.5"),
            ("100", "100"),
            ("-3.000", "-3"),
            ("-0.00", "0"),
            ("0.5", "0.5"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().as_str(), kept);
        }
        for text in ["", "-", "1.", ".5", "1e5", "+1", "nan"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }
}
