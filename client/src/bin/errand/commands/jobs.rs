//! `errand jobs`.

use std::collections::VecDeque;
use std::time::Duration;

use errand_client::admin::{ListedOutcome, unix_ms};
use errand_client::{Client, JobId, Outcome, Status};
use errand_protocol::keys;

use crate::cli::{Global, JobsArguments};
use crate::error::Error;
use crate::job_list::{State, outcomes};
use crate::journal::{Entry, Journal};
use crate::limit::within;
use crate::output::{self, JobLine, Style};

/// Jobs that are shown when nothing is said.
pub(crate) const SHOWN: usize = 20;

/// Jobs whose outcomes are looked up before it is known how many of them are to be shown.
const AT_ONCE: usize = 100;

/// Pages of a thousand outcomes that are listed of jobs whose ids do not tell when they were sent.
const PAGES: usize = 20;

pub(super) async fn run(client: &Client, global: &Global, wanted: &JobsArguments) -> Result<(), Error> {
    within(global.timeout, async {
        if wanted.all {
            all(client, global, wanted).await
        } else {
            own(client, global, wanted).await
        }
    })
    .await
}

/// What this user sent to the stack.
async fn own(client: &Client, global: &Global, wanted: &JobsArguments) -> Result<(), Error> {
    let mut entries = match Journal::of_user() {
        Some(journal) => journal.read().map_err(|source| Error::Read {
            path: journal.path().to_owned(),
            source,
        })?,
        None => Vec::new(),
    };
    let begin = begin(wanted);
    entries.retain(|entry| entry.is_of(client) && entry.sent_at_unix_ms >= begin);
    let mut printer = Printer::new(global, wanted);
    // One that failed may be behind many that did not.
    while !printer.is_full() && !entries.is_empty() {
        let later = entries.split_off(printer.next_chunk().min(entries.len()));
        let ids: Vec<JobId> = entries.iter().map(|entry| entry.job_id).collect();
        let found = outcomes(client, &ids).await?;
        for (entry, outcome) in entries.iter().zip(&found) {
            printer.print(entry.job_id, Some(entry), outcome.as_ref())?;
        }
        entries = later;
    }
    printer.end();
    Ok(())
}

/// What the stack has done, for whomever.
async fn all(client: &Client, global: &Global, wanted: &JobsArguments) -> Result<(), Error> {
    let mut listed = list(client, begin(wanted)).await?;
    listed.sort_by_key(|each| (std::cmp::Reverse(each.stored_at_unix_ms), each.job_id));
    let mut printer = Printer::new(global, wanted);
    while !printer.is_full() && !listed.is_empty() {
        let later = listed.split_off(printer.next_chunk().min(listed.len()));
        let ids: Vec<JobId> = listed.iter().map(|each| each.job_id).collect();
        for (id, outcome) in ids.iter().zip(&outcomes(client, &ids).await?) {
            // One that a last attempt has only prepared is none yet.
            if outcome.is_some() {
                printer.print(*id, None, outcome.as_ref())?;
            }
        }
        listed = later;
    }
    printer.end();
    Ok(())
}

/// The outcomes that were stored since a moment. S3 lists by key alone. The ids that clients draw begin with their time, so
/// that those of a time lie together; those of uploaded files and bare messages are spread over all keys, and only so many
/// pages of them are looked at.
async fn list(client: &Client, begin: u64) -> Result<Vec<ListedOutcome>, Error> {
    let deployment = client.deployment().await?;
    let page = async |behind: &str| client.cloud().list_outcomes(&deployment, behind).await;
    let mut found = Vec::new();
    let key_at = |unix_ms: u64| format!("{}{}", keys::OUTCOMES, time_prefix(unix_ms));
    // A job may wait long before it is done.
    let (first, end) = (key_at(begin.saturating_sub(WAITED)), key_at(unix_ms() + WAITED));
    let mut ranges = VecDeque::from([
        (first.clone(), Some(end.clone()), usize::MAX),
        (String::new(), Some(first), PAGES),
        (end, None, PAGES),
    ]);
    let mut is_cut = false;
    while let Some((mut behind, end, mut pages)) = ranges.pop_front() {
        loop {
            let listed = page(&behind).await?;
            let last = listed.next;
            found.extend(listed.outcomes);
            pages -= 1;
            match last {
                Some(next) if end.as_ref().is_none_or(|end| next < *end) => {
                    if pages == 0 {
                        is_cut = true;
                        break;
                    }
                    behind = next;
                }
                _ => break,
            }
        }
    }
    if is_cut {
        output::note(&format!(
            "of uploaded files and bare messages, the jobs of only {} outcomes were looked at",
            2 * PAGES * 1000
        ));
    }
    found.retain(|each| each.stored_at_unix_ms >= begin);
    found.sort_by_key(|each| each.job_id);
    found.dedup_by_key(|each| each.job_id);
    Ok(found)
}

