//! What is told on stderr beside errors: to a person at a terminal, unless `--quiet`; with `-v`, to whoever reads it, and
//! each step with its time.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Errors alone.
    Quiet,
    /// Notes, to a terminal.
    Usual,
    /// Every step.
    Verbose,
}

static BEGUN: OnceLock<(Instant, Verbosity)> = OnceLock::new();

/// What moves at the bottom of the terminal, and must not be written over.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on time is counted, and so much is told.
pub(crate) fn begin(verbosity: Verbosity) {
    BEGUN.get_or_init(|| (Instant::now(), verbosity));
}

pub(crate) fn verbosity() -> Verbosity {
    BEGUN.get().map_or(Verbosity::Usual, |(_, verbosity)| *verbosity)
}

/// How long the command has run.
pub(crate) fn elapsed() -> Duration {
    BEGUN.get().map(|(begun, _)| begun.elapsed()).unwrap_or_default()
}

/// Tells a person what is going on.
pub(crate) fn note(text: &str) {
    match verbosity() {
        Verbosity::Verbose => step(text),
        Verbosity::Usual if io::stderr().is_terminal() => line(text),
        Verbosity::Usual | Verbosity::Quiet => {}
    }
}

/// Tells whoever wants to know every step.
pub(crate) fn step(text: &str) {
    if verbosity() == Verbosity::Verbose {
        line(&format!("{:7.3} s  {text}", elapsed().as_secs_f64()));
    }
}

/// Tells what is to be told in any case.
pub(crate) fn line(text: &str) {
    // In one piece, since other commands may write to the same place. Where stderr is full or closed, the exit code is what is
    // left to tell.
    let line = format!("errand: {text}\n");
    let _ = aside(|| io::stderr().write_all(line.as_bytes()));
}

/// Writes to the terminal without the bar in its way.
pub(crate) fn aside<T>(write: impl FnOnce() -> T) -> T {
    match &*bar() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Puts a bar in the place of the one that was there, if any.
pub(crate) fn set_bar(new: Option<ProgressBar>) {
    let old = std::mem::replace(&mut *bar(), new);
    if let Some(old) = old {
        old.finish_and_clear();
    }
}

fn bar() -> MutexGuard<'static, Option<ProgressBar>> {
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}
