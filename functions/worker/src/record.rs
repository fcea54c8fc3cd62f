//! From the body of one message to the jobs it asks for, with everything refused that the stack does not serve.

use errand_protocol::{
    DecodeError, Input, JobError, JobId, ObjectKey, ObjectLocation, Operation as OperationName, QueueName,
    Request, code, keys, salvage,
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Map;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::job::{Job, ReplyTo, Source, Task};

/// What the function that reads a record does.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) operation: OperationName,
    pub(crate) takes_bare_text: bool,
}

/// How a body came: the name under which it came, and comes again when it is not acknowledged, and the how-manieth
/// time this is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) name: &'a str,
    pub(crate) attempt: u32,
}

impl Arrival<'_> {
    /// The id of the job that a body asks for without naming it.
    fn job_id(self) -> JobId {
        JobId::of_message(self.name)
    }

    /// The same for one of several records in a body: two that cannot be read must not be taken for one job.
    fn job_id_of_record(self, index: usize) -> JobId {
        JobId::of_message(&format!("{}/{index}", self.name))
    }
}

/// The forms that a body can have, told apart by a field that each of them has to have.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "Records")]
    records: Option<Vec<Box<RawValue>>>,
    #[serde(rename = "Event")]
    event: Option<String>,
}

/// The jobs that a body asks for: a request, S3 events, a notification that asks for nothing, or, where the operation
/// takes it, the input itself.
pub(crate) fn jobs_of_body(body: &str, arrival: Arrival, expected: &Expected, config: &Config) -> Vec<Job> {
    match serde_json::from_str(body) {
        Ok(Shape {
            event: Some(event),
            records: None,
        }) if event == "s3:TestEvent" => {
            tracing::debug!("consumed the test event that S3 sends when a notification is set up");
            Vec::new()
        }
        Ok(Shape {
            records: Some(records),
            ..
        }) => jobs_of_s3_records(&records, arrival, expected, config),
        _ if expected.takes_bare_text && !body.trim_start().starts_with('{') => {
            let source = Source::Inline(bare_text(body).into());
            let task = Ok(Task {
                parameters: Map::new(),
                source,
            });
            vec![Job {
                id: arrival.job_id(),
                reply_to: ReplyTo::Stack,
                task,
                attempt: arrival.attempt,
            }]
        }
        _ => vec![job_of_request(body, arrival, expected, config)],
    }
}

/// A bare body is the input as it stands; one made by hand, which has to be JSON, may be a JSON string of it.
fn bare_text(body: &str) -> String {
    serde_json::from_str::<String>(body).unwrap_or_else(|_| body.to_owned())
}

fn job_of_request(body: &str, arrival: Arrival, expected: &Expected, config: &Config) -> Job {
    let attempt = arrival.attempt;
    let (id, reply_queue, task) = match Request::from_json(body) {
        Ok(request) => {
            let (id, reply_queue) = (request.job_id, request.reply_queue.clone());
            (id, reply_queue, task_of(request, expected, config))
        }
        Err(error) => {
            let code = match error {
                DecodeError::Version { .. } => code::UNSUPPORTED_VERSION,
                _ => code::MALFORMED_REQUEST,
            };
            let known = salvage(body);
            let error = JobError::permanent(code, error.to_string());
            (
                known.job_id.unwrap_or_else(|| arrival.job_id()),
                known.reply_queue,
                Err(error),
            )
        }
    };
    match reply_to(reply_queue, config) {
        Ok(reply_to) => Job {
            id,
            reply_to,
            task,
            attempt,
        },
        // The refusal must not reach the queue that it refuses.
        Err(refusal) => Job {
            id,
            reply_to: ReplyTo::Stack,
            task: Err(refusal),
            attempt,
        },
    }
}

fn reply_to(queue: Option<QueueName>, config: &Config) -> Result<ReplyTo, JobError> {
    match queue {
        None => Ok(ReplyTo::Stack),
        Some(name) if name.as_str().starts_with(&config.reply_prefix) => Ok(ReplyTo::Client(name)),
        Some(name) => {
            let message = format!(
                "reply queue `{name}` does not belong to this stack: its name has to begin with `{}`",
                config.reply_prefix
            );
            Err(JobError::permanent(code::REPLY_QUEUE_REFUSED, message))
        }
    }
}

