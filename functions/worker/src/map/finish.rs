//! The end of a map job: its outcome and reply.

use std::time::Duration;

use errand_protocol::{JobError, Status, code};
use serde::Deserialize;
use serde_json::Value;

use super::job::{MapJob, now_unix_ms};
use crate::advice::to_uploader;
use crate::invocation::Invocation;
use crate::operation::Operation;
use crate::ports::{Objects, Queues};
use crate::process::{End, Processor};

/// What the last work that failed for a reason that may pass has left: Step Functions says no more than that some did.
pub(super) const TROUBLE: &str = "trouble.json";

/// As Step Functions tells of an error.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Caught {
    error: String,
    cause: String,
}

/// As Lambda tells of an error of a function, in the cause.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFunction {
    error_message: String,
}

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    /// Stores and announces how a map job ended, unless it has an outcome already.
    pub(super) async fn finish_map(
        &self,
        job: &MapJob,
        status: Status,
        invocation: &Invocation,
    ) -> Result<(), JobError> {
        let status = match (status, job.uploaded()) {
            (Status::Failed { error }, Some(location)) => Status::Failed {
                error: to_uploader(error, location, O::PARAMETER_OF),
            },
            (status, _) => status,
        };
        let took = Duration::from_millis(now_unix_ms().saturating_sub(job.received_at_unix_ms));
        match self.end_map(job.to_job(), status, took, invocation).await {
            End::Answered(_) => Ok(()),
            End::Retry { error, .. } | End::DeadLettered(error) => Err(error),
            End::OnItsWay | End::Deferred | End::Started => Err(JobError::permanent(
                code::INTERNAL,
                "a map job ended in a way that only requests in a queue do",
            )),
        }
    }

    /// Ends a map job of which a step has failed for good.
    pub(super) async fn fail_map(
        &self,
        job: &MapJob,
        error: Value,
        invocation: &Invocation,
    ) -> Result<(), JobError> {
        let caught: Caught = serde_json::from_value(error).unwrap_or_default();
        let store = self.map_store(job.id());
        let told: Option<JobError> = store.json_if_there(TROUBLE).await.unwrap_or(None);
        let why = match (serde_json::from_str(&caught.cause), told) {
            (Ok(OfFunction { error_message }), _) => error_message,
            (Err(_), Some(told)) => told.message,
            (Err(_), None) => format!("{} {}", caught.error, caught.cause).trim().to_owned(),
        };
        // Nothing keeps the request, as a dead-letter queue does: it is not said to be so.
        let error = JobError::permanent(
            code::SERVICE_UNAVAILABLE,
            format!(
                "a step of the map job failed, and again when it was repeated: {why}; send the request again"
            ),
        );
        self.finish_map(job, Status::Failed { error }, invocation).await
    }
}
