//! What is kept of a map job's request for its steps.

use std::time::{SystemTime, UNIX_EPOCH};

use errand_protocol::{JobId, MapOptions, ObjectLocation, Request, RequestInput, TraceId, VERSION};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::job::{Job, JobInput, Many, ReplyTo, Task};

/// Where it is kept, below the job's prefix.
pub(super) const NAME: &str = "job.json";

/// A request, and what was known where it was received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MapJob {
    /// As it is done: with its parameters, wherever they came from.
    pub(super) request: Request,
    /// Whether the input was uploaded and was a job by that alone.
    #[serde(default)]
    is_uploaded: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
    /// When the request was received, in milliseconds since 1970-01-01 UTC.
    pub(super) received_at_unix_ms: u64,
}

impl MapJob {
    /// Of a job that came to a function with these parameters; none if its input came in the message.
    pub(super) fn of(
        job: &Job,
        task: &Task,
        parameters: Map<String, Value>,
        operation: &str,
    ) -> Option<Self> {
        let input = match &task.input {
            JobInput::Inline(_) => return None,
            JobInput::ClaimCheck(location) | JobInput::Uploaded(location) => {
                RequestInput::Object(location.clone())
            }
            JobInput::Many(Many::Objects(locations)) => RequestInput::Objects(locations.clone()),
            JobInput::Many(Many::Prefix(prefix)) => RequestInput::Prefix(prefix.clone()),
        };
        Some(Self {
            request: Request {
                version: VERSION,
                job_id: job.id,
                operation: operation.parse().ok()?,
                parameters,
                input,
                reply_queue: match &job.reply_to {
                    ReplyTo::Client(name) => Some(name.clone()),
                    ReplyTo::Stack => None,
                },
                message_id: job.asked_by.clone(),
                map: Some(task.options.clone()),
            },
            is_uploaded: matches!(task.input, JobInput::Uploaded(_)),
            trace_id: job.trace_id,
            received_at_unix_ms: now_unix_ms(),
        })
    }

    pub(super) fn id(&self) -> JobId {
        self.request.job_id
    }

    pub(super) fn options(&self) -> MapOptions {
        self.request.map.clone().unwrap_or_default()
    }

    /// The object that was uploaded, where the job is one by that alone.
    pub(super) fn uploaded(&self) -> Option<&ObjectLocation> {
        match &self.request.input {
            RequestInput::Object(location) if self.is_uploaded => Some(location),
            _ => None,
        }
    }

    /// The job as it came to the function, for its outcome and reply.
    pub(super) fn to_job(&self) -> Job {
        let request = &self.request;
        let input = match &request.input {
            RequestInput::Inline(text) => JobInput::Inline(text.clone().into()),
            RequestInput::Object(location) if self.is_uploaded => JobInput::Uploaded(location.clone()),
            RequestInput::Object(location) => JobInput::ClaimCheck(location.clone()),
            RequestInput::Objects(locations) => JobInput::Many(Many::Objects(locations.clone())),
            RequestInput::Prefix(prefix) => JobInput::Many(Many::Prefix(prefix.clone())),
        };
        Job {
            id: request.job_id,
            reply_to: request
                .reply_queue
                .clone()
                .map_or(ReplyTo::Stack, ReplyTo::Client),
            task: Ok(Task {
                parameters: request.parameters.clone(),
                input,
                options: self.options(),
            }),
            message_id: String::new(),
            asked_by: request.message_id.clone(),
            sent_at_unix_ms: None,
            trace_id: self.trace_id,
            attempt: 1,
            receives: 1,
            // No queue delivers it again.
            max_receives: None,
        }
    }
}

pub(super) fn now_unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
