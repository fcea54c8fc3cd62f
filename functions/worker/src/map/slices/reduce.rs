//! Putting together what a round of work gave.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use errand_protocol::{JobError, Status};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::job::MapJob;
use super::super::steps::Stepped;
use super::partials::{self, Found};
use super::plan::SLICE_BYTES;
use super::{Placed, Round, defect, of_object, partials_name, round_name, wanted_name};
use crate::operation::{Failure, Operation};
use crate::ports::{Condition, Objects, Queues};
use crate::process::Processor;
use crate::slicing::{Next, Slice};

/// How many lines' partials are read ahead.
const AHEAD: usize = 8;

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(in super::super) async fn reduce_slices(
        self: &Arc<Self>,
        job: &MapJob,
        number: u32,
    ) -> Result<Stepped, JobError> {
        let store = self.map_store(job.id());
        let mut round: Round = store.json(&round_name(number)).await?;
        let wanted = match &round.wanted {
            Some(name) => Some(store.needed(name).await?),
            None => None,
        };
        let (next, unread) = self.reduced(job, &round, wanted.clone()).await?;
        let slice_bytes = job.options().slice_bytes.unwrap_or(SLICE_BYTES);
        match next {
            // An error before the slice that cannot be read is the job's.
            Next::Replay(_) => {}
            _ => {
                if let Some((object, error)) = unread {
                    return Ok(failed(&round, Some(object), error));
                }
            }
        }
        match next {
            Next::Done(output) => Ok(Stepped::Ended(Status::Succeeded {
                result: output.report,
                object: None,
            })),
            Next::Again(replaced) => {
                let indexes: Vec<usize> = replaced.iter().map(|(index, _)| *index).collect();
                for (index, slice) in replaced {
                    let placed = round.slices.get_mut(index);
                    placed
                        .ok_or_else(|| defect("a slice that is not there is to be read again"))?
                        .slice = slice;
                }
                // What was marked as wrong may have been so by its beginning alone.
                store
                    .write(
                        &format!("wrong/{:04}", round.pass),
                        u64::MAX.to_string().into(),
                        Condition::None,
                    )
                    .await?;
                round.begin(store, number + 1, &indexes, slice_bytes).await
            }
            Next::Pass { slices, wanted } => {
                let pass = round.pass + 1;
                let name = wanted_name(pass);
                store.write(&name, wanted.into(), Condition::None).await?;
                let all: Vec<usize> = (0..slices.len()).collect();
                let next = Round {
                    pass,
                    wanted: Some(name),
                    slices: slices.into_iter().map(Placed::new).collect(),
                    ..round
                };
                next.begin(store, number + 1, &all, slice_bytes).await
            }
            Next::Replay(slice) => {
                let object = slice.object;
                let pinned = usize::try_from(object)
                    .ok()
                    .and_then(|object| round.objects.get(object));
                let pinned = pinned.ok_or_else(|| defect("a slice of no object is to be read again"))?;
                match self.partial(job, &slice, pinned, wanted).await {
                    Err(error) if error.retryable => Err(error),
                    Err(error) => Ok(failed(&round, Some(object), error)),
                    Ok(_) => Err(defect("a slice that was wrong is not when it is read again")),
                }
            }
        }
    }

    /// Shows all partials to the operation, in order. With what comes next, the first slice that can never be read, by its object, and
    /// why.
    async fn reduced(
        self: &Arc<Self>,
        job: &MapJob,
        round: &Round,
        wanted: Option<Bytes>,
    ) -> Result<(Next, Option<(u64, JobError)>), JobError> {
        let (sender, mut partials) = mpsc::channel::<Option<Bytes>>(2);
        let operation = Arc::clone(self.runner.operation());
        let parameters = job.request.parameters.clone();
        let slices: Vec<Slice> = round.slices.iter().map(|placed| placed.slice.clone()).collect();
        let context = self.slice_context(&Arc::default());
        let reducing = tokio::task::spawn_blocking(move || -> Result<Option<Next>, Failure> {
            let slicing = operation
                .slicing()
                .expect("only lists that can be read in slices are");
            let mut reduce = slicing.reduce(&parameters, &slices, wanted.as_deref(), &context)?;
            for _ in &slices {
                // None where what was to come could not be read now: whoever asked knows.
                let Some(partial) = partials.blocking_recv() else {
                    return Ok(None);
                };
                reduce.add(partial.as_deref())?;
            }
            reduce.finish().map(Some)
        });
        let unread = self.show(job, round, sender).await;
        let reduced = reducing.await;
        let unread = unread?;
        match reduced {
            Ok(Ok(Some(next))) => Ok((next, unread)),
            Ok(Ok(None)) => Err(defect("a slice has no partial")),
            Ok(Err(Failure::TooLarge(error))) => Err(self.runner.more_memory(error)),
            Ok(Err(failure)) => Err(failure.into()),
            Err(panic) => Err(defect(&format!("the operation panicked ({panic})"))),
        }
    }

    async fn show(
        self: &Arc<Self>,
        job: &MapJob,
        round: &Round,
        sender: mpsc::Sender<Option<Bytes>>,
    ) -> Result<Option<(u64, JobError)>, JobError> {
        let mut files: Vec<(u32, u64)> = round
            .slices
            .iter()
            .map(|placed| (placed.round, placed.item))
            .collect();
        files.dedup();
        let mut files = files.into_iter();
        let mut coming: VecDeque<JoinHandle<_>> = VecDeque::new();
        let mut held: Option<((u32, u64), Vec<Found>)> = None;
        let mut unread = None;
        for placed in &round.slices {
            let file = (placed.round, placed.item);
            if held.as_ref().is_none_or(|(of, _)| *of != file) {
                while coming.len() < AHEAD
                    && let Some((round, item)) = files.next()
                {
                    let (processor, id) = (Arc::clone(self), job.id());
                    coming.push_back(tokio::spawn(async move {
                        processor.map_store(id).needed(&partials_name(round, item)).await
                    }));
                }
                let read = coming.pop_front().expect("there is a file for each slice").await;
                let bytes = read.map_err(|panic| defect(&panic.to_string()))??;
                held = Some((file, partials::read(bytes)?));
            }
            let found = held
                .as_ref()
                .and_then(|(_, found)| found.get(placed.position).cloned());
            let partial = match found.ok_or_else(|| defect("a slice has no partial"))? {
                _ if unread.is_some() => None,
                Found::Read(bytes) => Some(bytes),
                Found::LeftOut => None,
                Found::Failed(error) => {
                    unread = Some((placed.slice.object, error));
                    None
                }
            };
            // The operation has ended early, with an error of its own.
            if sender.send(partial).await.is_err() {
                break;
            }
        }
        Ok(unread)
    }
}

/// The failure of a job for one of its objects.
fn failed(round: &Round, object: Option<u64>, error: JobError) -> Stepped {
    let object = object.and_then(|object| round.objects.get(usize::try_from(object).ok()?));
    let error = match object {
        Some(object) if round.objects.len() > 1 => of_object(&object.location, error),
        _ => error,
    };
    Stepped::Ended(Status::Failed { error })
}

impl Placed {
    fn new(slice: Slice) -> Self {
        Self {
            slice,
            round: 0,
            item: 0,
            position: 0,
        }
    }
}
