//! How anything is written.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::stdout::write_out;
use crate::error::Error;

/// How and where an answer is to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// As JSON instead of text.
    pub(crate) json: bool,
    /// To stderr, because a file goes to stdout.
    pub(crate) aside: bool,
}

/// Writes an answer on lines of its own: as JSON, or as `text` says it.
pub(crate) fn show(
    style: Style,
    answer: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: "-".into(),
        source,
    };
    let mut line = if style.json {
        serde_json::to_string(answer).map_err(|error| failed(error.into()))?
    } else {
        text()
    };
    if !line.ends_with('\n') {
        line.push('\n');
    }
    let written = if style.aside {
        io::stderr().lock().write_all(line.as_bytes())
    } else {
        write_out(line.as_bytes())
    };
    written.map_err(failed)
}

/// A name as it may be written on one line: without what would move the cursor, or end the line.
pub(crate) fn shown(path: &Path) -> String {
    let name = path.display().to_string();
    if name.contains(char::is_control) {
        let escape = |letter: char| {
            if letter.is_control() {
                letter.escape_default().to_string()
            } else {
                letter.into()
            }
        };
        return name.chars().map(escape).collect();
    }
    name
}
