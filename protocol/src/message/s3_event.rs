//! The records of an S3 event (message structure 2.1 of the Amazon S3 user guide, "Event message structure").

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{JobError, JobId, ObjectKey, ObjectLocation, code, revision};

/// What one record of an S3 event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum S3Record {
    /// A file was uploaded.
    Uploaded {
        /// Derived from bucket, key and version, so that a repeated event is the same job.
        job_id: JobId,
        /// The file, in the version that the event is about.
        location: ObjectLocation,
    },
    /// Something that asks for no job: a deletion, or the empty object that consoles store as a folder.
    Other {
        /// What happened, as S3 names it.
        event_name: String,
        /// The object that it happened to.
        location: ObjectLocation,
    },
    /// It cannot be read.
    Unreadable {
        /// Derived from the message's id and the record's place in it: two records that cannot be read are two jobs.
        job_id: JobId,
        /// Why.
        error: JobError,
    },
}

/// As much of a record as is needed; whatever S3 adds to it passes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
}

impl S3Record {
    pub(super) fn read_all(records: &[Box<RawValue>], message_id: &str) -> Vec<Self> {
        let records = records.iter().enumerate();
        records
            .map(|(index, record)| {
                Self::read(record.get()).unwrap_or_else(|reason| Self::Unreadable {
                    job_id: JobId::of_message(&format!("{message_id}/{index}")),
                    error: JobError::permanent(
                        code::MALFORMED_REQUEST,
                        format!("not a record of an S3 event: {reason}"),
                    ),
                })
            })
            .collect()
    }

    fn read(record: &str) -> Result<Self, String> {
        let Fields { event_name, s3 } = serde_json::from_str(record).map_err(|error| error.to_string())?;
        let location = s3.location()?;
        if !event_name.contains("ObjectCreated:") || location.key.as_str().ends_with('/') {
            return Ok(Self::Other { event_name, location });
        }
        let revision = revision(location.version_id.as_deref(), s3.object.e_tag.as_deref());
        Ok(Self::Uploaded {
            job_id: JobId::of_object(&location, revision),
            location,
        })
    }

    /// The job that is answered for this record; none if it asks for none.
    #[must_use]
    pub fn job_id(&self) -> Option<JobId> {
        match self {
            Self::Uploaded { job_id, .. } | Self::Unreadable { job_id, .. } => Some(*job_id),
            Self::Other { .. } => None,
        }
    }
}

impl Entity {
    fn location(&self) -> Result<ObjectLocation, String> {
        // Keys in events are form-encoded: `+` is a space, anything else may be `%XX`.
        let spaced = self.object.key.replace('+', " ");
        let key = percent_decode_str(&spaced)
            .decode_utf8()
            .map_err(|error| format!("key `{}` is not UTF-8: {error}", self.object.key))?;
        Ok(ObjectLocation {
            bucket: self.bucket.name.parse().map_err(|error| format!("{error}"))?,
            key: ObjectKey::try_from(key.into_owned()).map_err(|error| error.to_string())?,
            version_id: self.object.version_id.clone().filter(|id| !id.is_empty()),
        })
    }
}
