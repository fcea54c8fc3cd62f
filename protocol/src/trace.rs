//! What follows a job through the cloud: an X-Ray trace's id, and the header in which it travels.
//!
//! SQS carries the header beside a message, as its system attribute `AWSTraceHeader`, and Lambda gives it to the function.
//! The forms are those of "AWS X-Ray concepts" and "Tracing header" in the AWS X-Ray developer guide (read 2026-11).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::InvalidName;

/// Digits of the time in a trace's id: seconds since 1970, hexadecimal.
const TIME_DIGITS: usize = 8;
/// Digits of what tells a trace from the others of its second.
const RANDOM_DIGITS: usize = 24;

/// The id of a trace, such as `1-5759e988-bd862e3fe1be46a994272793`: a version, the time and a random number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(u128);

impl TraceId {
    /// A new id, for what begins now.
    #[must_use]
    pub fn random() -> Self {
        // A UUIDv7 is a time and a random number too, only with the time in milliseconds.
        let drawn = Uuid::now_v7();
        let (unix_secs, _) = drawn.get_timestamp().map_or((0, 0), |time| time.to_unix());
        let random = drawn.as_u128() % (1 << (4 * RANDOM_DIGITS));
        Self(u128::from(unix_secs) << (4 * RANDOM_DIGITS) | random)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, random) = (self.0 >> (4 * RANDOM_DIGITS), self.0 % (1 << (4 * RANDOM_DIGITS)));
        write!(f, "1-{time:0TIME_DIGITS$x}-{random:0RANDOM_DIGITS$x}")
    }
}

impl FromStr for TraceId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = || {
            let (time, random) = text.strip_prefix("1-")?.split_once('-')?;
            hexadecimal(time, TIME_DIGITS)?;
            hexadecimal(random, RANDOM_DIGITS)?;
            u128::from_str_radix(&format!("{time}{random}"), 16).ok()
        };
        digits().map(Self).ok_or_else(|| {
            let rule = "expected an X-Ray trace id such as 1-5759e988-bd862e3fe1be46a994272793";
            InvalidName::new(text, "a trace id", rule)
        })
    }
}

/// The text, if it is that many hexadecimal digits.
fn hexadecimal(text: &str, digits: usize) -> Option<&str> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

impl TryFrom<String> for TraceId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

/// The header that says which trace something belongs to, such as
/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHeader {
    /// The trace.
    pub root: TraceId,
    /// The segment of the trace that this comes from: 16 hexadecimal digits.
    parent: Option<String>,
    /// Whether the trace is recorded; where it does not say, whoever reads it decides.
    is_sampled: Option<bool>,
}

impl From<TraceId> for TraceHeader {
    /// The header of a new trace, of which nobody has decided yet whether it is recorded.
    fn from(root: TraceId) -> Self {
        Self {
            root,
            parent: None,
            is_sampled: None,
        }
    }
}

impl FromStr for TraceHeader {
    type Err = InvalidName;

    /// Reads a header. What else it says, such as a lineage, is left out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = |name| {
            let mut parts = text.split(';').filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let root = value("Root").ok_or_else(|| {
            InvalidName::new(text, "a trace header", "expected `Root=` and a trace id in it")
        })?;
        Ok(Self {
            root: root.parse()?,
            parent: value("Parent")
                .and_then(|parent| hexadecimal(parent, 16))
                .map(str::to_owned),
            is_sampled: match value("Sampled") {
                Some("0") => Some(false),
                Some("1") => Some(true),
                _ => None,
            },
        })
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.root)?;
        if let Some(parent) = &self.parent {
            write!(f, ";Parent={parent}")?;
        }
        if let Some(is_sampled) = self.is_sampled {
            write!(f, ";Sampled={}", u8::from(is_sampled))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn a_trace_id_has_one_spelling_and_keeps_its_zeros() {
        for text in [ID, "1-00000001-000000000000000000000002"] {
            let id: TraceId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        }
        for text in [
            "",
            "1-5759e988",
            "2-5759e988-bd862e3fe1be46a994272793",
            "1-5759e988-bd862e3fe1be46a99427279",
            "1-5759e988-bd862e3fe1be46a9942727933",
            "1-+759e988-bd862e3fe1be46a994272793",
            "1-5759e988-bd862e3fe1be46a99427279é",
        ] {
            let error = text.parse::<TraceId>().unwrap_err().to_string();
            assert!(error.contains("not a trace id"), "{error}");
        }
    }

    #[test]
    fn a_new_trace_id_begins_with_the_time_and_is_another_each_time() {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let ids = [TraceId::random(), TraceId::random()];
        assert_ne!(ids[0], ids[1]);
        let text = ids[0].to_string();
        assert_eq!(text.parse(), Ok(ids[0]));
        let seconds = u64::from_str_radix(&text[2..10], 16).unwrap();
        assert!(seconds.abs_diff(now.as_secs()) <= 1, "{text}");
    }

    #[test]
    fn a_header_keeps_what_continues_the_trace() {
        let whole = format!("Root={ID};Parent=53995c3f42cd8ad8;Sampled=1");
        let header: TraceHeader = format!("{whole};Lineage=1:a87bd80c:0").parse().unwrap();
        assert_eq!(header.to_string(), whole);
        assert_eq!(header.root.to_string(), ID);
        let header: TraceHeader = format!("Self=1-67891234-12456789abcdef012345678a; Sampled=0;Root={ID}")
            .parse()
            .unwrap();
        assert_eq!(header.to_string(), format!("Root={ID};Sampled=0"));
        let header: TraceHeader = format!("Root={ID};Parent=no;Sampled=?").parse().unwrap();
        assert_eq!(header, TraceHeader::from(header.root));
        assert_eq!(header.to_string(), format!("Root={ID}"));
    }

    #[test]
    fn what_names_no_trace_is_no_header() {
        for text in ["", ID, "Parent=53995c3f42cd8ad8", "Root=", "root=1-2-3"] {
            assert!(text.parse::<TraceHeader>().is_err(), "{text}");
        }
    }
}
