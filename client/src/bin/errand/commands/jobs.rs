//! `errand jobs`.

use std::time::Duration;

use errand_client::admin::{ListedOutcome, unix_ms};
use errand_client::{Client, JobId, Outcome, Status};
use errand_protocol::keys;

use crate::cli::{Global, JobsArguments};
use crate::error::Error;
use crate::follow::MapProgress;
use crate::job_list::{State, outcomes};
use crate::journal::{Entry, Journal};
use crate::limit::within;
use crate::map_jobs::progress;
use crate::output::{self, JobLine, Style};

/// Jobs that are shown when nothing is said.
pub(crate) const SHOWN: usize = 20;

/// Jobs whose outcomes are looked up before it is known how many of them are to be shown.
const AT_ONCE: usize = 100;

/// Pages of a thousand outcomes that are listed of jobs whose ids tell when they were sent, and of the others.
const PAGES: usize = 100;
const SPREAD_PAGES: usize = 20;

const HOUR: u64 = 3_600_000;

/// What was sent longer ago is not looked for: ten years, in milliseconds.
const OLDEST: u64 = 3_650 * 24 * HOUR;

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
        let open = entries.iter().zip(&found);
        let open = open.filter(|(entry, outcome)| outcome.is_none() && entry.may_be_mapped);
        let running = progress(client, open.map(|(entry, _)| entry.job_id).collect()).await;
        for (entry, outcome) in entries.iter().zip(&found) {
            let progress = running.get(&entry.job_id);
            printer.print(entry.job_id, Some(entry), outcome.as_ref(), progress)?;
        }
        entries = later;
    }
    printer.end();
    Ok(())
}

/// What the stack has done, for whomever.
async fn all(client: &Client, global: &Global, wanted: &JobsArguments) -> Result<(), Error> {
    // Any number of them may have to be looked at to find some in one state.
    let enough = wanted.state.map_or(wanted.limit, |_| usize::MAX);
    let mut listed = list(client, begin(wanted), enough).await?;
    listed.sort_by_key(|each| (std::cmp::Reverse(each.stored_at_unix_ms), each.job_id));
    let mut printer = Printer::new(global, wanted);
    while !printer.is_full() && !listed.is_empty() {
        let later = listed.split_off(printer.next_chunk().min(listed.len()));
        let ids: Vec<JobId> = listed.iter().map(|each| each.job_id).collect();
        for (id, outcome) in ids.iter().zip(&outcomes(client, &ids).await?) {
            // One that a last attempt has only prepared is none yet.
            if outcome.is_some() {
                printer.print(*id, None, outcome.as_ref(), None)?;
            }
        }
        listed = later;
    }
    printer.end();
    Ok(())
}

/// The newest outcomes since a moment: at least `enough` of them, if there are as many.
///
/// S3 lists by key alone, and upwards. The ids that clients draw begin with their time, so that those of a time lie together:
/// one time after the other is listed, backwards and each twice as long, until there are enough. The ids of uploaded files and
/// bare messages are spread over all keys, and only so many of them are looked at.
pub(super) async fn list(client: &Client, begin: u64, enough: usize) -> Result<Vec<ListedOutcome>, Error> {
    let key_at = |unix_ms: u64| format!("{}{}", keys::OUTCOMES, time_prefix(unix_ms));
    let now = unix_ms();
    let mut found = Vec::new();
    // Clocks differ.
    let (latest, oldest) = (now + HOUR, now.saturating_sub(OLDEST));
    let (mut end, mut window, mut pages) = (latest, 2 * HOUR, PAGES);
    while end > begin.max(oldest) && found.len() < enough && pages > 0 {
        let start = end.saturating_sub(window).max(begin.max(oldest));
        list_between(client, key_at(start), Some(key_at(end)), &mut pages, &mut found).await?;
        (end, window) = (start, window * 2);
    }
    let mut spread = SPREAD_PAGES;
    let mut others = Vec::new();
    list_between(client, key_at(latest), None, &mut spread, &mut others).await?;
    list_between(
        client,
        String::new(),
        Some(key_at(oldest)),
        &mut spread,
        &mut others,
    )
    .await?;
    if pages == 0 || spread == 0 {
        let most = (PAGES + SPREAD_PAGES) * 1000;
        output::note(&format!(
            "there are more outcomes than the {most} that were looked at"
        ));
    }
    found.extend(others.into_iter().filter(|each| each.stored_at_unix_ms >= begin));
    Ok(found)
}

/// Adds the outcomes behind one key and up to another, from no more pages than are left.
async fn list_between(
    client: &Client,
    mut behind: String,
    end: Option<String>,
    pages: &mut usize,
    found: &mut Vec<ListedOutcome>,
) -> Result<(), Error> {
    let deployment = client.deployment().await?;
    let is_within = |key: &str| end.as_deref().is_none_or(|end| key < end);
    while *pages > 0 {
        *pages -= 1;
        let page = client.cloud().list_outcomes(&deployment, &behind).await?;
        let outcomes = page.outcomes.into_iter();
        found.extend(outcomes.filter(|each| is_within(keys::outcome(each.job_id).as_str())));
        match page.next {
            Some(next) if is_within(&next) => behind = next,
            _ => return Ok(()),
        }
    }
    Ok(())
}

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
        progress: Option<&MapProgress>,
    ) -> Result<(), Error> {
        let state = match (State::of(outcome), progress) {
            (State::Waiting, Some(_)) => State::Running,
            (state, _) => state,
        };
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
            progress,
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
