//! The stack's reply queues: which of them a client still waits at.
//!
//! A client tags its queue with the time at which it made it and, as long as it waits, every quarter of an hour
//! (`HEARTBEAT`) with the time at which it was last seen. The later of both tells a dead client from one that waits for
//! hours; nothing else does, since SQS does not tell when a queue was last asked. SQS keeps a reply for an hour, so that a
//! queue which nobody has asked for longer holds nothing that anybody could want, and the outcomes stay on S3 in any case.

use std::time::Duration;

use crate::clock::unix_secs;
use crate::cloud::Cloud;
use crate::error::Error;

/// A queue whose client has not been seen for that long is abandoned.
const ABANDONED: Duration = Duration::from_hours(1);

/// How often a waiting client marks its queue: often enough that one that misses it three times still counts.
pub(crate) const HEARTBEAT: Duration = Duration::from_mins(15);

/// What was found among the stack's reply queues.
#[derive(Debug, Default)]
pub struct ReplyQueues {
    /// The URLs of those whose client has died.
    pub abandoned: Vec<String>,
    /// How many are in use.
    pub in_use: usize,
    /// How many have no age: errand did not make them, and does not touch them.
    pub ageless: usize,
}

/// Looks at all reply queues of the stack.
///
/// # Errors
///
/// The cloud cannot be reached or refuses.
pub async fn find(cloud: &Cloud) -> Result<ReplyQueues, Error> {
    let mut found = ReplyQueues::default();
    let now = unix_secs();
    for url in cloud.reply_queue_urls().await? {
        match cloud.last_seen_unix_secs(&url).await? {
            Some(seen) if seen.saturating_add(ABANDONED.as_secs()) < now => found.abandoned.push(url),
            Some(_) => found.in_use += 1,
            None => found.ageless += 1,
        }
    }
    Ok(found)
}

/// Removes the queues whose client has died.
///
/// # Errors
///
/// The cloud cannot be reached or refuses.
pub async fn sweep(cloud: &Cloud, found: &ReplyQueues) -> Result<(), Error> {
    for url in &found.abandoned {
        cloud.delete_queue(url).await?;
    }
    Ok(())
}
