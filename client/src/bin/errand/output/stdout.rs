//! Standard output: the one place where anything is written to it. What it does not take is an error: also where it was
//! closed before the command began, which the system would not tell.

use std::io::{self, IsTerminal as _, StdoutLock, Write};

use std::sync::atomic::{AtomicBool, Ordering};

use errand_streams::is_stdout_closed;

/// Whether a file goes to standard output: nothing else may then.
static IS_FOR_FILE: AtomicBool = AtomicBool::new(false);

/// From now on, standard output is that of a file.
pub(crate) fn keep_for_file() {
    IS_FOR_FILE.store(true, Ordering::Relaxed);
}

/// Writes a line of JSON for the program that reads standard output; beside it, if a file goes there.
pub(crate) fn write_json(line: &serde_json::Value) -> io::Result<()> {
    let line = format!("{line}\n");
    if IS_FOR_FILE.load(Ordering::Relaxed) {
        io::stderr().lock().write_all(line.as_bytes())
    } else {
        write_out(line.as_bytes())
    }
}

/// Standard output, if there is one.
pub(crate) fn stdout() -> io::Result<StdoutLock<'static>> {
    if is_stdout_closed() {
        return Err(io::Error::other("it is closed"));
    }
    Ok(io::stdout().lock())
}

/// Writes all of it, now.
pub(crate) fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = stdout()?;
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Whether a person reads it.
pub(crate) fn is_seen() -> bool {
    !is_stdout_closed() && io::stdout().is_terminal()
}
