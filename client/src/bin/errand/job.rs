//! The way of one job: out to the cloud, and back with its outcome.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use errand_protocol::{
    JobId, ObjectLocation, Outcome, QueueName, Reply, Request, RequestInput, TraceHeader, TraceId, keys,
    limits,
};
use serde_json::{Map, Value};

use crate::cloud::{Cloud, Deployment, PartialUpload, Received};
use crate::error::Error;
use crate::files::LocalInput;
use crate::limit::{self, GRACE, Limit, within};
use crate::operations::KnownOperation;
use crate::output;
use crate::persist::{PAUSE, persist};
use crate::reply_queues::HEARTBEAT;
use crate::signals::interruption;

/// The first wait for a reply before the outcome is looked up on S3; later ones are longer. A reply that was lost is
/// noticed that soon.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// Where whoever runs this command as a part of a trace says which it is, as Lambda does for what it runs.
const TRACE_VARIABLE: &str = "_X_AMZN_TRACE_ID";

/// How much of a job is out of this process's hands.
#[derive(Clone, Copy, PartialEq)]
enum Progress {
    /// Nothing was sent.
    Preparing,
    /// The request was, but no answer came to that.
    Sending,
    /// The request is in its queue.
    Sent,
}

/// Sends a job, waits for its outcome, and clears up, whatever happens: all within the limit, or, where there is none,
/// waiting as long as is usual for the operation.
pub(crate) async fn run(
    cloud: &Cloud,
    operation: KnownOperation,
    parameters: Map<String, Value>,
    input: &LocalInput,
    limit: Option<Limit>,
) -> Result<Outcome, Error> {
    let request_queue = cloud.stack.request_queue(&operation.name());
    let deployment = within(limit, cloud.locate(&request_queue)).await?;
    let reply_queue = cloud.stack.new_reply_queue();
    let reply_url = sibling(&deployment.queue_url, &reply_queue);
    let job_id = JobId::random();
    let trace = trace();
    let progress = Cell::new(Progress::Preparing);
    let partial = PartialUpload::default();

    let errand = async {
        let request = Request::new(
            job_id,
            operation.name(),
            parameters,
            RequestInput::Inline(String::new()),
        );
        let request = Request {
            reply_queue: Some(reply_queue.clone()),
            ..request
        };
        // A new queue needs up to a second on AWS before all of SQS knows it: the upload fills that time.
        let (request, ()) = tokio::try_join!(
            with_input(cloud, &deployment, request, input, &partial),
            persist(|| cloud.create_reply_queue(&reply_queue))
        )?;
        progress.set(Progress::Sending);
        // One that arrives twice is one job all the same.
        persist(|| cloud.send(&deployment, &request, &trace)).await?;
        progress.set(Progress::Sent);
        output::note(&format!("job {job_id} sent, waiting for the answer"));
        wait(
            cloud,
            &deployment,
            &reply_url,
            job_id,
            limit,
            operation.default_timeout(),
        )
        .await
    };
    let ended = tokio::select! {
        ended = within(limit.map(|limit| limit.and(GRACE)), errand) => ended.map_err(|error| lost_track(error, job_id, progress.get())),
        () = interruption() => Err(Error::Interrupted {
            job_id: (progress.get() != Progress::Preparing).then_some(job_id),
        }),
        never = send_heartbeats(cloud, &reply_url) => match never {},
    };
    // Also when it is not certain that the queue was made. A second interruption ends the clearing up, as does the limit.
    tokio::select! {
        (deleted, aborted) = async { tokio::join!(cloud.delete_queue(&reply_url), cloud.abort_upload(&partial)) } => {
            if let (Err(error), Ok(_)) = (deleted, &ended) {
                output::note(&format!("reply queue {reply_queue} could not be removed: {error}"));
            }
            if let Err(error) = aborted {
                output::note(&format!("{error}; S3 removes its parts after a day"));
            }
        }
        () = interruption() => {}
        _ = limit::over(limit.map(|limit| limit.and(2 * GRACE))) => {}
    }
    ended
}

