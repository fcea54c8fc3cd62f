//! Sending replies in batches of ten: while one batch is being sent, further replies wait in an outbox for the next.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use errand_protocol::limits;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::{Instrument as _, Span};

use crate::config::Config;
use crate::job::ReplyTo;
use crate::ports::{PortError, PortErrorKind, Queues};

/// A new queue may not be known everywhere for up to a second (`CreateQueue` in the SQS API reference).
const NEW_QUEUE_WAITS: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(750),
];

/// A message on its way, and who waits to hear whether it was sent.
struct Message {
    body: String,
    sent: oneshot::Sender<Result<(), PortError>>,
}

/// The outboxes in use, by the URL of the queue that each sends to.
type Outboxes = Arc<tokio::sync::Mutex<HashMap<String, mpsc::UnboundedSender<Message>>>>;

/// Sends replies to the queues of clients, and to the stack's response queue.
pub(crate) struct Replies<Q> {
    queues: Arc<Q>,
    config: Config,
    /// One for each queue that is being sent to, as long as it holds messages.
    outboxes: Outboxes,
}

impl<Q: Queues> Replies<Q> {
    pub(crate) fn new(queues: Arc<Q>, config: Config) -> Self {
        Self {
            queues,
            config,
            outboxes: Arc::default(),
        }
    }

    /// Sends a message, in a batch with others to the same queue where there are any: in the span `invocation`, as it is
    /// done for several jobs.
    pub(crate) async fn send(&self, to: &ReplyTo, body: String, invocation: &Span) -> Result<(), PortError> {
        let url = match to {
            ReplyTo::Client(name) => self.config.queue_url(name),
            ReplyTo::Stack => self.config.response_queue_url.clone(),
        };
        let (sent, answer) = oneshot::channel();
        self.enqueue(url.clone(), Message { body, sent }, invocation)
            .await;
        answer.await.unwrap_or_else(|_| {
            Err(PortError {
                kind: PortErrorKind::Unavailable,
                action: format!("send to {url}"),
                message: "the sender ended early".to_owned(),
            })
        })
    }

    /// Puts a message into its queue's outbox; opens one, and the task that empties it, where there is none.
    async fn enqueue(&self, url: String, message: Message, invocation: &Span) {
        let mut outboxes = self.outboxes.lock().await;
        let message = match outboxes.get(&url) {
            Some(outbox) => match outbox.send(message) {
                Ok(()) => return,
                Err(mpsc::error::SendError(message)) => message,
            },
            None => message,
        };
        let (outbox, messages) = mpsc::unbounded_channel();
        // Cannot fail: the receiver is still here.
        let _ = outbox.send(message);
        outboxes.insert(url.clone(), outbox);
        let outboxes = Arc::clone(&self.outboxes);
        let flush = flush(outboxes, Arc::clone(&self.queues), url, messages);
        tokio::spawn(flush.instrument(invocation.clone()));
    }
}

/// Sends the messages of an outbox, and those put into it meanwhile, until it is empty; then closes it.
async fn flush<Q: Queues>(
    outboxes: Outboxes,
    queues: Arc<Q>,
    url: String,
    mut messages: mpsc::UnboundedReceiver<Message>,
) {
    loop {
        let mut waiting = Vec::new();
        {
            // The outbox is closed under the lock, so that no message is put into one that is being closed.
            let mut outboxes = outboxes.lock().await;
            while let Ok(message) = messages.try_recv() {
                waiting.push(message);
            }
            if waiting.is_empty() {
                outboxes.remove(&url);
                return;
            }
        }
        let mut sending = JoinSet::new();
        for batch in batches(waiting) {
            let (queues, url) = (Arc::clone(&queues), url.clone());
            let send = async move { send_batch(&*queues, &url, batch).await };
            sending.spawn(send.in_current_span());
        }
        sending.join_all().await;
    }
}

/// Splits messages into batches that SQS takes.
fn batches(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut batches: Vec<Vec<Message>> = Vec::new();
    let mut size = 0;
    for message in messages {
        size += message.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < limits::BATCH_MESSAGES && size <= limits::BATCH_BYTES => {
                batch.push(message);
            }
            _ => {
                size = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// Sends a batch, then again those of its messages that failed for a reason that soon passes.
async fn send_batch<Q: Queues>(queues: &Q, url: &str, mut batch: Vec<Message>) {
    let mut round = 0;
    loop {
        let bodies: Vec<String> = batch.iter().map(|message| message.body.clone()).collect();
        let results = queues.send(url, &bodies).await;
        let mut unsent = Vec::new();
        for (message, result) in batch.into_iter().zip(results) {
            if result.as_ref().is_err_and(|error| round < resends(error)) {
                unsent.push(message);
            } else {
                // Nobody waits for it anymore if the invocation ran out of time.
                let _ = message.sent.send(result);
            }
        }
        if unsent.is_empty() {
            return;
        }
        tokio::time::sleep(NEW_QUEUE_WAITS[round]).await;
        (batch, round) = (unsent, round + 1);
    }
}

/// How often a message is sent again here, before its job has to be retried for it.
fn resends(error: &PortError) -> usize {
    match error.kind {
        PortErrorKind::NotFound => NEW_QUEUE_WAITS.len(),
        // A message that SQS left out of a batch. The SDK retries calls that fail as a whole; this one succeeded.
        PortErrorKind::Unavailable => 1,
        PortErrorKind::Refused | PortErrorKind::Changed => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(bodies: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
        let messages = bodies.into_iter().map(|size| Message {
            body: "x".repeat(size),
            sent: oneshot::channel().0,
        });
        let batches = batches(messages.collect());
        let sizes = |batch: &Vec<Message>| batch.iter().map(|message| message.body.len()).collect();
        batches.iter().map(sizes).collect()
    }

    #[test]
    fn a_batch_holds_at_most_ten_messages() {
        assert_eq!(sizes([1; 10]), [vec![1; 10]]);
        assert_eq!(sizes([1; 21]), [vec![1; 10], vec![1; 10], vec![1]]);
    }

    #[test]
    fn a_batch_holds_at_most_a_mebibyte_to_the_byte() {
        let half = limits::BATCH_BYTES / 2;
        assert_eq!(sizes([half, half]), [[half, half]]);
        assert_eq!(sizes([half, half, 1]), [vec![half, half], vec![1]]);
        assert_eq!(sizes([half, half + 1]), [[half], [half + 1]]);
        assert_eq!(
            sizes([limits::BATCH_BYTES, 1, 2]),
            [vec![limits::BATCH_BYTES], vec![1, 2]]
        );
    }
}
