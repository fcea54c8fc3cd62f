//! Looks at the parts of a stack, without changing any.

use std::collections::HashMap;

use aws_sdk_s3::types::Event;
use aws_sdk_sqs::types::QueueAttributeName;
use errand_aws::FailureKind;
use errand_protocol::{BucketName, QueueName};
use serde_json::Value;

use super::Cloud;
use crate::error::Error;

/// Tags of the response queue say which release the stack is of.
const VERSION_TAG: &str = "errand:version";

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

/// What came of looking at something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is so.
    There(T),
    /// There is nothing.
    Missing,
    /// It could not be looked at.
    Not {
        /// What it needs, for a person to read.
        needs: String,
    },
}

impl<T> Seen<T> {
    /// What else is known of it.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::There(value) => Seen::There(of(value)),
            Self::Missing => Seen::Missing,
            Self::Not { needs } => Seen::Not { needs },
        }
    }

    pub(super) fn not(needs: impl Into<String>) -> Self {
        Self::Not { needs: needs.into() }
    }

    pub(super) fn needs_client(action: &str) -> Self {
        Self::not(format!(
            "needs {action}: attach the stack's client policy (output ClientPolicyArn)"
        ))
    }

    pub(super) fn needs_operator(action: &str) -> Self {
        Self::not(format!(
            "needs {action}: attach the stack's operator policy (output OperatorPolicyArn)"
        ))
    }
}

/// A queue, and what it holds. The counts are SQS's own: they may lag by some seconds, at times by a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// Its URL.
    pub url: String,
    /// Messages that wait, and that no receiver holds.
    pub waiting: u64,
    /// Messages that a receiver holds.
    pub in_flight: u64,
    /// Messages that are kept back for a while.
    pub delayed: u64,
    /// Its name for policies and other services.
    pub arn: String,
    /// How long a receiver may hold a message, in seconds.
    pub visibility_timeout_secs: u64,
    /// Where messages go that were delivered too often.
    pub redrive: Option<Redrive>,
    /// The key of KMS that it is encrypted with, if not SQS's own.
    pub kms_key: Option<String>,
    /// Whether its policy refuses plain http.
    pub is_tls_only: bool,
}

/// Where messages go that were delivered too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The queue.
    pub target_arn: String,
    /// How often is too often.
    pub max_receive_count: u64,
}

/// Files that are told to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The queue.
    pub queue_arn: String,
    /// How their keys begin.
    pub prefix: String,
    /// Whether all ways of making a file count.
    pub is_of_all_created: bool,
}

impl Cloud {
    /// A queue, and what it holds.
    pub async fn queue_state(&self, queue: &QueueName) -> Result<Seen<QueueState>, Error> {
        let action = || format!("look at queue {queue}");
        let found = self.sqs.get_queue_url().queue_name(queue.as_str());
        let url = match found.send().await {
            Ok(found) => found.queue_url.unwrap_or_default(),
            Err(error) => {
                return match FailureKind::of(&error) {
                    FailureKind::NotFound => Ok(Seen::Missing),
                    FailureKind::Denied => Ok(Seen::needs_client("sqs:GetQueueUrl")),
                    _ => Err(self.sqs_failure(action(), &error)),
                };
            }
        };
        let asked = self.sqs.get_queue_attributes().queue_url(&url);
        match asked.attribute_names(QueueAttributeName::All).send().await {
            Ok(answer) => Ok(Seen::There(state(url, &answer.attributes.unwrap_or_default()))),
            Err(error) => match FailureKind::of(&error) {
                FailureKind::NotFound => Ok(Seen::Missing),
                FailureKind::Denied => Ok(Seen::needs_client("sqs:GetQueueAttributes")),
                _ => Err(self.sqs_failure(action(), &error)),
            },
        }
    }

