//! A client's reply queue, made by hand.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::{PATIENCE, Stack, record};

/// A queue of the stack's reply prefix, as a client makes it, with what arrives in it.
pub struct ReplyQueue<'a> {
    stack: &'a Stack,
    name: String,
    url: String,
}

impl<'a> ReplyQueue<'a> {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// The queue cannot be made.
    pub async fn new(stack: &'a Stack) -> Self {
        let name = format!("{}-reply-{}", stack.name, uuid::Uuid::now_v7().simple());
        let create = stack.sqs.create_queue().queue_name(&name);
        let url = create.send().await.unwrap().queue_url.unwrap();
        Self { stack, name, url }
    }

    /// The name that requests give as their reply queue.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The queue's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The replies that arrive, by job id, until `count` are there; then removes the queue.
    ///
    /// # Panics
    ///
    /// Fewer arrive, or what arrives is no reply.
    pub async fn replies(self, count: usize) -> BTreeMap<String, Value> {
        let mut replies = BTreeMap::new();
        let end = Instant::now() + PATIENCE;
        while replies.len() < count && Instant::now() < end {
            let receive = self.stack.sqs.receive_message().queue_url(&self.url);
            let received = receive
                .max_number_of_messages(10)
                .wait_time_seconds(1)
                .send()
                .await
                .unwrap();
            for message in received.messages.unwrap_or_default() {
                let body = message.body.unwrap();
                let reply: Value = serde_json::from_str(&body).unwrap();
                record::message("reply", &self.name, &body);
                replies.insert(reply["job_id"].as_str().unwrap().to_owned(), reply);
            }
        }
        let delete = self.stack.sqs.delete_queue().queue_url(self.url);
        delete.send().await.unwrap();
        assert_eq!(replies.len(), count, "{replies:#?}");
        replies
    }

    /// The outcomes in the replies that arrive, by job id, until `count` are there; then removes the queue.
    ///
    /// # Panics
    ///
    /// Fewer arrive, or what arrives is no reply.
    pub async fn outcomes(self, count: usize) -> BTreeMap<String, Value> {
        let replies = self.replies(count).await.into_iter();
        replies
            .map(|(id, mut reply)| (id, reply["outcome"].take()))
            .collect()
    }
}
