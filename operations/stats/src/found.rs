//! What a text turned out to hold: one list, or the columns of a table.

use crate::contents::Contents;
use crate::{FirstRow, SkippedToken};

/// What was found.
pub(crate) enum Found {
    /// A list, or one column.
    One {
        contents: Contents,
        /// What the first row of its table was taken for, where nothing says so.
        first_row: Option<FirstRow>,
    },
    Columns {
        /// In the order in which they are asked for.
        columns: Vec<FoundColumn>,
        /// Whether those that are none of numbers are left out.
        only_numeric: bool,
        first_row: Option<FirstRow>,
    },
}

impl From<Contents> for Found {
    fn from(contents: Contents) -> Self {
        Self::One {
            contents,
            first_row: None,
        }
    }
}

/// A column of several.
pub(crate) struct FoundColumn {
    /// From 1.
    pub(crate) number: u64,
    pub(crate) contents: Contents,
    /// Why it was not read to its end.
    pub(crate) ended_by: Option<NoNumber>,
}

/// A field that is no number, and how many numbers were above it.
#[derive(Debug)]
pub(crate) struct NoNumber {
    pub(crate) token: SkippedToken,
    pub(crate) count: u64,
}
