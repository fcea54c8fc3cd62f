//! Metrics, as lines on stdout from which `CloudWatch` makes them.
//!
//! One line for each attempt, in the embedded metric format ("Specification: Embedded metric format" in the Amazon
//! `CloudWatch` user guide, read 2026-11): a JSON object that says which of its members are metrics and which are their
//! dimensions. All others are properties, which cost nothing and which a query finds by the line. Lambda passes the line on
//! as it is, so that a function needs no more rights than for its log, and waits for nobody.
//!
//! `CloudWatch` charges for each metric and combination of its dimensions. So all have the stack and the operation for
//! dimensions and only the number of jobs their outcome besides; codes and ways, of which there are many, are properties.
//! What nobody watches is a property as well ([`Monitoring`]).

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use errand_protocol::{JobError, Status};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::config::{Config, Monitoring};
use crate::invocation::Invocation;
use crate::job::Job;
use crate::measures::Measures;
use crate::process::End;

/// The name space of the metrics.
const NAMESPACE: &str = "errand";

/// The metric that the alarms of `template.yaml` are set on.
const FAULTS: &str = "Faults";

/// Writes one line, its line end included.
type Sink = Box<dyn Fn(&[u8]) + Send + Sync>;

/// Writes metrics.
pub(crate) struct Metrics {
    stack: String,
    monitoring: Monitoring,
    operation: &'static str,
    sink: Sink,
}

/// What `CloudWatch` makes of a line.
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
    pub(crate) fn to_stdout(config: &Config, operation: &'static str) -> Self {
        Self::to(config, operation, |line| {
            // A line in one piece, whatever else is written at the same time: the lock is held for all of it, and a line
            // that ends is not kept in the buffer. That nobody reads it is no reason for a job to fail.
            let _ = std::io::stdout().lock().write_all(line);
        })
    }

    /// Metrics of a function that go elsewhere.
    pub(crate) fn to(
        config: &Config,
        operation: &'static str,
        sink: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            stack: config.stack.clone(),
            monitoring: config.monitoring,
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
        let mut add = |name, unit, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(str::to_owned(name), value);
                all.push(Metric { name, unit });
            }
        };
        // One or nothing, for each job that ended: the average is a rate.
        let of_ended = |is_so: bool| attempt.ended.then(|| u8::from(is_so).into());
        let is_fault = attempt.error.is_some_and(JobError::is_fault);
        add("Jobs", "Count", of_ended(true));
        add("Failed", "Count", of_ended(attempt.error.is_some()));
        add(FAULTS, "Count", of_ended(is_fault));
        add("Attempts", "Count", attempt.counts.then(|| 1.into()));
        add("QueueMilliseconds", "Milliseconds", millis(measures.queue));
        add("FetchMilliseconds", "Milliseconds", millis(measures.fetch));
        add("WorkMilliseconds", "Milliseconds", millis(measures.work));
        add("StoreMilliseconds", "Milliseconds", millis(measures.store));
        add("BytesIn", "Bytes", measures.bytes_in.map(Value::from));
        add("BytesOut", "Bytes", measures.bytes_out.map(Value::from));
        match self.monitoring {
            Monitoring::All => {}
            Monitoring::Alarms => all.retain(|metric| metric.name == FAULTS),
            Monitoring::None => all.clear(),
        }
        let mut directives = vec![Directive {
            namespace: NAMESPACE,
            dimensions: [&["stack", "operation"]],
            metrics: all,
        }];
        if attempt.ended && self.monitoring == Monitoring::All {
            let name = "Jobs";
            directives.push(Directive {
                namespace: NAMESPACE,
                dimensions: [&["stack", "operation", "outcome"]],
                metrics: vec![Metric { name, unit: "Count" }],
            });
        }
        directives.retain(|directive| !directive.metrics.is_empty());
        let about = json!({
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
        if !directives.is_empty() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now_unix_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            let metadata = json!({ "Timestamp": now_unix_ms, "CloudWatchMetrics": directives });
            members.insert("_aws".to_owned(), metadata);
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
            End::OnItsWay | End::Started => return None,
        };
        Some(Self {
            outcome,
            error,
            ended,
            counts: *end != End::Deferred,
        })
    }
}

/// To the microsecond: many a list is done in less than a millisecond.
fn millis(duration: Option<Duration>) -> Option<Value> {
    let micros = duration.map(|duration| (duration.as_secs_f64() * 1e6).round());
    micros.map(|micros| (micros / 1e3).into())
}
