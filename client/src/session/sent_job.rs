//! A job that was sent.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use errand_protocol::{JobId, Outcome};
use tokio::sync::oneshot;

use super::Shared;
use super::inbox::News;
use crate::error::Error;
use crate::operations::Operation;

/// A job that was sent, and whose outcome comes. Dropping it gives up waiting, not the job: its id stays good.
#[must_use = "its id is needed to fetch the answer later"]
pub struct SentJob {
    shared: Arc<Shared>,
    job_id: JobId,
    operation: Operation,
    /// None where there is no reply queue, and once it has told.
    news: Option<oneshot::Receiver<News>>,
    /// Its number among those who wait.
    number: u64,
}

impl SentJob {
    /// A job that is about to be sent: its reply could come before anybody knows that it was.
    pub(super) fn new(shared: Arc<Shared>, job_id: JobId, operation: Operation) -> Self {
        let (number, news) = match shared.reply_queue {
            Some(_) => {
                let (number, news) = shared.inbox.add(job_id);
                (number, Some(news))
            }
            None => (0, None),
        };
        Self {
            shared,
            job_id,
            operation,
            news,
            number,
        }
    }

    pub(super) fn mark_as_sent(&mut self) {
        if self.news.is_some() {
            self.shared.inbox.mark_as_sent(self.job_id);
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.job_id
    }

    /// Its operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Waits for the outcome, at most `timeout` from now: by its reply, or, where that does not come, by what lies on S3. May
    /// be called again after [`Error::TimedOut`].
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; [`Error::LostTrack`] where it cannot be waited for any more, such as when the session is closed
    /// or the cloud refuses; [`Error::BadAnswer`].
    pub async fn wait(&mut self, timeout: Duration) -> Result<Outcome, Error> {
        let begun = Instant::now();
        if let Some(news) = &mut self.news
            && let Ok(told) = tokio::time::timeout(timeout, news).await
        {
            self.news = None;
            match told {
                Ok(News::Outcome(outcome, _held)) => return Ok(*outcome),
                Ok(News::Lost(error)) => return Err(error.lost_track(self.job_id, true)),
                Ok(News::Stored) => {}
                Err(_closed) => return Err(Error::Closed.into_lost(self.job_id)),
            }
        }
        // At the end there is a last look.
        let left = timeout.saturating_sub(begun.elapsed());
        let waited = self.shared.client.wait(self.job_id, left).await;
        waited.map_err(|error| match error {
            Error::BadAnswer { .. } => error,
            _ if error.is_retryable() => Error::TimedOut {
                job_id: self.job_id,
                seconds: timeout.as_secs(),
            },
            other => Arc::new(other).lost_track(self.job_id, true),
        })
    }
}

impl Drop for SentJob {
    fn drop(&mut self) {
        if self.news.is_some() {
            self.shared.inbox.remove(self.job_id, self.number);
        }
    }
}

impl fmt::Debug for SentJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentJob({})", self.job_id)
    }
}
