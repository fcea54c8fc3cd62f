//! How far it is, on stderr: a bar on a terminal, elsewhere a line now and then.

use std::convert::Infallible;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use terminal_size::{Width, terminal_size_of};

use super::report::Counts;
use super::units;
use crate::output::{self, Verbosity};

/// When the first line is written where there is no terminal; the next ones each take twice as long, up to the last.
const FIRST_LINE: Duration = Duration::from_secs(2);
const LINES_APART: Duration = Duration::from_secs(30);

/// The same for a single file, which as a rule is up by then: a script that runs it has nothing to read.
const FIRST_LINE_OF_ONE: Duration = Duration::from_secs(10);

/// Columns that the bar itself keeps, its brackets and a blank with it.
const BAR_COLUMNS: usize = 15;

/// When an upload is first told of, and how often it is looked at.
const TOLD_AFTER: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// Before so much has been done, there is no telling how long the rest takes.
const FORESEEN_AFTER: Duration = Duration::from_millis(500);

pub(crate) struct Progress {
    begun: Instant,
    /// What becomes of what does not fail.
    done: &'static str,
    kind: Kind,
    /// What the last line told of a job.
    told: Option<String>,
}

enum Kind {
    Bar(ProgressBar),
    Lines { next: Duration, apart: Duration },
    Quiet,
}

impl Progress {
    pub(crate) fn new(total: usize, done: &'static str, is_quiet: bool) -> Self {
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_verbose = output::verbosity() == Verbosity::Verbose;
        let kind = if is_quiet {
            Kind::Quiet
        } else if io::stderr().is_terminal() && !is_dumb && !is_verbose {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            bar.set_style(bar_style());
            output::set_bar(Some(bar.clone()));
            Kind::Bar(bar)
        } else {
            Kind::Lines {
                next: FIRST_LINE,
                apart: FIRST_LINE,
            }
        };
        Self {
            begun: Instant::now(),
            done,
            kind,
            told: None,
        }
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, counts: &Counts) {
        let elapsed = self.begun.elapsed();
        match &mut self.kind {
            Kind::Bar(bar) => {
                let columns =
                    terminal_size_of(io::stderr()).map_or(80, |(Width(columns), _)| usize::from(columns));
                bar.set_message(message(counts, elapsed, columns.saturating_sub(BAR_COLUMNS)));
                bar.set_position(counts.ended() as u64);
            }
            Kind::Lines { next, apart } => {
                if elapsed >= *next {
                    *apart = (*apart * 2).min(LINES_APART);
                    *next = elapsed + *apart;
                    let mut line = format!("{} of {} {}", counts.done, counts.total, self.done);
                    for (count, word) in [(counts.skipped, "skipped"), (counts.failed, "failed")] {
                        if count > 0 {
                            let _ = write!(line, ", {count} {word}");
                        }
                    }
                    // Who does not read it is no reason to stop.
                    let _ = writeln!(io::stderr(), "errand: {line}");
                }
            }
            Kind::Quiet => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Kind::Bar(_) = &self.kind {
            output::set_bar(None);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is told of a single job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// How much of it is up.
    Sending,
    /// That its answer is waited for, and how far it is, where that is known.
    Waiting(Option<String>),
}

/// Tells how far an upload is, and then that the answer is waited for: never ends.
pub(crate) async fn tell_of_upload(
    sent_bytes: &AtomicU64,
    size_bytes: u64,
    stage: impl Fn() -> Stage,
) -> Infallible {
    // What is done at once needs no telling.
    tokio::time::sleep(TOLD_AFTER).await;
    let mut progress = Progress::new(
        usize::try_from(size_bytes).unwrap_or(usize::MAX),
        "up",
        output::verbosity() == Verbosity::Quiet,
    );
    progress.begun -= TOLD_AFTER;
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        match stage() {
            Stage::Sending => progress.show_upload(sent_bytes.load(Ordering::Relaxed), size_bytes),
            Stage::Waiting(text) => progress.show_waiting(text),
        }
    }
}

/// Tells how far a job is that was sent earlier, as soon as there is something to tell: never ends.
pub(crate) async fn tell_of_map(text: impl Fn() -> Option<String>) -> Infallible {
    let mut progress: Option<Progress> = None;
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        let Some(text) = text() else { continue };
        let is_quiet = output::verbosity() == Verbosity::Quiet;
        progress
            .get_or_insert_with(|| Progress::new(0, "done", is_quiet))
            .show_waiting(Some(text));
    }
}

impl Progress {
    /// Shows that an answer is waited for. Without a terminal it is worth a line how far the job is, and nothing else.
    fn show_waiting(&mut self, text: Option<String>) {
        let elapsed = self.begun.elapsed();
        match (&mut self.kind, text) {
            (Kind::Bar(bar), text) => {
                let what = text.as_deref().unwrap_or("waiting for the answer");
                bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is one"));
                bar.set_message(format!("{what}, {}", units::clock(elapsed)));
                bar.tick();
            }
            (Kind::Lines { next, apart }, Some(text)) => {
                if elapsed >= *next && self.told.as_ref() != Some(&text) {
                    *apart = (*apart * 2).min(LINES_APART);
                    *next = elapsed + *apart;
                    output::line(&text);
                    self.told = Some(text);
                }
            }
            (Kind::Lines { .. } | Kind::Quiet, _) => {}
        }
    }

