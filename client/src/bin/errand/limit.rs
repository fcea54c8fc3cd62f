//! The time that a command may take in all: `--timeout`.
//!
//! It counts from when the command line was read, so that it holds for credentials, a long upload and clearing up as well
//! as for the answer. Without it there is none: every call ends by itself when nothing moves.

use std::time::{Duration, Instant};

use crate::error::Error;

/// How much longer a last look for the answer may take, and then clearing up.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// When a command has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    time: Duration,
    end: Instant,
}

impl Limit {
    /// So long from now; none if that is beyond what the clock can tell.
    pub(crate) fn from_now(time: Duration) -> Option<Self> {
        let end = Instant::now().checked_add(time)?;
        Some(Self { time, end })
    }

    /// The time that was given in all.
    pub(crate) fn time(self) -> Duration {
        self.time
    }

    /// What is left of it.
    pub(crate) fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// The same, and so much more.
    pub(crate) fn and(self, more: Duration) -> Self {
        Self {
            end: self.end + more,
            ..self
        }
    }
}

/// Does something, or gives it up when the time is over.
pub(crate) async fn within<T>(
    limit: Option<Limit>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        done = work => done,
        error = over(limit) => Err(error),
    }
}

/// Ends when the time is over; never where there is no limit.
pub(crate) async fn over(limit: Option<Limit>) -> Error {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit.left()).await;
            Error::OutOfTime {
                seconds: limit.time.as_secs(),
            }
        }
        None => std::future::pending().await,
    }
}
