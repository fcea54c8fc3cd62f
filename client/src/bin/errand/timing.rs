//! Where the time of jobs went: `--timing`.

use std::num::NonZero;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use errand_client::{Operation, Outcome};

use crate::cost::Bill;
use crate::many::units;

/// The times of one job, or of many together. The function's own are by its clock, the others by this machine's: where the
/// two differ, the queue's and the reply's are off by that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timing {
    /// Until the request could be sent: looking for the stack, making the reply queue, sending the input.
    pub(crate) upload: Duration,
    /// From then until the function began.
    queue: Duration,
    function: Duration,
    /// From its end until the answer was here.
    reply: Duration,
    pub(crate) download: Duration,
    jobs: u32,
    bill: Bill,
}

/// Times of a job that is on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    begun: Instant,
    sent: Option<(Instant, SystemTime)>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            begun: Instant::now(),
            sent: None,
        }
    }

    /// The input is in the cloud, and the request is about to be.
    pub(crate) fn sent(&mut self) {
        self.sent = Some((Instant::now(), SystemTime::now()));
    }

    /// The answer is here.
    pub(crate) fn answered(
        self,
        outcome: &Outcome,
        operation: Operation,
        size_bytes: u64,
        is_uploaded: bool,
        is_one_of_many: bool,
    ) -> Timing {
        let (sent, sent_at) = self.sent.unwrap_or((self.begun, SystemTime::now()));
        let waited = sent.elapsed();
        let function = Duration::from_millis(outcome.duration_ms);
        let ended_at = UNIX_EPOCH + Duration::from_millis(outcome.finished_at_unix_ms);
        let ended = ended_at.duration_since(sent_at).unwrap_or_default().min(waited);
        Timing {
            upload: sent.saturating_duration_since(self.begun),
            queue: ended.saturating_sub(function),
            function,
            reply: waited.saturating_sub(ended),
            download: Duration::ZERO,
            jobs: 1,
            bill: Bill::of_a_job(
                operation,
                size_bytes,
                is_uploaded,
                is_one_of_many,
                Some(function.as_secs_f64()),
            ),
        }
    }
}

impl Timing {
    pub(crate) fn add(&mut self, other: &Self) {
        self.upload += other.upload;
        self.queue += other.queue;
        self.function += other.function;
        self.reply += other.reply;
        self.download += other.download;
        self.jobs += other.jobs;
        self.bill.add(other.bill);
    }

    /// All of it on a line, for a person to read; none if there was no job.
    pub(crate) fn text(&self, in_all: Duration) -> Option<String> {
        let jobs = NonZero::new(self.jobs)?.get();
        let parts = [
            (self.upload, "upload"),
            (self.queue, "queue"),
            (self.function, "function"),
            (self.reply, "reply"),
            (self.download, "download"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .map(|(time, name)| format!("{name} {}", units::time(*time / jobs)))
            .collect();
        let mut bill = self.bill;
        bill.add(Bill::of_a_run());
        let each = if self.jobs == 1 {
            String::new()
        } else {
            format!("each of {} jobs on average: ", self.jobs)
        };
        Some(format!(
            "{each}{}; {} in all; about {}",
            parts.join(", "),
            units::time(in_all),
            bill.text()
        ))
    }
}