    fn show_upload(&mut self, sent_bytes: u64, size_bytes: u64) {
        let elapsed = self.begun.elapsed();
        // Parts that were sent again count again.
        let sent_bytes = sent_bytes.min(size_bytes);
        let moved = format!("{} of {} up", units::bytes(sent_bytes), units::bytes(size_bytes));
        match &mut self.kind {
            Kind::Bar(bar) if sent_bytes == 0 => {
                bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is one"));
                bar.set_message(format!("preparing, {}", units::clock(elapsed)));
                bar.tick();
            }
            Kind::Bar(bar) => {
                bar.set_style(bar_style());
                let rate = units::rate(sent_bytes, elapsed);
                #[expect(clippy::cast_precision_loss, reason = "a guess")]
                let left = (size_bytes - sent_bytes) as f64 / sent_bytes as f64;
                let left = Duration::try_from_secs_f64(elapsed.as_secs_f64() * left).unwrap_or_default();
                bar.set_message(format!("{moved}, {rate}, {} left", units::clock(left)));
                bar.set_position(sent_bytes);
            }
            Kind::Lines { next, apart } => {
                if size_bytes > 0 && elapsed >= (*next).max(FIRST_LINE_OF_ONE) {
                    *apart = (*apart * 2).min(LINES_APART);
                    *next = elapsed + *apart;
                    output::line(&moved);
                }
            }
            Kind::Quiet => {}
        }
    }
}

fn bar_style() -> ProgressStyle {
    let style = ProgressStyle::with_template("[{wide_bar}] {msg}").expect("the template is one");
    style.progress_chars("=> ")
}

/// What there is room for: first of all how many are done, then what matters most.
fn message(counts: &Counts, elapsed: Duration, columns: usize) -> String {
    let some = |count: usize, word: &str| (count > 0).then(|| format!("{count} {word}"));
    // In the order in which they are shown, and how soon each is left out.
    let parts = [
        (0, Some(format!("{} of {}", counts.ended(), counts.total))),
        (4, some(counts.waiting, "waiting")),
        (5, some(counts.skipped, "skipped")),
        (1, some(counts.failed, "failed")),
        (
            6,
            (counts.sent_bytes > 0).then(|| format!("{} up", units::bytes(counts.sent_bytes))),
        ),
        (
            3,
            Some(units::rate(counts.input_bytes.max(counts.sent_bytes), elapsed)),
        ),
        (
            2,
            left(counts, elapsed).map(|time| format!("{} left", units::clock(time))),
        ),
    ];
    let mut shown = [false; 7];
    let mut used = 0;
    let mut by_weight: Vec<usize> = (0..parts.len()).collect();
    by_weight.sort_by_key(|index| parts[*index].0);
    for index in by_weight {
        if let Some(part) = &parts[index].1 {
            let with_it = used + part.len() + if used == 0 { 0 } else { 2 };
            if with_it > columns && used > 0 {
                break;
            }
            (shown[index], used) = (true, with_it);
        }
    }
    let parts = parts.into_iter().zip(shown);
    let parts: Vec<String> = parts
        .filter(|(_, shown)| *shown)
        .filter_map(|((_, part), _)| part)
        .collect();
    parts.join(", ")
}

/// How long the rest takes if it goes on as it did: by bytes, as far as they are known.
fn left(counts: &Counts, elapsed: Duration) -> Option<Duration> {
    // What was skipped took no time.
    let skipped = counts.skipped + counts.failed;
    let (done, all) = if counts.total_bytes > 0 {
        (
            counts.input_bytes,
            counts.total_bytes.saturating_sub(counts.unread_bytes),
        )
    } else {
        (counts.done as u64, (counts.total - skipped) as u64)
    };
    if done == 0 || elapsed < FORESEEN_AFTER {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a guess")]
    let left = all.saturating_sub(done) as f64 / done as f64;
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * left).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_is_told_what_matters_most() {
        let counts = Counts {
            total: 2028,
            done: 249,
            failed: 1,
            waiting: 16,
            total_bytes: 4_056_000_000,
            input_bytes: 500_000_000,
            sent_bytes: 520_000_000,
            ..Counts::default()
        };
        let at = |columns| message(&counts, Duration::from_secs(10), columns);
        assert_eq!(
            at(100),
            "250 of 2028, 16 waiting, 1 failed, 520 MB up, 52.0 MB/s, 1:11 left"
        );
        assert_eq!(at(45), "250 of 2028, 1 failed, 52.0 MB/s, 1:11 left");
        assert_eq!(at(22), "250 of 2028, 1 failed");
        assert_eq!(at(3), "250 of 2028");
    }
}
