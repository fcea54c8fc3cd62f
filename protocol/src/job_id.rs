//! A job's identity: a UUID, drawn by the client or derived from the event that asked for the job.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ObjectLocation, OperationName};

/// Name space of derived ids: a random UUID, which never changes, since changing it would make an event that is
/// delivered again a new job.
const DERIVED: Uuid = Uuid::from_u128(0x6f4d_9d0e_51b3_4c0a_9a5e_0c8e_7b1d_2f63);

/// A job's identity, and with it the place of its outcome.
///
/// A client draws a `UUIDv7` (RFC 9562, section 5.7), whose first bits are the time, so that outcomes list in the
/// order in which they were asked for. Jobs without a client get a `UUIDv5` (section 5.5) of what asked for them,
/// so that the same event delivered twice is the same job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(Uuid);

impl JobId {
    /// A new id for a request made now.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of the job that a file uploaded to the input bucket asks for. `revision` is the file's [`revision`].
    #[must_use]
    pub fn of_object(location: &ObjectLocation, revision: &str) -> Self {
        Self::derived(&[
            "object",
            location.bucket.as_str(),
            location.key.as_str(),
            revision,
        ])
    }

    /// The id of the job that a queue message without an id of its own asks for. SQS keeps `message_id` when it
    /// delivers a message again.
    #[must_use]
    pub fn of_message(message_id: &str) -> Self {
        Self::derived(&["message", message_id])
    }

    /// The id of the job that does `operation` with `parameters`, as they are spelled, on the bytes with this SHA-256, in
    /// hexadecimal: the same for whoever asks for the same.
    #[must_use]
    pub fn of_content(operation: &OperationName, parameters: &str, sha256: &str) -> Self {
        Self::derived(&["content", operation.as_str(), parameters, sha256])
    }

    /// When the client drew it, in milliseconds since 1970-01-01 UTC; none of a derived id.
    #[must_use]
    pub fn drawn_at_unix_ms(self) -> Option<u64> {
        let (secs, nanos) = self.0.get_timestamp()?.to_unix();
        (self.0.get_version_num() == 7).then(|| secs * 1000 + u64::from(nanos) / 1_000_000)
    }

    /// Each part is preceded by its length, so that no two lists of parts give the same text.
    fn derived(parts: &[&str]) -> Self {
        let mut name = String::new();
        for part in parts {
            name.push_str(&part.len().to_string());
            name.push(':');
            name.push_str(part);
        }
        Self(Uuid::new_v5(&DERIVED, name.as_bytes()))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Which of the objects that lay at a place one after another: the version's id, or the `ETag` without its quotes where
/// the bucket keeps no versions. A bucket whose versioning was suspended calls every new version `null`, which tells
/// none from the next.
#[must_use]
pub fn revision<'a>(version_id: Option<&'a str>, etag: Option<&'a str>) -> &'a str {
    let version_id = version_id.filter(|id| !id.is_empty() && *id != "null");
    version_id.or(etag).unwrap_or_default().trim_matches('"')
}

/// The text is not a job id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a job id: expected a UUID such as 01920000-0000-7000-8000-000000000000")]
pub struct InvalidJobId(String);

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the hyphenated form: a job id names an object, so it must have one spelling.
        match Uuid::try_parse(text) {
            Ok(id) if text.len() == 36 => Ok(Self(id)),
            _ => Err(InvalidJobId(text.chars().take(64).collect())),
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(bucket: &str, key: &str) -> ObjectLocation {
        ObjectLocation {
            bucket: bucket.parse().unwrap(),
            key: key.parse().unwrap(),
            version_id: None,
        }
    }

    #[test]
    fn the_same_object_version_is_the_same_job() {
        let first = JobId::of_object(&location("errand-input", "stats/a"), "v1");
        assert_eq!(
            first,
            JobId::of_object(&location("errand-input", "stats/a"), "v1")
        );
        assert_ne!(
            first,
            JobId::of_object(&location("errand-input", "stats/a"), "v2")
        );
    }

    #[test]
    fn parts_that_read_the_same_when_joined_are_different_jobs() {
        let first = JobId::of_object(&location("bucket", "stats/a1"), "2");
        assert_ne!(first, JobId::of_object(&location("bucket", "stats/a"), "12"));
    }

    #[test]
    fn a_revision_is_the_version_or_else_the_etag() {
        assert_eq!(revision(Some("v1"), Some("\"e\"")), "v1");
        for suspended in [None, Some(""), Some("null")] {
            assert_eq!(revision(suspended, Some("\"e\"")), "e");
        }
        assert_eq!(revision(None, None), "");
    }

    #[test]
    fn a_derived_id_never_changes_between_releases() {
        assert_eq!(
            JobId::of_object(&location("errand-input", "stats/a"), "v1").to_string(),
            "87970d68-3c39-504d-982a-36164bde5405"
        );
    }

    #[test]
    fn the_same_work_on_the_same_bytes_is_the_same_job() {
        let id = |operation: &str, parameters, sha256| {
            JobId::of_content(&operation.parse().unwrap(), parameters, sha256).to_string()
        };
        let first = id("stats", "{}", "00");
        // It never changes between releases.
        assert_eq!(first, id("stats", "{}", "00"));
        for other in [
            id("grayscale", "{}", "00"),
            id("stats", "{\"a\":1}", "00"),
            id("stats", "{}", "01"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn an_id_that_a_client_drew_tells_when() {
        let id: JobId = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b".parse().unwrap();
        assert_eq!(id.drawn_at_unix_ms(), Some(0x0192_f0c4_7c1e));
        assert_eq!(JobId::of_message("m").drawn_at_unix_ms(), None);
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = JobId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().replace('-', "").parse::<JobId>().is_err());
        assert!(
            "not an id"
                .parse::<JobId>()
                .unwrap_err()
                .to_string()
                .contains("`not an id`")
        );
    }
}
