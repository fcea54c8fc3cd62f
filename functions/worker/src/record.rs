//! From a message to the jobs it asks for, with everything refused that the stack does not serve.

use errand_protocol::message::S3Record;
use std::fmt;

use errand_protocol::{
    BucketName, Destination, JobError, JobId, MapOptions, Message, MessageId, ObjectLocation, OperationName,
    Prefix, QueueName, Request, RequestInput, TraceId, code, keys,
};
use serde_json::Map;

use crate::config::Config;
use crate::job::{Job, JobInput, Many, ReplyTo, Task};

/// What the function that reads a message does.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) operation: OperationName,
    pub(crate) takes_bare_text: bool,
}

/// How a message came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    /// What stays the same when the message is delivered again: its id, where there is one.
    pub(crate) message_id: &'a str,
    /// Whether that is an id which SQS gave the sender.
    pub(crate) is_from_sqs: bool,
    /// Which delivery of the message this is, counted from 1.
    pub(crate) receives: u32,
    /// How often it is delivered at most; none when it came without a queue.
    pub(crate) max_receives: Option<u32>,
    /// When it was sent, in milliseconds since 1970-01-01 UTC; none when it came without a queue.
    pub(crate) sent_at_unix_ms: Option<u64>,
    /// The trace that it belongs to, if it names one.
    pub(crate) trace_id: Option<TraceId>,
}

/// The jobs that a body asks for; none where it is a notification that asks for nothing.
pub(crate) fn jobs_of_body(body: &str, arrival: Arrival, expected: &Expected, config: &Config) -> Vec<Job> {
    let sent_as: Option<MessageId> = arrival
        .is_from_sqs
        .then(|| arrival.message_id.parse().ok())
        .flatten();
    let job = |id, reply_to, task| Job {
        id,
        reply_to,
        task,
        message_id: arrival.message_id.to_owned(),
        asked_by: sent_as.clone(),
        sent_at_unix_ms: arrival.sent_at_unix_ms,
        trace_id: arrival.trace_id,
        attempt: arrival.receives,
        receives: arrival.receives,
        max_receives: arrival.max_receives,
    };
    match Message::read(body, arrival.message_id, expected.takes_bare_text) {
        Message::Request(request) => {
            let (id, reply_queue) = (request.job_id, request.reply_queue.clone());
            let asked_by = request.message_id.clone().or_else(|| sent_as.clone());
            let (reply_to, task) =
                addressed(reply_queue, task_of_request(*request, expected, config), config);
            vec![Job {
                asked_by,
                ..job(id, reply_to, task)
            }]
        }
        Message::BareText { job_id, text, .. } => {
            let task = with_default_parameters(JobInput::Inline(text.into()));
            vec![job(job_id, ReplyTo::Stack, Ok(task))]
        }
        Message::S3Event(records) => records
            .into_iter()
            .filter_map(|record| {
                let (id, task) = task_of_record(record, expected, config)?;
                Some(job(id, ReplyTo::Stack, task))
            })
            .collect(),
        Message::S3TestEvent => {
            tracing::debug!("consumed the test event that S3 sends when a notification is set up");
            Vec::new()
        }
        Message::Unreadable {
            job_id,
            reply_queue,
            error,
        } => {
            let (reply_to, task) = addressed(reply_queue, Err(error), config);
            vec![job(job_id, reply_to, task)]
        }
    }
}

/// Where the reply goes, and what there is to do: nothing if the reply queue is not the stack's. That refusal must not
/// reach the queue that it refuses.
fn addressed(
    reply_queue: Option<QueueName>,
    task: Result<Task, JobError>,
    config: &Config,
) -> (ReplyTo, Result<Task, JobError>) {
    match reply_queue {
        None => (ReplyTo::Stack, task),
        Some(name) if name.as_str().starts_with(&config.reply_prefix) => (ReplyTo::Client(name), task),
        Some(name) => {
            let message = format!(
                "reply queue `{name}` does not belong to this stack: its name has to begin with `{}`",
                config.reply_prefix
            );
            let refusal = JobError::permanent(code::REPLY_QUEUE_REFUSED, message);
            (ReplyTo::Stack, Err(refusal))
        }
    }
}

fn with_default_parameters(input: JobInput) -> Task {
    Task {
        parameters: Map::new(),
        input,
        options: MapOptions::default(),
    }
}

fn task_of_request(request: Request, expected: &Expected, config: &Config) -> Result<Task, JobError> {
    let operation = &expected.operation;
    if request.operation != *operation {
        let message = format!(
            "operation `{}` is not known here: this function does `{operation}`; send the request to the queue of its \
             operation",
            request.operation
        );
        return Err(JobError::permanent(code::UNKNOWN_OPERATION, message));
    }
    let options = request.map.unwrap_or_default();
    let input = match request.input {
        RequestInput::Inline(text) => JobInput::Inline(text.into()),
        RequestInput::Object(location) => {
            check_object(&location, request.job_id, expected, config)?;
            JobInput::ClaimCheck(location)
        }
        RequestInput::Objects(locations) => {
            for location in &locations {
                check_object(location, request.job_id, expected, config)?;
            }
            JobInput::Many(Many::Objects(locations))
        }
        RequestInput::Prefix(prefix) => {
            check_prefix(&prefix, request.job_id, expected, config)?;
            JobInput::Many(Many::Prefix(prefix))
        }
    };
    if let Some(to) = &options.to {
        check_destination(to, config)?;
    }
    Ok(Task {
        parameters: request.parameters,
        input,
        options,
    })
}

