//! What was skipped on the way to the numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Position;

/// What was skipped because it is no number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// How many tokens, or fields of the column.
    pub count: u64,
    /// The first [`Skipped::LISTED`] of them.
    pub first: Vec<SkippedToken>,
}

impl Skipped {
    /// The most skipped tokens that are listed.
    pub const LISTED: usize = 10;

    /// Whether nothing was skipped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds what was skipped after it.
    pub(crate) fn append(&mut self, other: Self) {
        self.count += other.count;
        let room = Self::LISTED - self.first.len();
        self.first.extend(other.first.into_iter().take(room));
    }

    pub(crate) fn add(&mut self, token: SkippedToken) {
        self.count += 1;
        if self.first.len() < Self::LISTED {
            self.first.push(token);
        }
    }
}

impl fmt::Display for Skipped {
    /// How many, and the first: ``2 (first `x` at line 1, column 5)``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.count)?;
        match self.first.first() {
            Some(first) => write!(f, " (first `{}` at {})", first.token, first.position),
            None => Ok(()),
        }
    }
}

/// A token that was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedToken {
    /// The token, shortened and made printable.
    pub token: String,
    /// Where it begins.
    #[serde(flatten)]
    pub position: Position,
}
