//! What a text holds: what its readers hand over, and what the statistics are computed from.

use crate::Skipped;
use crate::values::Values;

/// The numbers of a text, and what else was met on the way to them.
pub(crate) struct Contents {
    pub(crate) values: Values,
    pub(crate) skipped: Skipped,
    /// The header over the column, if the text is a table and has one; the field of JSON objects.
    pub(crate) column: Option<String>,
}
