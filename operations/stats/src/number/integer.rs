//! An integer of any size that is text in JSON.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An integer of any size. In JSON a string of decimal digits with a `-` in front if negative.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer(BigInt);

impl Integer {
    pub(crate) fn new(value: BigInt) -> Self {
        Self(value)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text is not a sign and decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an integer; give decimal digits, with a sign if there is one")]
pub struct InvalidInteger;

impl FromStr for Integer {
    type Err = InvalidInteger;

    fn from_str(text: &str) -> Result<Self, InvalidInteger> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidInteger);
        }
        let magnitude = from_digits(digits.as_bytes());
        Ok(Self(if text.starts_with('-') {
            -magnitude
        } else {
            magnitude
        }))
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Digits up to which num-bigint's own conversion, whose time grows with the square of the length, is the faster one.
const SHORT_DIGITS: usize = 1_500;

/// The value of decimal digits, which the caller has checked.
///
/// Many digits are halved until they are few, so that the time is that of multiplying, not of the square of the length.
pub(crate) fn from_digits(digits: &[u8]) -> BigInt {
    let mut powers = Vec::new();
    from_digits_with(digits, &mut powers)
}

/// `powers[k]` is `10^(SHORT_DIGITS * 2^k)`, made when first needed.
fn from_digits_with(digits: &[u8], powers: &mut Vec<BigInt>) -> BigInt {
    if digits.len() <= SHORT_DIGITS {
        return BigInt::parse_bytes(digits, 10).expect("the caller has checked that these are digits");
    }
    let mut level = 0;
    while SHORT_DIGITS << (level + 1) < digits.len() {
        level += 1;
    }
    while powers.len() <= level {
        let next = match powers.last() {
            None => BigInt::from(10).pow(u32::try_from(SHORT_DIGITS).expect("a small constant")),
            Some(last) => last * last,
        };
        powers.push(next);
    }
    let (high, low) = digits.split_at(digits.len() - (SHORT_DIGITS << level));
    from_digits_with(high, powers) * &powers[level] + from_digits_with(low, powers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_text_in_json() {
        let integer: Integer = "-170141183460469231731687303715884105729".parse().unwrap();
        let json = serde_json::to_string(&integer).unwrap();
        assert_eq!(json, "\"-170141183460469231731687303715884105729\"");
        assert_eq!(serde_json::from_str::<Integer>(&json).unwrap(), integer);
        assert!(serde_json::from_str::<Integer>("\"1_0\"").is_err());
        assert!("".parse::<Integer>().is_err());
        assert!("--1".parse::<Integer>().is_err());
    }

    #[test]
    fn many_digits_read_the_same_in_halves_as_at_once() {
        for length in [1_499, 1_500, 1_501, 3_000, 3_001, 6_001, 10_000] {
            let digits: Vec<u8> = b"1470369258".iter().copied().cycle().take(length).collect();
            assert_eq!(
                from_digits(&digits),
                BigInt::parse_bytes(&digits, 10).unwrap(),
                "{length}"
            );
        }
    }
}
