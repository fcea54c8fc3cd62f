//! Queues in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use errand_protocol::limits;

use super::Log;
use crate::ports::{PortError, PortErrorKind, Queues};

#[derive(Clone, Debug)]
struct Message {
    body: String,
    handle: String,
    visible_from: Instant,
    receives: u32,
}

/// A message as a reader receives it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: String,
    pub(crate) handle: String,
    /// How often it was received, this time included.
    pub(crate) receives: u32,
}

/// A queue: the messages in it, and the batches in which they came.
#[derive(Clone, Debug, Default)]
struct Queue {
    messages: Vec<Message>,
    batches: Vec<usize>,
    /// How many messages there were ever.
    sent: usize,
}

impl Queue {
    fn push(&mut self, body: &str) {
        self.messages.push(Message {
            body: body.to_owned(),
            handle: format!("handle {}", self.sent),
            visible_from: Instant::now(),
            receives: 0,
        });
        self.sent += 1;
    }
}

/// Queues that live as long as the test. Clones are the same queues.
#[derive(Clone, Debug)]
pub(crate) struct FakeQueues {
    queues: Arc<Mutex<HashMap<String, Queue>>>,
    visibility_changes: Arc<Mutex<Vec<(String, Duration)>>>,
    log: Log,
}

impl FakeQueues {
    pub(crate) fn new(log: &Log, urls: &[&str]) -> Self {
        let queues = Self {
            queues: Arc::default(),
            visibility_changes: Arc::default(),
            log: log.clone(),
        };
        for url in urls {
            queues.create(url);
        }
        queues
    }

    pub(crate) fn create(&self, url: &str) {
        self.queues
            .lock()
            .unwrap()
            .insert(url.to_owned(), Queue::default());
    }

    /// The bodies of the messages in a queue, in the order in which they came.
    pub(crate) fn bodies(&self, url: &str) -> Vec<String> {
        let queues = self.queues.lock().unwrap();
        let messages = queues[url].messages.iter();
        messages.map(|message| message.body.clone()).collect()
    }

    /// The sizes of the batches that were sent, in order.
    pub(crate) fn batches(&self, url: &str) -> Vec<usize> {
        self.queues.lock().unwrap()[url].batches.clone()
    }

    /// The visibility timeouts that were set, by receipt handle, in order.
    pub(crate) fn visibility_changes(&self) -> Vec<(String, Duration)> {
        self.visibility_changes.lock().unwrap().clone()
    }

    /// Receives all visible messages, as a reader would: body and receipt handle.
    pub(crate) fn receive(&self, url: &str) -> Vec<(String, String)> {
        let received = self.receive_at_most(url, usize::MAX).into_iter();
        received.map(|message| (message.body, message.handle)).collect()
    }

    /// Receives so many of the visible messages.
    pub(crate) fn receive_at_most(&self, url: &str, most: usize) -> Vec<Received> {
        let now = Instant::now();
        let mut queues = self.queues.lock().unwrap();
        let messages = queues.get_mut(url).unwrap().messages.iter_mut();
        messages
            .filter(|message| message.visible_from <= now)
            .take(most)
            .map(|message| {
                message.visible_from = now + Duration::from_secs(30);
                message.receives += 1;
                Received {
                    body: message.body.clone(),
                    handle: message.handle.clone(),
                    receives: message.receives,
                }
            })
            .collect()
    }

    /// Deletes a message that was received.
    pub(crate) fn delete(&self, url: &str, handle: &str) {
        let mut queues = self.queues.lock().unwrap();
        let messages = &mut queues.get_mut(url).unwrap().messages;
        messages.retain(|message| message.handle != handle);
    }
}

impl Queues for FakeQueues {
    async fn send(&self, queue_url: &str, bodies: &[String]) -> Vec<Result<(), PortError>> {
        // Long enough for other messages to gather.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let all = |kind, message: &str| {
            let error = PortError {
                kind,
                action: format!("send to {queue_url}"),
                message: message.to_owned(),
            };
            vec![Err(error); bodies.len()]
        };
        let bytes: usize = bodies.iter().map(String::len).sum();
        if bodies.is_empty() || bodies.len() > limits::BATCH_MESSAGES || bytes > limits::BATCH_BYTES {
            return all(PortErrorKind::Refused, "not a batch that SQS takes");
        }
        let mut queues = self.queues.lock().unwrap();
        let Some(queue) = queues.get_mut(queue_url) else {
            return all(PortErrorKind::NotFound, "no such queue");
        };
        for body in bodies {
            queue.push(body);
            let name = queue_url.rsplit('/').next().unwrap_or_default();
            self.log.add(format!("send to {name}"));
        }
        queue.batches.push(bodies.len());
        vec![Ok(()); bodies.len()]
    }

    async fn change_visibility(
        &self,
        queue_url: &str,
        receipt_handle: &str,
        timeout: Duration,
    ) -> Result<(), PortError> {
        self.visibility_changes
            .lock()
            .unwrap()
            .push((receipt_handle.to_owned(), timeout));
        self.log.add(format!("change visibility of {receipt_handle}"));
        let mut queues = self.queues.lock().unwrap();
        let mut messages = queues.values_mut().flat_map(|queue| &mut queue.messages);
        match messages.find(|message| message.handle == receipt_handle) {
            Some(message) => {
                message.visible_from = Instant::now() + timeout;
                Ok(())
            }
            None => Err(PortError {
                kind: PortErrorKind::Refused,
                action: format!("change the visibility of a message of {queue_url}"),
                message: "no such receipt handle".to_owned(),
            }),
        }
    }
}
