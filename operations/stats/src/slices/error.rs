//! Why slices have no statistics.

use crate::Error;
use crate::passes::changed_message;

/// Why a slice, or all slices together, have no statistics.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SliceError {
    /// A text, a parameter or all of the list is wrong.
    #[error(transparent)]
    List(#[from] Error),

    /// Several columns are asked for.
    #[error(
        "of tables that are read in slices one column is read at a time; name it (--column), or send the table by itself"
    )]
    SeveralColumns,

    /// What one function wrote cannot be read by another.
    #[error(
        "the {what} of a slice cannot be read: it is damaged, or of another version; send the request again"
    )]
    Unreadable {
        /// What it is.
        what: &'static str,
    },

    /// An object ended too early.
    #[error(
        "the object ended after {after} of {size_bytes} bytes; leave it alone while it is read, and try again"
    )]
    Short {
        /// How many bytes there were.
        after: u64,
        /// How many there should be.
        size_bytes: u64,
    },

    /// The objects were not the same in every pass.
    #[error("{}", changed_message(*.before, *.after))]
    Changed {
        /// How many numbers there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
}

impl SliceError {
    /// A stable name of the error for programs, in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::List(error) => error.code(),
            Self::SeveralColumns => "several_columns",
            Self::Unreadable { .. } => "unreadable_slice",
            Self::Short { .. } | Self::Changed { .. } => "input_changed",
        }
    }
}

/// Several columns, in the words of whoever reads slices.
pub(super) fn of_slices(error: Error) -> SliceError {
    match error {
        Error::SeveralAnswers => SliceError::SeveralColumns,
        other => SliceError::List(other),
    }
}
