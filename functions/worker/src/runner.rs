//! One run of a job: fetch the input, run the operation, store the file that it made. Nothing here decides what a
//! failure leads to, and no outcome is stored.

mod pinned;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use errand_protocol::{Engine, FileName, JobError, ObjectLocation, Status, StoredObject, code, keys};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Span;

use crate::advice::{stack_parameter, to_uploader};
use crate::config::Config;
use crate::deadline::Deadline;
use crate::job::{Job, JobInput, Task};
use crate::measures::{Measures, Meter};
use crate::operation::{Context, Failure, Input, MadeFile, Operation, Output};
use crate::ports::{Condition, ETag, Objects, PortError, PortErrorKind, Reading, Written};
use crate::retry::unreadable;

/// Memory of a function that is not the operation's: its code, the SDK and the messages of a delivery.
const RESERVED_MEMORY_BYTES: u64 = 64 << 20;

/// The longest input that one function reads as a whole, however much memory it has: what S3 gives it in three seconds.
const REACH_BYTES: u64 = 256 << 20;

/// Runs an operation on what jobs name.
pub(crate) struct Runner<O, S> {
    operation: Arc<O>,
    objects: Arc<S>,
    config: Config,
    /// One operation at a time: each may use all of the memory, and a function has about one processor.
    turn: Arc<Semaphore>,
    /// How long the last run on an object took, in milliseconds, until it ended or was given up: what the next one in line
    /// is expected to take.
    last_took_ms: AtomicU64,
    /// Whether an operation was given up and may not have ended yet.
    is_stuck: AtomicBool,
}

/// An input, opened for reading.
struct Opened {
    input: Input,
    /// Those that lie beside an uploaded file.
    parameters: Option<Map<String, Value>>,
    reading: Option<Reading>,
}

/// Why an operation gave nothing.
enum Operated {
    /// The function's memory does not take it.
    TooLarge(JobError),
    Failed(JobError),
}

impl From<Operated> for JobError {
    fn from(operated: Operated) -> Self {
        match operated {
            Operated::TooLarge(error) | Operated::Failed(error) => error,
        }
    }
}

/// Tells an operation that its job was given up, when it is dropped.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How one run ended, before it is stored or announced.
#[derive(Debug)]
pub(crate) enum Run {
    /// With a result, or with a failure that the same job will meet again.
    Ended { status: Status, duration: Duration },
    /// With a failure that may pass.
    Failed(JobError),
    /// It did not begin, or not end, since others had taken the time: one that begins earlier may succeed.
    NoTime(JobError),
    /// Its input is more than one function takes: it is done in slices, with these parameters.
    ForMap(Map<String, Value>),
}

/// Why an operation gave nothing, or was not begun.
enum Undone {
    Failed(JobError),
    ForMap(Map<String, Value>),
}

impl From<JobError> for Undone {
    fn from(error: JobError) -> Self {
        Self::Failed(error)
    }
}

impl<O: Operation, S: Objects> Runner<O, S> {
    pub(crate) fn new(operation: O, objects: Arc<S>, config: Config) -> Self {
        Self {
            operation: Arc::new(operation),
            objects,
            config,
            turn: Arc::new(Semaphore::new(1)),
            last_took_ms: AtomicU64::new(0),
            is_stuck: AtomicBool::new(false),
        }
    }

