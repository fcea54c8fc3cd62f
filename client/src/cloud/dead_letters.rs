//! Dead-letter queues. SQS can move messages back by itself (`StartMessageMoveTask`), but all of a queue at once, and
//! under new names, so that a bare list would be answered under another id. Receiving and sending does better, and the
//! same on a local cloud, which cannot move.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageAttributeValue,
    MessageSystemAttributeName, MessageSystemAttributeNameForSends,
};
use errand_protocol::{TraceHeader, limits};

use super::Cloud;
use super::queues::attribute;
use crate::error::Error;

/// A message of a dead-letter queue, invisible to others for a while.
pub struct DeadLetter {
    /// SQS's id of the message.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// When the request was sent, in milliseconds since 1970; none where SQS does not tell.
    pub sent_unix_ms: Option<u64>,
    /// How often it was received, by its function and by whoever looked at it since.
    pub receives: Option<u32>,
    /// The trace that it belongs to, if it names one.
    trace: Option<TraceHeader>,
    receipt_handle: String,
    attributes: Option<HashMap<String, MessageAttributeValue>>,
}

impl Cloud {
    /// Receives up to ten dead letters, and makes them invisible to others for `visibility_timeout`.
    pub async fn receive_dead_letters(
        &self,
        url: &str,
        visibility_timeout: Duration,
    ) -> Result<Vec<DeadLetter>, Error> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            // Without a wait SQS asks some of its servers only.
            .wait_time_seconds(1)
            .visibility_timeout(i32::try_from(visibility_timeout.as_secs()).unwrap_or(i32::MAX))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader)
            .send()
            .await
            .map_err(|error| self.sqs_failure("receive dead letters", &error))?;
        let messages = received.messages.unwrap_or_default().into_iter();
        let messages = messages.filter_map(|message| {
            let known = message.attributes.unwrap_or_default();
            Some(DeadLetter {
                message_id: message.message_id?,
                body: message.body?,
                sent_unix_ms: known
                    .get(&MessageSystemAttributeName::SentTimestamp)
                    .and_then(|time| time.parse().ok()),
                receives: known
                    .get(&MessageSystemAttributeName::ApproximateReceiveCount)
                    .and_then(|count| count.parse().ok()),
                trace: known
                    .get(&MessageSystemAttributeName::AwsTraceHeader)
                    .and_then(|header| header.parse().ok()),
                receipt_handle: message.receipt_handle?,
                attributes: message.message_attributes,
            })
        });
        Ok(messages.collect())
    }

    /// Makes dead letters visible to others again.
    pub async fn release_dead_letters(&self, url: &str, messages: &[DeadLetter]) -> Result<(), Error> {
        for messages in messages.chunks(limits::BATCH_MESSAGES) {
            let entries = messages.iter().enumerate().map(|(index, message)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&message.receipt_handle)
                    .visibility_timeout(0)
                    .build()
                    .expect("id and handle are set")
            });
            let change = self.sqs.change_message_visibility_batch().queue_url(url);
            change
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .map_err(|error| self.sqs_failure("make dead letters visible again", &error))?;
        }
        Ok(())
    }

    /// Sends `body` to a request queue, with the attributes that the dead letter had, as a part of the same trace.
    pub async fn redrive(&self, url: &str, message: &DeadLetter, body: &str) -> Result<(), Error> {
        let mut sending = self
            .sqs
            .send_message()
            .queue_url(url)
            .message_body(body)
            .set_message_attributes(message.attributes.clone());
        if let Some(trace) = &message.trace {
            let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
            sending = sending.message_system_attributes(name, attribute(trace));
        }
        sending
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure("send a dead letter again", &error))
    }

    /// Removes dead letters that have been sent again. One that stays would be sent once more, which is harmless.
    pub async fn remove_dead_letters(&self, url: &str, messages: &[DeadLetter]) -> Result<(), Error> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&message.receipt_handle)
                .build()
                .expect("id and handle are set")
        });
        let removal = self.sqs.delete_message_batch().queue_url(url);
        removal
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure("remove dead letters that were sent again", &error))
    }
}
