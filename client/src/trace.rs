//! The trace that a job belongs to.

use errand_protocol::{TraceHeader, TraceId};

/// Where whoever runs this process as a part of a trace says which it is, as Lambda does for what it runs.
const VARIABLE: &str = "_X_AMZN_TRACE_ID";

/// The trace that this process is a part of; a new one where it is part of none.
pub(crate) fn current() -> TraceHeader {
    let header = std::env::var(VARIABLE).ok();
    let header = header.and_then(|header| header.parse().ok());
    header.unwrap_or_else(|| TraceId::random().into())
}
