//! Executions of the stack's state machine, one for each map job, under the job's id: how far they are, and stopping them.
//!
//! Names and shapes are those of the AWS Step Functions API reference (read 2026-11). A moment is a number of seconds in its JSON,
//! with a fraction.

use errand_aws::partition;
use errand_protocol::JobId;
use serde_json::{Value, json};

use super::signed::{Call, Policy};
use super::{Cloud, Seen};
use crate::error::Error;

/// What the names of its calls begin with.
macro_rules! target {
    ($call:literal) => {
        concat!("AWSStepFunctions.", $call)
    };
}

/// How an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It goes on.
    Running,
    /// It came to its end.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl ExecutionStatus {
    /// As Step Functions spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// What is not known, such as `PENDING_REDRIVE`, has not come to an end.
    fn of(text: Option<&str>) -> Self {
        let ended = [Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];
        let known = ended.into_iter().find(|status| Some(status.name()) == text);
        known.unwrap_or(Self::Running)
    }
}

/// An execution of the stack's state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// How it is.
    pub status: ExecutionStatus,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_at_unix_ms: u64,
    /// When it ended, if it has.
    pub stopped_at_unix_ms: Option<u64>,
    /// Why it ended, where it says so: the error's name and what is told of it.
    pub cause: Option<String>,
    /// What it does, where its input names that.
    pub operation: Option<String>,
}

/// An execution, as a listing tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedExecution {
    /// The job.
    pub job_id: JobId,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_at_unix_ms: u64,
    /// When it ended, if it has.
    pub stopped_at_unix_ms: Option<u64>,
}

/// A round of a map job's work: its name for other calls, and when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MapRun {
    pub(crate) arn: String,
    pub(crate) started_at_unix_ms: u64,
}

/// How many items of a round are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemCounts {
    /// All that were found so far.
    pub total: u64,
    /// Those that wait.
    pub pending: u64,
    /// Those that are being done.
    pub running: u64,
    /// Those that are done.
    pub succeeded: u64,
    /// Those that failed, timed out or were stopped.
    pub failed: u64,
}

impl Cloud {
    /// What Step Functions calls a job's execution. None before the stack is located.
    fn execution_arn(&self, job_id: JobId) -> Option<String> {
        let name = format!("execution:{}:{job_id}", self.stack.state_machine());
        Some(arn(&self.region, self.account.get()?, &name))
    }

    /// A map job's execution; [`Seen::Missing`] where there is none.
    pub async fn execution(&self, job_id: JobId) -> Result<Seen<Execution>, Error> {
        let Some(arn) = self.execution_arn(job_id) else {
            return Ok(Seen::Missing);
        };
        let call = self.states(
            "states:DescribeExecution",
            target!("DescribeExecution"),
            json!({ "executionArn": arn }),
        );
        Ok(self.ask(&call).await?.map(|answer| execution(&answer)))
    }

    /// The rounds of a map job's work, the newest first.
    pub(crate) async fn map_runs(&self, job_id: JobId) -> Result<Seen<Vec<MapRun>>, Error> {
        let Some(arn) = self.execution_arn(job_id) else {
            return Ok(Seen::Missing);
        };
        let call = self.states(
            "states:ListMapRuns",
            target!("ListMapRuns"),
            json!({ "executionArn": arn }),
        );
        Ok(self.ask(&call).await?.map(|answer| {
            let run = |run: &Value| {
                Some(MapRun {
                    arn: run["mapRunArn"].as_str()?.to_owned(),
                    started_at_unix_ms: moment(&run["startDate"]).unwrap_or_default(),
                })
            };
            let runs = answer["mapRuns"].as_array().cloned().unwrap_or_default();
            let mut runs: Vec<_> = runs.iter().filter_map(run).collect();
            runs.sort_by_key(|run| std::cmp::Reverse(run.started_at_unix_ms));
            runs
        }))
    }

    /// How far a round is.
    pub(crate) async fn map_run(&self, arn: &str) -> Result<Seen<ItemCounts>, Error> {
        let call = self.states(
            "states:DescribeMapRun",
            target!("DescribeMapRun"),
            json!({ "mapRunArn": arn }),
        );
        Ok(self.ask(&call).await?.map(|answer| counts(&answer["itemCounts"])))
    }

    /// Stops a map job's execution; [`Seen::Missing`] where there is none. One that has ended stays as it is.
    pub(crate) async fn stop_execution(&self, job_id: JobId) -> Result<Seen<()>, Error> {
        let Some(arn) = self.execution_arn(job_id) else {
            return Ok(Seen::Missing);
        };
        let call = self.states(
            "states:StopExecution",
            target!("StopExecution"),
            json!({ "executionArn": arn, "error": "canceled", "cause": "canceled by a client" }),
        );
        Ok(self.ask(&call).await?.map(drop))
    }

