//! Going on in spite of failures that pass.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::settings::Notes;

/// A pause after a call that failed, before the next.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);

/// How long to go on trying after the first failure, beyond what the SDK tries by itself.
pub(crate) const PERSISTENCE: Duration = Duration::from_secs(30);

/// Tries again what failed for a reason that may pass.
pub(crate) async fn persist<T, F>(notes: &Notes, attempt: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut end = None;
    loop {
        let error = match attempt().await {
            Err(error) if error.is_retryable() => error,
            ended => return ended,
        };
        let now = Instant::now();
        if now >= *end.get_or_insert(now + PERSISTENCE) {
            return Err(error);
        }
        notes.tell(|| format!("{error}; trying again"));
        tokio::time::sleep(PAUSE).await;
    }
}
