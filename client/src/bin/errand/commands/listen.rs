//! `errand listen`.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use errand_client::admin::{Receipt, Received};
use errand_client::{Client, JobId};
use errand_protocol::{Reply, limits};

use crate::cli::{Global, ListenArguments};
use crate::error::Error;
use crate::limit::{Limit, over, within};
use crate::output::{self, Style};
use crate::signals::interruption;

/// How much later than asked SQS may say that there is nothing: it waits for whole seconds.
const LATENESS: Duration = Duration::from_secs(2);

/// Answers remembered, so that one that SQS delivers twice is not printed twice.
const REMEMBERED: usize = 100_000;

/// How long giving back what was not removed may take at the end.
const RELEASE: Duration = Duration::from_secs(2);

pub(super) async fn run(client: &Client, global: &Global, wanted: &ListenArguments) -> Result<(), Error> {
    let deployment = within(global.timeout, async { Ok(client.deployment().await?) }).await?;
    output::note("listening; Ctrl-C ends it");
    let last = Cell::new(Instant::now());
    let held = RefCell::new(HashMap::new());
    let ended = tokio::select! {
        ended = listen(client, global, wanted, &deployment.queue_url, &last, &held) => ended,
        error = silence(global, &last) => Err(error),
        // The usual way to end it.
        () = interruption() => Ok(()),
    };
    // What is not given back comes to others by itself, some seconds later.
    let receipts: Vec<_> = held.take().into_values().collect();
    let released = client.cloud().release(&deployment.queue_url, &receipts);
    let _ = tokio::time::timeout(RELEASE, released).await;
    ended
}

async fn listen(
    client: &Client,
    global: &Global,
    wanted: &ListenArguments,
    queue_url: &str,
    last: &Cell<Instant>,
    held: &RefCell<HashMap<String, Receipt>>,
) -> Result<(), Error> {
    let mut printer = Printer {
        client,
        style: Style {
            json: global.json,
            aside: false,
        },
        printed: HashSet::new(),
    };
    let mut left = wanted.count.unwrap_or(u64::MAX);
    while left > 0 {
        let mut wait = Duration::from_secs(limits::LONG_POLL_SECS);
        if let Some(limit) = global.timeout {
            let rest = limit.time().saturating_sub(last.get().elapsed());
            if rest.is_zero() {
                return Ok(());
            }
            wait = wait.min(rest);
        }
        let messages = match client.cloud().receive(queue_url, wait).await {
            Ok(Received::Messages(messages)) => messages,
            Ok(Received::NoQueue) => return Err(client.cloud().not_deployed().into()),
            Err(error) if error.is_retryable() => {
                output::note(&format!("{error}; still listening"));
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let receipts = messages
            .iter()
            .map(|message| (message.message_id.clone(), message.receipt()));
        held.borrow_mut().extend(receipts);
        // What has been printed is removed; what is left over when --count is reached is given back.
        let mut done = Vec::new();
        for message in messages {
            if left == 0 {
                break;
            }
            let is_new = printer.print(&message.body, wanted.keep).await?;
            if is_new || !wanted.keep {
                last.set(Instant::now());
            }
            left -= u64::from(is_new);
            if !wanted.keep {
                held.borrow_mut().remove(&message.message_id);
                done.push(message);
            }
        }
        if !done.is_empty() {
            client.cloud().delete(queue_url, &done).await?;
        }
    }
    Ok(())
}

/// Ends when the time without an answer is over by so much that the cloud does not answer at all: with nothing to tell
/// it would have.
async fn silence(global: &Global, last: &Cell<Instant>) -> Error {
    loop {
        let begun = last.get();
        let limit = global.timeout.and_then(|limit| {
            let left = (limit.time() + LATENESS).saturating_sub(begun.elapsed());
            Limit::from_now(left)
        });
        over(limit).await;
        if last.get() == begun {
            return Error::OutOfTime {
                seconds: global.timeout.map(Limit::time).unwrap_or_default().as_secs(),
            };
        }
    }
}

/// Prints answers, each once.
struct Printer<'a> {
    client: &'a Client,
    style: Style,
    printed: HashSet<(JobId, u64)>,
}

impl Printer<'_> {
    /// Prints the answer that a message announces; whether there was one, and a new one.
    async fn print(&mut self, body: &str, is_kept: bool) -> Result<bool, Error> {
        let reply = match Reply::from_json(body) {
            Ok(reply) => reply,
            Err(_) if is_kept => return Ok(false),
            Err(error) => {
                let _ = writeln!(
                    io::stderr(),
                    "errand: a message that is no reply was removed: {error}"
                );
                return Ok(false);
            }
        };
        let outcome = match reply.outcome {
            Some(outcome) => Some(outcome),
            None => self.client.outcome(reply.job_id).await?,
        };
        if self.printed.len() >= REMEMBERED {
            self.printed.clear();
        }
        if let Some(outcome) = outcome
            && self.printed.insert((outcome.job_id, outcome.finished_at_unix_ms))
        {
            output::heard(&outcome, self.style)?;
            return Ok(true);
        }
        Ok(false)
    }
}
