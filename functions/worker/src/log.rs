//! The log: a JSON object a line on stderr, each with the ids of what it is about.
//!
//! Every line that is written while an invocation lasts carries its `request_id`, by which Lambda's own lines know it, and
//! each line about a job `job_id` and `trace_id` besides. They are spans' fields, at the top level of the object, where a
//! query finds them as it finds a line's own. `tracing-subscriber`'s JSON has the fields of spans in objects of their own,
//! for which an index has no name; so the lines are put together here, of what it makes of each part.

use std::panic::PanicHookInfo;
use std::task;

use errand_protocol::{JobId, TraceId};
use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaInvocation, Service};
use tracing::field::display;
use tracing::instrument::{Instrument as _, Instrumented};
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Where the spans of this module come from: no others' fields are in the lines.
const TARGET: &str = module_path!();

/// Logs to stderr what `RUST_LOG` asks for: `info` unless set, or a list as in `warn,errand_worker=debug`. A panic is a
/// line like any other.
pub(crate) fn start() {
    // `EnvFilter` could select by spans as well; it brings an engine for regular expressions, half a megabyte.
    let wanted = std::env::var("RUST_LOG").ok().filter(|wanted| !wanted.is_empty());
    let wanted: Option<Targets> = wanted.and_then(|wanted| wanted.parse().ok());
    let wanted = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(Lines)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        // Whatever is logged, it has its ids.
        .with(wanted.with_target(TARGET, LevelFilter::ERROR))
        .init();
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo) {
    let message = panic.payload_as_str().unwrap_or("of no text");
    let place = panic.location().map(display);
    tracing::error!(place, error = message, "panicked");
}

/// The span of a job, for what is done about it.
pub(crate) fn job_span(id: JobId, trace_id: Option<TraceId>) -> Span {
    let trace_id = trace_id.map(display);
    tracing::error_span!("job", job_id = %id, trace_id)
}

/// Has each invocation's future, and the runtime's handling of what it returns, run in a span with its ids.
pub(crate) struct InvocationLayer;

/// What [`InvocationLayer`] makes of a service.
pub(crate) struct InInvocation<S>(S);

impl<S> Layer<S> for InvocationLayer {
    type Service = InInvocation<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InInvocation(inner)
    }
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for InInvocation<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> task::Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let span = tracing::error_span!("invocation", request_id = invocation.context.request_id);
        let future = span.in_scope(|| self.0.call(invocation));
        future.instrument(span)
    }
}

/// Writes a line: time, level and source, the ids, and what the event says.
struct Lines;

impl<S> FormatEvent<S, JsonFields> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        let metadata = event.metadata();
        write!(
            line,
            "\",\"level\":\"{}\",\"target\":\"{}\"",
            metadata.level(),
            metadata.target()
        )?;
        let spans = context.event_scope().into_iter().flat_map(Scope::from_root);
        for span in spans.filter(|span| span.metadata().target() == TARGET) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<JsonFields>>() {
                append(&mut line, &fields.fields)?;
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        append(&mut line, &fields)?;
        line.write_str("}\n")
    }
}

/// Appends what is in a JSON object to one that has something in it already.
fn append(line: &mut Writer<'_>, object: &str) -> std::fmt::Result {
    let inner = object
        .trim()
        .strip_prefix('{')
        .and_then(|object| object.strip_suffix('}'));
    match inner {
        None | Some("") => Ok(()),
        Some(inner) => write!(line, ",{inner}"),
    }
}
