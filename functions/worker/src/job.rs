//! One job, as the worker sees it, whatever asked for it.

use bytes::Bytes;
use errand_protocol::{
    FileName, JobError, JobId, MapOptions, MessageId, ObjectLocation, Prefix, QueueName, TraceId,
};
use serde_json::{Map, Value};

use crate::retry::MAX_ATTEMPTS;

/// What a job works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobInput {
    /// Came in the message.
    Inline(Bytes),
    /// Named by a request (claim check).
    ClaimCheck(ObjectLocation),
    /// Uploaded to the input bucket, and a job by that alone.
    Uploaded(ObjectLocation),
    /// More than one object.
    Many(Many),
}

/// Objects that a request names together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Many {
    /// Each by itself.
    Objects(Vec<ObjectLocation>),
    /// By what their keys begin with.
    Prefix(Prefix),
}

impl JobInput {
    /// The object, where there is one.
    pub(crate) fn location(&self) -> Option<&ObjectLocation> {
        match self {
            Self::Inline(_) | Self::Many(_) => None,
            Self::ClaimCheck(location) | Self::Uploaded(location) => Some(location),
        }
    }

    /// What is told of where it lies: the object, or what the keys of all objects begin with.
    pub(crate) fn place(&self) -> Option<ObjectLocation> {
        match self {
            Self::Many(Many::Prefix(prefix)) => Some(ObjectLocation {
                bucket: prefix.bucket.clone(),
                // None for a whole bucket: there is no key of no bytes.
                key: prefix.prefix.parse().ok()?,
                version_id: None,
            }),
            _ => self.location().cloned(),
        }
    }

    /// What a person would call the input.
    pub(crate) fn name(&self) -> FileName {
        FileName::new(
            self.location()
                .map_or("input", |location| location.key.file_name()),
        )
    }
}

/// Where a reply goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReplyTo {
    /// A client's own queue.
    Client(QueueName),
    /// The stack's response queue.
    Stack,
}

/// A job, ready to be done or to be refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) reply_to: ReplyTo,
    /// What to do, or why it cannot be done.
    pub(crate) task: Result<Task, JobError>,
    /// The message that asked for it, by the id that stays when it is delivered again.
    pub(crate) message_id: String,
    /// The message under whose id the answer is sent; none when it came without a queue.
    pub(crate) asked_by: Option<MessageId>,
    /// When that message was sent, in milliseconds since 1970-01-01 UTC, by SQS's clock; none when it came without a queue.
    pub(crate) sent_at_unix_ms: Option<u64>,
    /// The trace that it belongs to, if it names one.
    pub(crate) trace_id: Option<TraceId>,
    /// Which attempt this is, counted from 1: how often the request has been delivered, without the deliveries that were
    /// deferred, once those are known.
    pub(crate) attempt: u32,
    /// How often the message was delivered, this time included.
    pub(crate) receives: u32,
    /// How often it is delivered at most, before it goes to the dead-letter queue; none when it came without a queue, so
    /// that nothing delivers it again.
    pub(crate) max_receives: Option<u32>,
}

impl Job {
    /// Whether this attempt is known to be the last one, or SQS gives no delivery for another one.
    pub(crate) fn is_last_attempt(&self) -> bool {
        self.max_receives
            .is_some_and(|max| self.attempt >= MAX_ATTEMPTS || self.receives >= max)
    }

    /// Whether the request had its last attempt before: it is delivered only until SQS moves it to the dead-letter queue.
    pub(crate) fn is_used_up(&self) -> bool {
        self.max_receives.is_some() && self.attempt > MAX_ATTEMPTS
    }
}

/// What there is to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Task {
    pub(crate) parameters: Map<String, Value>,
    pub(crate) input: JobInput,
    /// How it is done where it is more than one function does at once.
    pub(crate) options: MapOptions,
}
