//! How old the oldest message of a queue is. SQS does not tell: what it offers besides is to receive the message, which counts
//! as a delivery and hides it. It gives the figure to `CloudWatch`, once a minute, while the queue is in use.

use std::collections::HashMap;
use std::time::Duration;

use errand_protocol::QueueName;
use serde_json::{Value, json};

use super::signed::{Call, Policy};
use super::{Cloud, Seen};
use crate::clock::unix_secs;
use crate::error::Error;

/// How far back a figure is looked for: of a queue that was out of use, SQS gives the first after up to a quarter of an hour.
const WINDOW: Duration = Duration::from_mins(15);

/// SQS gives one figure a minute.
const PERIOD_SECS: u64 = 60;

/// How old the oldest message of a queue was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldestMessage {
    /// Its age then, in seconds.
    pub age_secs: u64,
    /// The beginning of the minute that the figure is of, in seconds since 1970-01-01 UTC.
    pub measured_at_unix_secs: u64,
}

impl Cloud {
    /// The newest figures of `CloudWatch`'s metric `ApproximateAgeOfOldestMessage`, by queue; a queue without one is left out. The
    /// call costs a hundredth of a dollar for a thousand queues.
    pub async fn oldest_messages(
        &self,
        queues: &[QueueName],
    ) -> Result<Seen<HashMap<QueueName, OldestMessage>>, Error> {
        let now = unix_secs();
        let queries: Vec<Value> = queues
            .iter()
            .enumerate()
            .map(|(index, queue)| query(index, queue))
            .collect();
        let body = json!({
            "StartTime": now - WINDOW.as_secs(),
            "EndTime": now + PERIOD_SECS,
            "ScanBy": "TimestampDescending",
            "MetricDataQueries": queries,
        });
        let call = Call {
            action: "cloudwatch:GetMetricData",
            policy: Policy::Operator,
            host: "monitoring",
            service: "monitoring",
            place: &self.others.cloudwatch,
            target: "/".to_owned(),
            post: Some(("GraniteServiceVersion20100801.GetMetricData", body)),
        };
        Ok(self.ask(&call).await?.map(|answer| {
            let results = answer["MetricDataResults"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let newest = |result: &Value| {
                let index: usize = result["Id"].as_str()?.strip_prefix('q')?.parse().ok()?;
                Some((queues.get(index)?.clone(), newest(result)?))
            };
            results.iter().filter_map(newest).collect()
        }))
    }
}

fn query(index: usize, queue: &QueueName) -> Value {
    json!({
        "Id": format!("q{index}"),
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{ "Name": "QueueName", "Value": queue.as_str() }],
            },
            "Period": PERIOD_SECS,
            "Stat": "Maximum",
        },
    })
}

/// The newest of a metric's figures, in whatever order they are.
fn newest(result: &Value) -> Option<OldestMessage> {
    let whole = |value: &Value| {
        let number = value
            .as_f64()
            .filter(|number| number.is_finite() && *number >= 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "looked at above"
        )]
        Some(number as u64)
    };
    let times = result["Timestamps"].as_array()?.iter().map(whole);
    let ages = result["Values"].as_array()?.iter().map(whole);
    let known = times.zip(ages).filter_map(|(time, age)| Some((time?, age?)));
    let (time, age) = known.max_by_key(|(time, _)| *time)?;
    Some(OldestMessage {
        age_secs: age,
        measured_at_unix_secs: time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_figure_counts_whatever_its_place() {
        let result = json!({ "Timestamps": [1_700_000_060, 1_700_000_120.0, 1_700_000_000], "Values": [30.0, 90.0, 5] });
        let wanted = OldestMessage {
            age_secs: 90,
            measured_at_unix_secs: 1_700_000_120,
        };
        assert_eq!(newest(&result), Some(wanted));
        assert_eq!(newest(&json!({ "Timestamps": [], "Values": [] })), None);
        assert_eq!(newest(&json!({})), None);
    }
}