    /// Runs the operation when its turn has come, unless it comes too late, and measures what it takes.
    pub(crate) async fn run(
        &self,
        job: &Job,
        task: &Task,
        deadline: Deadline,
        measures: &mut Measures,
    ) -> Run {
        let turn = Arc::clone(&self.turn).acquire_owned();
        let turn = tokio::time::timeout(deadline.left_to_begin(), turn).await;
        let Ok(Ok(turn)) = turn else {
            return self.without_turn();
        };
        self.is_stuck.store(false, Ordering::Relaxed);
        let (started, left) = (Instant::now(), deadline.left_for_work());
        // A turn that is free is given even when no time is left to wait for one.
        if deadline.left_to_begin().is_zero() || !self.is_time_enough(task, left, deadline) {
            return Run::NoTime(not_begun());
        }
        measures.queue = waited(job);
        let meter = Arc::<Meter>::default();
        let work = self.work(job, task, turn, Arc::clone(&meter), measures);
        let worked = tokio::time::timeout(left, work).await;
        let took = started.elapsed();
        // Whether it came to an end or was given up: what is neither waiting nor storing is work.
        measures.bytes_in = Some(meter.received_bytes());
        if let Some(fetch) = &mut measures.fetch {
            *fetch += meter.wait();
        }
        let rest = took.saturating_sub(measures.fetch.unwrap_or_default());
        measures.work = Some(rest.saturating_sub(measures.store.unwrap_or_default()));
        if task.input.location().is_some() {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.last_took_ms.store(took_ms, Ordering::Relaxed);
        }
        let Ok(worked) = worked else {
            self.is_stuck.store(true, Ordering::Relaxed);
            return too_slow(O::NAME, left, deadline, took);
        };
        match worked {
            Err(Undone::ForMap(parameters)) => Run::ForMap(parameters),
            Err(Undone::Failed(error)) if error.retryable => Run::Failed(error),
            Err(Undone::Failed(error)) => Run::Ended {
                status: Status::Failed { error },
                duration: took,
            },
            Ok(status) => Run::Ended {
                status,
                duration: took,
            },
        }
    }

    pub(crate) fn operation(&self) -> &Arc<O> {
        &self.operation
    }

    /// How much memory an operation may use.
    pub(crate) fn memory_budget_bytes(&self) -> u64 {
        self.config.memory_bytes.saturating_sub(RESERVED_MEMORY_BYTES)
    }

    /// Whether a job that takes as long as the last one did would end in what is left. What came in the message is small,
    /// and one that has most of the invocation for itself will find no more elsewhere.
    fn is_time_enough(&self, task: &Task, left: Duration, deadline: Deadline) -> bool {
        let expected = Duration::from_millis(self.last_took_ms.load(Ordering::Relaxed));
        task.input.location().is_none() || left >= expected || deadline.is_most(left)
    }

    /// How a run ends whose turn did not come. Behind others of the same delivery it will come elsewhere; behind an
    /// operation that was given up and does not end, no delivery to this process has an end, and each one counts.
    fn without_turn(&self) -> Run {
        if self.is_stuck.load(Ordering::Relaxed) {
            let message = "the function still does a job that it has given up: try again later";
            Run::Failed(JobError::transient(code::DEADLINE_EXCEEDED, message))
        } else {
            Run::NoTime(not_begun())
        }
    }

    /// Given up by dropping it: then the input's stream is aborted, and the operation told that nobody waits for it.
    async fn work(
        &self,
        job: &Job,
        task: &Task,
        turn: OwnedSemaphorePermit,
        meter: Arc<Meter>,
        measures: &mut Measures,
    ) -> Result<Status, Undone> {
        let cancel = CancelOnDrop::default();
        let started = Instant::now();
        let opened = self.open(&task.input).await;
        measures.fetch = task.input.location().map(|_| started.elapsed());
        let Opened {
            input,
            parameters,
            reading: _reading,
        } = opened?;
        let input = input.with_cancel(Arc::clone(&cancel.0)).with_meter(meter);
        let parameters = parameters.unwrap_or_else(|| task.parameters.clone());
        let may_be_sliced = self.may_be_sliced(task);
        if may_be_sliced && input.size_bytes() > self.reach_bytes() {
            return Err(Undone::ForMap(parameters));
        }
        let name = task.input.name();
        // Kept for slices, where they may come to be needed.
        let kept = may_be_sliced.then(|| parameters.clone());
        let operated = self.operate(input, name, parameters, &cancel, turn).await;
        let (output, turn) = operated.map_err(|failed| match (failed, kept) {
            (Operated::TooLarge(_), Some(parameters)) => Undone::ForMap(parameters),
            (Operated::TooLarge(error) | Operated::Failed(error), _) => Undone::Failed(match &task.input {
                JobInput::Uploaded(location) => to_uploader(error, location, O::PARAMETER_OF),
                JobInput::Inline(_) | JobInput::ClaimCheck(_) | JobInput::Many(_) => error,
            }),
        })?;
        measures.way = output.way;
        let object = match output.file {
            Some(file) => {
                let started = Instant::now();
                measures.bytes_out = Some(file.bytes.len() as u64);
                let stored = self.store_file(job, &task.input, file).await;
                measures.stored(started.elapsed());
                Some(stored?)
            }
            None => None,
        };
        // The turn is kept until the file that was made has left the memory.
        drop(turn);
        Ok(Status::Succeeded {
            result: output.report,
            object,
        })
    }

