//! What an outcome holds.

use errand_protocol::{JobId, Outcome, Status, StoredObject, TraceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;

/// By what an answer's job is known, in the cloud and to programs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JobIds {
    /// The job's own id.
    pub job_id: JobId,
    /// The X-Ray trace that it belongs to; none where an older function answered, or nothing was traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
}

impl From<&Outcome> for JobIds {
    fn from(outcome: &Outcome) -> Self {
        Self {
            job_id: outcome.job_id,
            trace_id: outcome.trace_id,
        }
    }
}

/// The result of a job that succeeded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The job.
    pub job: JobIds,
    /// The result, as the type that its operation gives.
    pub result: T,
    /// The file that it made, if it made one; see [`Client::download`](crate::Client::download).
    pub object: Option<StoredObject>,
}

/// The result of a job that succeeded, as the type that its operation gives, such as `errand_stats::Summary`.
///
/// # Errors
///
/// [`Error::Failed`] of a job that failed; [`Error::BadAnswer`] where the result is of another type.
pub fn success<T: DeserializeOwned>(outcome: Outcome) -> Result<Answer<T>, Error> {
    let job = JobIds::from(&outcome);
    match outcome.status {
        Status::Succeeded { result, object } => match serde_json::from_value(Value::Object(result)) {
            Ok(result) => Ok(Answer { job, result, object }),
            Err(error) => Err(Error::BadAnswer {
                job_id: job.job_id,
                message: error.to_string(),
            }),
        },
        Status::Failed { error } => Err(Error::Failed { job, error }),
    }
}
