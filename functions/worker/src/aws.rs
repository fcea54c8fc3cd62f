//! S3 and SQS behind the [`ports`](crate::ports). Nothing else knows the SDK.

mod executions;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_types::SdkConfig;
use bytes::Bytes;
use errand_protocol::{BucketName, ObjectLocation, keys};
use lambda_runtime::Error;
use tokio::sync::mpsc;
use tracing::Instrument as _;

pub(crate) use self::executions::StepFunctions;
use crate::config::InvalidConfig;
use crate::ports::{
    Condition, Described, ETag, Listed, Objects, OpenObject, Page, PortError, PortErrorKind, Queues, Range,
    Written,
};
use errand_aws::{FailureKind, code, http_client, status};

/// How many chunks of an object are read ahead of the operation.
const CHUNKS_AHEAD: usize = 16;

/// How long nothing may move in either direction: no byte of a request, none of its answer. How long a large object takes
/// is not limited by this.
const STALL: Duration = Duration::from_secs(10);

/// How both clients reach AWS. Nothing is read but the environment.
///
/// Lambda gives credentials and region there, the same for as long as the process lives, and nothing else is asked. What
/// `aws-config` would look for besides (profiles, web identities, single sign-on, the metadata of a machine) is more code
/// than all the calls that a function makes.
///
/// # Errors
///
/// A variable that Lambda sets is missing, or `AWS_CA_BUNDLE` is set and names no certificates.
pub(crate) fn settings() -> Result<SdkConfig, Error> {
    read(&|name| std::env::var(name).ok())
}

fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<SdkConfig, Error> {
    let text = |name| variable(name).filter(|value| !value.is_empty());
    let required = |name| text(name).ok_or(InvalidConfig::Missing(name));
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        text("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client()?)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(required("AWS_REGION")?))
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts(STALL))
        .stalled_stream_protection(downloads_within(STALL));
    settings.set_endpoint_url(text("AWS_ENDPOINT_URL"));
    Ok(settings.build())
}

fn timeouts(stall: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        // From the last byte sent, as `http_client` has it.
        .read_timeout(stall)
        .build()
}

/// Uploads are watched over by the read time-out.
fn downloads_within(stall: Duration) -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled()
        .upload_enabled(false)
        .grace_period(stall)
        .build()
}

/// Builds both clients. Nothing is sent; the certificates that TLS trusts are read, which takes milliseconds. `account` is
/// the one that the stack's `own` buckets have to belong to.
pub(crate) fn clients(shared: &SdkConfig, account: Option<&str>, own: Vec<BucketName>) -> (S3, Sqs) {
    let s3 = aws_sdk_s3::config::Builder::from(shared)
        // An endpoint that was set by hand, such as a local cloud's, has no host name for each bucket.
        .force_path_style(shared.endpoint_url().is_some())
        .build();
    (
        S3 {
            client: aws_sdk_s3::Client::from_conf(s3),
            account: account.map(str::to_owned),
            own,
        },
        Sqs(aws_sdk_sqs::Client::new(shared)),
    )
}

/// Objects on S3.
pub(crate) struct S3 {
    client: aws_sdk_s3::Client,
    /// Whose the stack's buckets are; S3 refuses those of others, whatever their names. None where the queues' URLs do not
    /// tell.
    account: Option<String>,
    /// These buckets.
    own: Vec<BucketName>,
}

impl Objects for S3 {
    async fn open(&self, location: &ObjectLocation) -> Result<OpenObject, PortError> {
        self.get(location, None).await
    }

    async fn open_range(&self, location: &ObjectLocation, range: Range) -> Result<OpenObject, PortError> {
        self.get(location, Some(range)).await
    }

    async fn describe(&self, location: &ObjectLocation) -> Result<Option<Described>, PortError> {
        let sent = self
            .client
            .head_object()
            .bucket(location.bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(&location.bucket))
            .key(location.key.as_str())
            .set_version_id(location.version_id.clone())
            .send()
            .await;
        match sent {
            Ok(head) => Ok(Some(Described {
                size_bytes: head.content_length().and_then(|size| u64::try_from(size).ok()),
                etag: ETag(head.e_tag().unwrap_or_default().to_owned()),
                modified: head
                    .last_modified()
                    .and_then(|moment| SystemTime::try_from(*moment).ok()),
            })),
            // As for a version that never was, and a delete marker. The answer to a HEAD has no body that says more.
            Err(error) if matches!(status(&error), Some(400 | 404 | 405)) => Ok(None),
            Err(error) => Err(failure(format!("look at {location}"), &error)),
        }
    }

