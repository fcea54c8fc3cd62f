//! Metrics, as lines on stdout from which CloudWatch makes them.
//!
//! One line for each attempt, in the embedded metric format ("Specification: Embedded metric format" in the Amazon
//! CloudWatch user guide, read 2026-11): a JSON object that says which of its members are metrics and which are their
//! dimensions. All others are properties, which cost nothing and which a query finds by the line. Lambda passes the line on
//! as it is, so that a function needs no more rights than for its log, and waits for nobody.
//!
//! CloudWatch charges for each metric and combination of its dimensions. So all have the stack and the operation for
//! dimensions and only the number of jobs their outcome besides; codes and ways, of which there are many, are properties.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use errand_protocol::{JobError, Status};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::invocation::Invocation;
use crate::job::Job;
use crate::measures::Measures;
use crate::process::End;

/// The name space of the metrics.
const NAMESPACE: &str = "errand";

/// Writes one line, its line end included.
type Sink = Box<dyn Fn(&[u8]) + Send + Sync>;

/// Writes metrics.
pub(crate) struct Metrics {
    stack: String,
    operation: &'static str,
    sink: Sink,
}

/// What CloudWatch makes of a line.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'static str,
    dimensions: [&'a [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

impl Metrics {
    /// Metrics of a function, on stdout.
    pub(crate) fn to_stdout(stack: &str, operation: &'static str) -> Self {
        Self::to(stack, operation, |line| {
            // A line in one piece, whatever else is written at the same time: the lock is held for all of it, and a line
            // that ends is not kept in the buffer. That nobody reads it is no reason for a job to fail.
            let _ = std::io::stdout().lock().write_all(line);
        })
    }

    /// Metrics of a function that go elsewhere.
    pub(crate) fn to(
        stack: &str,
        operation: &'static str,
        sink: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            stack: stack.to_owned(),
            operation,
            sink: Box::new(sink),
        }
    }

    /// Tells of an attempt that has come to its end.
    pub(crate) fn tell(&self, job: &Job, invocation: &Invocation, end: &End, measures: &Measures) {
        let Some(attempt) = Attempt::of(end) else {
            return;
        };
        let line = self.line(job, invocation, &attempt, measures);
        (self.sink)(format!("{line}\n").as_bytes());
    }

    fn line(&self, job: &Job, invocation: &Invocation, attempt: &Attempt, measures: &Measures) -> Value {
        let mut members = Map::new();
        let mut all = Vec::new();
        let mut add = |name, unit, value: Option<u64>| {
            if let Some(value) = value {
                members.insert(str::to_owned(name), value.into());
                all.push(Metric { name, unit });
            }
        };
        let failed = attempt.ended.then(|| u64::from(attempt.error.is_some()));
        let faults = attempt
            .ended
            .then(|| u64::from(attempt.error.is_some_and(JobError::is_fault)));
        add("Jobs", "Count", attempt.ended.then_some(1));
        add("Failed", "Count", failed);
        add("Faults", "Count", faults);
        add("Attempts", "Count", attempt.counts.then_some(1));
        add("QueueMilliseconds", "Milliseconds", millis(measures.queue));
        add("FetchMilliseconds", "Milliseconds", millis(measures.fetch));
        add("WorkMilliseconds", "Milliseconds", millis(measures.work));
        add("StoreMilliseconds", "Milliseconds", millis(measures.store));
        add("BytesIn", "Bytes", measures.bytes_in);
        add("BytesOut", "Bytes", measures.bytes_out);
        let mut directives = vec![Directive {
            namespace: NAMESPACE,
            dimensions: [&["stack", "operation"]],
            metrics: all,
        }];
        if attempt.ended {
            directives.push(Directive {
                namespace: NAMESPACE,
                dimensions: [&["stack", "operation", "outcome"]],
                metrics: vec![Metric {
                    name: "Jobs",
                    unit: "Count",
                }],
            });
        }
        // A directive without a metric would be none.
        directives.retain(|directive| !directive.metrics.is_empty());
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_unix_ms = now.ok().and_then(|now| millis(Some(now)));
        let about = json!({
            "_aws": { "Timestamp": now_unix_ms.unwrap_or(0), "CloudWatchMetrics": directives },
            "stack": self.stack,
            "operation": self.operation,
            "outcome": attempt.outcome,
            "attempt": job.attempt,
            "job_id": job.id,
            "request_id": invocation.request_id,
        });
        if let Value::Object(about) = about {
            members.extend(about);
        }
        let properties = [
            ("code", attempt.error.map(|error| error.code.to_string())),
            ("trace_id", job.trace_id.map(|id| id.to_string())),
            ("way", measures.way.map(str::to_owned)),
        ];
        for (name, value) in properties {
            members.extend(value.map(|value| (name.to_owned(), value.into())));
        }
        Value::Object(members)
    }
}

/// What became of an attempt, as it is counted.
struct Attempt<'a> {
    outcome: &'static str,
    error: Option<&'a JobError>,
    /// Whether the job ended with it.
    ended: bool,
    /// Whether it is one of the attempts that a job has.
    counts: bool,
}

impl<'a> Attempt<'a> {
    /// None where nothing was done, as the job had ended before.
    fn of(end: &'a End) -> Option<Self> {
        let (outcome, error, ended) = match end {
            End::Answered(outcome) => match &outcome.status {
                Status::Succeeded { .. } => ("succeeded", None, true),
                Status::Failed { error } => ("failed", Some(error), true),
            },
            End::DeadLettered(error) => ("dead_lettered", Some(error), true),
            End::Retry { error, .. } => ("retry", Some(error), false),
            End::Deferred => ("deferred", None, false),
            End::OnItsWay => return None,
        };
        Some(Self {
            outcome,
            error,
            ended,
            counts: *end != End::Deferred,
        })
    }
}

fn millis(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
