//! What S3 tells of an object: in the records of its own events (message structure 2.1 of the Amazon S3 user guide, "Event
//! message structure"), and in the `detail` of those that it sends to `EventBridge` (the same guide, "`EventBridge` event
//! message structure").

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::{InvalidName, JobError, JobId, ObjectKey, ObjectLocation, code, revision};

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

/// The `detail` of an event from `EventBridge`, as far as it is needed.
#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: DetailObject,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DetailObject {
    key: String,
    version_id: Option<String>,
    etag: Option<String>,
}

impl S3Record {
    /// Reads a record of S3's own event. An id is derived from `message_id` for one that cannot be read.
    pub(super) fn read(record: &str, message_id: &str) -> Self {
        let read = || {
            let Fields { event_name, s3 } =
                serde_json::from_str(record).map_err(|error| error.to_string())?;
            // Keys in these events are form-encoded: `+` is a space, anything else may be `%XX`.
            let spaced = s3.object.key.replace('+', " ");
            let key = percent_decode_str(&spaced)
                .decode_utf8()
                .map_err(|error| format!("key `{}` is not UTF-8: {error}", s3.object.key))?;
            let location = location(s3.bucket.name, key.into_owned(), s3.object.version_id)?;
            let is_new = event_name.contains("ObjectCreated:");
            Ok(Self::of(event_name, is_new, location, s3.object.e_tag.as_deref()))
        };
        read().unwrap_or_else(|reason: String| {
            Self::unreadable(message_id, &format!("not a record of an S3 event: {reason}"))
        })
    }

    /// Reads the `detail` of an event that S3 sent to `EventBridge`, where keys are as they are.
    pub(super) fn read_detail(detail_type: &str, detail: &str, message_id: &str) -> Self {
        let read = || {
            let Detail { bucket, object } =
                serde_json::from_str(detail).map_err(|error| error.to_string())?;
            let location = location(bucket.name, object.key, object.version_id)?;
            let is_new = detail_type == "Object Created";
            Ok(Self::of(
                detail_type.to_owned(),
                is_new,
                location,
                object.etag.as_deref(),
            ))
        };
        read().unwrap_or_else(|reason: String| {
            let what = format!("not the detail of an EventBridge event `{detail_type}`: {reason}");
            Self::unreadable(message_id, &what)
        })
    }

    fn of(event_name: String, is_new: bool, location: ObjectLocation, etag: Option<&str>) -> Self {
        if !is_new || location.key.as_str().ends_with('/') {
            return Self::Other { event_name, location };
        }
        let revision = revision(location.version_id.as_deref(), etag);
        Self::Uploaded {
            job_id: JobId::of_object(&location, revision),
            location,
        }
    }

    fn unreadable(message_id: &str, reason: &str) -> Self {
        Self::Unreadable {
            job_id: JobId::of_message(message_id),
            error: JobError::permanent(code::MALFORMED_REQUEST, reason),
        }
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

fn location(bucket: String, key: String, version_id: Option<String>) -> Result<ObjectLocation, String> {
    Ok(ObjectLocation {
        bucket: bucket
            .try_into()
            .map_err(|error: InvalidName| error.to_string())?,
        key: ObjectKey::try_from(key).map_err(|error| error.to_string())?,
        version_id: version_id.filter(|id| !id.is_empty()),
    })
}