    async fn list(
        &self,
        bucket: &BucketName,
        prefix: &str,
        after: Option<String>,
    ) -> Result<Page, PortError> {
        let action = || format!("list s3://{bucket}/{prefix}");
        let listed = self
            .client
            .list_objects_v2()
            .bucket(bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(bucket))
            .prefix(prefix)
            .set_continuation_token(after)
            .send()
            .await
            .map_err(|error| failure(action(), &error))?;
        let objects = listed.contents().iter().filter_map(|object| {
            Some(Listed {
                key: object.key()?.parse().ok()?,
                described: Described {
                    size_bytes: object.size().and_then(|size| u64::try_from(size).ok()),
                    etag: ETag(object.e_tag().unwrap_or_default().to_owned()),
                    modified: object
                        .last_modified()
                        .and_then(|moment| SystemTime::try_from(*moment).ok()),
                },
            })
        });
        Ok(Page {
            objects: objects.collect(),
            next: listed.next_continuation_token().map(str::to_owned),
        })
    }

    async fn read(&self, location: &ObjectLocation) -> Result<Option<(Bytes, ETag)>, PortError> {
        let action = || format!("read {location}");
        let sent = self
            .client
            .get_object()
            .bucket(location.bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(&location.bucket))
            .key(location.key.as_str())
            .send()
            .await;
        let object = match sent.map_err(|error| failure(action(), &error)) {
            Ok(object) => object,
            Err(error) if error.kind == PortErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let etag = ETag(object.e_tag().unwrap_or_default().to_owned());
        let bytes = object.body.collect().await.map_err(|error| PortError {
            kind: PortErrorKind::Unavailable,
            action: action(),
            message: format!("broke off: {error}"),
        })?;
        Ok(Some((bytes.into_bytes(), etag)))
    }

    async fn write(
        &self,
        location: &ObjectLocation,
        bytes: Bytes,
        media_type: &str,
        condition: Condition,
    ) -> Result<Written, PortError> {
        let conditional = condition != Condition::None;
        let (absent, unchanged) = match condition {
            Condition::None => (None, None),
            Condition::Absent => (Some("*".to_owned()), None),
            Condition::Unchanged(ETag(etag)) => (None, Some(etag)),
        };
        let sent = self
            .client
            .put_object()
            .bucket(location.bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(&location.bucket))
            .key(location.key.as_str())
            .content_type(media_type)
            .set_if_none_match(absent)
            .set_if_match(unchanged)
            .body(ByteStream::from(bytes))
            .send()
            .await;
        match sent {
            Ok(stored) => Ok(Written::Yes(ETag(stored.e_tag.unwrap_or_default()))),
            // The condition does not hold (412), or somebody else is writing at this moment (409), or the object
            // that had to be unchanged is gone (404).
            Err(error)
                if conditional
                    && matches!(status(&error), Some(404 | 409 | 412))
                    && code(&error) != Some("NoSuchBucket") =>
            {
                Ok(Written::ConditionFailed)
            }
            Err(error) => Err(failure(format!("write {location}"), &error)),
        }
    }
}

impl S3 {
    /// Whose a bucket has to be: other buckets that the stack may read can be of other accounts.
    fn owner_of(&self, bucket: &BucketName) -> Option<String> {
        self.account.clone().filter(|_| self.own.contains(bucket))
    }

    async fn get(&self, location: &ObjectLocation, range: Option<Range>) -> Result<OpenObject, PortError> {
        let action = || format!("read {location}");
        let part = range.as_ref().map(|Range { from, to, .. }| match to {
            Some(to) => format!("bytes={from}-{}", to.saturating_sub(1)),
            None => format!("bytes={from}-"),
        });
        let object = self
            .client
            .get_object()
            .bucket(location.bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(&location.bucket))
            .key(location.key.as_str())
            .set_version_id(location.version_id.clone())
            .set_range(part)
            .set_if_match(range.as_ref().map(|range| range.of.0.clone()))
            .send()
            .await
            .map_err(|error| PortError {
                kind: kind_of_missing(&error),
                ..failure(action(), &error)
            })?;
        let mut part =
            Part::of(range.as_ref(), object.content_range(), object.content_length()).map_err(|message| {
                PortError {
                    kind: PortErrorKind::Unavailable,
                    action: action(),
                    message,
                }
            })?;
        let size_bytes = part.bytes;
        let parameters = object
            .metadata()
            .and_then(|metadata| metadata.get(keys::PARAMETERS_METADATA).cloned());
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        let (mut body, action) = (object.body, action());
        let read = async move {
            let mut received = 0;
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| PortError {
                    kind: PortErrorKind::Unavailable,
                    action: action.clone(),
                    message: format!("broke off after {received} bytes: {error}"),
                });
                received += chunk.as_ref().map_or(0, Bytes::len);
                let chunk = chunk.map(|chunk| part.take(chunk));
                let is_last = chunk.is_err() || part.has_ended();
                // The receiver is gone when the operation ended without reading all.
                if sender.send(chunk).await.is_err() || is_last {
                    return;
                }
            }
        };
        let reading = tokio::spawn(read.in_current_span());
        Ok(OpenObject {
            size_bytes,
            parameters,
            chunks,
            reading: reading.into(),
        })
    }
}

