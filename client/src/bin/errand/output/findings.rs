//! What `errand doctor` found.

use std::fmt::Display;

use serde::Serialize;

use super::show::{Style, show};
use crate::error::Error;

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
}

impl Health {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
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
        let line = |finding: &Finding| {
            format!(
                "{:7}  {:13}  {}\n",
                finding.status.name(),
                finding.check,
                finding.message
            )
        };
        findings.iter().map(line).collect()
    })
}
