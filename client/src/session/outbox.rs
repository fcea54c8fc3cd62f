//! Requests out: those that are to be sent at about the same time go in one call, up to ten of them and up to what SQS takes
//! at once. One that is alone is sent alone, without waiting for others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use errand_protocol::{JobId, limits};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::Shared;
use crate::cloud::Outgoing;
use crate::error::Error;
use crate::persist::{PAUSE, PERSISTENCE};

/// How long a request waits for others, where others are being prepared.
const LINGER: Duration = Duration::from_millis(40);

/// Calls that are on their way at once.
const CALLS: usize = 4;

/// Requests that lie here at once; whoever has more waits.
const CAPACITY: usize = 2 * limits::BATCH_MESSAGES;

type Ending = Result<(), Arc<Error>>;

/// Requests that are to be sent.
pub(super) struct Outbox {
    entrance: mpsc::Sender<Waiting>,
    /// Taken by the task that sends.
    exit: Mutex<Option<mpsc::Receiver<Waiting>>>,
    coming: Arc<AtomicUsize>,
}

/// A request that is to come, or has, and is not on its way yet.
pub(super) struct Coming(Arc<AtomicUsize>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that is to be sent, and who is told when it is.
pub(super) struct Waiting {
    queue_url: String,
    outgoing: Outgoing,
    done: oneshot::Sender<Ending>,
    coming: Option<Coming>,
}

impl Waiting {
    pub(super) fn new(
        queue_url: String,
        outgoing: Outgoing,
        coming: Coming,
    ) -> (Self, oneshot::Receiver<Ending>) {
        let (done, ending) = oneshot::channel();
        let waiting = Self {
            queue_url,
            outgoing,
            done,
            coming: Some(coming),
        };
        (waiting, ending)
    }

    fn size_bytes(&self) -> usize {
        self.outgoing.body.len()
    }
}

impl Default for Outbox {
    fn default() -> Self {
        let (entrance, exit) = mpsc::channel(CAPACITY);
        Self {
            entrance,
            exit: Mutex::new(Some(exit)),
            coming: Arc::default(),
        }
    }
}

impl Outbox {
    /// Counts a request that will be added.
    pub(super) fn expect(&self) -> Coming {
        self.coming.fetch_add(1, Ordering::Relaxed);
        Coming(Arc::clone(&self.coming))
    }

    /// Adds a request.
    pub(super) async fn add(&self, waiting: Waiting) -> Result<(), Error> {
        self.entrance.send(waiting).await.map_err(|_| Error::Closed)
    }
}

/// The error of a request that was not sent, or of which that is not certain.
pub(super) fn may_have_been_sent(error: Arc<Error>, job_id: JobId) -> Error {
    match *error {
        Error::Service { .. } | Error::Unreachable { .. } | Error::Credentials { .. } => {
            error.lost_track(job_id, false)
        }
        // Nothing else comes from sending; and nobody else has it where it was sent alone.
        _ => Arc::try_unwrap(error).unwrap_or_else(|shared| shared.lost_track(job_id, false)),
    }
}

/// Sends what comes, until the session ends.
pub(super) async fn run(session: Arc<Shared>) {
    let exit = session
        .outbox
        .exit
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(mut exit) = exit else { return };
    let calls = Arc::new(Semaphore::new(CALLS));
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(first) => first,
            None => match exit.recv().await {
                Some(first) => first,
                None => return,
            },
        };
        let mut batch = vec![first];
        next = gather(&mut batch, &mut exit, &session.outbox.coming).await;
        // Those that nobody waits for any more are not sent.
        batch.retain(|waiting| !waiting.done.is_closed());
        if batch.is_empty() {
            continue;
        }
        for waiting in &mut batch {
            waiting.coming = None;
        }
        let permit = Arc::clone(&calls).acquire_owned().await;
        let session = Arc::clone(&session);
        tokio::spawn(async move {
            send(&session, batch).await;
            drop(permit);
        });
    }
}

/// Adds to a batch what fits and comes soon; gives what came and did not fit.
async fn gather(
    batch: &mut Vec<Waiting>,
    exit: &mut mpsc::Receiver<Waiting>,
    coming: &AtomicUsize,
) -> Option<Waiting> {
    let end = Instant::now() + LINGER;
    let mut size_bytes = batch[0].size_bytes();
    while batch.len() < limits::BATCH_MESSAGES {
        let waiting = match exit.try_recv() {
            Ok(waiting) => waiting,
            Err(_) if coming.load(Ordering::Relaxed) <= batch.len() => return None,
            Err(_) => {
                let left = end.saturating_duration_since(Instant::now());
                tokio::time::timeout(left, exit.recv()).await.ok()??
            }
        };
        if waiting.queue_url != batch[0].queue_url || size_bytes + waiting.size_bytes() > limits::BATCH_BYTES
        {
            return Some(waiting);
        }
        size_bytes += waiting.size_bytes();
        batch.push(waiting);
    }
    None
}

/// Sends a batch, again where it fails for a reason that may pass. A request that arrives twice is one job all the same.
async fn send(session: &Shared, mut batch: Vec<Waiting>) {
    let cloud = session.client.cloud();
    let mut end = None;
    loop {
        let outgoing: Vec<&Outgoing> = batch.iter().map(|waiting| &waiting.outgoing).collect();
        let url = &batch[0].queue_url;
        let sent = match outgoing[..] {
            [alone] => cloud.send(url, alone).await.map(|()| vec![Ok(())]),
            _ => cloud.send_batch(url, &outgoing).await,
        };
        let sent: Vec<Ending> = match sent {
            Ok(each) => each.into_iter().map(|sent| sent.map_err(Arc::new)).collect(),
            Err(error) => {
                let error = Arc::new(error);
                batch.iter().map(|_| Err(Arc::clone(&error))).collect()
            }
        };
        let now = Instant::now();
        let (mut again, mut reason) = (Vec::new(), None);
        for (waiting, sent) in batch.into_iter().zip(sent) {
            match sent {
                Err(error) if error.is_retryable() && now < *end.get_or_insert(now + PERSISTENCE) => {
                    reason = Some(error);
                    again.push(waiting);
                }
                // Whoever does not wait any more has given the job up.
                ended => drop(waiting.done.send(ended)),
            }
        }
        let Some(error) = reason else { return };
        cloud.notes.tell(|| format!("{error}; trying again"));
        tokio::time::sleep(PAUSE).await;
        batch = again;
    }
}
