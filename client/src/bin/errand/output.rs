//! What is written: answers to stdout, notes to stderr. One function an answer, for a person and for a program alike.

mod answers;
mod dead_letters;
mod findings;
mod jobs;
mod notes;
mod settings;
mod show;
mod status;
mod stdout;
mod time;

pub(crate) use answers::{
    Statistics, grayscale, heard, outcome, result, skipped, skipped_line, statistics_text,
};
pub(crate) use dead_letters::{DeadLetterAnswer, dead_letter, dead_letter_body, dead_letter_line, redriven};
pub(crate) use findings::{Finding, Health, findings};
pub(crate) use jobs::{Cancellation, JobLine, canceled, job_line, left, link, sent};
pub(crate) use notes::{Verbosity, aside, begin, elapsed, line, note, set_bar, step, verbosity};
pub(crate) use settings::{settings, settings_file};
pub(crate) use show::{Style, show as said, shown};
pub(crate) use status::{QueueLine, Status, Unanswered, Window, status};
pub(crate) use stdout::{is_seen, keep_for_file, stdout, write_json, write_out};
pub(crate) use time::{age, utc};
