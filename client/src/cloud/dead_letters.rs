//! Dead-letter queues. SQS can move messages back by itself (`StartMessageMoveTask`), but all of a queue at once, and
//! under new names, so that a bare list would be answered under another id. Receiving and sending does better, and the
//! same on a local cloud, which cannot move.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    MessageSystemAttributeNameForSends,
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
    receipt: Receipt,
    attributes: Option<HashMap<String, MessageAttributeValue>>,
}

/// What makes a message that was received visible to others again.
#[derive(Clone, Debug)]
pub struct Receipt(pub(super) String);

impl DeadLetter {
    /// What makes it visible to others again.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.receipt.clone()
    }
}

impl Cloud {
    /// Receives up to ten dead letters, and makes them invisible to others for `visibility_timeout`. Waits for whole seconds; without
    /// a wait SQS asks some of its servers only, and may not find what is there.
    pub async fn receive_dead_letters(
        &self,
        url: &str,
        visibility_timeout: Duration,
        wait: Duration,
    ) -> Result<Vec<DeadLetter>, Error> {
        let whole_secs = |time: Duration| i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
        let received = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(whole_secs(wait))
            .visibility_timeout(whole_secs(visibility_timeout))
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
                receipt: Receipt(message.receipt_handle?),
                attributes: message.message_attributes,
            })
        });
        Ok(messages.collect())
    }

    /// Makes messages that were received visible to others again, at once.
    pub async fn release(&self, url: &str, receipts: &[Receipt]) -> Result<(), Error> {
        for receipts in receipts.chunks(limits::BATCH_MESSAGES) {
            let entries = receipts.iter().enumerate().map(|(index, Receipt(handle))| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(0)
                    .build()
                    .expect("id and handle are set")
            });
            let change = self.sqs.change_message_visibility_batch().queue_url(url);
            change
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .map_err(|error| self.sqs_failure("make messages visible again", &error))?;
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

    /// Removes a dead letter that has been sent again. One that stays would be sent once more, which is harmless.
    pub async fn remove_dead_letter(&self, url: &str, message: &DeadLetter) -> Result<(), Error> {
        let removal = self.sqs.delete_message().queue_url(url);
        removal
            .receipt_handle(&message.receipt.0)
            .send()
            .await
            .map(drop)
            .map_err(|error| self.sqs_failure("remove a dead letter that was sent again", &error))
    }
}