    /// The release that the stack was deployed from, as it says itself; [`Seen::Missing`] where it does not.
    pub async fn stack_version(&self, queue_url: &str) -> Result<Seen<String>, Error> {
        match self.sqs.list_queue_tags().queue_url(queue_url).send().await {
            Ok(found) => {
                let version = found.tags.and_then(|mut tags| tags.remove(VERSION_TAG));
                Ok(version.map_or(Seen::Missing, Seen::There))
            }
            Err(error) if FailureKind::of(&error) == FailureKind::Denied => {
                Ok(Seen::needs_client("sqs:ListQueueTags"))
            }
            Err(error) => Err(self.sqs_failure(format!("read the tags of {queue_url}"), &error)),
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

    /// Which files of a bucket are told to queues when they are made.
    pub async fn notifications(&self, bucket: &BucketName) -> Result<Seen<Vec<Notification>>, Error> {
        let asked = self.s3.get_bucket_notification_configuration();
        let asked = asked
            .bucket(bucket.as_str())
            .set_expected_bucket_owner(self.owner());
        let found = match asked.send().await {
            Ok(found) => found,
            Err(error) if FailureKind::of(&error) == FailureKind::Denied => {
                return Ok(Seen::needs_operator("s3:GetBucketNotification"));
            }
            Err(error) => return Err(self.s3_failure(format!("read the notifications of {bucket}"), &error)),
        };
        let configurations = found.queue_configurations.unwrap_or_default().into_iter();
        let told = configurations.map(|each| {
            let rules = each
                .filter
                .and_then(|filter| filter.key)
                .and_then(|key| key.filter_rules);
            let is_prefix = |name: &str| name.eq_ignore_ascii_case("prefix");
            let prefix = rules.unwrap_or_default().into_iter().find_map(|rule| {
                rule.name
                    .is_some_and(|name| is_prefix(name.as_str()))
                    .then_some(rule.value)?
            });
            Notification {
                is_of_all_created: each.events.contains(&Event::S3ObjectCreated),
                prefix: prefix.unwrap_or_default(),
                queue_arn: each.queue_arn,
            }
        });
        Ok(Seen::There(told.collect()))
    }

    /// Whether a bucket's policy refuses plain http.
    pub async fn is_bucket_tls_only(&self, bucket: &BucketName) -> Result<Seen<bool>, Error> {
        let asked = self.s3.get_bucket_policy().bucket(bucket.as_str());
        match asked.set_expected_bucket_owner(self.owner()).send().await {
            Ok(found) => Ok(Seen::There(refuses_http(&found.policy.unwrap_or_default()))),
            Err(error) if errand_aws::code(&error) == Some("NoSuchBucketPolicy") => Ok(Seen::There(false)),
            Err(error) if FailureKind::of(&error) == FailureKind::Denied => {
                Ok(Seen::needs_operator("s3:GetBucketPolicy"))
            }
            Err(error) => Err(self.s3_failure(format!("read the policy of {bucket}"), &error)),
        }
    }
}

fn state(url: String, attributes: &HashMap<QueueAttributeName, String>) -> QueueState {
    let text = |name: QueueAttributeName| attributes.get(&name).filter(|text| !text.is_empty()).cloned();
    let number = |name| text(name).and_then(|text| text.parse().ok()).unwrap_or_default();
    QueueState {
        url,
        waiting: number(QueueAttributeName::ApproximateNumberOfMessages),
        in_flight: number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        delayed: number(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
        arn: text(QueueAttributeName::QueueArn).unwrap_or_default(),
        visibility_timeout_secs: number(QueueAttributeName::VisibilityTimeout),
        redrive: text(QueueAttributeName::RedrivePolicy).and_then(|policy| redrive(&policy)),
        kms_key: text(QueueAttributeName::KmsMasterKeyId),
        is_tls_only: text(QueueAttributeName::Policy).is_some_and(|policy| refuses_http(&policy)),
    }
}

fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let count = &policy["maxReceiveCount"];
    Some(Redrive {
        target_arn: policy["deadLetterTargetArn"].as_str()?.to_owned(),
        // SQS takes it as a number and as text.
        max_receive_count: count.as_u64().or_else(|| count.as_str()?.parse().ok())?,
    })
}

/// Whether a policy denies everything to everybody who comes by plain http.
fn refuses_http(policy: &str) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let is_all = |action: &Value| match action {
        Value::String(action) => matches!(action.to_lowercase().as_str(), "*" | "sqs:*" | "s3:*"),
        Value::Array(actions) => actions
            .iter()
            .any(|each| each == "*" || each == "sqs:*" || each == "s3:*"),
        _ => false,
    };
    statements.iter().any(|statement| {
        let principal = &statement["Principal"];
        let condition = &statement["Condition"]["Bool"]["aws:SecureTransport"];
        statement["Effect"] == "Deny"
            && (principal == "*" || principal["AWS"] == "*")
            && is_all(&statement["Action"])
            && (condition == "false" || condition == false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_refuses_http_only_if_it_denies_all_of_it_to_everybody() {
        let deny = |principal: &str, action: &str, transport: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Deny","Principal":{principal},"Action":{action},
                "Condition":{{"Bool":{{"aws:SecureTransport":{transport}}}}}}}]}}"#
            )
        };
        let everybody = r#""*""#;
        for (policy, wanted) in [
            (deny(everybody, r#""sqs:*""#, r#""false""#), true),
            (deny(r#"{"AWS":"*"}"#, r#"["s3:*"]"#, "false"), true),
            (deny(everybody, r#""sqs:SendMessage""#, r#""false""#), false),
            (
                deny(r#"{"AWS":"123456789012"}"#, r#""sqs:*""#, r#""false""#),
                false,
            ),
            (deny(everybody, r#""sqs:*""#, r#""true""#), false),
            (
                deny(everybody, r#""sqs:*""#, r#""false""#).replace("Deny", "Allow"),
                false,
            ),
            ("{}".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(refuses_http(&policy), wanted, "{policy}");
        }
    }

    #[test]
    fn the_count_of_a_redrive_policy_may_be_a_text() {
        for count in ["100", "\"100\""] {
            let found = redrive(&format!(
                r#"{{"deadLetterTargetArn":"arn:aws:sqs:r:1:q","maxReceiveCount":{count}}}"#
            ));
            assert_eq!(found.unwrap().max_receive_count, 100);
        }
        assert_eq!(redrive("{}"), None);
    }
}
