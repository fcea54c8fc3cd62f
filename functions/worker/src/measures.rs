//! What an attempt took: where its time went, and how many bytes it moved.
//!
//! The phases follow one another: a job waits in its queue and for its turn, its input is fetched, the operation works, and
//! what it made is stored. An input is worked on while it arrives, so that fetching is the time in which the operation's
//! thread had nothing to do but wait for it; the rest of its run is work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is known of an attempt; a phase that it did not come to is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measures {
    /// From when the request was sent until the job was begun. Only where it is begun for the first time: after a failure it
    /// waits on purpose.
    pub(crate) queue: Option<Duration>,
    /// Waiting for the input. None where it came in the message.
    pub(crate) fetch: Option<Duration>,
    /// The operation.
    pub(crate) work: Option<Duration>,
    /// Writing the file that was made, and the outcome.
    pub(crate) store: Option<Duration>,
    /// What was read of the input.
    pub(crate) bytes_in: Option<u64>,
    /// The file that was made.
    pub(crate) bytes_out: Option<u64>,
    /// Which of its ways the operation took.
    pub(crate) way: Option<&'static str>,
}

impl Measures {
    /// Adds to the time that storing took.
    pub(crate) fn stored(&mut self, took: Duration) {
        *self.store.get_or_insert_default() += took;
    }
}

/// Counts what an operation takes of its input, from the thread that it runs on.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    waited_ns: AtomicU64,
    received_bytes: AtomicU64,
}

impl Meter {
    pub(crate) fn waited(&self, time: Duration) {
        let time_ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.waited_ns.fetch_add(time_ns, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How long the operation waited for its input.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_nanos(self.waited_ns.load(Ordering::Relaxed))
    }

    /// How many bytes of its input it has received.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }
}
