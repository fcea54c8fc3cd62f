//! Many jobs in the cloud, of one session: some uploads at once, some downloads, and as many answers waited for as there may
//! be jobs on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use errand_client::{Client, Job, Outcome, Session};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::plan::Below;
use super::pool::Event;
use crate::answer::{done_already, entry};
use crate::error::Error;
use crate::follow::{self, Following};
use crate::journal::Journal;
use crate::limit::{self, GRACE, Limit, within};
use crate::output;
use crate::signals::interruption;
use crate::timing::{Clock, Timing};

/// Jobs on their way unless another number is said: enough that requests and replies come in tens, while the functions
/// have something to do.
pub(crate) const JOBS: usize = 64;

/// Uploads and downloads at once: more would only take the network from each other.
const UPLOADS: usize = 16;
const DOWNLOADS: usize = 16;

/// How often it is shown how far it is.
const TICK: Duration = Duration::from_millis(100);

/// What the jobs of a run share.
pub(crate) struct Way {
    pub(crate) client: Client,
    session: Session,
    limit: Option<Limit>,
    uploads: Semaphore,
    downloads: Semaphore,
    /// Bytes that have left for the cloud.
    pub(crate) sent_bytes: Arc<AtomicU64>,
    /// Jobs that were sent, and are not answered yet.
    pub(crate) waiting: AtomicUsize,
}

impl Way {
    /// Sends a job that nobody waits for now.
    pub(crate) async fn send(&self, job: Job, below: Option<&Below>) -> Result<(), Error> {
        if done_already(&self.client, &job).await?.is_some() {
            return Ok(());
        }
        let entry = entry(&self.client, &job, below);
        let job = job.counted(Arc::clone(&self.sent_bytes));
        let prepared = {
            let _permit = self.uploads.acquire().await;
            self.session.prepare(job).await?
        };
        Journal::keep(&[entry]);
        let _ = prepared.send().await?;
        Ok(())
    }

    /// Sends a job and waits for its outcome.
    pub(crate) async fn ask(&self, job: Job, below: Option<&Below>) -> Result<(Outcome, Timing), Error> {
        let operation = job.operation();
        let (size_bytes, is_uploaded) = (job.input().size_bytes(), job.input().is_uploaded());
        if let Some(outcome) = done_already(&self.client, &job).await? {
            return Ok((outcome, Timing::default()));
        }
        let entry = entry(&self.client, &job, below);
        let following = job.may_be_mapped().then(Following::default);
        let job = job.counted(Arc::clone(&self.sent_bytes));
        let mut clock = Clock::start();
        let prepared = {
            let _permit = self.uploads.acquire().await;
            self.session.prepare(job).await?
        };
        Journal::keep(&[entry]);
        clock.sent();
        let mut sent = prepared.send().await?;
        output::step(&format!("job {} sent", sent.id()));
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waited = follow::outcome(&self.client, &mut sent, self.limit, following.as_ref()).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let outcome = waited?;
        output::step(&format!("job {} answered", outcome.job_id));
        let timing = clock.answered(&outcome, operation, size_bytes, is_uploaded, true);
        Ok((outcome, timing))
    }

    /// Waits until there is room for another download.
    pub(crate) async fn room_to_download(&self) -> impl Drop {
        self.downloads.acquire().await.expect("it is never closed")
    }
}

/// How a run came to its end, if not with its last job.
pub(crate) enum Broken {
    /// Ctrl-C, or an order to end.
    Interrupted,
    /// Nothing more can be done: the cloud cannot be used, or the time is over.
    By(Error),
}

/// Does `start` for every index below `count`, so many at once, with a session of their own; hands what has ended to `take`, which says whether more is to
/// be begun. Clears up, whatever happens.
pub(crate) async fn run<T: Send + 'static, F>(
    client: &Client,
    session: Session,
    count: usize,
    jobs: usize,
    limit: Option<Limit>,
    start: impl Fn(usize, Arc<Way>) -> F,
    mut take: impl FnMut(&Way, Event<T>) -> bool,
) -> Result<(), Broken>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let way = Arc::new(Way {
        client: client.clone(),
        session,
        limit,
        uploads: Semaphore::new(UPLOADS),
        downloads: Semaphore::new(DOWNLOADS),
        sent_bytes: Arc::default(),
        waiting: AtomicUsize::new(0),
    });
    let mut running = JoinSet::new();
    let working = async {
        let mut indices = 0..count;
        let mut goes_on = true;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while goes_on && running.len() < jobs {
                let Some(index) = indices.next() else { break };
                let future = start(index, Arc::clone(&way));
                running.spawn(async move { (index, future.await) });
            }
            tokio::select! {
                ended = running.join_next() => match ended {
                    None => return Ok(()),
                    Some(Ok((_, Err(error)))) if is_the_end_of_all(&error) => return Err(error),
                    Some(Ok((index, ended))) => goes_on &= take(&way, Event::Ended(index, ended)),
                    // A defect ends the command, as it does everywhere.
                    Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
                },
                _ = ticks.tick() => goes_on &= take(&way, Event::Tick),
            }
        }
    };
    let ended = tokio::select! {
        ended = within(limit.map(|limit| limit.and(GRACE)), working) => ended.map_err(Broken::By),
        () = interruption() => Err(Broken::Interrupted),
    };
    let mut ended = ended;
    // Those that are given up: what they were writing is removed with them.
    running.shutdown().await;
    // A second interruption ends the clearing up, as does the limit.
    tokio::select! {
        closed = way.session.close() => {
            if let (Err(error), Ok(())) = (closed, &ended) {
                output::note(&format!("the reply queue could not be removed: {error}"));
            }
        }
        () = interruption() => if ended.is_ok() {
            ended = Err(Broken::Interrupted);
        },
        _ = limit::over(limit.map(|limit| limit.and(2 * GRACE))) => {}
    }
    ended
}

/// Whether an error is not of one job, but of all that would follow.
fn is_the_end_of_all(error: &Error) -> bool {
    use errand_client::Error as Cause;
    let Error::Client(error) = error.cause() else {
        return false;
    };
    let cause = match error {
        Cause::LostTrack { source, .. } => source,
        other => other,
    };
    matches!(
        cause,
        Cause::NotDeployed { .. }
            | Cause::NoCredentials
            | Cause::Credentials { .. }
            | Cause::UnknownProfile { .. }
            | Cause::Configuration(_)
            | Cause::NoRegion
            | Cause::Unreachable { .. }
            | Cause::Closed
    )
}
