//! Where things are: buckets, keys and queues, each a type that cannot hold what the service would refuse.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name that the service would refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not {kind}: {rule}")]
pub struct InvalidName {
    name: String,
    kind: &'static str,
    rule: &'static str,
}

impl InvalidName {
    pub(crate) fn new(text: &str, kind: &'static str, rule: &'static str) -> Self {
        // Long enough to recognize, short enough for a message.
        Self {
            name: text.chars().take(100).collect(),
            kind,
            rule,
        }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    return Ok(Self(text));
                }
                Err(InvalidName::new(&text, $kind, $rule))
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of an S3 bucket: 3 to 63 of `a-z`, `0-9`, `-` and `.`.
    BucketName,
    "a bucket name",
    "expected 3 to 63 lower-case letters, digits, hyphens and dots",
    |text| {
        (3..=63).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
    }
);

name!(
    /// The key of an S3 object: 1 to 1,024 bytes of UTF-8, as it is stored (not form-encoded).
    ObjectKey,
    "an object key",
    "expected 1 to 1024 bytes of UTF-8",
    |text| (1..=1024).contains(&text.len())
);

impl ObjectKey {
    /// The part after the last slash, which a person would call the file's name.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

name!(
    /// The name (not the URL) of a standard SQS queue: 1 to 80 of `A-Z`, `a-z`, `0-9`, `-` and `_`.
    ///
    /// Requests name their reply queue by name, not by URL: a name can only mean a queue of the function's own account and region.
    QueueName,
    "a queue name",
    "expected 1 to 80 letters, digits, hyphens and underscores",
    |text| {
        (1..=80).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    }
);

name!(
    /// The id that SQS gave a message when it was sent: 1 to 100 of `A-Z`, `a-z`, `0-9`, `-` and `_`. It stays when the
    /// message is delivered again.
    MessageId,
    "a message id",
    "expected 1 to 100 letters, digits, hyphens and underscores",
    |text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    }
);

/// A file's name as it may stand at the end of an object key: never empty, no slash, no control characters, at most
/// 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The nearest valid name: what cannot stand in a name becomes `_`, what is too long is cut from the front, so
    /// that the extension stays, and an empty name becomes `input`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let clean: String = text
            .chars()
            .map(|c| if c == '/' || c.is_control() { '_' } else { c })
            .collect();
        if clean.is_empty() {
            return Self("input".to_owned());
        }
        let mut start = clean.len().saturating_sub(255);
        while !clean.is_char_boundary(start) {
            start += 1;
        }
        Self(clean[start..].to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object on S3, in one version where the bucket keeps versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectLocation {
    /// The bucket.
    pub bucket: BucketName,
    /// The key, as stored.
    pub key: ObjectKey,
    /// The version; none means the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

impl fmt::Display for ObjectLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_service_would_refuse_are_named() {
        let error = "Errand".parse::<BucketName>().unwrap_err();
        assert!(
            error.to_string().starts_with("`Errand` is not a bucket name"),
            "{error}"
        );
        assert!("a/b".parse::<QueueName>().is_err());
        assert!(
            "https://sqs.eu-west-1.amazonaws.com/1/q"
                .parse::<QueueName>()
                .is_err()
        );
        assert!("".parse::<ObjectKey>().is_err());
        assert!("k".repeat(1025).parse::<ObjectKey>().is_err());
        assert!("é/+ %.txt".parse::<ObjectKey>().is_ok());
    }

    #[test]
    fn a_file_name_keeps_its_extension_when_it_is_cut() {
        let name = FileName::new(&format!("{}.jpg", "é".repeat(200)));
        assert!(name.as_str().len() <= 255);
        assert!(name.as_str().ends_with("é.jpg"));
        assert_eq!(FileName::new("a/b\n").as_str(), "a_b_");
        assert_eq!(FileName::new("").as_str(), "input");
    }
}
