//! The steps of a map job, as the state machine asks for them.

use std::sync::Arc;

use errand_protocol::{JobError, JobId, Status, code};
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::each::Batch;
use super::finish::TROUBLE;
use super::job::{self, MapJob};
use super::slices::Line;
use super::store::Store;
use crate::invocation::Invocation;
use crate::log;
use crate::operation::Operation;
use crate::ports::{Objects, Queues};
use crate::process::Processor;

/// What the state machine sends: an event of its own form.
#[derive(Deserialize)]
struct Envelope {
    errand_map: Step,
}

/// One step of a map job.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Step {
    job_id: JobId,
    #[serde(flatten)]
    action: Action,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Action {
    Plan,
    Work { round: u32, item: Value },
    Reduce { round: u32 },
    Fail { error: Value },
}

impl Step {
    /// The step that an event asks for; none if it is none of the state machine's.
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let envelope: Result<Envelope, _> = serde_json::from_str(payload);
        envelope.ok().map(|envelope| envelope.errand_map)
    }
}

/// Where the state machine goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) struct Turn {
    next: Way,
    round: u32,
    /// The key of the lines of work; empty where there is none.
    work: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Plan,
    Work,
    Done,
}

impl Turn {
    /// There is more to plan than one step does.
    pub(super) fn plan() -> Self {
        Self {
            next: Way::Plan,
            round: 0,
            work: String::new(),
        }
    }

    /// A round of work, of which the lines are under this key.
    pub(super) fn work(round: u32, work: String) -> Self {
        Self {
            next: Way::Work,
            round,
            work,
        }
    }

    fn done() -> Self {
        Self {
            next: Way::Done,
            round: 0,
            work: String::new(),
        }
    }
}

/// How a step that plans or reduces ended.
pub(super) enum Stepped {
    /// The job goes on.
    On(Turn),
    /// The job has ended so.
    Ended(Status),
}

/// Does a step.
///
/// # Errors
///
/// It failed for a reason that may pass: the state machine repeats it.
pub(crate) async fn handle<O, S, Q>(
    processor: Arc<Processor<O, S, Q>>,
    step: Step,
    invocation: &Invocation,
) -> Result<Value, Error>
where
    O: Operation,
    S: Objects,
    Q: Queues,
{
    let span = log::job_span(step.job_id, invocation.trace_id);
    let done = async {
        let store = processor.map_store(step.job_id);
        let ended = Box::pin(processor.step(&step, invocation)).await;
        if let Err(error) = &ended {
            tracing::warn!(code = %error.code, error = error.message, "a step of a map job failed");
            // Best effort: without it, the outcome of a job that fails says less.
            if let Err(error) = store.write_json(TROUBLE, error).await {
                tracing::warn!(%error, "what failed could not be kept");
            }
        }
        ended
    };
    Ok(done.instrument(span).await?)
}

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(super) fn map_store(&self, id: JobId) -> Store<'_, S> {
        Store {
            objects: &*self.objects,
            bucket: &self.config.result_bucket,
            id,
        }
    }

    async fn step(self: &Arc<Self>, step: &Step, invocation: &Invocation) -> Result<Value, JobError> {
        let job: MapJob = self.map_store(step.job_id).json(job::NAME).await?;
        if let Action::Fail { error } = &step.action {
            self.fail_map(&job, error.clone(), invocation).await?;
            return Ok(json!(Turn::done()));
        }
        // Canceled, or a step that is repeated after its job has ended.
        if self.has_ended(job.id()).await? {
            return Ok(match step.action {
                Action::Work { .. } => json!({}),
                _ => json!(Turn::done()),
            });
        }
        let is_each = self.is_each(&job);
        let stepped = match &step.action {
            Action::Work { item, .. } if is_each => {
                let batch: Batch = line(item)?;
                self.work_batch(&job, &batch, invocation).await?;
                return Ok(json!({}));
            }
            Action::Work { round, item } => {
                let line: Line = line(item)?;
                self.work_slices(&job, *round, line, invocation).await?;
                return Ok(json!({}));
            }
            Action::Plan if is_each => self.plan_batches(&job, invocation).await,
            Action::Plan => self.plan_slices(&job).await,
            Action::Reduce { .. } if is_each => self.reduce_batches(&job).await,
            Action::Reduce { round } => self.reduce_slices(&job, *round).await,
            Action::Fail { .. } => unreachable!("it was done above"),
        };
        match stepped {
            Ok(Stepped::On(turn)) => Ok(json!(turn)),
            Ok(Stepped::Ended(status)) => {
                self.finish_map(&job, status, invocation).await?;
                Ok(json!(Turn::done()))
            }
            // It would fail again.
            Err(error) if !error.retryable => {
                self.finish_map(&job, Status::Failed { error }, invocation)
                    .await?;
                Ok(json!(Turn::done()))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a job has an outcome that stays.
    pub(super) async fn has_ended(&self, id: JobId) -> Result<bool, JobError> {
        let stored = self.outcomes.stored(id).await?;
        Ok(stored.is_some_and(|(outcome, _)| !outcome.is_provisional()))
    }

    /// Whether each object has a result of its own.
    fn is_each(&self, job: &MapJob) -> bool {
        job.options().each || self.runner.operation().slicing().is_none()
    }
}

fn line<T: for<'de> Deserialize<'de>>(item: &Value) -> Result<T, JobError> {
    T::deserialize(item).map_err(|error| {
        let message = format!("a line of work cannot be read: {error}");
        JobError::permanent(code::INTERNAL, message)
    })
}
