//! Reading messages: fields that are not known pass, one that is missing is named.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{JobId, QueueName, VERSION};

/// Why a message could not be read. Trying again will not help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not JSON, or a field is missing or of the wrong type; the source names the field and its place.
    #[error("not a message of this protocol: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by a later version.
    #[error(
        "message of version {found}, but this errand reads versions up to {VERSION}: deploy or install the newer one"
    )]
    Version {
        /// The version that the message names.
        found: u64,
    },
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Reads a message, its version first: a later version may have changed every other field.
pub(crate) fn message<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let Versioned { version } = serde_json::from_slice(bytes)?;
    if version == 0 || version > u64::from(VERSION) {
        return Err(DecodeError::Version { found: version });
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// What can be read of a request that cannot be read as a whole: enough to answer it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// The id of the job that it asks for.
    pub job_id: Option<JobId>,
    /// The queue in which its sender waits for the reply.
    pub reply_queue: Option<QueueName>,
}

/// Reads what is readable of a broken request, so that its sender gets the answer.
#[must_use]
pub fn salvage(text: &str) -> Salvage {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return Salvage::default();
    };
    let text_of = |name| fields.get(name).and_then(Value::as_str);
    Salvage {
        job_id: text_of("job_id").and_then(|text| text.parse().ok()),
        reply_queue: text_of("reply_queue").and_then(|text| text.parse().ok()),
    }
}
