//! From a request to its answer: has the cloud carry out an operation, within the time that there is, and clears up.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use errand_client::{Client, Input, Job, JobId, MapOptions, Operation, Outcome, StoredObject};
use serde::Serialize;

use crate::cli::{Global, SendArguments};
use crate::error::Error;
use crate::files::OutputFile;
use crate::follow::{self, Following};
use crate::journal::{Entry, Journal};
use crate::limit::{self, GRACE, Limit, within};
use crate::many::plan::Below;
use crate::many::progress::{Stage, tell_of_upload};
use crate::output::{self, Style};
use crate::parts;
use crate::signals::{self, interruption};
use crate::timing::{Clock, Timing};

/// How much of a job is out of this process's hands.
#[derive(Clone, Copy, PartialEq)]
enum Progress {
    /// Nothing was sent.
    Preparing,
    /// The request was, but no answer came to that.
    Sending,
    /// The request is in its queue.
    Sent,
}

/// A job as the command line asks for it.
pub(crate) fn job(
    operation: Operation,
    parameters: &impl Serialize,
    input: Input,
    wanted: SendArguments,
) -> Result<Job, Error> {
    mapped(operation, parameters, input, wanted, MapOptions::default())
}

/// The same of a job that may be about more than one function does at once.
pub(crate) fn mapped(
    operation: Operation,
    parameters: &impl Serialize,
    input: Input,
    wanted: SendArguments,
    options: MapOptions,
) -> Result<Job, Error> {
    let options = MapOptions {
        engine: wanted.engine,
        ..options
    };
    let job = Job::new(operation, parameters, input).with_map(options);
    if wanted.id_from_content {
        Ok(job.with_id_from_content()?)
    } else {
        Ok(job)
    }
}

/// Sends a job that nobody waits for now, and tells its id.
pub(crate) async fn detach(
    client: &Client,
    global: &Global,
    job: Job,
    below: Option<&Below>,
) -> Result<(), Error> {
    let job_id = job.id();
    let address = job.input().address().map(PathBuf::from);
    let path = job.input().path().map(Path::to_owned);
    let input = address.or(path).unwrap_or_else(|| PathBuf::from("-"));
    let style = Style {
        json: global.json,
        aside: false,
    };
    let session = client.detached_session();
    let progress = Cell::new(Progress::Preparing);
    let sending = within(global.timeout, async {
        if done_already(client, &job).await?.is_none() {
            let entry = entry(client, &job, below);
            let prepared = session.prepare(job).await?;
            Journal::keep(&[entry]);
            progress.set(Progress::Sending);
            let _ = prepared.send().await?;
        }
        Ok(())
    });
    let sent = tokio::select! {
        sent = sending => sent.map_err(|error| lost_track(error, job_id, progress.get(), global.timeout)),
        () = interruption() => Err(Error::Interrupted {
            job_id: (progress.get() != Progress::Preparing).then_some(job_id),
            is_done: false,
        }),
    };
    // There is nothing to clear up but an upload that was given up.
    tokio::select! {
        _ = session.close() => {}
        () = interruption() => {}
        _ = limit::over(global.timeout.map(|limit| limit.and(GRACE))) => {}
    }
    sent?;
    output::sent(&input, job_id, style).map_err(|error| Error::Untold {
        job_id,
        source: Box::new(error),
    })
}

/// What became of a job whose id follows from what it does, if it was done before. One that failed for a reason that may pass is
/// done again.
pub(crate) async fn done_already(client: &Client, job: &Job) -> Result<Option<Outcome>, Error> {
    if job.id().drawn_at_unix_ms().is_some() {
        return Ok(None);
    }
    client.deployment_of(job.operation()).await?;
    let outcome = client.outcome(job.id()).await?;
    Ok(outcome.filter(|outcome| !outcome.is_provisional()))
}

/// A job for the journal; the file that it makes goes to `below` in the folder of the answers.
pub(crate) fn entry(client: &Client, job: &Job, below: Option<&Below>) -> Entry {
    let path = job.input().path();
    let input = path
        .map(|path| path.display().to_string())
        .or_else(|| job.input().address())
        .unwrap_or_else(|| "standard input".to_owned());
    Entry {
        may_be_mapped: job.may_be_mapped(),
        ..Entry::now(client, job.id(), job.operation().name(), input, below)
    }
}

