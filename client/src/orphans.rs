//! Reply queues whose client died before it could remove them.
//!
//! A client tags its queue with the time at which it made it, and, as long as it waits, with the time at which it was
//! last seen. The later of both tells a dead client from one that waits for hours; nothing else does, since SQS does not
//! tell when a queue was last asked. SQS keeps a reply for an hour, so that a queue which nobody has asked for longer
//! holds nothing that anybody could want, and the outcomes stay on S3 in any case.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cloud::Cloud;
use crate::error::Error;

/// A queue whose client has not been seen for that long has none any more.
const ABANDONED: Duration = Duration::from_hours(1);

/// How often a waiting client says that it is there: often enough that one that misses it three times still counts.
pub(crate) const SIGN_OF_LIFE: Duration = Duration::from_mins(15);

/// How often the jobs of one user look for orphans.
const INTERVAL: Duration = Duration::from_hours(1);

/// What was found among the stack's reply queues.
#[derive(Debug, Default)]
pub(crate) struct ReplyQueues {
    /// The URLs of those whose client has died.
    pub(crate) orphans: Vec<String>,
    /// How many are in use.
    pub(crate) in_use: usize,
    /// How many have no age: errand did not make them, and does not touch them.
    pub(crate) ageless: usize,
}

/// Looks at all reply queues of the stack.
pub(crate) async fn find(cloud: &Cloud) -> Result<ReplyQueues, Error> {
    let mut found = ReplyQueues::default();
    let now = unix_secs();
    for url in cloud.reply_queue_urls().await? {
        match cloud.last_seen_unix_secs(&url).await? {
            Some(seen) if seen.saturating_add(ABANDONED.as_secs()) < now => found.orphans.push(url),
            Some(_) => found.in_use += 1,
            None => found.ageless += 1,
        }
    }
    Ok(found)
}

/// Removes the orphans, where nobody with this home directory has done so within the hour. Tells nobody how that went:
/// it is not what the person asked for.
pub(crate) async fn clear_up_if_due(cloud: &Cloud) {
    let Some(stamp) = stamp(cloud) else { return };
    let age = std::fs::metadata(&stamp)
        .and_then(|found| found.modified())
        .map(|time| time.elapsed().unwrap_or_default());
    if age.is_ok_and(|age| age < INTERVAL) {
        return;
    }
    // Before the work, so that of many clients at once one does it, and one that fails does not fail each time.
    let folder = stamp.parent().map_or(Ok(()), std::fs::create_dir_all);
    if folder.and_then(|()| std::fs::write(&stamp, "")).is_err() {
        return;
    }
    let Ok(found) = find(cloud).await else { return };
    for url in found.orphans {
        if cloud.delete_queue(&url).await.is_err() {
            return;
        }
    }
}

/// The file whose age tells when a user last cleared up in a stack: `errand/cleared-up-<stack and place>` in the user's
/// cache directory.
fn stamp(cloud: &Cloud) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))?;
    let place = format!("{}-{}", cloud.stack, cloud.place_name());
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = place.chars().map(plain).take(200).collect();
    Some(cache.join("errand").join(format!("cleared-up-{name}")))
}

/// The time now, in seconds since 1970.
pub(crate) fn unix_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
