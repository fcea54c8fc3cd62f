//! Queues: requests out, replies in.

use std::time::Duration;

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    QueueAttributeName, SendMessageBatchRequestEntry,
};
use errand_aws::FailureKind;
use errand_protocol::{JobId, QueueName, TraceHeader, limits};

use super::{Cloud, Receipt};
use crate::clock::unix_secs;
use crate::error::Error;

/// Marks a queue as made by a client, with the time in seconds since 1970, so that those of dead clients are found.
const CREATED_TAG: &str = "errand:created-unix-secs";

/// The same for the client's last heartbeat.
const SEEN_TAG: &str = "errand:seen-unix-secs";

/// How long SQS keeps a reply that nobody takes. The outcome stays on S3 far longer.
const REPLY_RETENTION: Duration = Duration::from_hours(1);

/// What sending is for, in an error.
const SEND: &str = "send the request";

/// A request as it is sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) job_id: JobId,
    pub(crate) body: String,
    pub(crate) trace: TraceHeader,
}

/// A message, as far as a client needs it.
pub struct Message {
    /// SQS's id of the message.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    receipt_handle: String,
}

impl Message {
    /// What makes it visible to others again.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        Receipt(self.receipt_handle.clone())
    }
}

/// What came of waiting for messages.
pub enum Received {
    /// These came; none when the time ran out.
    Messages(Vec<Message>),
    /// The queue is not there: not known everywhere yet, or removed.
    NoQueue,
}

impl Cloud {
    /// The URL of a queue; none if there is no such queue.
    pub async fn queue_url(&self, name: &QueueName) -> Result<Option<String>, Error> {
        match self.sqs.get_queue_url().queue_name(name.as_str()).send().await {
            Ok(found) => Ok(found.queue_url),
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => Ok(None),
            Err(error) => Err(self.sqs_failure(format!("find queue {name}"), &error)),
        }
    }

