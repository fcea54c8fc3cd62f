//! Looks at the parts of a stack, without changing any.

use aws_sdk_sqs::types::QueueAttributeName;
use errand_aws::FailureKind;
use errand_protocol::{BucketName, QueueName};

use super::Cloud;
use crate::error::Error;

/// Whether a part of the stack is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Missing,
    /// It is, but this user may not look at it.
    Denied,
    /// It is, but not in the account that the stack is in.
    Foreign,
}

/// What a queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// So many messages that wait, and that no receiver holds.
    Waiting(u64),
    /// There is no such queue.
    Missing,
    /// This user may not know.
    Denied,
}

impl Cloud {
    /// What a queue holds.
    pub async fn backlog(&self, queue: &QueueName) -> Result<Backlog, Error> {
        let action = || format!("look at queue {queue}");
        let found = self.sqs.get_queue_url().queue_name(queue.as_str());
        let url = match found.send().await {
            Ok(found) => found.queue_url.unwrap_or_default(),
            Err(error) => {
                return match FailureKind::of(&error) {
                    FailureKind::NotFound => Ok(Backlog::Missing),
                    FailureKind::Denied => Ok(Backlog::Denied),
                    _ => Err(self.sqs_failure(action(), &error)),
                };
            }
        };
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let asked = self.sqs.get_queue_attributes().queue_url(url);
        match asked.attribute_names(name.clone()).send().await {
            Ok(answer) => Ok(Backlog::Waiting(
                answer
                    .attributes
                    .and_then(|attributes| attributes.get(&name)?.parse().ok())
                    .unwrap_or_default(),
            )),
            Err(error) if FailureKind::of(&error) == FailureKind::Denied => Ok(Backlog::Denied),
            Err(error) => Err(self.sqs_failure(action(), &error)),
        }
    }

    /// The key of KMS that a queue is encrypted with; none if it is SQS's own, or if this user may not know.
    pub async fn key_of(&self, queue_url: &str) -> Result<Option<String>, Error> {
        let name = QueueAttributeName::KmsMasterKeyId;
        let asked = self.sqs.get_queue_attributes().queue_url(queue_url);
        match asked.attribute_names(name.clone()).send().await {
            Ok(answer) => Ok(answer
                .attributes
                .and_then(|mut attributes| attributes.remove(&name))),
            Err(error) if FailureKind::of(&error) == FailureKind::Denied => Ok(None),
            Err(error) => Err(self.sqs_failure(format!("look at queue {queue_url}"), &error)),
        }
    }

    /// Whether a bucket is there. S3 answers "forbidden" for one that is there, to a user who may put objects into it
    /// and not list them, as is usual for the input bucket; and for one of another account than expected, to everybody.
    pub async fn bucket_presence(&self, bucket: &BucketName) -> Result<Presence, Error> {
        match self.head(bucket, self.owner()).await? {
            Presence::Denied if self.head(bucket, None).await? == Presence::There => Ok(Presence::Foreign),
            presence => Ok(presence),
        }
    }

    async fn head(&self, bucket: &BucketName, owner: Option<String>) -> Result<Presence, Error> {
        let head = self.s3.head_bucket().bucket(bucket.as_str());
        match head.set_expected_bucket_owner(owner).send().await {
            Ok(_) => Ok(Presence::There),
            Err(error) => match FailureKind::of(&error) {
                FailureKind::Denied => Ok(Presence::Denied),
                // Whether there is a bucket is the question here.
                FailureKind::NotFound => Ok(Presence::Missing),
                _ if errand_aws::code(&error) == Some("NoSuchBucket") => Ok(Presence::Missing),
                _ => Err(self.s3_failure(format!("look at bucket {bucket}"), &error)),
            },
        }
    }
}
