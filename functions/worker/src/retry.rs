//! What a failure leads to, decided in one place.
//!
//! A *permanent* failure is answered at once. A *transient* one is delivered again, after a wait that grows with each
//! delivery, so that throttling does not use the deliveries up within seconds; on the last delivery it is answered
//! as well, and the message goes to the dead-letter queue, from where it can be redriven.

use std::time::Duration;

use errand_protocol::{BucketName, JobError, code, limits};

use crate::config::Config;
use crate::operation::{Failure, InputError};
use crate::ports::{PortError, PortErrorKind};

/// What is to become of a job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Answer with this, and have the message deleted.
    Answer(JobError),
    /// Answer with this, and let the message go to the dead-letter queue.
    AnswerAndDeadLetter(JobError),
    /// Have the message delivered again, for this reason.
    Retry(JobError),
}

/// Most attempts at a job. Its queue may deliver it more often: a delivery that was deferred is no attempt.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// Routes a failure of an attempt, counted from 1.
pub(crate) fn verdict(error: JobError, attempt: u32, is_last: bool) -> Verdict {
    match (error.retryable, is_last) {
        (false, _) => Verdict::Answer(error),
        (true, true) => {
            let attempts = attempt.min(MAX_ATTEMPTS);
            let s = if attempts == 1 { "" } else { "s" };
            let message = format!(
                "failed after {attempts} attempt{s}, kept in the dead-letter queue for redrive: {}",
                error.message
            );
            Verdict::AnswerAndDeadLetter(JobError { message, ..error })
        }
        (true, false) => Verdict::Retry(error),
    }
}

/// The longest backoff; SQS could wait longer.
const LONGEST_BACKOFF: Duration = Duration::from_mins(15);
const _: () = assert!(LONGEST_BACKOFF.as_secs() <= limits::VISIBILITY_SECS);

/// How long a request waits before delivery number `attempt + 1`: four times longer each time, at most 15 minutes.
/// With jitter between half and all of that, so that requests which failed together are not retried together.
pub(crate) fn backoff(base: Duration, attempt: u32) -> Duration {
    let longest = base
        .saturating_mul(4_u32.saturating_pow(attempt.saturating_sub(1)))
        .min(LONGEST_BACKOFF);
    let half = longest / 2;
    half + half.mul_f64(fastrand::f64())
}

impl From<PortError> for JobError {
    fn from(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::NotFound => Self::permanent(code::INPUT_NOT_FOUND, error.to_string()),
            PortErrorKind::Changed => Self::permanent(
                code::INPUT_CHANGED,
                format!("{error}: it was written over meanwhile; leave it alone, and ask again"),
            ),
            // An operator can fix this and redrive the request: it must not be consumed.
            PortErrorKind::Refused => {
                let message = format!("{error}; deploy the stack again as its template has it");
                Self::transient(code::MISCONFIGURED, message)
            }
            PortErrorKind::Unavailable => Self::transient(code::SERVICE_UNAVAILABLE, error.to_string()),
        }
    }
}

/// The failure of reading an input. That the stack may read a bucket which is not its own, it was told when it was deployed; the
/// bucket's owner may see that otherwise, and the stack's operator can do nothing about it.
pub(crate) fn unreadable(error: PortError, bucket: &BucketName, config: &Config) -> JobError {
    if *bucket == config.input_bucket || error.kind != PortErrorKind::Refused {
        return error.into();
    }
    let message = format!(
        "{error}; s3://{bucket} has to be there, in this stack's region, and let its functions read it: a bucket of another account, \
         and a key that it is encrypted with, need a policy for them"
    );
    JobError::permanent(code::INPUT_REFUSED, message)
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(error) | Failure::TooLarge(error) => error,
            Failure::Interrupted(InputError(error)) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient() -> JobError {
        JobError::transient(code::SERVICE_UNAVAILABLE, "read s3://b/k: throttled")
    }

    #[test]
    fn a_permanent_failure_is_answered_on_the_first_delivery() {
        let error = JobError::permanent(code::INPUT_NOT_FOUND, "gone");
        assert_eq!(verdict(error.clone(), 1, false), Verdict::Answer(error));
    }

    #[test]
    fn a_transient_failure_is_answered_on_the_last_delivery_only() {
        assert_eq!(verdict(transient(), 4, false), Verdict::Retry(transient()));
        let Verdict::AnswerAndDeadLetter(error) = verdict(transient(), 5, true) else {
            panic!("not answered")
        };
        assert!(
            error.message.starts_with("failed after 5 attempts, kept"),
            "{error}"
        );
        assert!(error.message.ends_with("throttled"), "{error}");
        assert!(error.retryable);
    }

    #[test]
    fn the_message_counts_attempts_and_no_delivery_beyond_them() {
        for (attempt, told) in [(1, "1 attempt,"), (5, "5 attempts,"), (9, "5 attempts,")] {
            let Verdict::AnswerAndDeadLetter(error) = verdict(transient(), attempt, true) else {
                panic!("not answered")
            };
            let beginning = format!("failed after {told}");
            assert!(error.message.starts_with(&beginning), "{error}");
        }
    }

    #[test]
    fn backoffs_grow_and_differ() {
        let base = Duration::from_secs(5);
        for (attempt, longest) in [(1, 5), (2, 20), (3, 80), (4, 320), (9, 900), (4_000_000_000, 900)] {
            let waits: Vec<_> = (0..50).map(|_| backoff(base, attempt)).collect();
            let longest = Duration::from_secs(longest);
            assert!(
                waits.iter().all(|w| (longest / 2..=longest).contains(w)),
                "{attempt}: {waits:?}"
            );
            assert!(waits.iter().any(|w| w != &waits[0]), "{attempt}: no jitter");
        }
    }
}
