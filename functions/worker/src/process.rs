//! One job, from what it asks for to its stored and announced outcome.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use errand_protocol::{JobError, ObjectLocation, Outcome, Reply, Status, StoredObject, VERSION, code, keys};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::deadline::Deadline;
use crate::job::{Job, Source, Task};
use crate::operation::{Context, Input, MadeFile, Operation, Output};
use crate::ports::{Condition, ETag, Objects, PortError, PortErrorKind, Queues, Written};
use crate::record::Expected;
use crate::replies::Replies;
use crate::retry::{self, Verdict};

/// Memory of a function that is not the operation's: its code, the SDK and the messages of a delivery.
const RESERVED_MEMORY_BYTES: u64 = 64 << 20;

/// A function: an operation and its surroundings.
pub(crate) struct Worker<O, S, Q> {
    pub(crate) config: Config,
    pub(crate) expected: Expected,
    pub(crate) queues: Arc<Q>,
    operation: Arc<O>,
    objects: S,
    replies: Replies<Q>,
    /// One operation at a time: each may use all of the memory, and a function has about one processor.
    turn: Arc<Semaphore>,
}

/// What became of a job, for the one who has to acknowledge its message.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// Answered: the message has done its duty. Holds the outcome that was announced.
    Answered(Box<Outcome>),
    /// Answered, and the message is for the dead-letter queue.
    Buried,
    /// Nothing was decided: the message has to come again.
    Again,
    /// Not begun, for want of time: the message should come again at once.
    HandedBack,
}

/// How one run of a job ended, before anything of it is stored.
struct Ran {
    status: Status,
    input: Option<ObjectLocation>,
    duration: Duration,
}

