//! From a request to its answer: has the cloud carry out an operation, and takes its outcome apart.

use errand_protocol::{JobError, JobId, Outcome, Status, StoredObject, TraceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::cloud::Cloud;
use crate::error::Error;
use crate::files::LocalInput;
use crate::job;
use crate::limit::Limit;
use crate::operations::KnownOperation;

/// By what an answer's job is known, in the cloud and to programs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct JobIds {
    pub(crate) job_id: JobId,
    /// The X-Ray trace that it belongs to; none where an older function answered, or nothing was traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<TraceId>,
}

impl From<&Outcome> for JobIds {
    fn from(outcome: &Outcome) -> Self {
        Self {
            job_id: outcome.job_id,
            trace_id: outcome.trace_id,
        }
    }
}

/// Has the cloud carry out an operation, and waits for its outcome: all in all within `limit`, or as long as is usual.
pub(crate) async fn ask(
    cloud: &Cloud,
    operation: KnownOperation,
    parameters: &impl Serialize,
    input: &LocalInput,
    limit: Option<Limit>,
) -> Result<Outcome, Error> {
    let parameters = match serde_json::to_value(parameters) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    // Boxed: it holds an upload and a wait, and would make every future around it as large.
    Box::pin(job::run(cloud, operation, parameters, input, limit)).await
}

/// The result of a job that succeeded, as the type that its operation gives, and the file that it made.
pub(crate) fn success<T: DeserializeOwned>(outcome: Outcome) -> Result<(T, Option<StoredObject>), Error> {
    let job = JobIds::from(&outcome);
    match outcome.status {
        Status::Succeeded { result, object } => match serde_json::from_value(Value::Object(result)) {
            Ok(result) => Ok((result, object)),
            Err(error) => Err(Error::BadAnswer {
                job_id: job.job_id,
                message: error.to_string(),
            }),
        },
        Status::Failed { error } => Err(failed(job, error)),
    }
}

/// The error of a job that was answered with a failure.
pub(crate) fn failed(job: JobIds, error: JobError) -> Error {
    Error::Failed {
        job: Some(job),
        error,
    }
}