/// Refuses an object that a request may not name.
fn check_object(
    location: &ObjectLocation,
    job_id: JobId,
    expected: &Expected,
    config: &Config,
) -> Result<(), JobError> {
    if location.bucket != config.input_bucket {
        return if config.may_read(&location.bucket) {
            Ok(())
        } else {
            Err(refused_bucket(location, &location.bucket, config))
        };
    }
    let (own, uploaded) = (keys::claim_checks_of(job_id), format!("{}/", expected.operation));
    if keys::is_claim_check_of(&location.key, job_id) || location.key.as_str().starts_with(&uploaded) {
        return Ok(());
    }
    let message =
        format!("{location} is not an input of this job: its key has to begin with `{own}` or `{uploaded}`");
    Err(JobError::permanent(code::INPUT_REFUSED, message))
}

/// The same for all objects below a prefix.
fn check_prefix(
    prefix: &Prefix,
    job_id: JobId,
    expected: &Expected,
    config: &Config,
) -> Result<(), JobError> {
    if prefix.bucket != config.input_bucket {
        return if config.may_read(&prefix.bucket) {
            Ok(())
        } else {
            Err(refused_bucket(prefix, &prefix.bucket, config))
        };
    }
    let (own, uploaded) = (keys::claim_checks_of(job_id), format!("{}/", expected.operation));
    if prefix.prefix.starts_with(&uploaded) || prefix.prefix.to_lowercase().starts_with(&own) {
        return Ok(());
    }
    let message =
        format!("{prefix} holds other inputs than this job's: it has to begin with `{own}` or `{uploaded}`");
    Err(JobError::permanent(code::INPUT_REFUSED, message))
}

/// Refuses a place that results are not written to.
fn check_destination(to: &Destination, config: &Config) -> Result<(), JobError> {
    if config.may_write(&to.bucket) {
        return Ok(());
    }
    let message = format!(
        "{to} is not in a bucket that this stack may write to: deploy it with {}, or leave the destination out",
        also(&config.writable_buckets, &to.bucket, "WritableBuckets")
    );
    Err(JobError::permanent(code::DESTINATION_REFUSED, message))
}

/// A parameter of the stack with the buckets that it has and one more.
fn also(buckets: &[String], bucket: &BucketName, parameter: &str) -> String {
    let mut names: Vec<_> = buckets.iter().map(String::as_str).collect();
    names.push(bucket.as_str());
    format!("{parameter}={}", names.join(","))
}

fn refused_bucket(place: &impl fmt::Display, bucket: &BucketName, config: &Config) -> JobError {
    let message = format!(
        "{place} is neither in this stack's input bucket nor in one that it may read: put the input into s3://{}, or deploy \
         the stack with {}",
        config.input_bucket,
        also(&config.readable_buckets, bucket, "ReadableBuckets")
    );
    JobError::permanent(code::INPUT_REFUSED, message)
}

/// The job that an S3 event's record asks for; none when it tells of anything but a new file.
fn task_of_record(
    record: S3Record,
    expected: &Expected,
    config: &Config,
) -> Option<(JobId, Result<Task, JobError>)> {
    let (id, location) = match record {
        S3Record::Uploaded { job_id, location } => (job_id, location),
        S3Record::Other { event_name, location } => {
            tracing::info!(event = event_name, object = %location, "nothing to do for this event");
            return None;
        }
        S3Record::Unreadable { job_id, error } => return Some((job_id, Err(error))),
    };
    let task = if location.bucket != config.input_bucket {
        let message = format!(
            "{location} is not in this stack's input bucket: put the input into s3://{}",
            config.input_bucket
        );
        Err(JobError::permanent(code::INPUT_REFUSED, message))
    } else if keys::uploaded_operation(&location.key).as_ref() == Some(&expected.operation) {
        Ok(with_default_parameters(JobInput::Uploaded(location)))
    } else {
        let message = format!(
            "{location} does not ask for `{0}`: this function does files whose key begins with `{0}/`",
            expected.operation
        );
        Err(JobError::permanent(code::UNKNOWN_OPERATION, message))
    };
    Some((id, task))
}

#[cfg(test)]
#[path = "../../../protocol/tests/samples/messages.rs"]
mod samples;

#[cfg(test)]
mod tests {
    use super::samples::Sample;
    use super::*;
    use crate::event::{self, Event};

    /// What the client's tests assert of the same samples.
    #[test]
    fn a_message_is_answered_under_the_ids_by_which_the_client_knows_its_dead_letter() {
        for sample in Sample::all() {
            for (operation, takes_bare_text) in [("stats", true), ("grayscale", false)] {
                let expected = Expected {
                    operation: operation.parse().unwrap(),
                    takes_bare_text,
                };
                let event = serde_json::json!({ "Records": [{
                    "eventSource": "aws:sqs",
                    "messageId": "m-1",
                    "receiptHandle": "h",
                    "body": sample.body(operation),
                }] });
                let config = crate::tests::config();
                let event = event::decode(&event.to_string(), "invocation", &expected, &config);
                let Event::Sqs(deliveries) = event else {
                    panic!("{}: not from SQS", sample.form)
                };
                let jobs: Vec<_> = deliveries[0].jobs.iter().map(|job| job.id).collect();
                assert_eq!(
                    jobs,
                    sample.jobs(operation, "m-1"),
                    "{operation}: {}",
                    sample.form
                );
            }
        }
    }
}
