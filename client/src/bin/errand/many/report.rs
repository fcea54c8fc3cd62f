//! What is told of many files: a line for each, how far it is, and the sum at the end.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use errand_client::JobId;
use serde::Serialize;
use serde_json::json;

use super::online::{Broken, Way};
use super::plan::Item;
use super::progress::Progress;
use super::units;
use crate::error::Error;
use crate::output::{self, shown, skipped_line};
use crate::parts;
use crate::signals;
use crate::timing::Timing;

/// What to do about the rest.
const RESUME: &str = "; the same with --skip-existing does what is left";

/// How many of what there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) skipped: usize,
    pub(crate) failed: usize,
    /// Sent, and not answered yet.
    pub(crate) waiting: usize,
    /// Of all inputs.
    pub(crate) total_bytes: u64,
    /// Of the inputs that are done.
    pub(crate) input_bytes: u64,
    /// Of the inputs that were skipped or failed.
    pub(crate) unread_bytes: u64,
    pub(crate) output_bytes: u64,
    /// Uploaded so far.
    pub(crate) sent_bytes: u64,
    /// Files in folders that are none of the kind by their names; not in the total.
    pub(crate) passed_over: usize,
}

impl Counts {
    pub(crate) fn ended(&self) -> usize {
        self.done + self.skipped + self.failed
    }

    /// The sum, for a person to read.
    fn text(&self, time: Option<Duration>, done: &str) -> String {
        let mut text = format!("{} {done}", self.done);
        let not_begun = self.total - self.ended();
        for (count, words) in [
            (self.skipped, "skipped"),
            (self.failed, "failed"),
            (not_begun, &*format!("not {done}")),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {words}");
            }
        }
        let _ = write!(text, "; {}", units::bytes(self.input_bytes));
        if self.output_bytes > 0 {
            let _ = write!(text, " became {}", units::bytes(self.output_bytes));
        }
        if let Some(time) = time {
            let _ = write!(text, " in {}", units::time(time));
            if self.done > 0 && self.input_bytes > 0 {
                let _ = write!(text, " ({})", units::rate(self.input_bytes, time));
            }
        }
        if self.passed_over > 0 {
            let _ = write!(
                text,
                "; {} passed over, no images by their names (--include takes them)",
                self.passed_over
            );
        }
        text
    }
}

/// What a line tells of a file that is done.
pub(crate) struct Told<'a, T> {
    pub(crate) input: &'a Path,
    /// None where the answer itself is printed.
    pub(crate) output: Option<&'a Path>,
    /// As JSON: all that is known.
    pub(crate) answer: T,
    pub(crate) output_bytes: u64,
}

/// How it is told.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Manner {
    /// What becomes of files that do not fail: `done`, or `sent`.
    pub(crate) done: &'static str,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) timing: bool,
    /// Whether the work is done in this run, so that its time is the work's.
    pub(crate) in_this_run: bool,
    /// Whether the answers go to files, so that the work is worth doing also when nobody reads the lines.
    pub(crate) makes_files: bool,
}

/// Tells of a run, line by line.
pub(crate) struct Report {
    counts: Arc<Mutex<Counts>>,
    progress: Progress,
    manner: Manner,
    begun: Instant,
    /// Where the time of the jobs in the cloud went.
    timing: Timing,
    /// Why stdout takes no more.
    deaf: Option<io::Error>,
    /// Why the rest is not begun.
    stopped: Option<&'static str>,
    /// Whether the same command may do better with what failed.
    may_pass: bool,
}

