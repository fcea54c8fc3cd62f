//! Dead letters.

use errand_client::admin::unix_secs;
use errand_client::{JobError, JobId, OperationName};
use serde::Serialize;

use super::show::{Style, show};
use super::time::age;
use crate::error::Error;

/// What is told of a dead letter.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct DeadLetterAnswer<'a> {
    /// The jobs that it asks for; more than one only where S3 told of several files at once.
    pub(crate) job_ids: &'a [JobId],
    pub(crate) operation: &'a OperationName,
    pub(crate) message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at_unix_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receives: Option<u32>,
    /// What the jobs work on, for a person.
    pub(crate) input: &'a str,
    /// What the job was answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'a JobError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<&'a str>,
}

impl DeadLetterAnswer<'_> {
    fn ids(&self) -> String {
        let ids: Vec<_> = self.job_ids.iter().map(ToString::to_string).collect();
        ids.join(" ")
    }

    fn age(&self) -> String {
        match self.sent_at_unix_ms {
            Some(time) => format!("{} ago", age(unix_secs().saturating_sub(time / 1000))),
            None => "at an unknown time".to_owned(),
        }
    }
}

/// Shows a dead letter on one line.
pub(crate) fn dead_letter_line(message: &DeadLetterAnswer, style: Style) -> Result<(), Error> {
    show(style, message, || line(message))
}

fn line(message: &DeadLetterAnswer) -> String {
    format!(
        "{}  {:9}  sent {:>9}  {}  {}",
        message.ids(),
        message.operation.as_str(),
        message.age(),
        message.error.map_or("no_outcome", |error| error.code.as_str()),
        message.input
    )
}

/// Shows what is known of a dead letter; its request as JSON alone.
pub(crate) fn dead_letter(message: &DeadLetterAnswer, style: Style) -> Result<(), Error> {
    show(style, message, || summary(message))
}

fn summary(message: &DeadLetterAnswer) -> String {
    let reason = message.error.map_or(
        "not known: no outcome could be stored; see the function's log".to_owned(),
        |error| format!("{error} ({})", error.code),
    );
    let receives = message
        .receives
        .map_or(String::new(), |count| format!("received   {count} times\n"));
    let first = message.job_ids.first();
    let id = first.map_or(message.message_id.to_owned(), ToString::to_string);
    format!(
        "job        {}\noperation  {}\nmessage    {}\nsent       {}\n{receives}input      {}\nreason     {reason}\n\
         request    {} bytes: `errand dead-letters show {id} --body`\n\
         again      `errand dead-letters redrive {id}`\n",
        message.ids(),
        message.operation,
        message.message_id,
        message.age(),
        message.input,
        message.body.unwrap_or_default().len()
    )
}

/// Prints a dead letter's request as it was sent.
pub(crate) fn dead_letter_body(message: &DeadLetterAnswer) -> Result<(), Error> {
    let style = Style {
        json: false,
        aside: false,
    };
    show(style, message, || message.body.unwrap_or_default().to_owned())
}

/// Tells that a dead letter was sent to its function again.
pub(crate) fn redriven(message: &DeadLetterAnswer, style: Style) -> Result<(), Error> {
    show(style, message, || {
        let commands: Vec<_> = message
            .job_ids
            .iter()
            .map(|id| format!("`errand result {id}`"))
            .collect();
        format!(
            "{}  {}  sent again: fetch the answer with {}",
            message.ids(),
            message.operation,
            commands.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use errand_protocol::ErrorCode;

    use super::*;

    #[test]
    fn a_dead_letter_is_told_with_its_age_its_reason_and_what_to_do() {
        let job = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";
        let jobs = [job.parse().unwrap()];
        let operation = "stats".parse().unwrap();
        let error = JobError {
            code: ErrorCode::new("misconfigured"),
            message: "failed after 5 attempts".to_owned(),
            retryable: true,
        };
        let known = DeadLetterAnswer {
            job_ids: &jobs,
            operation: &operation,
            message_id: "m-1",
            sent_at_unix_ms: Some((unix_secs() - 7_250) * 1000),
            receives: Some(7),
            input: "s3://errand-input/stats/a.txt",
            error: Some(&error),
            body: Some("3 1 2"),
        };
        let wanted =
            format!("{job}  stats      sent   2 h ago  misconfigured  s3://errand-input/stats/a.txt");
        assert_eq!(line(&known), wanted);
        let wanted = format!(
            "\
job        {job}
operation  stats
message    m-1
sent       2 h ago
received   7 times
input      s3://errand-input/stats/a.txt
reason     failed after 5 attempts (misconfigured)
request    5 bytes: `errand dead-letters show {job} --body`
again      `errand dead-letters redrive {job}`
"
        );
        assert_eq!(summary(&known), wanted);
        let unknown = DeadLetterAnswer {
            error: None,
            sent_at_unix_ms: None,
            receives: None,
            ..known
        };
        assert!(line(&unknown).contains("sent at an unknown time  no_outcome"));
        assert!(summary(&unknown).contains("\nreason     not known: no outcome could be stored"));
    }
}
