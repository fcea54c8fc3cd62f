//! What lies around an S3 event that came through other services: an SNS topic (whose subscription has no raw message
//! delivery), `EventBridge`, or `EventBridge` and then a topic.
//!
//! The forms are those of "HTTP/HTTPS notification JSON format" in the Amazon SNS developer guide, of "Using AWS Lambda with
//! Amazon SNS" in the AWS Lambda developer guide, and of "Amazon S3 event message structure" for `EventBridge` in the Amazon S3
//! user guide (read 2026-11).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Message;
use super::s3_event::S3Record;
use crate::{JobError, JobId, code, salvage};

/// How much of what was sent a message shows.
const SHOWN_CHARACTERS: usize = 100;

/// A body that is told apart from a request by fields which it has to have.
pub(super) enum Shape {
    /// An event of S3, or of SNS for a function that is subscribed itself.
    Records(Vec<Box<RawValue>>),
    /// What S3 sends when a notification is set up.
    S3Test,
    /// A message of a topic.
    Sns(SnsMessage),
    /// An event of an event bus.
    EventBridge(BusEvent),
}

/// All fields by which shapes are told apart. What has another type than these is no such body.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "Records")]
    records: Option<Vec<Box<RawValue>>>,
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "TopicArn")]
    topic_arn: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    source: Option<String>,
    detail: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct SnsMessage {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "TopicArn")]
    topic_arn: String,
    #[serde(rename = "Message")]
    message: String,
}

pub(super) struct BusEvent {
    detail_type: String,
    source: String,
    detail: Box<RawValue>,
}

/// A record of the event that SNS hands to a function which is subscribed itself.
#[derive(Deserialize)]
struct SnsRecord {
    #[serde(rename = "Sns")]
    message: SnsMessage,
}

impl Shape {
    /// The shape of a body; none if it has none of these.
    pub(super) fn of(body: &str) -> Option<Self> {
        let fields: Fields = serde_json::from_str(body).ok()?;
        match fields {
            Fields {
                records: Some(records),
                ..
            } => Some(Self::Records(records)),
            Fields {
                event: Some(event), ..
            } if event == "s3:TestEvent" => Some(Self::S3Test),
            Fields {
                kind: Some(kind),
                topic_arn: Some(topic_arn),
                message: Some(message),
                ..
            } => Some(Self::Sns(SnsMessage {
                kind,
                topic_arn,
                message,
            })),
            Fields {
                detail_type: Some(detail_type),
                source: Some(source),
                detail: Some(detail),
                ..
            } => Some(Self::EventBridge(BusEvent {
                detail_type,
                source,
                detail,
            })),
            _ => None,
        }
    }

    /// What a body of this shape asks for. `message_id` is as in [`Message::read`].
    pub(super) fn read(self, message_id: &str) -> Message {
        match self {
            Self::Records(records) => Message::S3Event(read_records(&records, message_id)),
            Self::S3Test => Message::S3TestEvent,
            Self::Sns(message) => message.read(message_id),
            Self::EventBridge(event) => event.read(message_id, ""),
        }
    }
}

fn read_records(records: &[Box<RawValue>], message_id: &str) -> Vec<S3Record> {
    let mut read = Vec::new();
    for (index, record) in records.iter().enumerate() {
        // Two records that cannot be read are two jobs.
        let message_id = format!("{message_id}/{index}");
        match serde_json::from_str(record.get()) {
            Ok(SnsRecord { message }) => match message.read(&message_id) {
                Message::S3Event(records) => read.extend(records),
                Message::Unreadable { job_id, error, .. } => {
                    read.push(S3Record::Unreadable { job_id, error });
                }
                _ => {}
            },
            Err(_) => read.push(S3Record::read(record.get(), &message_id)),
        }
    }
    read
}

impl SnsMessage {
    fn read(self, message_id: &str) -> Message {
        let topic = excerpt(&self.topic_arn);
        if self.kind != "Notification" {
            let error = format!(
                "an SNS message of type `{}` from topic {topic}, which asks for nothing: subscribe the queue from the account \
                 that it is in, so that there is nothing to confirm",
                excerpt(&self.kind)
            );
            return refused(message_id, error);
        }
        match Shape::of(&self.message) {
            Some(Shape::EventBridge(event)) => {
                event.read(message_id, &format!(" in an SNS message from topic {topic}"))
            }
            Some(Shape::Sns(inner)) => refused(
                message_id,
                format!(
                    "an SNS message from topic {} in one from topic {topic}: one topic may lie between S3 and the queue; \
                     turn on raw message delivery for the other",
                    excerpt(&inner.topic_arn)
                ),
            ),
            Some(shape) => shape.read(message_id),
            None => {
                // Whoever waits for an answer to what was published hears of it.
                let known = salvage(&self.message);
                let error = format!(
                    "an SNS message from topic {topic} that holds no S3 event but `{}`: publish S3's events alone to it, or, \
                     for requests, turn on raw message delivery for the subscription of this queue",
                    excerpt(&self.message)
                );
                Message::Unreadable {
                    job_id: known.job_id.unwrap_or_else(|| JobId::of_message(message_id)),
                    reply_queue: known.reply_queue,
                    error: JobError::permanent(code::MALFORMED_REQUEST, error),
                }
            }
        }
    }
}

impl BusEvent {
    /// `place` tells what it lay in.
    fn read(self, message_id: &str, place: &str) -> Message {
        if self.source != "aws.s3" || !self.detail_type.starts_with("Object ") {
            let error = format!(
                "an EventBridge event `{}` of `{}`{place}, which tells of no object: let the rule match `Object Created` of \
                 `aws.s3` alone",
                excerpt(&self.detail_type),
                excerpt(&self.source)
            );
            return refused(message_id, error);
        }
        Message::S3Event(vec![S3Record::read_detail(
            &self.detail_type,
            self.detail.get(),
            message_id,
        )])
    }
}

fn refused(message_id: &str, error: String) -> Message {
    Message::Unreadable {
        job_id: JobId::of_message(message_id),
        reply_queue: None,
        error: JobError::permanent(code::MALFORMED_REQUEST, error),
    }
}

/// The beginning of what was sent, on one line and without characters that a terminal obeys.
pub(super) fn excerpt(text: &str) -> String {
    let mut characters = text.trim().chars();
    let mut shown: String = characters
        .by_ref()
        .take(SHOWN_CHARACTERS)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}
