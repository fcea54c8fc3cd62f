//! Reading the slices of one line of work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use errand_protocol::{JobError, code};
use tokio::sync::mpsc;
use tracing::Span;

use super::super::job::MapJob;
use super::super::listing::Pinned;
use super::super::store::Store;
use super::partials::{Found, written};
use super::plan::SLICE_BYTES;
use super::{Line, OfObject, defect, partials_name};
use crate::advice::stack_parameter;
use crate::invocation::Invocation;
use crate::operation::{Failure, Input, Operation};
use crate::ports::{Condition, Objects, PortError, Queues, Range, Reading, Written};
use crate::process::Processor;
use crate::retry::unreadable;
use crate::slicing::{Partial, Slice, SliceContext};

/// How much behind a slice is asked for with it, for what is being read at its end.
const TAIL_BYTES: u64 = if cfg!(test) { 4 } else { 64 << 10 };

/// How often the mark of a wrong slice is tried to be moved to an earlier one, while others do the same.
const TRIES: u32 = 5;

/// Tells an operation that its slice is not wanted any more, when it is dropped.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    /// Reads slices and keeps what they gave.
    pub(in super::super) async fn work_slices(
        self: &Arc<Self>,
        job: &MapJob,
        round: u32,
        line: Line,
        invocation: &Invocation,
    ) -> Result<(), JobError> {
        let store = self.map_store(job.id());
        let wanted = match &line.wanted {
            Some(name) => Some(store.needed(name).await?),
            None => None,
        };
        let time = invocation.deadline.left_for_work();
        let read = tokio::time::timeout(time, self.read_all(job, &line, wanted));
        let all = match read.await {
            Ok(all) => all?,
            Err(_) => Some(vec![Found::Failed(too_slow(&line, time, O::NAME)?)]),
        };
        // None where the job has ended meanwhile: nobody reads it any more.
        if let Some(all) = all {
            let name = partials_name(round, line.item);
            // Written once: of two that read the same slices, the first counts.
            store.write(&name, written(&all)?, Condition::Absent).await?;
        }
        Ok(())
    }

    async fn read_all(
        self: &Arc<Self>,
        job: &MapJob,
        line: &Line,
        wanted: Option<Bytes>,
    ) -> Result<Option<Vec<Found>>, JobError> {
        let store = self.map_store(job.id());
        let mut all = Vec::with_capacity(line.slices.len());
        for each in &line.slices {
            let mark = Mark {
                store,
                name: format!("wrong/{:04}", line.pass),
            };
            if mark.is_before(each.index).await? {
                all.push(Found::LeftOut);
                continue;
            }
            let reading = self.read_slice(job, &each.slice, &each.object, wanted.clone());
            let found = tokio::select! {
                found = Box::pin(reading) => found?,
                ended = Box::pin(self.given_up(job, &mark, each.index)) => match ended {
                    GivenUp::Job => return Ok(None),
                    GivenUp::Slice => SliceRead {
                        what: Found::LeftOut,
                        is_wrong: false,
                    },
                },
            };
            if found.is_wrong {
                mark.set(each.index).await?;
            }
            all.push(found.what);
        }
        Ok(Some(all))
    }

    /// Waits until a slice is not wanted any more.
    async fn given_up(&self, job: &MapJob, mark: &Mark<'_, S>, index: u64) -> GivenUp {
        loop {
            tokio::time::sleep(self.config.look_every).await;
            // What cannot be looked at now is looked at again.
            if self.has_ended(job.id()).await.unwrap_or(false) {
                return GivenUp::Job;
            }
            if mark.is_before(index).await.unwrap_or(false) {
                return GivenUp::Slice;
            }
        }
    }

    async fn read_slice(
        self: &Arc<Self>,
        job: &MapJob,
        slice: &Slice,
        object: &Pinned,
        wanted: Option<Bytes>,
    ) -> Result<SliceRead, JobError> {
        match self.partial(job, slice, object, wanted).await {
            Ok(partial) => Ok(SliceRead {
                what: Found::Read(partial.bytes.into()),
                is_wrong: partial.is_wrong,
            }),
            Err(error) if error.retryable => Err(error),
            Err(error) => Ok(SliceRead {
                what: Found::Failed(error),
                is_wrong: true,
            }),
        }
    }

    /// What the operation makes of a slice.
    pub(super) async fn partial(
        self: &Arc<Self>,
        job: &MapJob,
        slice: &Slice,
        object: &Pinned,
        wanted: Option<Bytes>,
    ) -> Result<Partial, JobError> {
        let cancel = CancelOnDrop::default();
        let from = slice.first_byte();
        // There is no range of no bytes, and nothing in a slice that the one before it has read over.
        let is_empty = from >= object.size_bytes || slice.is_exact && slice.start == slice.end;
        let (input, _reading) = if is_empty {
            (Input::whole(Bytes::new()), None)
        } else {
            let (chunks, reading) = self.open_slice(slice, object).await?;
            (Input::new(object.size_bytes - from, chunks), Some(reading))
        };
        let mut input = input.with_cancel(Arc::clone(&cancel.0));
        let context = self.slice_context(&cancel.0);
        let operation = Arc::clone(self.runner.operation());
        let (parameters, slice) = (job.request.parameters.clone(), slice.clone());
        let span = Span::current();
        let reading = tokio::task::spawn_blocking(move || {
            span.in_scope(|| {
                let slicing = operation
                    .slicing()
                    .expect("only lists that can be read in slices are");
                slicing.read(&parameters, &slice, wanted.as_deref(), &mut input, &context)
            })
        });
        match reading.await {
            Ok(Ok(partial)) => Ok(partial),
            Ok(Err(Failure::TooLarge(error))) => Err(self.runner.more_memory(error)),
            Ok(Err(failure)) => Err(failure.into()),
            Err(panic) => Err(defect(&format!("the operation panicked ({panic})"))),
        }
    }

    /// Opens an object where a slice begins. What is behind the slice is asked for when it is seen that some more of it is read than a
    /// little: a whole answer to a request without an end is a long way for a token.
    async fn open_slice(
        self: &Arc<Self>,
        slice: &Slice,
        object: &Pinned,
    ) -> Result<(mpsc::Receiver<Result<Bytes, PortError>>, Reading), JobError> {
        let range = |from, to| Range {
            from,
            to,
            of: object.etag.clone(),
        };
        let first_end = slice.end.saturating_add(TAIL_BYTES).min(object.size_bytes);
        let opened = self
            .objects
            .open_range(&object.location, range(slice.first_byte(), Some(first_end)))
            .await;
        let mut opened = opened.map_err(|error| unreadable(error, &object.location.bucket, &self.config))?;
        if first_end == object.size_bytes {
            return Ok((opened.chunks, opened.reading));
        }
        let rest = range(first_end, None);
        let (objects, location) = (Arc::clone(&self.objects), object.location.clone());
        // For one chunk: a second one is taken only once the first was not enough.
        let (sender, chunks) = mpsc::channel(1);
        let reading = tokio::spawn(async move {
            // As long as it is held, the chunks come.
            let _reading = opened.reading;
            let mut received = 0;
            while let Some(chunk) = opened.chunks.recv().await {
                received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                if sender.send(chunk).await.is_err() {
                    return;
                }
            }
            // It broke off: the input tells that by its length.
            if received < opened.size_bytes {
                return;
            }
            // Whoever takes this asks for more than there was.
            if sender.send(Ok(Bytes::new())).await.is_err() {
                return;
            }
            let Ok(place) = sender.reserve().await else {
                return;
            };
            match objects.open_range(&location, rest).await {
                Ok(mut opened) => {
                    let _reading = opened.reading;
                    place.send(Ok(Bytes::new()));
                    while let Some(chunk) = opened.chunks.recv().await {
                        if sender.send(chunk).await.is_err() {
                            return;
                        }
                    }
                }
                Err(error) => place.send(Err(error)),
            }
        });
        Ok((chunks, reading.into()))
    }

    pub(super) fn slice_context(&self, canceled: &Arc<AtomicBool>) -> SliceContext {
        SliceContext {
            memory_budget_bytes: self.runner.memory_budget_bytes(),
            canceled: Arc::clone(canceled),
        }
    }
}

