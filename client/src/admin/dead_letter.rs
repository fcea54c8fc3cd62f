//! Dead letters: requests that could not be done. They are read as the functions read them ([`Message`]), so that each is
//! known by the id under which it was answered.

use errand_protocol::message::S3Record;
use errand_protocol::{JobId, Message, RequestInput};

use crate::operations::Operation;

/// What a dead letter asks for.
#[derive(Debug, PartialEq)]
pub struct DeadLetterContent {
    /// Its jobs: one, or as many as the S3 event that it holds asks for.
    pub jobs: Vec<JobId>,
    /// What they work on, for a person.
    pub input: String,
    /// What to send so that they are done again under their old ids.
    pub redrive_body: String,
}

impl DeadLetterContent {
    /// Reads a message of the operation's dead-letter queue.
    #[must_use]
    pub fn read(operation: Operation, message_id: &str, body: &str) -> Self {
        let message = Message::read(body, message_id, operation.takes_bare_text);
        Self {
            jobs: message.job_ids(),
            input: describe(&message),
            redrive_body: message.redrive_body(body, &operation.name()),
        }
    }
}

fn describe(message: &Message) -> String {
    const UNREADABLE: &str = "not readable";
    match message {
        Message::Request(request) => match &request.input {
            RequestInput::Inline(text) => inline(text),
            RequestInput::Object(location) => location.to_string(),
            RequestInput::Objects(locations) => format!("{} objects", locations.len()),
            RequestInput::Prefix(prefix) => prefix.to_string(),
        },
        Message::BareText { text, .. } => inline(text),
        Message::S3Event(records) => {
            let inputs = records.iter().filter_map(|record| match record {
                S3Record::Uploaded { location, .. } => Some(location.to_string()),
                S3Record::Unreadable { .. } => Some(UNREADABLE.to_owned()),
                S3Record::Other { .. } => None,
            });
            inputs.collect::<Vec<_>>().join(" ")
        }
        Message::S3TestEvent => "none".to_owned(),
        Message::Unreadable { .. } => UNREADABLE.to_owned(),
    }
}

fn inline(text: &str) -> String {
    format!("{} bytes in the message", text.len())
}

#[cfg(test)]
#[path = "../../../protocol/tests/samples/messages.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use super::samples::Sample;
    use super::*;
    use crate::operations::{self, GRAYSCALE, STATS};

    #[test]
    fn a_dead_letter_is_known_by_the_ids_under_which_its_function_answers_it() {
        for sample in Sample::all() {
            for &operation in operations::ALL {
                let name = operation.name();
                let body = sample.body(name.as_str());
                let content = DeadLetterContent::read(operation, "m-1", &body);
                let jobs = sample.jobs(name.as_str(), "m-1");
                assert_eq!(content.jobs, jobs, "{name}: {}", sample.form);
            }
        }
    }

    #[test]
    fn what_a_dead_letter_works_on_is_told_in_words() {
        let id = JobId::random();
        for (operation, body, input) in [
            (STATS, "3 1 2".to_owned(), "5 bytes in the message"),
            (GRAYSCALE, "3 1 2".to_owned(), "not readable"),
            (
                STATS,
                format!(r#"{{"version":1,"job_id":"{id}","operation":"stats","input":{{"inline":"1 2"}}}}"#),
                "3 bytes in the message",
            ),
            (
                STATS,
                r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"errand-input"},
                    "object":{"key":"stats/two+words%2B.txt","versionId":"v1","eTag":"e"}}},{}]}"#
                    .to_owned(),
                "s3://errand-input/stats/two words+.txt not readable",
            ),
        ] {
            assert_eq!(DeadLetterContent::read(operation, "m1", &body).input, input);
        }
    }
}
