//! How a stack does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use errand_client::{JobId, OperationName};
use serde::Serialize;

use super::jobs::JobLine;
use super::show::{Style, show};
use super::time::{age, utc};
use crate::error::Error;
use crate::job_list::State;
use crate::map_jobs::MapJobs;

/// A figure of `CloudWatch` is told with its time when it is older, in milliseconds.
const FRESH_MS: u64 = 180_000;

/// How a stack does.
#[derive(Debug, Serialize)]
pub(crate) struct Status<'a> {
    pub(crate) stack: &'a str,
    pub(crate) place: String,
    pub(crate) at_unix_ms: u64,
    pub(crate) queues: Vec<QueueLine>,
    /// What it takes to know how old messages are, where that could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ages_need: Option<String>,
    /// How many clients wait for replies, or died while they did.
    pub(crate) reply_queues: usize,
    /// None where the stack knows no map jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) map_jobs: Option<MapJobs>,
    pub(crate) outcomes: Window,
    pub(crate) last: Vec<JobLine<'a>>,
    pub(crate) unanswered: Unanswered,
}

/// A queue of the stack.
#[derive(Debug, Serialize)]
pub(crate) struct QueueLine {
    pub(crate) queue: String,
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<OperationName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_flight: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delayed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_age_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_measured_at_unix_ms: Option<u64>,
    /// What it takes to know the counts, where they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<String>,
}

/// What became of the jobs of the last while.
#[derive(Debug, Serialize)]
pub(crate) struct Window {
    pub(crate) since_secs: u64,
    /// Whether all outcomes of that time were looked at; if not, only the newest, up to the limit.
    pub(crate) is_all: bool,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) canceled: u64,
    /// How many failed, by code.
    pub(crate) failures: BTreeMap<String, u64>,
}

/// What this user sent from this machine, and has no answer to.
#[derive(Debug, Serialize)]
pub(crate) struct Unanswered {
    pub(crate) count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_job_id: Option<JobId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oldest_sent_at_unix_ms: Option<u64>,
}

/// Shows how a stack does.
pub(crate) fn status(status: &Status, style: Style) -> Result<(), Error> {
    show(style, status, || text(status))
}

fn text(status: &Status) -> String {
    let mut text = format!(
        "stack {} at {}, {}\n\n",
        status.stack,
        status.place,
        utc(status.at_unix_ms)
    );
    let _ = writeln!(text, "{:22}  waiting  in flight  delayed  oldest", "queue");
    for queue in &status.queues {
        queue_line(&mut text, queue, status.at_unix_ms);
    }
    if let Some(needs) = &status.ages_need {
        let _ = writeln!(text, "oldest: not looked at: {needs}");
    }
    let _ = writeln!(
        text,
        "{:22}  {:7}  (clients that wait)",
        "reply queues", status.reply_queues
    );
    if let Some(jobs) = &status.map_jobs {
        map_lines(&mut text, jobs, status.at_unix_ms);
    }
    let outcomes = &status.outcomes;
    let of = if outcomes.is_all {
        format!("done in the last {}", age(outcomes.since_secs))
    } else {
        format!(
            "the newest of the last {} (see --limit)",
            age(outcomes.since_secs)
        )
    };
    let _ = writeln!(
        text,
        "\n{of}: {} succeeded, {} failed, {} canceled",
        outcomes.succeeded, outcomes.failed, outcomes.canceled
    );
    let mut failures: Vec<_> = outcomes.failures.iter().collect();
    failures.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
    for (code, count) in failures {
        let _ = writeln!(text, "{count:7}  {code}");
    }
    if !status.last.is_empty() {
        text.push_str("\nlast outcomes\n");
    }
    for job in &status.last {
        let finished = job.finished_at_unix_ms.unwrap_or_default();
        let ago = age(status.at_unix_ms.saturating_sub(finished) / 1000);
        let operation = job.operation.map_or("-", OperationName::as_str);
        let ending = match job.error {
            Some(error) if job.state == State::Failed => error.code.as_str(),
            _ => job.state.name(),
        };
        let _ = writeln!(text, "{ago:>6} ago  {operation:9}  {ending:19}  {}", job.job_id);
    }
    if let (Some(job_id), Some(sent)) = (
        status.unanswered.oldest_job_id,
        status.unanswered.oldest_sent_at_unix_ms,
    ) {
        let _ = writeln!(
            text,
            "\n{} of your jobs without an answer, the oldest sent {} ago:\n  {job_id}",
            status.unanswered.count,
            age(status.at_unix_ms.saturating_sub(sent) / 1000)
        );
    }
    text
}

fn map_lines(text: &mut String, jobs: &MapJobs, now_unix_ms: u64) {
    if let Some(needs) = &jobs.needs {
        let _ = writeln!(text, "\nmap jobs: not looked at: {needs}");
        return;
    }
    let ago = |then: u64| age(now_unix_ms.saturating_sub(then) / 1000);
    if jobs.running > 0 {
        let _ = writeln!(text, "\nmap jobs: {} running", jobs.running);
    }
    for job in &jobs.newest {
        let operation = job.operation.as_deref().unwrap_or("-");
        let progress = job.progress.as_ref().map_or("begins", |progress| &progress.text);
        let _ = writeln!(
            text,
            "for {:>6}  {operation:9}  {}  {progress}",
            ago(job.started_at_unix_ms),
            job.job_id
        );
    }
    if let (Some(job_id), Some(then)) = (jobs.last_failed_job_id, jobs.last_failed_at_unix_ms) {
        let _ = writeln!(text, "\nlast map job that failed, {} ago: {job_id}", ago(then));
    }
}