/// Sends a job, waits for its outcome, and clears up, whatever happens: all within the limit, or, where there is none,
/// waiting as long as is usual for the operation.
pub(crate) async fn ask(
    client: &Client,
    job: Job,
    below: Option<&Below>,
    limit: Option<Limit>,
) -> Result<(Outcome, Timing), Error> {
    let (job_id, operation) = (job.id(), job.operation());
    if let Some(outcome) = within(limit, done_already(client, &job)).await? {
        return Ok((outcome, Timing::default()));
    }
    let (size_bytes, is_uploaded) = (job.input().size_bytes(), job.input().is_uploaded());
    let sent_bytes = Arc::new(AtomicU64::new(0));
    let job = job.counted(Arc::clone(&sent_bytes));
    let entry = entry(client, &job, below);
    let following = job.may_be_mapped().then(Following::default);
    let session = client.session();
    let progress = Cell::new(Progress::Preparing);

    let errand = async {
        match job.input().address() {
            Some(address) => output::step(&format!("job {job_id} begins: {address}")),
            None => output::step(&format!("job {job_id} begins: {size_bytes} bytes")),
        }
        let mut clock = Clock::start();
        let prepared = session.prepare(job).await?;
        Journal::keep(&[entry]);
        clock.sent();
        output::step("the input is where its function looks for it");
        progress.set(Progress::Sending);
        let mut sent = prepared.send().await?;
        progress.set(Progress::Sent);
        output::note(&format!("job {job_id} sent, waiting for the answer"));
        let outcome = follow::outcome(client, &mut sent, limit, following.as_ref()).await?;
        output::step(&format!("answered: the function took {} ms", outcome.duration_ms));
        let timing = clock.answered(&outcome, operation, size_bytes, is_uploaded, false);
        Ok((outcome, timing))
    };
    let stage = || match progress.get() {
        Progress::Sent => Stage::Waiting(following.as_ref().and_then(Following::text)),
        Progress::Preparing | Progress::Sending => Stage::Sending,
    };
    // Boxed: it holds an upload and a wait, and would make every future around it as large.
    let ended = tokio::select! {
        ended = within(limit.map(|limit| limit.and(GRACE)), Box::pin(errand)) => ended.map_err(|error| lost_track(error, job_id, progress.get(), limit)),
        () = interruption() => Err(Error::Interrupted {
            job_id: (progress.get() != Progress::Preparing).then_some(job_id),
            is_done: false,
        }),
        never = tell_of_upload(&sent_bytes, size_bytes, stage) => match never {},
    };
    let mut ended = ended;
    // A second interruption ends the clearing up, as does the limit. Whoever interrupts has no use for the answer.
    tokio::select! {
        closed = session.close() => {
            if let (Err(error), Ok(_)) = (closed, &ended) {
                output::note(&format!("the reply queue could not be removed: {error}"));
            }
        }
        () = interruption() => if ended.is_ok() {
            ended = Err(Error::Interrupted { job_id: Some(job_id), is_done: true });
        },
        _ = limit::over(limit.map(|limit| limit.and(2 * GRACE))) => {}
    }
    output::step("the reply queue is removed");
    ended
}

/// From now on, a signal ends the process by itself: what is half written is removed, and how to get at the answer is told.
pub(crate) fn end_with_signals(job_id: JobId, json: bool) {
    signals::on_interruption(move || {
        parts::remove_all();
        let error = Error::Interrupted {
            job_id: Some(job_id),
            is_done: true,
        };
        error.tell(json);
    });
}

/// Tells where the time went, if it is asked for.
pub(crate) fn tell_timing(global: &Global, timing: &Timing) {
    if global.timing
        && let Some(text) = timing.text(output::elapsed())
    {
        output::line(&text);
    }
}

/// Adds to an error how to get at the answer, where there may be one and the error does not say so.
fn lost_track(error: Error, job_id: JobId, progress: Progress, limit: Option<Limit>) -> Error {
    match error {
        Error::OutOfTime { seconds } if progress == Progress::Sent => {
            Error::Client(errand_client::Error::TimedOut { job_id, seconds })
        }
        Error::OutOfTime { .. } if progress == Progress::Sending => Error::LostTrack {
            job_id,
            source: Box::new(error),
        },
        // The time counts from the command's beginning.
        Error::Client(errand_client::Error::TimedOut { job_id, seconds }) => {
            let seconds = limit.map_or(seconds, |limit| limit.time().as_secs());
            Error::Client(errand_client::Error::TimedOut { job_id, seconds })
        }
        other => other,
    }
}

/// Downloads a file that a job made.
pub(crate) async fn download(
    client: &Client,
    made: &StoredObject,
    target: &mut OutputFile,
) -> Result<(), Error> {
    match client.download(made, target).await {
        Ok(_) => Ok(()),
        Err(errand_client::Error::Write { source }) => Err(target.failed(source)),
        Err(error) => Err(error.into()),
    }
}
