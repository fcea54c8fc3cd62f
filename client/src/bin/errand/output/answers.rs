//! What became of jobs.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::io;
use std::path::Path;

use errand_client::{JobIds, ObjectLocation, Outcome, Status};
use errand_grayscale::Report;
use errand_stats::Answer;
use serde::Serialize;
use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

use super::show::{Style, show, shown};
use super::time::utc;
use crate::error::Error;
use crate::many::table;

#[derive(Serialize)]
struct ResultAnswer<'a, T> {
    #[serde(flatten)]
    job: Option<JobIds>,
    #[serde(flatten)]
    result: &'a T,
}

/// Shows the result of an operation that makes no file. There is no job when it ran in this process.
pub(crate) fn result(
    result: &(impl Serialize + Display),
    job: Option<JobIds>,
    style: Style,
) -> Result<(), Error> {
    show(style, &ResultAnswer { job, result }, || result.to_string())
}

/// Statistics as a person reads them: of a list lines, as wide as the terminal that they go to; of several columns a table, if it
/// holds all of them.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Statistics<'a>(pub(crate) &'a Answer);

impl Display for Statistics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Answer::Columns(columns) => match table::of_columns(columns) {
                Some(table) => f.write_str(&table),
                None => columns.fmt(f),
            },
            Answer::List(summary) => {
                // The size is known of a terminal alone.
                let columns = terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns));
                summary.in_width(columns).fmt(f)
            }
        }
    }
}

/// The same of a list as text alone; of several columns, one after the other.
pub(crate) fn statistics_text(answer: &Answer) -> String {
    match answer {
        Answer::Columns(columns) => columns.to_string(),
        Answer::List(_) => Statistics(answer).to_string(),
    }
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

/// Shows an outcome of any operation, on one line that begins with its time.
pub(crate) fn heard(outcome: &Outcome, style: Style) -> Result<(), Error> {
    show(style, outcome, || {
        format!("{}  {}", utc(outcome.finished_at_unix_ms), outcome_line(outcome))
    })
}

/// Shows an outcome of any operation, on one line.
pub(crate) fn outcome(outcome: &Outcome, style: Style) -> Result<(), Error> {
    show(style, outcome, || outcome_line(outcome))
}

fn outcome_line(outcome: &Outcome) -> String {
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
            let mut fields: Vec<String> = short
                .map(|(name, value)| format!("{name} {}", plain(value)))
                .collect();
            if let Some(Value::Array(columns)) = result.get("columns") {
                fields.insert(0, format!("{} columns", columns.len()));
            }
            format!("succeeded: {}", fields.join(", "))
        }
        Status::Failed { error } => format!("failed ({}): {error}", error.code),
    };
    format!("{} {} of {input} {ending}", outcome.job_id, outcome.operation)
}
