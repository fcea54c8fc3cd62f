//! Jobs, one a line.

use std::path::Path;

use errand_client::admin::unix_ms;
use errand_client::{JobError, JobId, OperationName};
use serde::Serialize;
use serde_json::json;

use super::show::{Style, show, shown};
use super::time::age;
use crate::error::Error;
use crate::follow::MapProgress;
use crate::job_list::State;

/// What is told of a job.
#[derive(Debug, Serialize)]
pub(crate) struct JobLine<'a> {
    pub(crate) job_id: JobId,
    pub(crate) state: State,
    pub(crate) operation: Option<&'a OperationName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at_unix_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at_unix_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<u64>,
    /// What it works on, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'a JobError>,
    /// How far it is, if many functions are at work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<&'a MapProgress>,
}

/// Shows a job on one line.
pub(crate) fn job_line(job: &JobLine, style: Style) -> Result<(), Error> {
    show(style, job, || {
        let time = job
            .sent_at_unix_ms
            .or(job.finished_at_unix_ms)
            .unwrap_or_default();
        let ago = format!("{} ago", age(unix_ms().saturating_sub(time) / 1000));
        let took = job.duration_ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
        let operation = job.operation.map_or("-", OperationName::as_str);
        let mut line = format!(
            "{}  {:9}  {ago:>10}  {took:>9}  {operation:9}  {}",
            job.job_id,
            job.state.name(),
            job.input.as_deref().unwrap_or("a message")
        );
        if let Some(error) = job.error {
            line = format!("{line}: {error}");
        }
        if let Some(progress) = job.progress {
            line = format!("{line}: {}", progress.text);
        }
        line
    })
}

/// Tells the id of a job that was sent, as of many.
pub(crate) fn sent(input: &Path, job_id: JobId, style: Style) -> Result<(), Error> {
    let answer = json!({ "input": input.to_string_lossy(), "status": "sent", "job_id": job_id });
    show(style, &answer, || job_id.to_string())
}

/// Tells that the file of a job is here already.
pub(crate) fn left(job_id: JobId, path: &Path, style: Style) -> Result<(), Error> {
    let answer = json!({ "job_id": job_id, "status": "skipped", "output": path.to_string_lossy() });
    show(style, &answer, || {
        format!("{}: skipped, it is there", shown(path))
    })
}

/// What became of an order to cancel a job.
#[derive(Debug, Serialize)]
pub(crate) struct Cancellation {
    pub(crate) job_id: JobId,
    pub(crate) canceled: bool,
    /// Whether its execution was stopped, if it is a map job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<bool>,
    /// How far it was by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<MapProgress>,
}

/// Tells whether a job was canceled, and what was done of it.
pub(crate) fn canceled(canceled: &Cancellation, style: Style) -> Result<(), Error> {
    show(style, canceled, || {
        let job_id = canceled.job_id;
        if !canceled.canceled {
            return format!("{job_id}  too late: it has its answer, fetch it with `errand result {job_id}`");
        }
        let stopped = if canceled.stopped == Some(true) {
            " and stopped"
        } else {
            ""
        };
        match canceled.progress.as_ref().and_then(MapProgress::done_so_far) {
            Some(done) => format!("{job_id}  canceled{stopped}: {done}"),
            None => format!("{job_id}  canceled{stopped}"),
        }
    })
}

/// Tells a link to what a job made.
pub(crate) fn link(job_id: JobId, url: &str, style: Style) -> Result<(), Error> {
    show(style, &json!({ "job_id": job_id, "url": url }), || url.to_owned())
}
