//! What the body of a message on a request queue is: a [`Request`], an S3 event (by itself, or inside of what SNS and
//! `EventBridge` put around it), S3's test event, or the bare input.
//!
//! The functions read messages to do what they ask for, the client reads dead letters to know them by the same job ids:
//! both through [`Message::read`], so that they cannot differ.

mod envelope;
mod s3_event;

use serde_json::Map;

use self::envelope::{Shape, excerpt};
pub use self::s3_event::S3Record;
use crate::{
    DecodeError, JobError, JobId, MessageId, OperationName, QueueName, Request, RequestInput, code, limits,
    salvage,
};

/// The body of a message, taken apart. Nothing is refused here that another stack would serve: whether a bucket, a key
/// or a reply queue belongs to the stack is for the function to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A request for one job.
    Request(Box<Request>),
    /// The input itself, for an operation that takes it so, with the operation's default parameters.
    BareText {
        /// Derived from the message's id.
        job_id: JobId,
        /// The message, by whose id its sender knows its answer.
        message_id: Option<MessageId>,
        /// The input.
        text: String,
    },
    /// An S3 event, whatever services it came through: one entry for each of its records.
    S3Event(Vec<S3Record>),
    /// What S3 sends when a notification is set up. It asks for nothing.
    S3TestEvent,
    /// None of these. Whoever sent it is told so.
    Unreadable {
        /// The id that can still be read of it, else one that is derived from the message's.
        job_id: JobId,
        /// Where its sender waits, if that can be read.
        reply_queue: Option<QueueName>,
        /// Why it cannot be read.
        error: JobError,
    },
}

impl Message {
    /// Reads a body. Never fails: one that cannot be read is [`Message::Unreadable`].
    ///
    /// `message_id` is the id that stays when the message is delivered again: ids of jobs which the body does not name
    /// are derived from it. `takes_bare_text` tells whether the queue's operation takes a body that is no JSON object
    /// as its input.
    #[must_use]
    pub fn read(body: &str, message_id: &str, takes_bare_text: bool) -> Self {
        if let Some(shape) = Shape::of(body) {
            return shape.read(message_id);
        }
        match (body.trim_start().starts_with('{'), takes_bare_text) {
            (true, _) => Self::read_request(body, message_id),
            (false, true) => Self::BareText {
                job_id: JobId::of_message(message_id),
                message_id: message_id.parse().ok(),
                // What is sent by hand to a function has to be JSON, so that a list may come as a JSON string.
                text: serde_json::from_str(body).unwrap_or_else(|_| body.to_owned()),
            },
            (false, false) => Self::Unreadable {
                job_id: JobId::of_message(message_id),
                reply_queue: None,
                error: JobError::permanent(
                    code::MALFORMED_REQUEST,
                    format!(
                        "`{}` is not a request, and this queue takes no bare text: send a request, a JSON object \
                         (docs/protocol.md), or upload a file under the operation's name in the input bucket",
                        excerpt(body)
                    ),
                ),
            },
        }
    }

    fn read_request(body: &str, message_id: &str) -> Self {
        let error = match Request::from_json(body) {
            Ok(request) => return Self::Request(Box::new(request)),
            Err(error) => error,
        };
        let (code, cure) = match error {
            DecodeError::Version { .. } => (code::UNSUPPORTED_VERSION, ""),
            DecodeError::Json(_) => (
                code::MALFORMED_REQUEST,
                "; docs/protocol.md says what a request holds",
            ),
        };
        let known = salvage(body);
        Self::Unreadable {
            job_id: known.job_id.unwrap_or_else(|| JobId::of_message(message_id)),
            reply_queue: known.reply_queue,
            error: JobError::permanent(code, format!("{error}{cure}")),
        }
    }

    /// The jobs that are answered for this message, in its order: one, or as many as an S3 event has records that ask
    /// for something.
    #[must_use]
    pub fn job_ids(&self) -> Vec<JobId> {
        match self {
            Self::Request(request) => vec![request.job_id],
            Self::BareText { job_id, .. } | Self::Unreadable { job_id, .. } => vec![*job_id],
            Self::S3Event(records) => records.iter().filter_map(S3Record::job_id).collect(),
            Self::S3TestEvent => Vec::new(),
        }
    }

