//! Replies in: one receiver for all jobs of a session, which hands each outcome to whoever waits for it.
//!
//! SQS answers a long poll as soon as there is one message: where many are awaited, taking each by itself would cost a
//! request a job. So after a call that brought few, the receiver pauses, the longer the fewer came, and takes what has
//! gathered by then. Where nothing comes, it looks on S3 for the outcomes of the jobs that were not looked for the longest: a
//! reply is a hint that may be lost, the outcome is not (docs/decisions/0011).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use errand_protocol::{JobId, Outcome, Reply, limits};
use tokio::sync::{Notify, oneshot};

use super::Shared;
use crate::cloud::{Message, Received};
use crate::error::Error;
use crate::persist::PAUSE;

/// The first wait for a reply before outcomes are looked up on S3; later ones are longer. A reply that was lost is
/// noticed that soon.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// Outcomes that are looked up when nothing came; and how often one is while others come.
const LOOK_UPS: usize = 10;
const BUSY_LOOK_UP: Duration = Duration::from_secs(5);

/// A pause after a call that brought few replies of many: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Outcomes that have come and that nobody has taken yet, in bytes of their messages.
pub(super) const MOST_HELD_BYTES: usize = 64 << 20;

/// How many messages a queue may have received and not deleted (Amazon SQS developer guide, "Message quotas", read
/// 2026-11), with room: from there on they are deleted.
const MOST_IN_FLIGHT: usize = 100_000;

/// What is known of a job's end.
pub(super) enum News {
    /// This became of it.
    Outcome(Box<Outcome>, Held),
    /// What became of it is on S3.
    Stored,
    /// It cannot be waited for any more.
    Lost(Arc<Error>),
}

/// Bytes that are held for whoever takes them.
pub(super) struct Held {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Who waits for a job's end.
struct Waiter {
    number: u64,
    tell: oneshot::Sender<News>,
    is_sent: bool,
    looked_at: Instant,
}

/// The jobs of a session that wait for their end.
#[derive(Default)]
pub(super) struct Inbox {
    /// More than one waiter where two jobs have the same id, and are the same.
    open: Mutex<HashMap<JobId, Vec<Waiter>>>,
    next_number: AtomicU64,
    sent: Notify,
    held: Arc<AtomicUsize>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Vec<Waiter>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a job; gives the waiter's number, and where it is told.
    pub(super) fn add(&self, job_id: JobId) -> (u64, oneshot::Receiver<News>) {
        let (tell, news) = oneshot::channel();
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let waiter = Waiter {
            number,
            tell,
            is_sent: false,
            looked_at: Instant::now(),
        };
        self.lock().entry(job_id).or_default().push(waiter);
        (number, news)
    }

    /// From now on its reply may come.
    pub(super) fn mark_as_sent(&self, job_id: JobId) {
        for waiter in self.lock().get_mut(&job_id).into_iter().flatten() {
            waiter.is_sent = true;
            waiter.looked_at = Instant::now();
        }
        self.sent.notify_one();
    }

    /// A waiter does not wait any more.
    pub(super) fn remove(&self, job_id: JobId, number: u64) {
        let mut open = self.lock();
        if let Some(waiters) = open.get_mut(&job_id) {
            waiters.retain(|waiter| waiter.number != number);
            if waiters.is_empty() {
                open.remove(&job_id);
            }
        }
    }

    /// Tells all that no news will come.
    pub(super) fn close(&self) {
        self.lock().clear();
    }

    /// Tells all that wait for a job; whether any did.
    fn tell(&self, job_id: JobId, news: News) -> bool {
        let waiters = self.lock().remove(&job_id).unwrap_or_default();
        let mut is_told = false;
        let mut news = Some(news);
        for waiter in waiters {
            // The same job is asked for twice so rarely that its second waiter may read the outcome for himself.
            let news = news.take().unwrap_or(News::Stored);
            // Whoever does not wait any more has given the job up.
            is_told |= waiter.tell.send(news).is_ok();
        }
        is_told
    }

    fn sent(&self) -> usize {
        self.lock()
            .values()
            .flatten()
            .filter(|waiter| waiter.is_sent)
            .count()
    }

    /// Ends when somebody waits for a reply.
    async fn until_sent(&self) {
        while self.sent() == 0 {
            self.sent.notified().await;
        }
    }

    /// Hands out what came; gives how many were waited for.
    fn hand_out(&self, messages: &[Message]) -> usize {
        let told = messages.iter().filter(|message| {
            // Whatever else has come is a repeated reply, or none of this client's business.
            let Ok(reply) = Reply::from_json(&message.body) else {
                return false;
            };
            let news = match reply.outcome {
                Some(outcome) => match self.hold(message.body.len()) {
                    Some(held) => News::Outcome(Box::new(outcome), held),
                    None => News::Stored,
                },
                None => News::Stored,
            };
            self.tell(reply.job_id, news)
        });
        told.count()
    }

    fn hold(&self, bytes: usize) -> Option<Held> {
        let held = Held {
            bytes,
            all: Arc::clone(&self.held),
        };
        (self.held.fetch_add(bytes, Ordering::Relaxed) + bytes <= MOST_HELD_BYTES).then_some(held)
    }