fn task_of(request: Request, expected: &Expected, config: &Config) -> Result<Task, JobError> {
    let operation = &expected.operation;
    if request.operation != *operation {
        let message = format!(
            "operation `{}` is not known here: this function does `{operation}`",
            request.operation
        );
        return Err(JobError::permanent(code::UNKNOWN_OPERATION, message));
    }
    let source = match request.input {
        Input::Inline(text) => Source::Inline(text.into()),
        Input::Object(location) => {
            let served = [keys::UPLOADS.to_owned(), format!("{operation}/")];
            if location.bucket != config.input_bucket {
                return Err(refused_bucket(&location, config));
            }
            if !served
                .iter()
                .any(|prefix| location.key.as_str().starts_with(prefix))
            {
                let message = format!(
                    "{location} is not an input: its key has to begin with {}",
                    served.join(" or ")
                );
                return Err(JobError::permanent(code::INPUT_REFUSED, message));
            }
            Source::Uploaded(location)
        }
    };
    Ok(Task {
        parameters: request.parameters,
        source,
    })
}

fn refused_bucket(location: &ObjectLocation, config: &Config) -> JobError {
    let message = format!(
        "{location} is not in this stack's input bucket: put the input into s3://{}",
        config.input_bucket
    );
    JobError::permanent(code::INPUT_REFUSED, message)
}

/// As much of an S3 event record as is needed; whatever S3 adds to it passes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_name: String,
    s3: S3Entity,
}

#[derive(Deserialize)]
struct S3Entity {
    bucket: S3Bucket,
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Object {
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
}

/// The jobs that the records of an S3 event ask for.
pub(crate) fn jobs_of_s3_records(
    records: &[Box<RawValue>],
    arrival: Arrival,
    expected: &Expected,
    config: &Config,
) -> Vec<Job> {
    let jobs = records.iter().enumerate().filter_map(|(index, record)| {
        let fallback_id = arrival.job_id_of_record(index);
        job_of_s3_record(record.get(), fallback_id, arrival.attempt, expected, config)
    });
    jobs.collect()
}

/// The job that an S3 event record asks for; none when it tells of anything but a new file.
fn job_of_s3_record(
    record: &str,
    fallback_id: JobId,
    attempt: u32,
    expected: &Expected,
    config: &Config,
) -> Option<Job> {
    let parsed = serde_json::from_str::<S3Record>(record).map_err(|error| error.to_string());
    let located = parsed.and_then(|record| {
        let location = location_of(&record.s3)?;
        Ok((record, location))
    });
    let (record, location) = match located {
        Ok(located) => located,
        Err(reason) => {
            let error = JobError::permanent(
                code::MALFORMED_REQUEST,
                format!("not a record of an S3 event: {reason}"),
            );
            return Some(Job {
                id: fallback_id,
                reply_to: ReplyTo::Stack,
                task: Err(error),
                attempt,
            });
        }
    };
    // Consoles make a "folder" by storing an empty object whose key ends in a slash.
    if !record.event_name.contains("ObjectCreated:") || location.key.as_str().ends_with('/') {
        tracing::info!(event = record.event_name, object = %location, "nothing to do for this event");
        return None;
    }
    // A bucket whose versioning was suspended calls every new version `null`.
    let version_id = location.version_id.as_deref().filter(|id| *id != "null");
    let revision = version_id
        .or(record.s3.object.e_tag.as_deref())
        .unwrap_or_default();
    let id = JobId::of_object(&location, revision.trim_matches('"'));
    let task = if location.bucket != config.input_bucket {
        Err(refused_bucket(&location, config))
    } else if keys::dropped_operation(&location.key).as_ref() == Some(&expected.operation) {
        Ok(Task {
            parameters: Map::new(),
            source: Source::Dropped(location),
        })
    } else {
        let message = format!(
            "{location} does not ask for `{0}`: this function does files whose key begins with `{0}/`",
            expected.operation
        );
        Err(JobError::permanent(code::UNKNOWN_OPERATION, message))
    };
    Some(Job {
        id,
        reply_to: ReplyTo::Stack,
        task,
        attempt,
    })
}

/// Keys in events are form-encoded: `+` is a space, anything else may be `%XX`.
fn location_of(entity: &S3Entity) -> Result<ObjectLocation, String> {
    let spaced = entity.object.key.replace('+', " ");
    let key = percent_decode_str(&spaced)
        .decode_utf8()
        .map_err(|error| format!("key `{}` is not UTF-8: {error}", entity.object.key))?;
    Ok(ObjectLocation {
        bucket: entity.bucket.name.parse().map_err(|error| format!("{error}"))?,
        key: ObjectKey::try_from(key.into_owned()).map_err(|error| error.to_string())?,
        version_id: entity.object.version_id.clone().filter(|id| !id.is_empty()),
    })
}