/// The trace that this command is a part of; a new one where it is part of none.
fn trace() -> TraceHeader {
    let header = std::env::var(TRACE_VARIABLE).ok();
    let header = header.and_then(|header| header.parse().ok());
    header.unwrap_or_else(|| TraceId::random().into())
}

/// Adds to an error how to get at the answer, where there may be one and the error does not say so.
fn lost_track(error: Error, job_id: JobId, progress: Progress) -> Error {
    match error {
        Error::OutOfTime { seconds } if progress == Progress::Sent => Error::TimedOut { job_id, seconds },
        Error::Service { .. }
        | Error::Unreachable { .. }
        | Error::Credentials { .. }
        | Error::OutOfTime { .. }
            if progress != Progress::Preparing =>
        {
            Error::LostTrack {
                job_id,
                is_certain: progress == Progress::Sent,
                source: Box::new(error),
            }
        }
        other => other,
    }
}

/// The request with its input: in the message if it fits, else uploaded (claim check).
async fn with_input(
    cloud: &Cloud,
    deployment: &Deployment,
    mut request: Request,
    input: &LocalInput,
    partial: &PartialUpload,
) -> Result<Request, Error> {
    if input.size_bytes() <= limits::MESSAGE_BYTES as u64
        && let Ok(text) = String::from_utf8(input.read()?)
    {
        request.input = RequestInput::Inline(text);
        if request.to_json().len() <= limits::MESSAGE_BYTES {
            return Ok(request);
        }
    }
    let mut location = ObjectLocation {
        bucket: deployment.input_bucket.clone(),
        key: keys::claim_check(request.job_id, &input.name()),
        version_id: None,
    };
    output::note(&format!("uploading {} bytes to {location}", input.size_bytes()));
    location.version_id = cloud.upload(&location, input, partial).await?;
    request.input = RequestInput::Object(location);
    Ok(request)
}

/// Waits for the reply; in between, and at the end, looks whether the outcome is there without one.
async fn wait(
    cloud: &Cloud,
    deployment: &Deployment,
    reply_url: &str,
    job_id: JobId,
    limit: Option<Limit>,
    usual: Duration,
) -> Result<Outcome, Error> {
    let (begun, time) = (Instant::now(), limit.map_or(usual, Limit::time));
    let mut poll = FIRST_WAIT;
    loop {
        let left = limit.map_or_else(|| usual.saturating_sub(begun.elapsed()), Limit::left);
        if left.is_zero() {
            return Err(Error::TimedOut {
                job_id,
                seconds: time.as_secs(),
            });
        }
        let received = tokio::time::timeout(left, cloud.receive(reply_url, poll.min(left))).await;
        match received {
            Ok(Ok(Received::Messages(messages))) => {
                // Whatever else has come is a repeated reply, or none of this client's business.
                let replies = messages
                    .iter()
                    .filter_map(|message| Reply::from_json(&message.body).ok());
                if let Some(reply) = replies.into_iter().find(|reply| reply.job_id == job_id)
                    && let Some(outcome) = reply.outcome
                {
                    return Ok(outcome);
                }
            }
            Ok(Ok(Received::NoQueue)) => tokio::time::sleep(PAUSE.min(left)).await,
            Ok(Err(error)) if error.is_retryable() => {
                output::note(&format!("{error}; still waiting"));
                tokio::time::sleep(PAUSE.min(left)).await;
            }
            Ok(Err(error)) => return Err(error),
            Err(_elapsed) => {}
        }
        match cloud.outcome(deployment, job_id).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error),
        }
        poll = (poll * 2).min(Duration::from_secs(limits::LONG_POLL_SECS));
    }
}

/// Marks the reply queue as in use for as long as this is waited for: through a long upload, too.
async fn send_heartbeats(cloud: &Cloud, reply_url: &str) -> Infallible {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        // One that is lost is made up for by the next.
        let _ = cloud.heartbeat(reply_url).await;
    }
}

/// The URL of another queue of the same account and region.
fn sibling(queue_url: &str, name: &QueueName) -> String {
    let (place, _) = queue_url.rsplit_once('/').unwrap_or_default();
    format!("{place}/{name}")
}
