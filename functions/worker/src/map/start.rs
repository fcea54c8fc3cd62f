//! Handing a job over to the state machine.

use errand_protocol::{Engine, JobError, code};
use serde_json::{Map, Value, json};

use super::job::{self, MapJob};
use crate::job::{Job, JobInput, Task};
use crate::operation::Operation;
use crate::ports::{Condition, Objects, Queues};
use crate::process::Processor;

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    /// Whether a job is known to be a map job before its input is looked at.
    pub(crate) fn is_for_map(task: &Task) -> bool {
        match task.input {
            JobInput::Inline(_) => false,
            JobInput::ClaimCheck(_) | JobInput::Uploaded(_) => task.options.engine == Some(Engine::Map),
            JobInput::Many(_) => true,
        }
    }

    /// Begins a map job. Begun twice, it is one.
    ///
    /// # Errors
    ///
    /// Nothing does such jobs here, or S3 or Step Functions cannot be reached.
    pub(crate) async fn start_map(
        &self,
        job: &Job,
        task: &Task,
        parameters: Map<String, Value>,
    ) -> Result<(), JobError> {
        if task.options.engine == Some(Engine::Queue) {
            let message = "several objects are more than one function does: leave the engine `queue` out";
            return Err(JobError::permanent(code::INVALID_PARAMETERS, message));
        }
        let Some(executions) = &self.executions else {
            let message = "the stack has no state machine, which this needs: deploy it again with errand's template.yaml";
            return Err(JobError::permanent(code::MISCONFIGURED, message));
        };
        let Some(kept) = MapJob::of(job, task, parameters, O::NAME) else {
            let message = "a list in the message itself is done by one function: leave the engine `map` out";
            return Err(JobError::permanent(code::INVALID_PARAMETERS, message));
        };
        let store = self.map_store(job.id);
        // What a delivery before this one has kept stays: the execution may read it already.
        let bytes = serde_json::to_vec(&kept).map_err(|error| internal(&error))?;
        store.write(job::NAME, bytes.into(), Condition::Absent).await?;
        let (name, input) = (
            job.id.to_string(),
            json!({ "job_id": job.id.to_string(), "operation": O::NAME }),
        );
        executions.start(&name, &input.to_string()).await?;
        Ok(())
    }
}

fn internal(error: &serde_json::Error) -> JobError {
    JobError::permanent(code::INTERNAL, format!("a request has no JSON form: {error}"))
}