impl Report {
    pub(crate) fn new<'a>(items: impl Iterator<Item = &'a Item>, manner: Manner) -> Self {
        let (mut total, mut total_bytes) = (0, 0);
        for item in items {
            total += 1;
            total_bytes += item.size_bytes;
        }
        Self::of_so_many(total, total_bytes, manner)
    }

    /// Of things that come one by one.
    pub(crate) fn of_so_many(total: usize, total_bytes: u64, manner: Manner) -> Self {
        let counts = Counts {
            total,
            total_bytes,
            ..Counts::default()
        };
        Self {
            progress: Progress::new(counts.total, manner.done, manner.quiet),
            counts: Arc::new(Mutex::new(counts)),
            manner,
            begun: Instant::now(),
            timing: Timing::default(),
            deaf: None,
            stopped: None,
            may_pass: false,
        }
    }

    /// From now on, a signal ends the process: what is half written is removed, and what was done is told.
    pub(crate) fn end_with_signals(&self) {
        let (counts, begun, manner) = (Arc::clone(&self.counts), self.begun, self.manner);
        signals::on_interruption(move || {
            parts::remove_all();
            tell_of_interruption(&lock(&counts), begun.elapsed(), manner);
        });
    }

    /// Changes what is known of the work on the way.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
        self.tick();
    }

    /// Takes note of what is on its way in the cloud.
    pub(crate) fn on_the_way(&mut self, way: &Way) {
        self.update(|counts| {
            counts.waiting = way.waiting.load(Ordering::Relaxed);
            counts.sent_bytes = way.sent_bytes.load(Ordering::Relaxed);
        });
    }

    /// Shows how far it is.
    pub(crate) fn tick(&mut self) {
        let counts = lock(&self.counts).clone();
        self.progress.show(&counts);
    }

    /// Tells that a file is done; `text` says it to a person, or nothing if that comes later.
    pub(crate) fn done(
        &mut self,
        item: &Item,
        told: &Told<impl Serialize>,
        text: impl FnOnce() -> Option<String>,
    ) {
        self.update(|counts| {
            counts.done += 1;
            counts.input_bytes += item.size_bytes;
            counts.output_bytes += told.output_bytes;
        });
        if self.manner.json {
            self.json_line(told.input, self.manner.done, told.output, &told.answer);
        } else if let Some(text) = text() {
            self.line(&text);
        }
    }

    /// Tells that a file is done already.
    pub(crate) fn skipped(&mut self, item: &Item) {
        self.update(|counts| {
            counts.skipped += 1;
            counts.unread_bytes += item.size_bytes;
        });
        if self.manner.json {
            self.json_line(&item.input, "skipped", Some(&item.output), &Fault::default());
        } else {
            self.line(&skipped_line(&item.output));
        }
    }

    /// Tells why a file could not be done. Whether the rest can be, is for the caller to decide.
    pub(crate) fn failed(&mut self, item: &Item, error: &Error) {
        self.update(|counts| {
            counts.failed += 1;
            counts.unread_bytes += item.size_bytes;
        });
        output::line(&format!("{}: {}", shown(&item.input), error.of(&item.input)));
        if self.manner.json {
            let fault = Fault {
                job_id: error.job_id(),
                error: Some(error.json()),
            };
            self.json_line(&item.input, "failed", None, &fault);
        }
        self.may_pass |= error.is_retryable() || error.is_no_room();
        if error.is_no_room() {
            self.stopped = Some("there is no room left for what would be written");
        }
    }

    /// Adds the times of a job.
    pub(crate) fn time(&mut self, timing: &Timing) {
        self.timing.add(timing);
    }

    /// Stops the run at the first failure.
    pub(crate) fn stop(&mut self, why: &'static str) {
        self.stopped = self.stopped.or(Some(why));
    }

    /// Whether there is no sense in going on.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped.is_some() || self.deaf.is_some() && !self.manner.makes_files
    }

    fn json_line(
        &mut self,
        input: &Path,
        status: &'static str,
        output: Option<&Path>,
        answer: &impl Serialize,
    ) {
        let line = Line {
            input: input.to_string_lossy(),
            status,
            output: output.map(Path::to_string_lossy),
            answer,
        };
        self.line(&serde_json::to_string(&line).unwrap_or_default());
    }

    /// Writes an answer to stdout.
    pub(crate) fn line(&mut self, text: &str) {
        if self.deaf.is_some() {
            return;
        }
        let written = output::aside(|| output::write_out(format!("{text}\n").as_bytes()));
        if let Err(error) = written {
            if self.manner.makes_files {
                output::line(&format!(
                    "standard output takes no more ({error}): the rest is done, but not listed"
                ));
            }
            self.deaf = Some(error);
        }
    }

    /// Tells the sum, and whether all went well.
    pub(crate) fn end(self) -> Result<(), Error> {
        self.end_of(Ok(()))
    }

    /// The same of a run that may have come to another end than that of its work.
    pub(crate) fn end_of(mut self, run: Result<(), Broken>) -> Result<(), Error> {
        self.progress.end();
        let time = self.begun.elapsed();
        let counts = lock(&self.counts).clone();
        if matches!(run, Err(Broken::Interrupted)) {
            tell_of_interruption(&counts, time, self.manner);
            return Err(Error::InterruptedRun);
        }
        if self.manner.json {
            self.line(&summary(&counts, time, self.manner, false));
        }
        if !self.manner.quiet {
            let time = self.manner.in_this_run.then_some(time);
            let mut text = counts.text(time, self.manner.done);
            if let Some(why) = self.stopped {
                let _ = write!(text, "; stopped: {why}");
            }
            if self.manner.makes_files && (self.may_pass || counts.ended() < counts.total) {
                text.push_str(RESUME);
            }
            output::line(&text);
        }
        if self.manner.timing {
            match self.timing.text(output::elapsed()) {
                Some(text) => output::line(&text),
                None => output::line(&format!(
                    "{} in this process; nothing was sent",
                    units::time(output::elapsed())
                )),
            }
        }
        match self.deaf.take() {
            // Who has read enough is no error.
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Write {
                path: "-".into(),
                source: error,
            }),
            _ => match run {
                Err(Broken::By(error)) => Err(error),
                _ if counts.failed > 0 => Err(Error::SomeFailed {
                    failed: counts.failed,
                    total: counts.total,
                }),
                _ => Ok(()),
            },
        }
    }
}

