//! What the worker needs of the cloud. Only [`aws`](crate::aws) knows which cloud it is.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use errand_protocol::{BucketName, ObjectKey, ObjectLocation};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

/// A call to a service failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {message}")]
pub(crate) struct PortError {
    /// What kind of failure it is.
    pub(crate) kind: PortErrorKind,
    /// What was attempted, such as `read s3://bucket/key`.
    pub(crate) action: String,
    /// What the service, or the way to it, answered.
    pub(crate) message: String,
}

/// Kinds of failure that lead to different ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortErrorKind {
    /// The object or queue does not exist.
    NotFound,
    /// The object is not in the state any more that was asked for.
    Changed,
    /// The function may not do this, or the bucket is gone: an operator has to fix the stack.
    Refused,
    /// Throttled, unreachable, timed out, or the service failed: it may pass.
    Unavailable,
}

/// An object, opened for reading.
pub(crate) struct OpenObject {
    pub(crate) size_bytes: u64,
    /// What whoever uploaded it wrote beside it: the user metadata [`keys::PARAMETERS_METADATA`](errand_protocol::keys).
    pub(crate) parameters: Option<String>,
    pub(crate) chunks: mpsc::Receiver<Result<Bytes, PortError>>,
    pub(crate) reading: Reading,
}

/// The task that fills an object's chunks. It ends when this is dropped, whatever it waits for, and so do the chunks.
#[derive(Debug)]
pub(crate) struct Reading(AbortHandle);

impl From<JoinHandle<()>> for Reading {
    fn from(task: JoinHandle<()>) -> Self {
        Self(task.abort_handle())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Names one state of an object, so that a later write or read can insist on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ETag(pub(crate) String);

/// What is known of an object without reading it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// None where that is not told, as by the answer to a HEAD that came through a proxy.
    pub(crate) size_bytes: Option<u64>,
    pub(crate) etag: ETag,
    /// When it was written; none where that is not told.
    pub(crate) modified: Option<SystemTime>,
}

/// An object in a listing.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) key: ObjectKey,
    pub(crate) described: Described,
}

/// A part of a listing, in the order of the keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Listed>,
    /// By what the rest is asked for; none at the end.
    pub(crate) next: Option<String>,
}

/// A part of an object to be read.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    /// The first byte.
    pub(crate) from: u64,
    /// Behind the last one; none for the object's end.
    pub(crate) to: Option<u64>,
    /// The state that the object has to be in.
    pub(crate) of: ETag,
}

/// What a conditional write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The object is there as given, in this state.
    Yes(ETag),
    /// The condition did not hold, or another write came first; nothing was changed.
    ConditionFailed,
}

/// What a write requires of the object that it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing: an object that is there is replaced.
    None,
    /// It must not exist.
    Absent,
    /// It must still be this one.
    Unchanged(ETag),
}

/// Objects on S3.
pub(crate) trait Objects: Send + Sync + 'static {
    /// Opens an object.
    fn open(&self, location: &ObjectLocation) -> impl Future<Output = Result<OpenObject, PortError>> + Send;

    /// Opens a part of an object, which is not empty.
    fn open_range(
        &self,
        location: &ObjectLocation,
        range: Range,
    ) -> impl Future<Output = Result<OpenObject, PortError>> + Send;

    /// What an object is like; none if it does not exist.
    fn describe(
        &self,
        location: &ObjectLocation,
    ) -> impl Future<Output = Result<Option<Described>, PortError>> + Send;

    /// The objects whose keys begin with `prefix`, a part at a time: `after` is what the part before gave.
    fn list(
        &self,
        bucket: &BucketName,
        prefix: &str,
        after: Option<String>,
    ) -> impl Future<Output = Result<Page, PortError>> + Send;

    /// Reads a small object at once; none if it does not exist.
    fn read(
        &self,
        location: &ObjectLocation,
    ) -> impl Future<Output = Result<Option<(Bytes, ETag)>, PortError>> + Send;

    /// Writes an object whole, or not at all.
    fn write(
        &self,
        location: &ObjectLocation,
        bytes: Bytes,
        media_type: &str,
        condition: Condition,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Messages on SQS.
pub(crate) trait Queues: Send + Sync + 'static {
    /// Sends a batch, within SQS's limits on batches, and tells of each message whether it was taken.
    fn send(
        &self,
        queue_url: &str,
        bodies: &[String],
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;

    /// Sets the visibility timeout of a received message: it is delivered again `timeout` from now.
    fn change_visibility(
        &self,
        queue_url: &str,
        receipt_handle: &str,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Executions of the stack's state machine.
pub(crate) trait Executions: Send + Sync + 'static {
    /// Begins an execution. One of that name that was begun before is the same one, whatever became of it.
    fn start<'a>(
        &'a self,
        name: &'a str,
        input: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), PortError>> + Send + 'a>>;
}
