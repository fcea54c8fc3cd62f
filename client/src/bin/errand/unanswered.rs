//! What this user sent to the stack, and has no answer to.

use std::time::Duration;

use errand_client::Client;
use errand_client::admin::unix_ms;

use crate::error::Error;
use crate::job_list::outcomes;
use crate::journal::{Entry, Journal};

/// What was sent longer ago is in no queue any more (`MessageRetentionPeriod` in the template).
const LIFE: Duration = Duration::from_hours(4 * 24);

/// No more than so many of the newest are looked up.
const MOST: usize = 100;

/// Those of the user's newest jobs that have no outcome, the oldest first. A journal that cannot be read has none.
pub(crate) async fn unanswered(client: &Client) -> Result<Vec<Entry>, Error> {
    let Some(Ok(mut entries)) = Journal::of_user().map(|journal| journal.read()) else {
        return Ok(Vec::new());
    };
    let begin = unix_ms().saturating_sub(u64::try_from(LIFE.as_millis()).unwrap_or(u64::MAX));
    entries.retain(|entry| entry.is_of(client) && entry.sent_at_unix_ms >= begin);
    entries.truncate(MOST);
    let ids: Vec<_> = entries.iter().map(|entry| entry.job_id).collect();
    let mut waiting: Vec<_> = entries
        .into_iter()
        .zip(outcomes(client, &ids).await?)
        .filter_map(|(entry, outcome)| outcome.is_none().then_some(entry))
        .collect();
    waiting.reverse();
    Ok(waiting)
}