    async fn open(&self, input: &JobInput) -> Result<Opened, JobError> {
        let location = match input {
            JobInput::Inline(bytes) => {
                return Ok(Opened {
                    input: Input::whole(bytes.clone()),
                    parameters: None,
                    reading: None,
                });
            }
            JobInput::ClaimCheck(location) | JobInput::Uploaded(location) => location,
            JobInput::Many(_) => {
                let message =
                    "several objects came to one function: this is a defect of errand, please report it";
                return Err(JobError::permanent(code::INTERNAL, message));
            }
        };
        let object = match self.objects.open(location).await {
            Ok(object) => object,
            Err(error) if error.kind == PortErrorKind::NotFound => {
                return Err(JobError::permanent(code::INPUT_NOT_FOUND, missing(location)));
            }
            Err(error) => return Err(unreadable(error, &location.bucket, &self.config)),
        };
        let parameters = match (input, object.parameters) {
            (JobInput::Uploaded(_), Some(text)) => Some(parameters_beside(location, &text)?),
            // A request has its own.
            _ => None,
        };
        Ok(Opened {
            input: Input::new(object.size_bytes, object.chunks),
            parameters,
            reading: Some(object.reading),
        })
    }

    /// Runs the operation on a thread where it may block, with a panic caught.
    ///
    /// The turn goes with it, and comes back with the result: a thread cannot be stopped from outside, so that an
    /// operation which is given up keeps its turn, and its share of the memory, until it has noticed and really ended.
    async fn operate(
        &self,
        input: Input,
        input_name: FileName,
        parameters: Map<String, Value>,
        cancel: &CancelOnDrop,
        turn: OwnedSemaphorePermit,
    ) -> Result<(Output, OwnedSemaphorePermit), Operated> {
        let operation = Arc::clone(&self.operation);
        let context = Context {
            input_name,
            memory_budget_bytes: self.memory_budget_bytes(),
            canceled: Arc::clone(&cancel.0),
        };
        let span = Span::current();
        let running = tokio::task::spawn_blocking(move || {
            let run = || operation.run(input, parameters, &context);
            (span.in_scope(run), turn)
        });
        match running.await {
            Ok((Err(Failure::TooLarge(error)), _)) => Err(Operated::TooLarge(self.more_memory(error))),
            Ok((Err(failure), _)) => Err(Operated::Failed(failure.into())),
            Ok((Ok(output), turn)) => Ok((output, turn)),
            Err(panic) => {
                let message =
                    format!("the operation panicked ({panic}): this is a defect of errand, please report it");
                Err(Operated::Failed(JobError::permanent(code::INTERNAL, message)))
            }
        }
    }

    /// Whether a job could be done in slices instead: it is on S3, nobody asks for one function, and there is what does them.
    fn may_be_sliced(&self, task: &Task) -> bool {
        task.input.location().is_some()
            && task.options.engine != Some(Engine::Queue)
            && self.config.state_machine_arn.is_some()
            && self.operation.slicing().is_some()
    }

