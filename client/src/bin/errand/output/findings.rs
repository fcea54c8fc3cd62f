//! What `errand doctor` found.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};

use serde::Serialize;
use terminal_size::{Width, terminal_size_of};

use super::show::{Style, show};
use crate::error::Error;

/// A message has at least so many columns, however narrow the terminal is.
const LEAST_WIDTH: usize = 20;

/// How a part of the system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// It works.
    Ok,
    /// It works, but somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
    /// It was not looked at, which is no fault.
    Skipped,
}

impl Health {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) status: Health,
    /// What was seen, and the cure where there is need of one.
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Health::Ok, message)
    }

    pub(crate) fn warning(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Health::Warning, message)
    }

    pub(crate) fn wrong(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Health::Failed, message)
    }

    pub(crate) fn failed(check: &'static str, error: &impl Display) -> Self {
        Self::new(check, Health::Failed, error.to_string())
    }

    /// What could not be looked at, and what that needs.
    pub(crate) fn skipped(check: &'static str, needs: impl Display) -> Self {
        Self::new(check, Health::Skipped, format!("not looked at: {needs}"))
    }

    fn new(check: &'static str, status: Health, message: impl Into<String>) -> Self {
        Self {
            check,
            status,
            message: message.into(),
        }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    healthy: bool,
    findings: &'a [Finding],
}

/// Shows what was found, one line each.
pub(crate) fn findings(findings: &[Finding], style: Style) -> Result<(), Error> {
    let healthy = findings.iter().all(|finding| finding.status != Health::Failed);
    show(style, &Answer { healthy, findings }, || {
        let columns = io::stdout()
            .is_terminal()
            .then(|| terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| usize::from(columns)));
        findings.iter().map(|finding| line(finding, columns)).collect()
    })
}

/// A finding on one line; at a terminal, on as many as it takes, each beginning where the message does.
fn line(finding: &Finding, columns: Option<usize>) -> String {
    let head = format!("{:7}  {:13}  ", finding.status.name(), finding.check);
    let Some(width) = columns.map(|columns| columns.saturating_sub(head.len()).max(LEAST_WIDTH)) else {
        return format!("{head}{}\n", finding.message);
    };
    let (mut text, mut used) = (head.clone(), 0);
    for word in words(&finding.message) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', head.len()));
            used = 0;
        }
        if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text.push('\n');
    text
}

/// The words of a text. A command between back-ticks is one, however long it is: broken by the terminal it can be copied, broken
/// here it could not.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut begin, mut is_command) = (Vec::new(), 0, false);
    for (index, letter) in text.char_indices() {
        match letter {
            '`' => is_command = !is_command,
            ' ' if !is_command => {
                words.push(&text[begin..index]);
                begin = index + 1;
            }
            _ => {}
        }
    }
    words.push(&text[begin..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_to_the_width_of_the_terminal_and_to_its_column() {
        let finding = Finding::wrong(
            "trigger",
            "errand-stats: it is Disabled: enable it with `make deploy`",
        );
        assert_eq!(
            line(&finding, None),
            "failed   trigger        errand-stats: it is Disabled: enable it with `make deploy`\n"
        );
        assert_eq!(
            line(&finding, Some(60)),
            "failed   trigger        errand-stats: it is Disabled: enable\n                        it with `make deploy`\n"
        );
        for columns in [60, 80, 120] {
            assert!(
                line(&finding, Some(columns))
                    .lines()
                    .all(|line| line.len() <= columns),
                "{columns}"
            );
        }
        // A command stays whole, to be copied.
        let command = format!("`{}`", "x ".repeat(50));
        let cure = Finding::wrong("trigger", format!("enable it with {command}"));
        assert!(line(&cure, Some(60)).contains(&command));
        let long = Finding::ok("stack", "x".repeat(100));
        assert!(line(&long, Some(60)).contains(&"x".repeat(100)));
    }
}
