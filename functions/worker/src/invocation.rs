//! One invocation of the function, as far as its jobs need to know it.

use errand_protocol::{TraceHeader, TraceId};
use tracing::Span;

use crate::deadline::Deadline;

/// What all jobs of an invocation have in common.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// What Lambda calls it, in its own log lines too.
    pub(crate) request_id: String,
    /// The trace that Lambda does it in; none where it does not trace.
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) deadline: Deadline,
    /// Its span, for what is done for several jobs at once.
    pub(crate) span: Span,
}

impl Invocation {
    /// The invocation that Lambda describes, begun now.
    pub(crate) fn new(context: &lambda_runtime::Context) -> Self {
        let header = context.xray_trace_id.as_deref();
        let header: Option<TraceHeader> = header.and_then(|header| header.parse().ok());
        Self {
            request_id: context.request_id.clone(),
            trace_id: header.map(|header| header.root),
            deadline: Deadline::at_unix_ms(context.deadline),
            span: Span::current(),
        }
    }
}
