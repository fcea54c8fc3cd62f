//! What became of jobs.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io;
use std::path::Path;

use errand_client::{JobIds, ObjectLocation, Outcome, Status};
use errand_grayscale::Report;
use errand_stats::Summary;
use serde::Serialize;
use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

use super::show::{Style, show, shown};
use crate::error::Error;

#[derive(Serialize)]
struct ResultAnswer<'a, T> {
    #[serde(flatten)]
    job: Option<JobIds>,
    #[serde(flatten)]
    result: &'a T,
}

/// Shows the result of an operation that makes no file. There is no job when it ran in this process.
fn result(result: &(impl Serialize + Display), job: Option<JobIds>, style: Style) -> Result<(), Error> {
    show(style, &ResultAnswer { job, result }, || result.to_string())
}

/// A summary whose text is as wide as the terminal that it goes to.
#[derive(Serialize)]
#[serde(transparent)]
struct InTerminal<'a>(&'a Summary);

impl Display for InTerminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The size is known of a terminal alone.
        let columns = terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns));
        self.0.in_width(columns).fmt(f)
    }
}

/// Shows statistics of one list.
pub(crate) fn statistics(summary: &Summary, job: Option<JobIds>, style: Style) -> Result<(), Error> {
    result(&InTerminal(summary), job, style)
}

/// The same as text alone.
pub(crate) fn statistics_text(summary: &Summary) -> String {
    InTerminal(summary).to_string()
}

#[derive(Serialize)]
struct GrayscaleAnswer<'a> {
    #[serde(flatten)]
    job: Option<JobIds>,
    /// The local file; none when it went to standard output.
    output: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(flatten)]
    report: &'a Report,
}

/// Shows what became of an image.
pub(crate) fn grayscale(
    report: &Report,
    output: Option<&Path>,
    stored: Option<(JobIds, &ObjectLocation)>,
    style: Style,
) -> Result<(), Error> {
    let location = stored.map(|(_, location)| location.to_string());
    let answer = GrayscaleAnswer {
        job: stored.map(|(job, _)| job),
        output: output.map(Path::to_string_lossy),
        location: location.clone(),
        report,
    };
    show(style, &answer, || {
        let mut text = format!("{}: {report}", output.map_or("-".to_owned(), shown));
        if let Some(location) = &location {
            text.push_str("\nkept at ");
            text.push_str(location);
        }
        text
    })
}

#[derive(Serialize)]
struct SkippedAnswer<'a> {
    input: Cow<'a, str>,
    status: &'static str,
    output: Cow<'a, str>,
}

/// Tells that an image was done earlier.
pub(crate) fn skipped(input: &Path, output: &Path, json: bool) -> Result<(), Error> {
    let answer = SkippedAnswer {
        input: input.to_string_lossy(),
        status: "skipped",
        output: output.to_string_lossy(),
    };
    show(Style { json, aside: false }, &answer, || skipped_line(output))
}

/// The same, for a person.
pub(crate) fn skipped_line(output: &Path) -> String {
    format!("{}: skipped, newer than its input", shown(output))
}

/// Shows an outcome of any operation, on one line.
pub(crate) fn outcome(outcome: &Outcome, style: Style) -> Result<(), Error> {
    show(style, outcome, || {
        let input = outcome
            .input
            .as_ref()
            .map_or("a message".to_owned(), ToString::to_string);
        let ending = match &outcome.status {
            Status::Succeeded {
                object: Some(object), ..
            } => format!("succeeded: {}", object.location),
            Status::Succeeded { result, object: None } => {
                let plain = |value: &Value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let short = result
                    .iter()
                    .filter(|(_, value)| !value.is_object() && !value.is_array());
                let fields: Vec<String> = short
                    .map(|(name, value)| format!("{name} {}", plain(value)))
                    .collect();
                format!("succeeded: {}", fields.join(", "))
            }
            Status::Failed { error } => format!("failed ({}): {error}", error.code),
        };
        format!("{} {} of {input} {ending}", outcome.job_id, outcome.operation)
    })
}
