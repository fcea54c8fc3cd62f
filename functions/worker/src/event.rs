//! What Lambda hands to a function: a delivery of SQS messages, S3 events sent without a queue between, or a request
//! made by hand (`cargo lambda invoke`, the console's test button).

use aws_lambda_events::event::sqs::SqsMessage;
use errand_protocol::{JobError, JobId, code};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::job::{Job, ReplyTo};
use crate::record;

/// An event, taken apart.
#[derive(Debug)]
pub(crate) enum Event {
    /// Messages of a request queue, to be answered with the ones that are to come again.
    Sqs(Vec<Delivery>),
    /// Jobs that came without a queue.
    Direct(Vec<Job>),
}

/// One SQS message, and the jobs that it asks for: none when it is a notification that asks for nothing.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// What SQS calls the message, and what a function calls it when it hands it back.
    pub(crate) message_id: Option<String>,
    /// What the message is called while this delivery of it lasts.
    pub(crate) receipt_handle: Option<String>,
    /// Which delivery of the message this is, counted from 1.
    pub(crate) attempt: u32,
    pub(crate) jobs: Vec<Job>,
}

/// The outermost form of an event. Whatever else it holds passes.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    event_source: Option<String>,
}

/// What is read of an SQS record that is not as it should be.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Salvage {
    message_id: Option<String>,
    receipt_handle: Option<String>,
}

/// Takes an event apart. Never fails: what cannot be read becomes a job that is answered with the reason.
///
/// `invocation_id` identifies a request made by hand, and stays the same when Lambda repeats it.
pub(crate) fn decode(
    payload: &str,
    invocation_id: &str,
    operation: &record::Expected,
    config: &Config,
) -> Event {
    let Ok(Envelope { records }) = serde_json::from_str(payload) else {
        return Event::Direct(record::jobs_of_body(
            payload,
            JobId::of_message(invocation_id),
            1,
            operation,
            config,
        ));
    };
    let from_sqs = |record: &RawValue| matches!(serde_json::from_str(record.get()), Ok(Origin { event_source: Some(source) }) if source == "aws:sqs");
    // All records of an event come from one source.
    if records.first().is_some_and(|record| from_sqs(record)) {
        return Event::Sqs(
            records
                .iter()
                .map(|record| delivery(record.get(), operation, config))
                .collect(),
        );
    }
    let jobs = records.iter().filter_map(|record| {
        record::job_of_s3_record(
            record.get(),
            JobId::of_message(invocation_id),
            1,
            operation,
            config,
        )
    });
    Event::Direct(jobs.collect())
}

fn delivery(record: &str, operation: &record::Expected, config: &Config) -> Delivery {
    let message: SqsMessage = match serde_json::from_str(record) {
        Ok(message) => message,
        Err(error) => return unreadable(record, &error),
    };
    let attempt = message
        .attributes
        .get("ApproximateReceiveCount")
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    let message_id = message.message_id.filter(|id| !id.is_empty());
    let fallback_id = JobId::of_message(message_id.as_deref().unwrap_or(record));
    let body = message.body.unwrap_or_default();
    let jobs = record::jobs_of_body(&body, fallback_id, attempt, operation, config);
    Delivery {
        message_id,
        receipt_handle: message.receipt_handle,
        attempt,
        jobs,
    }
}

fn unreadable(record: &str, error: &serde_json::Error) -> Delivery {
    let Salvage {
        message_id,
        receipt_handle,
    } = serde_json::from_str(record).unwrap_or_default();
    let job = Job {
        id: JobId::of_message(message_id.as_deref().unwrap_or(record)),
        reply_to: ReplyTo::Stack,
        task: Err(JobError::permanent(
            code::MALFORMED_REQUEST,
            format!("not a record of an SQS event: {error}"),
        )),
        attempt: 1,
    };
    Delivery {
        message_id,
        receipt_handle,
        attempt: 1,
        jobs: vec![job],
    }
}