impl<O: Operation, S: Objects, Q: Queues> Worker<O, S, Q> {
    pub(crate) fn new(operation: O, config: Config, objects: S, queues: Q) -> Self {
        let queues = Arc::new(queues);
        Self {
            expected: Expected {
                operation: O::NAME.parse().expect("an operation's name is valid"),
                takes_bare_text: O::TAKES_BARE_TEXT,
            },
            replies: Replies::new(Arc::clone(&queues), config.clone()),
            queues,
            config,
            operation: Arc::new(operation),
            objects,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Takes a job to its end. `max_attempts` is how often its message is delivered before it is buried; none when
    /// it came without a queue.
    pub(crate) async fn process(&self, job: Job, max_attempts: Option<u32>, deadline: Deadline) -> End {
        let started = Instant::now();
        let end = self.process_unlogged(&job, max_attempts, deadline).await;
        let duration_ms = millis(started.elapsed());
        let (job_id, operation, attempt) = (job.id, O::NAME, job.attempt);
        match &end {
            End::Answered(outcome) => match &outcome.status {
                Status::Succeeded { .. } => {
                    tracing::info!(%job_id, operation, attempt, duration_ms, outcome = "succeeded", "job ended");
                }
                Status::Failed { error } => tracing::info!(
                    %job_id, operation, attempt, duration_ms, outcome = "failed", code = %error.code,
                    error = error.message, "job ended"
                ),
            },
            End::Buried => {
                tracing::error!(%job_id, operation, attempt, duration_ms, outcome = "buried", "job ended");
            }
            End::Again => {
                tracing::warn!(%job_id, operation, attempt, duration_ms, outcome = "again", "job will be tried again");
            }
            End::HandedBack => {
                tracing::warn!(%job_id, operation, attempt, duration_ms, outcome = "handed_back", "no time left for job");
            }
        }
        end
    }

    async fn process_unlogged(&self, job: &Job, max_attempts: Option<u32>, deadline: Deadline) -> End {
        // A message that comes again may have been answered by the delivery that was lost.
        if job.attempt > 1 {
            match self.stored(job).await {
                Ok(Some((outcome, _))) if !outcome.is_provisional() => {
                    return self.announce(job, outcome, max_attempts).await;
                }
                Ok(_) => {}
                Err(error) => return self.give_up(job, error.into(), max_attempts, None).await,
            }
        }
        let ran = match &job.task {
            Err(refusal) => Ok(Ran {
                status: Status::Failed {
                    error: refusal.clone(),
                },
                input: None,
                duration: Duration::ZERO,
            }),
            Ok(task) => match self.run(job, task, deadline).await {
                Some(ran) => ran,
                None => return End::HandedBack,
            },
        };
        match ran {
            Ok(ran) => match self.store(job, ran).await {
                Ok(outcome) => self.announce(job, outcome, max_attempts).await,
                Err(error) => self.give_up(job, error.into(), max_attempts, None).await,
            },
            Err((error, input)) => self.give_up(job, error, max_attempts, input).await,
        }
    }

    /// Runs the operation; none when there is no time to. An error is one that may pass.
    #[expect(clippy::type_complexity, reason = "a run, or why there is none and on what")]
    async fn run(
        &self,
        job: &Job,
        task: &Task,
        deadline: Deadline,
    ) -> Option<Result<Ran, (JobError, Option<ObjectLocation>)>> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
        if !deadline.is_worth_starting() {
            return None;
        }
        let started = Instant::now();
        let left = deadline.left_for_work();
        let input = task.source.location().cloned();
        let worked = tokio::time::timeout(left, async {
            let input = self.open(&task.source).await?;
            let output = self.operate(input, task).await?;
            // The turn ends when the made file has left the memory.
            let object = match output.file {
                Some(file) => Some(self.store_file(job, &task.source, file).await?),
                None => None,
            };
            Ok(Status::Succeeded {
                result: output.report,
                object,
            })
        })
        .await;
        drop(turn);
        let worked: Result<Status, JobError> = worked.unwrap_or_else(|_| Err(too_slow(left, deadline)));
        let duration = started.elapsed();
        Some(match worked {
            Ok(status) => Ok(Ran {
                status,
                input,
                duration,
            }),
            Err(error) if !error.retryable => Ok(Ran {
                status: Status::Failed { error },
                input,
                duration,
            }),
            Err(error) => Err((error, input)),
        })
    }

    async fn open(&self, source: &Source) -> Result<Input, JobError> {
        match source {
            Source::Inline(bytes) => Ok(Input::whole(bytes.clone())),
            Source::Uploaded(location) | Source::Dropped(location) => match self.objects.open(location).await
            {
                Ok(object) => Ok(Input::new(object.size_bytes, object.chunks)),
                Err(error) if error.kind == PortErrorKind::NotFound => {
                    let message =
                        format!("input {location} does not exist: it was deleted, or never uploaded");
                    Err(JobError::permanent(code::INPUT_NOT_FOUND, message))
                }
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Runs the operation on a thread where it may block, with a panic caught.
    async fn operate(&self, input: Input, task: &Task) -> Result<Output, JobError> {
        let operation = Arc::clone(&self.operation);
        let parameters = task.parameters.clone();
        let context = Context {
            input_name: task.source.name(),
            memory_budget_bytes: self.config.memory_bytes.saturating_sub(RESERVED_MEMORY_BYTES),
        };
        match tokio::task::spawn_blocking(move || operation.run(input, parameters, &context)).await {
            Ok(result) => result.map_err(JobError::from),
            Err(panic) => {
                let message =
                    format!("the operation panicked ({panic}): this is a defect of errand, please report it");
                Err(JobError::permanent(code::INTERNAL, message))
            }
        }
    }

    async fn store_file(&self, job: &Job, source: &Source, file: MadeFile) -> Result<StoredObject, JobError> {
        let key = match source {
            Source::Dropped(location) => keys::dropped_result(&location.key, &file.name)
                .map_err(|error| JobError::permanent(code::INPUT_REFUSED, error.to_string()))?,
            Source::Inline(_) | Source::Uploaded(_) => keys::result(job.id, &file.name),
        };
        let location = ObjectLocation {
            bucket: self.config.result_bucket.clone(),
            key,
            version_id: None,
        };
        let size_bytes = file.bytes.len() as u64;
        self.objects
            .write(&location, file.bytes, file.media_type, Condition::None)
            .await
            .map_err(refused_write)?;
        Ok(StoredObject {
            location,
            media_type: file.media_type.to_owned(),
            size_bytes,
        })
    }

    /// Stores the outcome of a run, unless the job has one already; gives the one that counts.
    async fn store(&self, job: &Job, ran: Ran) -> Result<Outcome, PortError> {
        let outcome = Outcome {
            version: VERSION,
            job_id: job.id,
            operation: self.expected.operation.clone(),
            input: ran.input,
            status: ran.status,
            attempt: job.attempt,
            duration_ms: millis(ran.duration),
            finished_at_unix_ms: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis),
        };
        let mut condition = Condition::Absent;
        // Each round is lost only to somebody who stored an outcome; two in a row means a crowd of duplicates.
        for _ in 0..5 {
            match self.write_outcome(&outcome, condition).await? {
                Written::Yes => return Ok(outcome),
                Written::SomebodyElseDid => match self.stored(job).await? {
                    Some((stored, etag)) if stored.is_provisional() && !outcome.is_provisional() => {
                        condition = Condition::Unchanged(etag);
                    }
                    Some((stored, _)) => return Ok(stored),
                    None => condition = Condition::Absent,
                },
            }
        }
        Err(PortError {
            kind: PortErrorKind::Unavailable,
            action: format!("store the outcome of {}", job.id),
            message: "others kept writing it at the same time".to_owned(),
        })
    }

    async fn write_outcome(&self, outcome: &Outcome, condition: Condition) -> Result<Written, PortError> {
        let location = self.outcome_location(outcome.job_id);
        self.objects
            .write(
                &location,
                Bytes::from(outcome.to_json()),
                "application/json",
                condition,
            )
            .await
    }

    async fn stored(&self, job: &Job) -> Result<Option<(Outcome, ETag)>, PortError> {
        let location = self.outcome_location(job.id);
        let Some((bytes, etag)) = self.objects.read(&location).await? else {
            return Ok(None);
        };
        match Outcome::from_json(&bytes) {
            Ok(outcome) => Ok(Some((outcome, etag))),
            Err(error) => Err(PortError {
                kind: PortErrorKind::Refused,
                action: format!("read {location}"),
                message: format!("not an outcome: {error}"),
            }),
        }
    }

    fn outcome_location(&self, id: errand_protocol::JobId) -> ObjectLocation {
        ObjectLocation {
            bucket: self.config.result_bucket.clone(),
            key: keys::outcome(id),
            version_id: None,
        }
    }

    /// Sends the reply. The outcome is stored, so a queue that is gone, with its client, is no failure, and on the last
    /// delivery no other trouble with the reply is one.
    async fn announce(&self, job: &Job, outcome: Outcome, max_attempts: Option<u32>) -> End {
        let reply = Reply::new(outcome.clone(), self.outcome_location(job.id));
        match self.replies.send(&job.reply_to, reply.to_message()).await {
            Ok(()) => {}
            Err(error) if error.kind == PortErrorKind::NotFound => {
                tracing::warn!(job_id = %job.id, %error, "reply queue has gone; the outcome is stored");
            }
            Err(error) => {
                tracing::warn!(job_id = %job.id, %error, "reply could not be sent; the outcome is stored");
                if max_attempts.is_none_or(|max| job.attempt < max) {
                    return End::Again;
                }
            }
        }
        End::Answered(Box::new(outcome))
    }

    /// Decides about a failure that may pass, and answers it where this was the last attempt.
    async fn give_up(
        &self,
        job: &Job,
        error: JobError,
        max_attempts: Option<u32>,
        input: Option<ObjectLocation>,
    ) -> End {
        let (error, end) = match retry::verdict(error, job.attempt, max_attempts) {
            Verdict::Again(error) => {
                tracing::warn!(job_id = %job.id, code = %error.code, error = error.message, "attempt failed");
                return End::Again;
            }
            Verdict::AnswerAndBury(error) => (error, Some(End::Buried)),
            Verdict::Answer(error) => (error, None),
        };
        tracing::error!(job_id = %job.id, code = %error.code, error = error.message, "last attempt failed");
        let ran = Ran {
            status: Status::Failed { error },
            input,
            duration: Duration::ZERO,
        };
        match self.store(job, ran).await {
            Ok(outcome) => {
                let answered = outcome.is_provisional();
                let announced = self.announce(job, outcome, max_attempts).await;
                // Somebody else's final outcome ends the job; a provisional one leaves the message for redrive.
                match end {
                    Some(end) if answered => end,
                    _ => announced,
                }
            }
            Err(error) => {
                tracing::error!(job_id = %job.id, %error, "the outcome could not be stored; the message is kept");
                end.unwrap_or(End::Again)
            }
        }
    }
}

fn too_slow(left: Duration, deadline: Deadline) -> JobError {
    let message = format!(
        "not done within the {:.0} s that the function had left: raise the function's time-out or memory",
        left.as_secs_f64()
    );
    if deadline.is_most(left) {
        JobError::permanent(code::DEADLINE_EXCEEDED, message)
    } else {
        JobError::transient(code::DEADLINE_EXCEEDED, message)
    }
}

/// A bucket that is missing when a result is written is the stack's fault, not a missing input.
fn refused_write(error: PortError) -> JobError {
    match error.kind {
        PortErrorKind::NotFound => PortError {
            kind: PortErrorKind::Refused,
            ..error
        }
        .into(),
        PortErrorKind::Refused | PortErrorKind::Unavailable => error.into(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