    /// The newest executions in one state, no more than `most` (at most 1,000). Those whose names are no job ids are left out.
    pub async fn executions(
        &self,
        status: ExecutionStatus,
        most: u32,
    ) -> Result<Seen<Vec<ListedExecution>>, Error> {
        let Some(account) = self.account.get() else {
            return Ok(Seen::Missing);
        };
        let name = format!("stateMachine:{}", self.stack.state_machine());
        let arn = arn(&self.region, account, &name);
        let call = Call {
            policy: Policy::Operator,
            ..self.states(
                "states:ListExecutions",
                target!("ListExecutions"),
                json!({ "stateMachineArn": arn, "statusFilter": status.name(), "maxResults": most }),
            )
        };
        Ok(self.ask(&call).await?.map(|answer| {
            let executions = answer["executions"].as_array().cloned().unwrap_or_default();
            executions.iter().filter_map(listed).collect()
        }))
    }

    fn states(&self, action: &'static str, target: &'static str, body: Value) -> Call<'_> {
        Call {
            action,
            policy: Policy::Client,
            host: "states",
            service: "states",
            place: &self.others.step_functions,
            target: "/".to_owned(),
            post: Some((target, body)),
        }
    }
}

fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:{}:states:{region}:{account}:{name}", partition(region))
}

fn execution(answer: &Value) -> Execution {
    let text = |name: &str| answer[name].as_str().filter(|text| !text.is_empty());
    let cause = match (text("error"), text("cause")) {
        (Some(error), Some(cause)) => Some(format!("{error}: {cause}")),
        (error, cause) => error.or(cause).map(str::to_owned),
    };
    let input: Value = text("input")
        .and_then(|input| serde_json::from_str(input).ok())
        .unwrap_or_default();
    let operation = input["operation"]
        .as_str()
        .or(input["request"]["operation"].as_str());
    Execution {
        status: ExecutionStatus::of(text("status")),
        started_at_unix_ms: moment(&answer["startDate"]).unwrap_or_default(),
        stopped_at_unix_ms: moment(&answer["stopDate"]),
        cause,
        operation: operation.map(str::to_owned),
    }
}

fn listed(execution: &Value) -> Option<ListedExecution> {
    Some(ListedExecution {
        job_id: execution["name"].as_str()?.parse().ok()?,
        started_at_unix_ms: moment(&execution["startDate"]).unwrap_or_default(),
        stopped_at_unix_ms: moment(&execution["stopDate"]),
    })
}

fn counts(answer: &Value) -> ItemCounts {
    let count = |name: &str| answer[name].as_u64().unwrap_or_default();
    ItemCounts {
        total: count("total"),
        pending: count("pending"),
        running: count("running"),
        succeeded: count("succeeded"),
        failed: count("failed") + count("timedOut") + count("aborted"),
    }
}

/// Seconds since 1970-01-01 UTC, in milliseconds.
fn moment(value: &Value) -> Option<u64> {
    let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a moment of our time"
    )]
    Some((seconds * 1e3).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_begins_with_the_partition_of_its_region() {
        for (region, wanted) in [
            (
                "eu-west-1",
                "arn:aws:states:eu-west-1:123456789012:execution:errand-map:x",
            ),
            (
                "cn-north-1",
                "arn:aws-cn:states:cn-north-1:123456789012:execution:errand-map:x",
            ),
        ] {
            assert_eq!(arn(region, "123456789012", "execution:errand-map:x"), wanted);
        }
    }

    #[test]
    fn an_execution_that_ended_tells_when_and_why() {
        let answer = json!({
            "status": "TIMED_OUT", "startDate": 1_796_000_000.25, "stopDate": 1_796_000_100,
            "error": "States.Timeout", "cause": "", "input": r#"{"operation":"stats"}"#,
        });
        let wanted = Execution {
            status: ExecutionStatus::TimedOut,
            started_at_unix_ms: 1_796_000_000_250,
            stopped_at_unix_ms: Some(1_796_000_100_000),
            cause: Some("States.Timeout".to_owned()),
            operation: Some("stats".to_owned()),
        };
        assert_eq!(execution(&answer), wanted);
        let going = execution(&json!({ "status": "PENDING_REDRIVE", "startDate": 1 }));
        assert_eq!((going.status, going.cause), (ExecutionStatus::Running, None));
    }

    #[test]
    fn whatever_did_not_succeed_has_failed() {
        let answer = json!({ "total": 10, "pending": 1, "running": 2, "succeeded": 3, "failed": 1, "timedOut": 1, "aborted": 2 });
        let wanted = ItemCounts {
            total: 10,
            pending: 1,
            running: 2,
            succeeded: 3,
            failed: 4,
        };
        assert_eq!(counts(&answer), wanted);
        assert_eq!(counts(&Value::Null), ItemCounts::default());
    }

    #[test]
    fn an_execution_that_is_no_jobs_is_left_out() {
        let of = |name: &str| listed(&json!({ "name": name, "startDate": 1.0 }));
        assert_eq!(of("by-hand"), None);
        assert!(of("0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b").is_some());
    }
}