fn queue_line(text: &mut String, queue: &QueueLine, now_unix_ms: u64) {
    let kind = queue.kind.replace('_', " ");
    let name = match &queue.operation {
        Some(operation) => format!("{operation} {kind}"),
        None => kind,
    };
    let (Some(waiting), Some(in_flight), Some(delayed)) = (queue.waiting, queue.in_flight, queue.delayed)
    else {
        let needs = queue.needs.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{name:22}  not looked at: {needs}");
        return;
    };
    let oldest = match (queue.oldest_age_secs, queue.oldest_measured_at_unix_ms) {
        _ if waiting + in_flight + delayed == 0 => "-".to_owned(),
        (Some(secs), Some(at)) if now_unix_ms.saturating_sub(at) > FRESH_MS => {
            format!("{} at {}", age(secs), utc(at))
        }
        (Some(secs), _) => age(secs),
        (None, _) => "not known".to_owned(),
    };
    let _ = writeln!(
        text,
        "{name:22}  {waiting:7}  {in_flight:9}  {delayed:7}  {oldest}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map_jobs::MapJob;

    fn queue(kind: &'static str, waiting: Option<u64>) -> QueueLine {
        QueueLine {
            queue: format!("errand-stats-{kind}"),
            kind,
            operation: Some("stats".parse().unwrap()),
            waiting,
            in_flight: waiting.map(|_| 2),
            delayed: waiting.map(|_| 0),
            oldest_age_secs: None,
            oldest_measured_at_unix_ms: None,
            needs: waiting.is_none().then(|| "needs sqs:GetQueueUrl".to_owned()),
        }
    }

    #[test]
    fn a_page_of_80_columns_tells_how_a_stack_does() {
        let now = 1_796_000_000_000;
        let job_id = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b".parse().unwrap();
        let operation = "stats".parse().unwrap();
        let error = errand_client::JobError {
            code: errand_protocol::ErrorCode::new("not_an_integer"),
            message: "no".to_owned(),
            retryable: false,
        };
        let old = QueueLine {
            oldest_age_secs: Some(250),
            oldest_measured_at_unix_ms: Some(now - 60_000),
            ..queue("requests", Some(5))
        };
        let older = QueueLine {
            oldest_age_secs: Some(90_000),
            oldest_measured_at_unix_ms: Some(now - 600_000),
            ..queue("dead_letters", Some(1))
        };
        let status = Status {
            stack: "errand",
            place: "AWS in eu-west-1".to_owned(),
            at_unix_ms: now,
            queues: vec![old, older, queue("requests", Some(3)), queue("requests", None)],
            ages_need: None,
            reply_queues: 1,
            map_jobs: Some(MapJobs {
                running: 1,
                newest: vec![MapJob {
                    job_id,
                    operation: Some("grayscale".to_owned()),
                    started_at_unix_ms: now - 240_000,
                    progress: None,
                }],
                last_failed_job_id: Some(job_id),
                last_failed_at_unix_ms: Some(now - 7_200_000),
                needs: None,
            }),
            outcomes: Window {
                since_secs: 3600,
                is_all: true,
                succeeded: 12,
                failed: 3,
                canceled: 0,
                failures: BTreeMap::from([("misconfigured".to_owned(), 1), ("not_an_integer".to_owned(), 2)]),
            },
            last: vec![JobLine {
                job_id,
                state: State::Failed,
                operation: Some(&operation),
                sent_at_unix_ms: None,
                finished_at_unix_ms: Some(now - 120_000),
                duration_ms: None,
                input: None,
                error: Some(&error),
                progress: None,
            }],
            unanswered: Unanswered {
                count: 5,
                oldest_job_id: Some(job_id),
                oldest_sent_at_unix_ms: Some(now - 720_000),
            },
        };
        let wanted = "\
stack errand at AWS in eu-west-1, 2026-11-30T00:53:20Z

queue                   waiting  in flight  delayed  oldest
stats requests                5          2        0  4 min
stats dead letters            1          2        0  1 d at 2026-11-30T00:43:20Z
stats requests                3          2        0  not known
stats requests          not looked at: needs sqs:GetQueueUrl
reply queues                  1  (clients that wait)

map jobs: 1 running
for  4 min  grayscale  0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b  begins

last map job that failed, 2 h ago: 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b

done in the last 1 h: 12 succeeded, 3 failed, 0 canceled
      2  not_an_integer
      1  misconfigured

last outcomes
 2 min ago  stats      not_an_integer       0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b

5 of your jobs without an answer, the oldest sent 12 min ago:
  0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
";
        assert_eq!(text(&status), wanted);
        assert!(wanted.lines().all(|line| line.len() <= 80));
    }
}
