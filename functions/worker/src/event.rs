//! What Lambda hands to a function: a delivery of SQS messages, S3 events sent without a queue between, or a request
//! made by hand (`cargo lambda invoke`, the console's test button).

use errand_protocol::{JobError, JobId, TraceHeader, code};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::job::{Job, ReplyTo};
use crate::map::Step;
use crate::record::{self, Arrival};

/// An event, taken apart.
#[derive(Debug)]
pub(crate) enum Event {
    /// Messages of a request queue, to be answered with the ones that are to come again.
    Sqs(Vec<Delivery>),
    /// Jobs that came without a queue.
    Direct(Vec<Job>),
    /// A step of a map job, from the state machine.
    Step(Step),
}

/// One SQS message, and the jobs that it asks for: none when it is a notification that asks for nothing.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The message's id, by which the batch response names it if it has to be delivered again.
    pub(crate) message_id: Option<String>,
    /// What the message is called while this delivery of it lasts.
    pub(crate) receipt_handle: Option<String>,
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

/// As much of an SQS record as is needed; whatever SQS adds to it passes, and so does a change in the rest of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SqsRecord {
    message_id: Option<String>,
    receipt_handle: Option<String>,
    body: Option<String>,
    attributes: Option<Attributes>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: Option<String>,
    /// In milliseconds since 1970-01-01 UTC.
    sent_timestamp: Option<String>,
    #[serde(rename = "AWSTraceHeader")]
    trace_header: Option<String>,
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
    if let Ok(Envelope { records }) = serde_json::from_str(payload)
        // All records of an event come from one service, which a broken one may not tell.
        && records.iter().any(|record| is_from_sqs(record.get()))
    {
        let deliveries = records.iter();
        return Event::Sqs(
            deliveries
                .map(|record| delivery(record.get(), operation, config))
                .collect(),
        );
    }
    if let Some(step) = Step::read(payload) {
        return Event::Step(step);
    }
    let by_hand = Arrival {
        message_id: invocation_id,
        is_from_sqs: false,
        receives: 1,
        max_receives: None,
        sent_at_unix_ms: None,
        trace_id: None,
    };
    Event::Direct(record::jobs_of_body(payload, by_hand, operation, config))
}

fn is_from_sqs(record: &str) -> bool {
    let origin: Result<Origin, _> = serde_json::from_str(record);
    origin.is_ok_and(|origin| origin.event_source.as_deref() == Some("aws:sqs"))
}

fn delivery(record: &str, operation: &record::Expected, config: &Config) -> Delivery {
    let message: SqsRecord = match serde_json::from_str(record) {
        Ok(message) => message,
        Err(error) => return unreadable(record, &error, config),
    };
    let attributes = message.attributes.unwrap_or_default();
    let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
    let header = attributes.trace_header.as_deref();
    let header: Option<TraceHeader> = header.and_then(|header| header.parse().ok());
    let message_id = message.message_id.filter(|id| !id.is_empty());
    let body = message.body.unwrap_or_default();
    let arrival = Arrival {
        message_id: message_id.as_deref().unwrap_or(&body),
        is_from_sqs: message_id.is_some(),
        receives: number(attributes.approximate_receive_count)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1),
        max_receives: Some(config.max_receive_count),
        sent_at_unix_ms: number(attributes.sent_timestamp),
        trace_id: header.map(|header| header.root),
    };
    let jobs = record::jobs_of_body(&body, arrival, operation, config);
    Delivery {
        message_id,
        receipt_handle: message.receipt_handle,
        jobs,
    }
}

fn unreadable(record: &str, error: &serde_json::Error, config: &Config) -> Delivery {
    let Salvage {
        message_id,
        receipt_handle,
    } = serde_json::from_str(record).unwrap_or_default();
    let message_id = message_id.filter(|id| !id.is_empty());
    let job = Job {
        id: JobId::of_message(message_id.as_deref().unwrap_or(record)),
        reply_to: ReplyTo::Stack,
        task: Err(JobError::permanent(
            code::MALFORMED_REQUEST,
            format!("not a record of an SQS event: {error}"),
        )),
        asked_by: message_id.as_deref().and_then(|id| id.parse().ok()),
        message_id: message_id.clone().unwrap_or_default(),
        sent_at_unix_ms: None,
        trace_id: None,
        attempt: 1,
        receives: 1,
        max_receives: Some(config.max_receive_count),
    };
    Delivery {
        message_id,
        receipt_handle,
        jobs: vec![job],
    }
}