#[derive(Serialize)]
struct Line<'a, T> {
    input: std::borrow::Cow<'a, str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<std::borrow::Cow<'a, str>>,
    #[serde(flatten)]
    answer: &'a T,
}

/// Why a file failed.
#[derive(Default, Serialize)]
struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<JobId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<serde_json::Value>,
}

/// What was done when the process was told to end.
pub(crate) fn tell_of_interruption(counts: &Counts, time: Duration, manner: Manner) {
    let is_all = counts.done + counts.skipped == counts.total;
    let resume = if manner.makes_files && !is_all { RESUME } else { "" };
    // The line of the bar is not written on.
    let end_of_bar = if io::IsTerminal::is_terminal(&io::stderr()) {
        "\n"
    } else {
        ""
    };
    let _ = writeln!(
        io::stderr(),
        "{end_of_bar}errand: interrupted: {}{resume}",
        counts.text(Some(time), manner.done)
    );
    if manner.json {
        // Where nobody takes it, the signal is what is left to tell.
        let _ = output::write_out(format!("{}\n", summary(counts, time, manner, true)).as_bytes());
    }
}

fn summary(counts: &Counts, time: Duration, manner: Manner, is_interrupted: bool) -> String {
    let mut summary = json!({
        "total": counts.total,
        manner.done: counts.done,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "input_bytes": counts.input_bytes,
        "output_bytes": counts.output_bytes,
        "seconds": (time.as_secs_f64() * 1e3).round() / 1e3,
    });
    if counts.passed_over > 0 {
        summary["passed_over"] = json!(counts.passed_over);
    }
    if is_interrupted {
        summary["interrupted"] = json!(true);
    }
    json!({ "summary": summary }).to_string()
}

fn lock(counts: &Mutex<Counts>) -> std::sync::MutexGuard<'_, Counts> {
    // They are whole whenever the lock is free.
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
