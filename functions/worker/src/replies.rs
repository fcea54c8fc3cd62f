//! Sending replies in tens: while one batch is on its way, the replies that come meanwhile gather for the next.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use errand_protocol::limits;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::job::ReplyTo;
use crate::ports::{PortError, PortErrorKind, Queues};

/// A new queue may not be known everywhere for up to a second (`CreateQueue` in the SQS API reference).
const NEW_QUEUE_WAITS: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(750),
];

struct Letter {
    body: String,
    sent: oneshot::Sender<Result<(), PortError>>,
}

/// The way to the reply queues.
pub(crate) struct Replies<Q> {
    queues: Arc<Q>,
    config: Config,
    /// One post office for each queue in use, as long as it has letters.
    offices: Arc<tokio::sync::Mutex<HashMap<String, mpsc::UnboundedSender<Letter>>>>,
}

impl<Q: Queues> Replies<Q> {
    pub(crate) fn new(queues: Arc<Q>, config: Config) -> Self {
        Self {
            queues,
            config,
            offices: Arc::default(),
        }
    }

    /// Sends a message, in a batch with others to the same queue where there are any.
    pub(crate) async fn send(&self, to: &ReplyTo, body: String) -> Result<(), PortError> {
        let url = match to {
            ReplyTo::Client(name) => self.config.queue_url(name),
            ReplyTo::Stack => self.config.response_queue_url.clone(),
        };
        let (sent, answer) = oneshot::channel();
        self.post(url.clone(), Letter { body, sent }).await;
        answer.await.unwrap_or_else(|_| {
            Err(PortError {
                kind: PortErrorKind::Unavailable,
                action: format!("send to {url}"),
                message: "the sender ended early".to_owned(),
            })
        })
    }

    async fn post(&self, url: String, letter: Letter) {
        let mut offices = self.offices.lock().await;
        let letter = match offices.get(&url) {
            Some(office) => match office.send(letter) {
                Ok(()) => return,
                Err(mpsc::error::SendError(letter)) => letter,
            },
            None => letter,
        };
        let (office, mut letters) = mpsc::unbounded_channel();
        // The receiver is still here.
        let _ = office.send(letter);
        offices.insert(url.clone(), office);
        let (queues, offices) = (Arc::clone(&self.queues), Arc::clone(&self.offices));
        tokio::spawn(async move {
            loop {
                // Closing happens under the lock, so that no letter goes into an office that is being closed.
                let mut waiting = Vec::new();
                {
                    let mut offices = offices.lock().await;
                    while let Ok(letter) = letters.try_recv() {
                        waiting.push(letter);
                    }
                    if waiting.is_empty() {
                        offices.remove(&url);
                        return;
                    }
                }
                let mut sending = JoinSet::new();
                for batch in batches(waiting) {
                    let (queues, url) = (Arc::clone(&queues), url.clone());
                    sending.spawn(async move { deliver(&*queues, &url, batch).await });
                }
                sending.join_all().await;
            }
        });
    }
}

/// Splits letters into what SQS takes at once.
fn batches(letters: Vec<Letter>) -> Vec<Vec<Letter>> {
    let mut batches: Vec<Vec<Letter>> = Vec::new();
    let mut size = 0;
    for letter in letters {
        size += letter.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < limits::BATCH_MESSAGES && size <= limits::BATCH_BYTES => {
                batch.push(letter);
            }
            _ => {
                size = letter.body.len();
                batches.push(vec![letter]);
            }
        }
    }
    batches
}

/// Sends a batch, and again what did not arrive for a reason that passes soon.
async fn deliver<Q: Queues>(queues: &Q, url: &str, mut batch: Vec<Letter>) {
    let mut round = 0;
    loop {
        let bodies: Vec<String> = batch.iter().map(|letter| letter.body.clone()).collect();
        let results = queues.send(url, &bodies).await;
        let mut again = Vec::new();
        for (letter, result) in batch.into_iter().zip(results) {
            if result.as_ref().is_err_and(|error| round < rounds_more(error)) {
                again.push(letter);
            } else {
                // Nobody waits any more when the invocation ran out of time.
                let _ = letter.sent.send(result);
            }
        }
        if again.is_empty() {
            return;
        }
        tokio::time::sleep(NEW_QUEUE_WAITS[round]).await;
        (batch, round) = (again, round + 1);
    }
}

/// How often a letter is sent again here, before its job has to come again for it.
fn rounds_more(error: &PortError) -> usize {
    match error.kind {
        PortErrorKind::NotFound => NEW_QUEUE_WAITS.len(),
        // A message that SQS left out of a batch: to the SDK, which tries again what fails as a whole, the call
        // succeeded.
        PortErrorKind::Unavailable => 1,
        PortErrorKind::Refused => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(bodies: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
        let letters = bodies.into_iter().map(|size| Letter {
            body: "x".repeat(size),
            sent: oneshot::channel().0,
        });
        let batches = batches(letters.collect());
        let sizes = |batch: &Vec<Letter>| batch.iter().map(|letter| letter.body.len()).collect();
        batches.iter().map(sizes).collect()
    }

    #[test]
    fn a_batch_holds_at_most_ten_letters() {
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