    /// The jobs that were sent and not looked for the longest, which are as good as looked for.
    fn longest_unseen(&self, most: usize) -> Vec<JobId> {
        let mut open = self.lock();
        let waiters = open
            .iter_mut()
            .flat_map(|(id, waiters)| waiters.iter_mut().map(|waiter| (*id, waiter)));
        let mut sent: Vec<_> = waiters.filter(|(_, waiter)| waiter.is_sent).collect();
        if sent.len() > most {
            sent.select_nth_unstable_by_key(most, |(_, waiter)| waiter.looked_at);
            sent.truncate(most);
        }
        let now = Instant::now();
        sent.into_iter()
            .map(|(id, waiter)| {
                waiter.looked_at = now;
                id
            })
            .collect()
    }
}

/// Receives replies for as long as somebody waits for one.
pub(super) async fn run(session: Arc<Shared>, url: String) {
    let (inbox, cloud) = (&session.inbox, session.client.cloud());
    let mut pace = Pace::default();
    let mut poll = FIRST_WAIT;
    let mut received = 0;
    let mut busy_since = Instant::now();
    loop {
        if inbox.sent() == 0 {
            inbox.until_sent().await;
            (poll, busy_since) = (FIRST_WAIT, Instant::now());
        }
        let told = match cloud.receive(&url, poll).await {
            Ok(Received::Messages(messages)) => {
                received += messages.len();
                if received > MOST_IN_FLIGHT && !messages.is_empty() {
                    let _ = cloud.delete(&url, &messages).await;
                }
                inbox.hand_out(&messages)
            }
            Ok(Received::NoQueue) => {
                tokio::time::sleep(PAUSE).await;
                0
            }
            Err(error) if error.is_retryable() => {
                cloud.notes.tell(|| format!("{error}; still waiting"));
                tokio::time::sleep(PAUSE).await;
                0
            }
            Err(error) => {
                let error = Arc::new(error);
                for job_id in inbox.longest_unseen(usize::MAX) {
                    inbox.tell(job_id, News::Lost(Arc::clone(&error)));
                }
                continue;
            }
        };
        if told == 0 {
            look_up(&session, LOOK_UPS).await;
            poll = (poll * 2).min(Duration::from_secs(limits::LONG_POLL_SECS));
        } else {
            poll = FIRST_WAIT;
            if busy_since.elapsed() >= BUSY_LOOK_UP {
                busy_since = Instant::now();
                look_up(&session, 1).await;
            }
            let waiting = inbox.sent();
            tokio::time::sleep(pace.after(told, waiting)).await;
        }
    }
}

/// Looks on S3 for outcomes whose replies do not come.
async fn look_up(session: &Shared, most: usize) {
    for job_id in session.inbox.longest_unseen(most) {
        match session.client.outcome(job_id).await {
            Ok(Some(outcome)) => {
                // Few enough to be held uncounted.
                let held = Held {
                    bytes: 0,
                    all: Arc::clone(&session.inbox.held),
                };
                session.inbox.tell(job_id, News::Outcome(Box::new(outcome), held));
            }
            Ok(None) => {}
            Err(error) if error.is_retryable() => {}
            Err(error) => {
                session.inbox.tell(job_id, News::Lost(Arc::new(error)));
            }
        }
    }
}

/// How long to let replies gather.
#[derive(Debug, Default)]
struct Pace(Duration);

impl Pace {
    /// The pause after a call that brought so many replies, when so many are still awaited: none while calls come back full,
    /// nor when what is left is less than a call takes.
    fn after(&mut self, told: usize, waiting: usize) -> Duration {
        let full = limits::BATCH_MESSAGES;
        if told >= full || waiting < full {
            self.0 /= 2;
            return Duration::ZERO;
        }
        if told <= full / 2 {
            self.0 = (self.0 * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_that_come_one_by_one_are_let_gather_and_the_last_ones_are_not() {
        let mut pace = Pace::default();
        assert_eq!(pace.after(1, 9), Duration::ZERO);
        assert_eq!(pace.after(1, 900), FIRST_PAUSE);
        assert_eq!(pace.after(1, 900), FIRST_PAUSE * 2);
        assert_eq!(pace.after(7, 900), FIRST_PAUSE * 2, "enough to stay");
        assert_eq!(pace.after(10, 900), Duration::ZERO, "there may be more");
        assert_eq!(pace.after(1, 900), FIRST_PAUSE * 2);
        for _ in 0..20 {
            pace.after(1, 900);
        }
        assert_eq!(pace.after(1, 900), LONGEST_PAUSE);
        assert_eq!(pace.after(1, 3), Duration::ZERO);
    }

    #[test]
    fn the_jobs_that_were_not_looked_for_the_longest_are_looked_for_first() {
        let inbox = Inbox::default();
        let ids: Vec<_> = (0..5).map(|_| JobId::random()).collect();
        let _news: Vec<_> = ids.iter().map(|id| inbox.add(*id)).collect();
        assert!(inbox.longest_unseen(9).is_empty(), "none was sent");
        for id in &ids {
            inbox.mark_as_sent(*id);
            std::thread::sleep(Duration::from_millis(2));
        }
        let sorted = |mut ids: Vec<JobId>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(inbox.longest_unseen(2)), sorted(ids[..2].to_vec()));
        assert_eq!(sorted(inbox.longest_unseen(3)), sorted(ids[2..].to_vec()));
        assert_eq!(inbox.longest_unseen(9).len(), 5);
    }

    #[test]
    fn what_nobody_takes_is_held_up_to_a_limit() {
        let inbox = Inbox::default();
        let most: Vec<_> = (0..64).map(|_| inbox.hold(1 << 20).unwrap()).collect();
        assert!(inbox.hold(1).is_none());
        drop(most);
        assert!(inbox.hold(MOST_HELD_BYTES).is_some());
    }
}
