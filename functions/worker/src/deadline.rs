//! How much of an invocation is left.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// When an invocation began, and when it has to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    end: Instant,
    end_unix_ms: u64,
}

/// What storing an outcome, replying and answering Lambda may take: work has to end this long before the function's
/// timeout.
const RESERVE: Duration = Duration::from_secs(3);

/// What answering Lambda takes at least. Whatever is not done by then is reported as to be delivered again.
const LAST_CALL: Duration = Duration::from_millis(500);

/// How far the clocks of the function and of whoever reads its outcomes may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// A job is not begun with less than this left for it: it is deferred instead.
const WORTH_STARTING: Duration = Duration::from_secs(2);

impl Deadline {
    /// The deadline of an invocation that begins now and is ended at `unix_ms` (as Lambda tells it).
    pub(crate) fn at_unix_ms(unix_ms: u64) -> Self {
        let now_unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = Instant::now();
        Self {
            started,
            end: started + Duration::from_millis(unix_ms).saturating_sub(now_unix),
            end_unix_ms: unix_ms,
        }
    }

    /// From when on, in milliseconds since 1970-01-01 UTC, nothing of this invocation runs any more, by whatever clock.
    pub(crate) fn over_at_unix_ms(&self) -> u64 {
        let apart = u64::try_from(CLOCKS_APART.as_millis()).unwrap_or(u64::MAX);
        self.end_unix_ms.saturating_add(apart)
    }

    /// What is left for work.
    pub(crate) fn left_for_work(&self) -> Duration {
        self.end
            .saturating_duration_since(Instant::now())
            .saturating_sub(RESERVE)
    }

    /// What is left before it is too late to begin a job.
    pub(crate) fn left_to_begin(&self) -> Duration {
        self.left_for_work().saturating_sub(WORTH_STARTING)
    }

    /// What is left before Lambda has to be answered, whatever is still going on.
    pub(crate) fn left_to_answer(&self) -> Duration {
        self.end
            .saturating_duration_since(Instant::now())
            .saturating_sub(LAST_CALL)
    }

    /// Whether work that has `left` had most of the invocation for itself: another delivery would give it no more.
    pub(crate) fn is_most(&self, left: Duration) -> bool {
        left * 5
            >= self
                .end
                .saturating_duration_since(self.started)
                .saturating_sub(RESERVE)
                * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Deadline {
        /// The deadline of an invocation that begins now and lasts `whole`.
        fn after(whole: Duration) -> Self {
            let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + whole;
            Self::at_unix_ms(u64::try_from(end.as_millis()).unwrap())
        }
    }

    #[test]
    fn work_is_not_begun_when_it_could_not_be_answered() {
        assert!(Deadline::after(Duration::from_mins(1)).left_to_begin() > Duration::from_secs(50));
        let short = Deadline::after(RESERVE + Duration::from_secs(1));
        assert_eq!(short.left_to_begin(), Duration::ZERO);
        assert!(short.left_to_answer() > Duration::from_secs(3));
        assert_eq!(Deadline::at_unix_ms(0).left_to_begin(), Duration::ZERO);
    }

    #[test]
    fn a_job_that_began_late_may_get_more_time_in_another_delivery() {
        let deadline = Deadline::after(Duration::from_mins(1));
        assert!(deadline.is_most(Duration::from_secs(56)));
        assert!(!deadline.is_most(Duration::from_secs(30)));
    }
}