    /// The longest input that one function reads as a whole: half of the memory is for what it is read into, which takes about as
    /// many bytes as the text, and the time-out has to do.
    fn reach_bytes(&self) -> u64 {
        (self.memory_budget_bytes() / 2).min(REACH_BYTES)
    }

    /// The failure of an operation for want of memory, with how it is given more.
    pub(crate) fn more_memory(&self, error: JobError) -> JobError {
        let message = format!(
            "{}, or raise the stack's parameter {} ({} MB now)",
            error.message,
            stack_parameter(O::NAME, "MemoryMb"),
            self.config.memory_bytes >> 20
        );
        JobError { message, ..error }
    }

    async fn store_file(
        &self,
        job: &Job,
        input: &JobInput,
        file: MadeFile,
    ) -> Result<StoredObject, JobError> {
        let key = match input {
            JobInput::Uploaded(location) => keys::uploaded_result(&location.key),
            JobInput::Inline(_) | JobInput::ClaimCheck(_) | JobInput::Many(_) => {
                keys::result(job.id, &file.name)
            }
        };
        let location = ObjectLocation {
            bucket: self.config.result_bucket.clone(),
            key,
            version_id: None,
        };
        let size_bytes = file.bytes.len() as u64;
        let written = self
            .objects
            .write(&location, file.bytes, file.media_type, Condition::None)
            .await
            .map_err(refused_write)?;
        let etag = match written {
            Written::Yes(ETag(etag)) => Some(etag).filter(|etag| !etag.is_empty()),
            Written::ConditionFailed => None,
        };
        Ok(StoredObject {
            location,
            media_type: file.media_type.to_owned(),
            size_bytes,
            etag,
        })
    }
}

/// The parameters that an uploaded file has beside it.
fn parameters_beside(location: &ObjectLocation, text: &str) -> Result<Map<String, Value>, JobError> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "parameters: the metadata x-amz-meta-{} of {location} is no JSON object ({error}); write it as in \
             {{\"column\": \"amount\"}}",
            keys::PARAMETERS_METADATA
        );
        JobError::permanent(code::INVALID_PARAMETERS, message)
    })
}

/// How long a job has waited that is begun now, unless it was begun before. SQS's clock and this one may differ a little.
fn waited(job: &Job) -> Option<Duration> {
    let sent = Duration::from_millis(job.sent_at_unix_ms.filter(|_| job.attempt == 1)?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(now.saturating_sub(sent))
}

fn missing(location: &ObjectLocation) -> String {
    let version = location.version_id.as_ref();
    let version = version.map_or(String::new(), |id| format!(" in version `{id}`"));
    format!(
        "input {location} does not exist{version}: it was deleted, or never uploaded; upload it and ask again"
    )
}

fn not_begun() -> JobError {
    let message = "the function had no time left to begin it: there is too much work for its time-out";
    JobError::transient(code::DEADLINE_EXCEEDED, message)
}

/// How a run ends that was given up for want of time: with an answer where it had most of an invocation for itself.
fn too_slow(operation: &str, left: Duration, deadline: Deadline, duration: Duration) -> Run {
    let message = format!(
        "not done within the {:.0} s that the function had left: raise the stack's parameter {} or, for a faster processor, \
         {}",
        left.as_secs_f64(),
        stack_parameter(operation, "TimeoutSeconds"),
        stack_parameter(operation, "MemoryMb")
    );
    if deadline.is_most(left) {
        let error = JobError::permanent(code::DEADLINE_EXCEEDED, message);
        let status = Status::Failed { error };
        Run::Ended { status, duration }
    } else {
        Run::NoTime(JobError::transient(code::DEADLINE_EXCEEDED, message))
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
        PortErrorKind::Refused | PortErrorKind::Unavailable | PortErrorKind::Changed => error.into(),
    }
}