/// How long before its outcome a job may have been sent, in milliseconds: what a queue keeps of messages, 14 days.
const WAITED: u64 = 14 * 86_400_000;

/// What the ids begin with that are drawn at a moment: 48 bits of milliseconds (RFC 9562, section 5.7).
fn time_prefix(unix_ms: u64) -> String {
    let hex = format!("{unix_ms:012x}");
    format!("{}-{}", &hex[..8], &hex[8..])
}

fn begin(wanted: &JobsArguments) -> u64 {
    let since = wanted
        .since
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    if since == 0 {
        0
    } else {
        unix_ms().saturating_sub(since)
    }
}

/// Prints the jobs that are wanted, up to so many.
struct Printer<'a> {
    wanted: &'a JobsArguments,
    style: Style,
    left: usize,
    is_any: bool,
}

impl<'a> Printer<'a> {
    fn new(global: &Global, wanted: &'a JobsArguments) -> Self {
        Self {
            wanted,
            style: Style {
                json: global.json,
                aside: false,
            },
            left: wanted.limit,
            is_any: false,
        }
    }

    fn is_full(&self) -> bool {
        self.left == 0
    }

    fn next_chunk(&self) -> usize {
        if self.wanted.state.is_some() {
            AT_ONCE
        } else {
            self.left.min(AT_ONCE)
        }
    }

    fn print(
        &mut self,
        job_id: JobId,
        entry: Option<&Entry>,
        outcome: Option<&Outcome>,
    ) -> Result<(), Error> {
        let state = State::of(outcome);
        if self.is_full() || self.wanted.state.is_some_and(|wanted| wanted != state) {
            return Ok(());
        }
        self.left -= 1;
        self.is_any = true;
        let stored = outcome.and_then(|outcome| outcome.input.as_ref());
        let line = JobLine {
            job_id,
            state,
            operation: outcome
                .map(|outcome| &outcome.operation)
                .or(entry.map(|entry| &entry.operation)),
            sent_at_unix_ms: entry
                .map(|entry| entry.sent_at_unix_ms)
                .or(job_id.drawn_at_unix_ms()),
            finished_at_unix_ms: outcome.map(|outcome| outcome.finished_at_unix_ms),
            duration_ms: outcome.map(|outcome| outcome.duration_ms),
            input: entry
                .map(|entry| entry.input.clone())
                .or(stored.map(ToString::to_string)),
            error: outcome.and_then(|outcome| match &outcome.status {
                Status::Failed { error } => Some(error),
                Status::Succeeded { .. } => None,
            }),
        };
        output::job_line(&line, self.style)
    }

    fn end(self) {
        if !self.is_any {
            output::note("no jobs");
        }
    }
}

/// What `--since` takes.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] = [("min", 60), ("m", 60), ("s", 1), ("h", 3_600), ("d", 86_400)];
    let parsed = UNITS.iter().find_map(|(unit, secs)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*secs).filter(|secs| *secs > 0)
    });
    let expected = || "expected a number and s, m, h or d, as in 90s, 30m, 1h, 7d".to_owned();
    parsed.map(Duration::from_secs).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, secs) in [
            ("90s", 90),
            ("30m", 1_800),
            ("2min", 120),
            ("1h", 3_600),
            ("7d", 604_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "1", "h", "-1h", "0s", "1.5h", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_of_a_moment_begin_with_it() {
        let id: JobId = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b".parse().unwrap();
        let at = id.drawn_at_unix_ms().unwrap();
        assert!(id.to_string().starts_with(&time_prefix(at)));
        assert!(time_prefix(at - 1) < id.to_string() && time_prefix(at + 1) > id.to_string());
    }
}