/// What it means that a line was not read in time: a slice that could be as short as wanted may be read the next time, one that could
/// not be cut never will.
fn too_slow(line: &Line, time: Duration, operation: &str) -> Result<JobError, JobError> {
    let seconds = time.as_secs_f64();
    let parameter = stack_parameter(operation, "TimeoutSeconds");
    match &line.slices[..] {
        [OfObject { slice, object, .. }]
            if slice.start == 0 && slice.end == slice.size_bytes && slice.size_bytes > SLICE_BYTES =>
        {
            let message = format!(
                "{} has {} bytes, cannot be cut, and was not read within the {seconds:.0} s that the function had: store it \
                 uncompressed or in several objects, or raise the stack's parameter {parameter}, of which the state machine \
                 gives 300 s at most",
                object.location, slice.size_bytes
            );
            Ok(JobError::permanent(code::DEADLINE_EXCEEDED, message))
        }
        _ => {
            let message = format!(
                "slices were not read within the {seconds:.0} s that the function had: raise the stack's parameter {parameter}"
            );
            Err(JobError::transient(code::DEADLINE_EXCEEDED, message))
        }
    }
}

/// What became of a slice that was wanted.
struct SliceRead {
    what: Found,
    /// Whether slices behind it are not wanted for its sake.
    is_wrong: bool,
}

enum GivenUp {
    /// The job has ended.
    Job,
    /// A slice before it is wrong.
    Slice,
}

/// Says which is the first slice of a pass that is known to be wrong: those behind it are not wanted.
struct Mark<'a, S> {
    store: Store<'a, S>,
    name: String,
}

impl<S: Objects> Mark<'_, S> {
    async fn is_before(&self, index: u64) -> Result<bool, PortError> {
        let first: Option<u64> = self.store.json_if_there(&self.name).await?;
        Ok(first.is_some_and(|first| first < index))
    }

    /// Sets it, unless an earlier slice is marked.
    async fn set(&self, index: u64) -> Result<(), PortError> {
        for _ in 0..TRIES {
            let found = self.store.bytes(&self.name).await?;
            let condition = match found {
                None => Condition::Absent,
                Some((bytes, etag)) => {
                    let first: u64 = serde_json::from_slice(&bytes).unwrap_or(u64::MAX);
                    if first <= index {
                        return Ok(());
                    }
                    Condition::Unchanged(etag)
                }
            };
            let bytes = Bytes::from(index.to_string());
            if self.store.write(&self.name, bytes, condition).await? != Written::ConditionFailed {
                return Ok(());
            }
        }
        // A later one is marked: more is read than has to be.
        Ok(())
    }
}
