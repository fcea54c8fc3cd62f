//! What a shell offers when Tab is pressed: of the same definition as all else, asked of the command itself, so that what only it
//! knows completes as well: the jobs that were sent, the targets that files name.

use std::env;
use std::ffi::OsString;

use clap_complete::engine::CompletionCandidate;
use clap_complete::env::CompleteEnv;
use errand_client::{JobId, admin};

use crate::config::{Files, key_names};
use crate::error::Error;
use crate::journal::{Entry, Journal};
use crate::output;

/// The variable by which a shell's script asks; its value is the shell's name.
pub(crate) const VARIABLE: &str = "ERRAND_COMPLETE";

/// How many jobs are offered, the newest.
const JOBS: usize = 50;

/// Answers a shell that asks; gives whether one did.
pub(crate) fn answer(words: &[OsString]) -> Result<bool, Error> {
    let folder = env::current_dir().ok();
    let completing = CompleteEnv::with_factory(super::command)
        .var(VARIABLE)
        .completer("errand");
    completing
        .try_complete(words.to_vec(), folder.as_deref())
        .map_err(|error| Error::CommandLine(Box::new(error)))
}

/// The jobs that were sent last.
pub(super) fn job_ids() -> Vec<CompletionCandidate> {
    let Some(Ok(jobs)) = Journal::of_user().map(|journal| journal.read()) else {
        return Vec::new();
    };
    let now = admin::unix_ms();
    let candidate = |(index, job): (usize, &Entry)| {
        let age = output::age(now.saturating_sub(job.sent_at_unix_ms) / 1000);
        let help = format!("{} of {}, {age} ago", job.operation, job.input);
        CompletionCandidate::new(job.job_id.to_string())
            .help(Some(help.into()))
            // Newest first, and not by their digits.
            .display_order(Some(index))
    };
    jobs.iter().take(JOBS).enumerate().map(candidate).collect()
}

/// The targets of the settings files.
pub(super) fn targets() -> Vec<CompletionCandidate> {
    let files = Files::find(None, false).unwrap_or_default();
    files
        .targets()
        .into_iter()
        .map(CompletionCandidate::new)
        .collect()
}

/// The settings that a file may have.
pub(super) fn settings() -> Vec<CompletionCandidate> {
    let files = Files::find(None, false).unwrap_or_default();
    key_names(&files.targets())
        .into_iter()
        .map(CompletionCandidate::new)
        .collect()
}

/// The same, to be followed by a value.
pub(super) fn assignments() -> Vec<CompletionCandidate> {
    let candidates = settings();
    let with_sign = candidates.iter().map(|each| {
        let mut name = each.get_value().to_owned();
        name.push("=");
        CompletionCandidate::new(name)
    });
    with_sign.collect()
}

/// Words of a fixed choice.
pub(super) fn words(words: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<CompletionCandidate> {
    words.into_iter().map(CompletionCandidate::new).collect()
}

/// Whether it is the id of a job.
pub(super) fn is_job_id(text: &str) -> bool {
    text.parse::<JobId>().is_ok()
}