/// What of an answer is wanted: whoever is asked for a part may answer with the whole (RFC 9110, section 14.2), as `MiniStack` 1.5
/// does of a version.
struct Part {
    /// Bytes before it.
    skip: u64,
    /// How many bytes it has.
    bytes: u64,
    /// How many of them have not come yet, where more comes behind them. Otherwise the answer is read to its end: a wrong checksum
    /// shows only there.
    left: Option<u64>,
}

impl Part {
    /// By what was asked for and how it was answered: the header `Content-Range` and the answer's length.
    fn of(asked: Option<&Range>, answered: Option<&str>, length: Option<i64>) -> Result<Self, String> {
        let length = unsigned(length);
        match (asked, answered) {
            (Some(Range { from, to, .. }), None) => {
                let bytes = to.map_or(length, |to| to.min(length)).saturating_sub(*from);
                Ok(Self {
                    skip: *from,
                    bytes,
                    left: Some(bytes),
                })
            }
            (Some(Range { from, .. }), Some(told)) if !told.starts_with(&format!("bytes {from}-")) => Err(
                format!("`{told}` was answered where the bytes from {from} on were asked for"),
            ),
            _ => Ok(Self {
                skip: 0,
                bytes: length,
                left: None,
            }),
        }
    }

    /// What of the next chunk is wanted.
    fn take(&mut self, mut chunk: Bytes) -> Bytes {
        let skipped = usize::try_from(self.skip).map_or(chunk.len(), |skip| skip.min(chunk.len()));
        self.skip -= skipped as u64;
        let mut rest = chunk.split_off(skipped);
        if let Some(left) = &mut self.left {
            rest.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= rest.len() as u64;
        }
        rest
    }

    /// Whether all that is wanted has come, before the end of the answer.
    fn has_ended(&self) -> bool {
        self.left == Some(0)
    }
}

fn unsigned(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0)
}

/// The kind of an error on opening an input. For a version that never existed S3 answers `InvalidArgument`, and for a
/// delete marker 405 (Method Not Allowed).
fn kind_of_missing(error: &SdkError<GetObjectError>) -> PortErrorKind {
    match (code(error), status(error)) {
        (Some("InvalidArgument"), Some(400)) | (_, Some(405)) => PortErrorKind::NotFound,
        (_, Some(412)) => PortErrorKind::Changed,
        (code, status) => FailureKind::of_answer(code.unwrap_or_default(), status).into(),
    }
}

/// What a failed call is to the worker: what it may not do, an operator has to mend.
impl From<FailureKind> for PortErrorKind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::NotFound => Self::NotFound,
            FailureKind::Denied | FailureKind::Refused => Self::Refused,
            FailureKind::Transient => Self::Unavailable,
        }
    }
}

fn failure<E>(action: String, error: &SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    PortError {
        kind: FailureKind::of(error).into(),
        action,
        message: errand_aws::message(error),
    }
}

/// Messages on SQS.
pub(crate) struct Sqs(aws_sdk_sqs::Client);

impl Queues for Sqs {
    async fn send(&self, queue_url: &str, bodies: &[String]) -> Vec<Result<(), PortError>> {
        let action = || format!("send to {queue_url}");
        let entries = bodies.iter().enumerate().map(|(index, body)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .build()
                .expect("id and body are set")
        });
        let sent = self
            .0
            .send_message_batch()
            .queue_url(queue_url)
            .set_entries(Some(entries.collect()))
            .send()
            .await;
        match sent {
            Err(error) => {
                let error = failure(action(), &error);
                bodies.iter().map(|_| Err(error.clone())).collect()
            }
            Ok(answer) => {
                let mut results = vec![Ok(()); bodies.len()];
                for entry in answer.failed() {
                    let index = entry
                        .id()
                        .parse()
                        .ok()
                        .filter(|index: &usize| *index < results.len());
                    if let Some(index) = index {
                        // Throttling by KMS, which holds the queue's key, is reported as the sender's fault too.
                        let status = if entry.sender_fault() { 400 } else { 500 };
                        let message = entry.message().unwrap_or_default();
                        results[index] = Err(PortError {
                            kind: FailureKind::of_answer(entry.code(), Some(status)).into(),
                            action: action(),
                            message: format!("{message} ({})", entry.code()),
                        });
                    }
                }
                results
            }
        }
    }

    async fn change_visibility(
        &self,
        queue_url: &str,
        receipt_handle: &str,
        timeout: Duration,
    ) -> Result<(), PortError> {
        let sent = self
            .0
            .change_message_visibility()
            .queue_url(queue_url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await;
        sent.map(drop).map_err(|error| {
            failure(
                format!("change the visibility of a message of {queue_url}"),
                &error,
            )
        })
    }
}
