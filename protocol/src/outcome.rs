//! How a job ended, and the reply that says so.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decode::{self, DecodeError};
use crate::{
    JobError, JobId, MessageId, ObjectLocation, OperationName, TraceId, VERSION, code, encode, limits,
};

/// A file that a job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Where it is.
    #[serde(flatten)]
    pub location: ObjectLocation,
    /// What it is, such as `image/jpeg`.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// S3's tag of its contents, by which a reader tells whether it is still what the job made: a result of an uploaded file
    /// is written over when the file is uploaded again. None where an older function wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Whether a job succeeded, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// The operation gave a result.
    Succeeded {
        /// The operation's own report. Integers of unbounded size are text.
        result: Map<String, Value>,
        /// The file it made, where it made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<StoredObject>,
    },
    /// The job failed.
    Failed {
        /// Why.
        error: JobError,
    },
}

/// How a job ended: one durable object at [`keys::outcome`](crate::keys::outcome).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The version of this message: [`VERSION`].
    pub version: u32,
    /// The job.
    pub job_id: JobId,
    /// What it was to do.
    pub operation: OperationName,
    /// The object it worked on, or what the keys of all objects that it worked on begin with; none when the input came inline, was a whole
    /// bucket or several objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<ObjectLocation>,
    /// Success with its result, or failure with its reason.
    #[serde(flatten)]
    pub status: Status,
    /// Which delivery of the request ended in this outcome, counted from 1; 0 where none did, as of a job that was canceled.
    pub attempt: u32,
    /// How long the attempt took, from reading the input to the result, in milliseconds.
    pub duration_ms: u64,
    /// When it ended, in milliseconds since 1970-01-01 UTC.
    pub finished_at_unix_ms: u64,
    /// Before this moment, in milliseconds since 1970-01-01 UTC, it is no answer yet. Set where the failure was stored
    /// before the last attempt began, in case that its process is killed: an attempt that ends by itself replaces it by
    /// what became of it. None, as in nearly all, is an answer at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_unix_ms: Option<u64>,
    /// The X-Ray trace that the job belongs to: its request's, which SQS carries beside the message as `AWSTraceHeader`;
    /// where that says none, the trace of the function's invocation. None where there was neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// The message that asked for the job, by the id that SQS gave its sender. A bare text that was redriven keeps the id of
    /// its first message. None where the request came without a queue, or an older function answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}

impl Outcome {
    /// The outcome of a job that nobody wants any more. Stored before the job is done, it is the job's answer: whoever does
    /// the job finds it in the place of his own outcome, and replays it.
    #[must_use]
    pub fn canceled(job_id: JobId, operation: OperationName, now_unix_ms: u64) -> Self {
        let message = "it was canceled before it was done; send it again under another id";
        Self {
            version: VERSION,
            job_id,
            operation,
            input: None,
            status: Status::Failed {
                error: JobError::permanent(code::CANCELED, message),
            },
            attempt: 0,
            duration_ms: 0,
            finished_at_unix_ms: now_unix_ms,
            not_before_unix_ms: None,
            trace_id: None,
            message_id: None,
        }
    }

    /// Whether a later run of the same job may replace this outcome: it failed for a reason that may pass, and its
    /// request waits in the dead-letter queue.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        matches!(&self.status, Status::Failed { error } if error.retryable)
    }

    /// Whether this is the job's answer at `now_unix_ms`, in milliseconds since 1970-01-01 UTC. One that is not is
    /// to be treated as if there was no outcome; see [`Outcome::not_before_unix_ms`].
    #[must_use]
    pub fn is_answer_at(&self, now_unix_ms: u64) -> bool {
        self.not_before_unix_ms.is_none_or(|moment| moment <= now_unix_ms)
    }

    /// Whether this outcome takes the place of `stored`, which its job has already: what became of the job replaces a
    /// provisional failure, and a failure that an attempt ended in replaces one that was stored before an attempt.
    #[must_use]
    pub fn replaces(&self, stored: &Self) -> bool {
        let rank = |outcome: &Self| (!outcome.is_provisional(), outcome.not_before_unix_ms.is_none());
        stored.is_provisional() && rank(self) > rank(stored)
    }

    /// Reads an outcome.
    ///
    /// # Errors
    ///
    /// The bytes are not an outcome of a known version; see [`DecodeError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode::message(bytes)
    }

    /// Writes an outcome, for S3: it may hold characters that SQS would refuse.
    ///
    /// # Panics
    ///
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an outcome always has a JSON form")
    }
}

/// What is sent to the reply queue when an outcome has been stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The version of this message: [`VERSION`].
    pub version: u32,
    /// The job.
    pub job_id: JobId,
    /// The message that this answers, by the id that SQS gave its sender. Not the outcome's where a job was asked for twice:
    /// each message is answered, with the one outcome. None as in the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Where the outcome is.
    pub location: ObjectLocation,
    /// The outcome itself, unless the message would be larger than SQS takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl Reply {
    /// The reply that announces `outcome`, stored at `location`.
    #[must_use]
    pub fn new(outcome: Outcome, location: ObjectLocation) -> Self {
        Self {
            version: VERSION,
            job_id: outcome.job_id,
            message_id: outcome.message_id.clone(),
            location,
            outcome: Some(outcome),
        }
    }

    /// Reads a reply.
    ///
    /// # Errors
    ///
    /// The text is not a reply of a known version; see [`DecodeError`].
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        decode::message(text.as_bytes())
    }

    /// Writes the reply as the body of a message: with the outcome, or, where that would exceed
    /// [`limits::MESSAGE_BYTES`], without it.
    ///
    /// # Panics
    ///
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn to_message(&self) -> String {
        let whole = encode::message(self);
        if whole.len() <= limits::MESSAGE_BYTES {
            return whole;
        }
        let pointer = Self {
            version: self.version,
            job_id: self.job_id,
            message_id: self.message_id.clone(),
            location: self.location.clone(),
            outcome: None,
        };
        encode::message(&pointer)
    }
}
