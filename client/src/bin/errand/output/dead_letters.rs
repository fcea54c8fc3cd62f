//! Dead letters.

use errand_client::admin::unix_secs;
use errand_client::{JobError, JobId, OperationName};
use serde::Serialize;

use super::show::{Style, show};
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
            Some(time) => format!("{} ago", duration(unix_secs().saturating_sub(time / 1000))),
            None => "at an unknown time".to_owned(),
        }
    }
}

/// Shows a dead letter on one line.
pub(crate) fn dead_letter_line(message: &DeadLetterAnswer, style: Style) -> Result<(), Error> {
    show(style, message, || {
        format!(
            "{}  {}  sent {}  {}",
            message.ids(),
            message.operation,
            message.age(),
            message.input
        )
    })
}

/// Shows all of a dead letter.
pub(crate) fn dead_letter(message: &DeadLetterAnswer, style: Style) -> Result<(), Error> {
    show(style, message, || {
        let reason = message
            .error
            .map_or("the function could not store one".to_owned(), |error| {
                format!("{error} ({})", error.code)
            });
        format!(
            "job        {}\noperation  {}\nmessage    {}\nsent       {}\ninput      {}\nreason     {reason}\nrequest    {}\n",
            message.ids(),
            message.operation,
            message.message_id,
            message.age(),
            message.input,
            message.body.unwrap_or_default()
        )
    })
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

/// A time in the largest unit of which there is at least one.
pub(crate) fn duration(secs: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    for (length, unit) in UNITS {
        if secs >= length {
            return format!("{} {unit}", secs / length);
        }
    }
    format!("{secs} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit() {
        for (secs, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (7_300, "2 h"),
            (90_000, "1 d"),
        ] {
            assert_eq!(duration(secs), text);
        }
    }
}