    /// The body to send so that the message's jobs are done again under the ids that they have. `body` is the one that
    /// it was read from, `operation` the queue's.
    ///
    /// It is the same body for all but a bare text, whose id comes from its message: sent again it would be a new
    /// message, so that the ids of job and message have to be written into a request. A text so long that it does not fit beside the id goes
    /// as it is.
    #[must_use]
    pub fn redrive_body(&self, body: &str, operation: &OperationName) -> String {
        let Self::BareText {
            job_id,
            message_id,
            text,
        } = self
        else {
            return body.to_owned();
        };
        let input = RequestInput::Inline(text.clone());
        let request = Request {
            message_id: message_id.clone(),
            ..Request::new(*job_id, operation.clone(), Map::new(), input)
        };
        let request = request.to_json();
        if request.len() <= limits::MESSAGE_BYTES {
            request
        } else {
            body.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectLocation;

    const MESSAGE_ID: &str = "5fea7756-0ea4-451a-a703-a558b933e274";

    fn redriven(body: &str) -> String {
        Message::read(body, MESSAGE_ID, true).redrive_body(body, &"stats".parse().unwrap())
    }

    #[test]
    fn a_request_is_sent_again_as_it_is() {
        let id = JobId::random();
        let body = format!(
            r#"{{"version":1,"job_id":"{id}","operation":"stats","input":{{"inline":"1 2"}},"new":1}}"#
        );
        assert_eq!(redriven(&body), body);
        assert_eq!(Message::read(&body, MESSAGE_ID, true).job_ids(), [id]);
    }

    #[test]
    fn a_bare_list_keeps_its_id_when_it_is_sent_again() {
        for (body, text) in [("3 1 2", "3 1 2"), ("\"3\\n1\"", "3\n1"), ("[3, 1]", "[3, 1]")] {
            let request = Request::from_json(&redriven(body)).unwrap();
            let id = JobId::of_message(MESSAGE_ID);
            assert_eq!(
                (request.job_id, request.input),
                (id, RequestInput::Inline(text.to_owned())),
                "{body}"
            );
            assert_eq!(request.message_id, Some(MESSAGE_ID.parse().unwrap()), "{body}");
            assert_eq!(Message::read(body, MESSAGE_ID, true).job_ids(), [id]);
        }
        let longest = "1".repeat(limits::MESSAGE_BYTES);
        assert_eq!(redriven(&longest), longest);
    }

    #[test]
    fn bare_text_is_no_request_for_an_operation_that_does_not_take_it() {
        let Message::Unreadable { job_id, error, .. } = Message::read("3 1 2", MESSAGE_ID, false) else {
            panic!("taken as an input")
        };
        assert_eq!(job_id, JobId::of_message(MESSAGE_ID));
        assert_eq!(error.code, code::MALFORMED_REQUEST);
        assert!(
            error.message.contains("`3 1 2` is not a request") && error.message.contains("upload a file"),
            "{error}"
        );
    }

    #[test]
    fn a_request_that_cannot_be_read_is_known_by_what_can() {
        let id = JobId::random();
        let body = format!(r#"{{"version":9,"job_id":"{id}","reply_queue":"errand-reply-1"}}"#);
        let Message::Unreadable {
            job_id,
            reply_queue,
            error,
        } = Message::read(&body, MESSAGE_ID, true)
        else {
            panic!("read")
        };
        assert_eq!(
            (job_id, reply_queue),
            (id, Some("errand-reply-1".parse().unwrap()))
        );
        assert_eq!(error.code, code::UNSUPPORTED_VERSION);
    }

    #[test]
    fn one_record_that_cannot_be_read_hides_no_other() {
        let body = r#"{"Records":[{"s3":{}},{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"errand-input"},
            "object":{"key":"stats/two+words%2B.txt","versionId":"v1","eTag":"e"}}}]}"#;
        let location = ObjectLocation {
            bucket: "errand-input".parse().unwrap(),
            key: "stats/two words+.txt".parse().unwrap(),
            version_id: None,
        };
        let message = Message::read(body, MESSAGE_ID, true);
        let first = JobId::of_message(&format!("{MESSAGE_ID}/0"));
        assert_eq!(message.job_ids(), [first, JobId::of_object(&location, "v1")]);
        assert_eq!(redriven(body), body);
    }

    #[test]
    fn a_test_event_asks_for_nothing() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"errand-input"}"#;
        let message = Message::read(body, MESSAGE_ID, true);
        assert_eq!((&message, message.job_ids()), (&Message::S3TestEvent, Vec::new()));
    }
}
