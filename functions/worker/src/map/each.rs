//! A result of each object: planned, done and counted in batches.

mod plan;
mod reduce;
mod work;

use serde::{Deserialize, Serialize};

/// The objects that one function does: a line of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    /// Which batch it is, counted from 0: its report has this number.
    number: u64,
    /// The page of the listing that it is of, and its first object and the one behind its last there.
    page: u64,
    from: usize,
    to: usize,
}

fn page_name(page: u64) -> String {
    format!("pages/{page:06}.jsonl")
}

fn report_name(batch: u64) -> String {
    format!("reports/{batch:08}.jsonl")
}