    /// Makes a queue for the replies to this run.
    pub(crate) async fn create_reply_queue(&self, name: &QueueName) -> Result<(), Error> {
        // SQS takes the one or the other.
        let (encryption, value) = match &self.kms_key {
            Some(key) => (QueueAttributeName::KmsMasterKeyId, key.as_str()),
            None => (QueueAttributeName::SqsManagedSseEnabled, "true"),
        };
        self.sqs
            .create_queue()
            .queue_name(name.as_str())
            .attributes(
                QueueAttributeName::MessageRetentionPeriod,
                REPLY_RETENTION.as_secs().to_string(),
            )
            .attributes(
                QueueAttributeName::MaximumMessageSize,
                limits::MESSAGE_BYTES.to_string(),
            )
            // One that was taken is not wanted again, and need not be deleted: the queue goes at the end.
            .attributes(
                QueueAttributeName::VisibilityTimeout,
                REPLY_RETENTION.as_secs().to_string(),
            )
            .attributes(encryption, value)
            .tags("errand:stack", self.stack.as_str())
            .tags(CREATED_TAG, unix_secs().to_string())
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure(format!("create reply queue {name}"), &error))
    }

    /// Marks a reply queue as still waited at.
    pub(crate) async fn heartbeat(&self, url: &str) -> Result<(), Error> {
        let tag = self.sqs.tag_queue().queue_url(url);
        tag.tags(SEEN_TAG, unix_secs().to_string())
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure(format!("tag queue {url}"), &error))
    }

    /// The URLs of all reply queues of the stack.
    pub async fn reply_queue_urls(&self) -> Result<Vec<String>, Error> {
        let list = self
            .sqs
            .list_queues()
            .queue_name_prefix(self.stack.reply_prefix());
        // Without a page size there is one page, of 1000.
        let mut pages = list.max_results(1000).into_paginator().send();
        let mut urls = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.sqs_failure("list the reply queues", &error))?;
            urls.extend(page.queue_urls.unwrap_or_default());
        }
        Ok(urls)
    }

    /// When the client of a reply queue was last seen, in seconds since 1970; none if no client of this kind made it.
    /// One that has gone meanwhile counts as seen now.
    pub async fn last_seen_unix_secs(&self, url: &str) -> Result<Option<u64>, Error> {
        let tags = match self.sqs.list_queue_tags().queue_url(url).send().await {
            Ok(found) => found.tags.unwrap_or_default(),
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => return Ok(Some(unix_secs())),
            Err(error) => return Err(self.sqs_failure(format!("read the tags of {url}"), &error)),
        };
        let time = |tag| tags.get(tag).and_then(|time| time.parse().ok());
        Ok(time(CREATED_TAG).max(time(SEEN_TAG)))
    }

    /// Removes a queue. One that is not there is as good as removed.
    pub async fn delete_queue(&self, url: &str) -> Result<(), Error> {
        match self.sqs.delete_queue().queue_url(url).send().await {
            Ok(_) => Ok(()),
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => Ok(()),
            Err(error) => Err(self.sqs_failure(format!("delete queue {url}"), &error)),
        }
    }

    /// Sends a request.
    pub(crate) async fn send(&self, url: &str, request: &Outgoing) -> Result<(), Error> {
        self.sqs
            .send_message()
            .queue_url(url)
            .message_body(&request.body)
            .message_system_attributes(
                MessageSystemAttributeNameForSends::AwsTraceHeader,
                attribute(&request.trace),
            )
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure(SEND, &error))
    }

    /// Sends up to ten requests, of no more than [`limits::BATCH_BYTES`] together. Gives what became of each, in their order;
    /// an error where nothing became of any.
    pub(crate) async fn send_batch(
        &self,
        url: &str,
        requests: &[&Outgoing],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let entries = requests.iter().enumerate().map(|(index, request)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(&request.body)
                .message_system_attributes(
                    MessageSystemAttributeNameForSends::AwsTraceHeader,
                    attribute(&request.trace),
                )
                .build()
                .expect("id and body are set")
        });
        let batch = self.sqs.send_message_batch().queue_url(url);
        let answer = batch
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(|error| self.sqs_failure(SEND, &error))?;
        let mut sent: Vec<Result<(), Error>> = requests.iter().map(|_| Ok(())).collect();
        for failed in answer.failed {
            if let Some(place) = failed
                .id
                .parse()
                .ok()
                .and_then(|index: usize| sent.get_mut(index))
            {
                let message = failed.message.unwrap_or_default();
                *place = Err(Error::Service {
                    action: SEND.to_owned(),
                    message: format!("{message} ({})", failed.code),
                    retryable: !failed.sender_fault,
                });
            }
        }
        Ok(sent)
    }

    /// Waits for messages, at most `wait` (up to 20 s, rounded up to whole seconds).
    pub async fn receive(&self, url: &str, wait: Duration) -> Result<Received, Error> {
        let seconds = i32::try_from(wait.as_millis().div_ceil(1000).min(20)).unwrap_or(20);
        let received = self
            .polls
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(seconds);
        match received.send().await {
            Ok(answer) => {
                let messages = answer
                    .messages
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|message| {
                        Some(Message {
                            message_id: message.message_id.unwrap_or_default(),
                            body: message.body?,
                            receipt_handle: message.receipt_handle?,
                        })
                    });
                Ok(Received::Messages(messages.collect()))
            }
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => Ok(Received::NoQueue),
            Err(error) => Err(self.sqs_failure("wait for the answer", &error)),
        }
    }

    /// Removes messages that have been dealt with. One that stays is delivered again, which is harmless.
    pub async fn delete(&self, url: &str, messages: &[Message]) -> Result<(), Error> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&message.receipt_handle)
                .build()
                .expect("id and handle are set")
        });
        self.sqs
            .delete_message_batch()
            .queue_url(url)
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure("remove printed answers from the queue", &error))
    }
}

/// The header as SQS takes it: beside the message, whose size it does not count towards.
pub(super) fn attribute(trace: &TraceHeader) -> MessageSystemAttributeValue {
    MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace.to_string())
        .build()
        .expect("the type is set")
}
