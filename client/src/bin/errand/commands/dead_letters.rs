//! `errand dead-letters`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use errand_client::admin::{Cloud, DeadLetter, DeadLetterContent, Deployment, Receipt, Seen};
use errand_client::{Client, JobError, JobId, Operation, OperationName, Status, operations};

use crate::cli::{DeadLettersAction, DeadLettersArguments, Global};
use crate::error::Error;
use crate::job_list::outcomes;
use crate::limit::within;
use crate::output::{self, DeadLetterAnswer, Style};
use crate::signals::interruption;

/// How long a dead letter that is looked at stays invisible to others, should this process die before it makes it visible
/// again.
const VISIBILITY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long SQS is given to find more, as long as there should be more.
const WAIT: Duration = Duration::from_secs(1);

/// Receives that have to come back empty, or with nothing new, before a queue counts as read that should hold more.
const EMPTY_RECEIVES: u32 = 2;

/// How long making all visible again may take at the end.
const RELEASE: Duration = Duration::from_secs(2);

/// Dead letters whose reasons are looked up together.
const AT_ONCE: usize = 50;

pub(super) async fn run(
    client: &Client,
    global: &Global,
    wanted: &DeadLettersArguments,
) -> Result<(), Error> {
    let held = Held::default();
    let ended = tokio::select! {
        ended = within(global.timeout, handle(client, global, wanted, &held)) => ended,
        () = interruption() => Err(Error::InterruptedRun),
    };
    // However it ended: what is not given back now is invisible to everybody for a minute.
    let released = tokio::time::timeout(RELEASE, held.release(client.cloud())).await;
    ended.and(released.unwrap_or(Ok(())))
}

/// What was received and is to be visible to others again, by its queue's URL and the message's id.
#[derive(Default)]
struct Held(RefCell<Vec<(String, String, Receipt)>>);

impl Held {
    fn take(&self, url: &str, message: &DeadLetter) {
        let mut held = self.0.borrow_mut();
        held.push((url.to_owned(), message.message_id.clone(), message.receipt()));
    }

    /// One that has gone.
    fn forget(&self, message: &DeadLetter) {
        self.0.borrow_mut().retain(|(_, id, _)| *id != message.message_id);
    }

    async fn release(&self, cloud: &Cloud) -> Result<(), Error> {
        let mut held = self.0.take();
        while let Some((url, ..)) = held.first() {
            let url = url.clone();
            let (here, elsewhere) = held.into_iter().partition(|(queue, ..)| *queue == url);
            let here: Vec<(String, String, Receipt)> = here;
            let receipts: Vec<_> = here.into_iter().map(|(_, _, receipt)| receipt).collect();
            cloud.release(&url, &receipts).await?;
            held = elsewhere;
        }
        Ok(())
    }
}

async fn handle(
    client: &Client,
    global: &Global,
    wanted: &DeadLettersArguments,
    held: &Held,
) -> Result<(), Error> {
    let style = Style {
        json: global.json,
        aside: false,
    };
    let mut queues = Vec::new();
    let only = wanted.operation.as_deref().and_then(Operation::named);
    for &operation in operations::ALL {
        if only.is_none_or(|only| only == operation) {
            queues.push(Queue::find(client, operation, held).await?);
        }
    }
    match &wanted.action {
        DeadLettersAction::List => list(&queues, style).await,
        DeadLettersAction::Show { job, body } => show(&queues, *job, *body, style).await,
        DeadLettersAction::Redrive { job, .. } => redrive(&queues, *job, style).await,
    }
}

/// The dead letters of one operation, and where they came from.
struct Queue<'a> {
    client: &'a Client,
    held: &'a Held,
    operation: Operation,
    name: OperationName,
    deployment: Deployment,
    requests_url: String,
    /// How many could be received, and how many somebody else holds, when this was asked; none where this user may not know.
    counts: Option<(u64, u64)>,
}

impl<'a> Queue<'a> {
    async fn find(client: &'a Client, operation: Operation, held: &'a Held) -> Result<Self, Error> {
        let cloud = client.cloud();
        let name = operation.name();
        let dead_letters = cloud.stack().dead_letter_queue(&name);
        let deployment = cloud.locate(&dead_letters).await?;
        let requests = cloud.stack().request_queue(&name);
        let requests_url = cloud.queue_url(&requests).await?;
        let counts = match cloud.queue_state(&dead_letters).await? {
            Seen::There(state) => Some((state.waiting, state.in_flight)),
            _ => None,
        };
        Ok(Self {
            client,
            held,
            deployment,
            requests_url: requests_url.ok_or_else(|| cloud.not_deployed())?,
            operation,
            name,
            counts,
        })
    }

    fn url(&self) -> &str {
        &self.deployment.queue_url
    }

    fn read(&self, message: &DeadLetter) -> DeadLetterContent {
        DeadLetterContent::read(self.operation, &message.message_id, &message.body)
    }

    fn answer<'b>(&'b self, message: &'b Known, error: Option<&'b JobError>) -> DeadLetterAnswer<'b> {
        DeadLetterAnswer {
            job_ids: &message.jobs,
            operation: &self.name,
            message_id: &message.id,
            sent_at_unix_ms: message.sent_unix_ms,
            receives: message.receives,
            input: &message.input,
            error,
            body: None,
        }
    }

    /// Goes through the queue once. `visit` sees each dead letter as long as it asks for more; all that it does not take away
    /// are visible to others again at the end of the command. Gives how many there were.
    async fn walk(
        &self,
        mut visit: impl AsyncFnMut(&DeadLetter) -> Result<Visit, Error>,
    ) -> Result<u64, Error> {
        let cloud = self.client.cloud();
        let expected = self.counts.map_or(u64::MAX, |(waiting, _)| waiting);
        let (mut seen, mut empty) = (HashSet::new(), 0);
        while empty < EMPTY_RECEIVES {
            let is_all = seen.len() as u64 >= expected;
            // SQS's counts may lag: there is always a last look, which does not wait.
            let wait = if is_all { Duration::ZERO } else { WAIT };
            let messages = cloud
                .receive_dead_letters(self.url(), VISIBILITY_TIMEOUT, wait)
                .await?;
            for message in &messages {
                self.held.take(self.url(), message);
            }
            let before = seen.len();
            for message in &messages {
                // During a long walk a message becomes visible again.
                if !seen.insert(message.message_id.clone()) {
                    continue;
                }
                let next = visit(message).await?;
                if matches!(next, Visit::Taken | Visit::LastTaken) {
                    self.held.forget(message);
                }
                if matches!(next, Visit::Last | Visit::LastTaken) {
                    return Ok(seen.len() as u64);
                }
            }
            if seen.len() > before {
                empty = 0;
            } else if is_all {
                break;
            } else {
                empty += 1;
            }
        }
        Ok(seen.len() as u64)
    }

    /// How many dead letters somebody else holds, of which a walk saw `seen`: those that were there and did not come.
    fn hidden(&self, seen: u64) -> u64 {
        let (waiting, in_flight) = self.counts.unwrap_or_default();
        in_flight.min((waiting + in_flight).saturating_sub(seen))
    }

    /// What the jobs of dead letters were answered with, each by the first of its jobs that failed.
    async fn reasons(&self, messages: &[Known]) -> Result<Vec<Option<JobError>>, Error> {
        let ids: Vec<JobId> = messages
            .iter()
            .flat_map(|message| message.jobs.iter().copied())
            .collect();
        let mut found = outcomes(self.client, &ids).await?.into_iter();
        let reasons = messages.iter().map(|message| {
            let of_message: Vec<_> = found.by_ref().take(message.jobs.len()).flatten().collect();
            of_message.into_iter().find_map(|outcome| match outcome.status {
                Status::Failed { error } => Some(error),
                Status::Succeeded { .. } => None,
            })
        });
        Ok(reasons.collect())
    }
}

/// What is kept of a dead letter to tell of it: not its request, which may be a mebibyte.
struct Known {
    id: String,
    jobs: Vec<JobId>,
    input: String,
    sent_unix_ms: Option<u64>,
    receives: Option<u32>,
}

impl Known {
    fn of(message: &DeadLetter, content: DeadLetterContent) -> Self {
        Self {
            id: message.message_id.clone(),
            jobs: content.jobs,
            input: content.input,
            sent_unix_ms: message.sent_unix_ms,
            receives: message.receives,
        }
    }
}

/// What a visit leads to.
enum Visit {
    /// The dead letter stays.
    Kept,
    /// The dead letter has gone.
    Taken,
    /// The dead letter stays, and no more are wanted.
    Last,
    /// The dead letter has gone, and no more are wanted.
    LastTaken,
}

async fn list(queues: &[Queue<'_>], style: Style) -> Result<(), Error> {
    let (mut count, mut hidden) = (0, 0);
    for queue in queues {
        let mut told = Vec::new();
        let tell = async |told: &mut Vec<Known>| {
            for (message, error) in told.iter().zip(queue.reasons(told).await?) {
                output::dead_letter_line(&queue.answer(message, error.as_ref()), style)?;
            }
            told.clear();
            Ok::<_, Error>(())
        };
        let seen = queue
            .walk(async |message| {
                told.push(Known::of(message, queue.read(message)));
                if told.len() >= AT_ONCE {
                    tell(&mut told).await?;
                }
                Ok(Visit::Kept)
            })
            .await?;
        tell(&mut told).await?;
        count += seen;
        hidden += queue.hidden(seen);
    }
    if hidden > 0 {
        output::line(&held_text(hidden));
    } else if count == 0 {
        output::note("no dead letters");
    }
    Ok(())
}

async fn show(queues: &[Queue<'_>], job: JobId, is_body_wanted: bool, style: Style) -> Result<(), Error> {
    let mut hidden = 0;
    for queue in queues {
        let mut is_found = false;
        let seen = queue
            .walk(async |message| {
                let content = queue.read(message);
                if !is_meant(job, message, &content) {
                    return Ok(Visit::Kept);
                }
                is_found = true;
                let known = [Known::of(message, content)];
                let errors = queue.reasons(&known).await?;
                let answer = DeadLetterAnswer {
                    body: Some(&message.body),
                    ..queue.answer(&known[0], errors[0].as_ref())
                };
                if is_body_wanted && !style.json {
                    output::dead_letter_body(&answer)?;
                } else {
                    output::dead_letter(&answer, style)?;
                }
                Ok(Visit::Last)
            })
            .await?;
        if is_found {
            return Ok(());
        }
        hidden += queue.hidden(seen);
    }
    Err(not_found(queues, job, hidden))
}

/// Sends one dead letter again, or all.
async fn redrive(queues: &[Queue<'_>], job: Option<JobId>, style: Style) -> Result<(), Error> {
    let (mut count, mut hidden) = (0, 0);
    for queue in queues {
        let cloud = queue.client.cloud();
        // One that fails again while this goes on comes back under the same id, and stays.
        let mut redriven = HashSet::new();
        let seen = queue
            .walk(async |message| {
                let content = queue.read(message);
                let is_wanted = job.is_none_or(|job| is_meant(job, message, &content));
                if !is_wanted || content.jobs.iter().any(|id| redriven.contains(id)) {
                    return Ok(Visit::Kept);
                }
                // In this order: a message that was sent twice does no harm, one that was lost does.
                cloud
                    .redrive(&queue.requests_url, message, &content.redrive_body)
                    .await?;
                cloud.remove_dead_letter(queue.url(), message).await?;
                let known = Known::of(message, content);
                output::redriven(&queue.answer(&known, None), style)?;
                redriven.extend(known.jobs.iter().copied());
                count += 1;
                Ok(if job.is_some() {
                    Visit::LastTaken
                } else {
                    Visit::Taken
                })
            })
            .await?;
        if job.is_some() && count > 0 {
            return Ok(());
        }
        hidden += queue.hidden(seen);
    }
    match job {
        Some(job) => Err(not_found(queues, job, hidden)),
        None if hidden > 0 => Err(Error::DeadLettersHeld { count: hidden }),
        None if count == 0 => {
            output::note("no dead letters");
            Ok(())
        }
        None => Ok(()),
    }
}

fn is_meant(job: JobId, message: &DeadLetter, content: &DeadLetterContent) -> bool {
    content.jobs.contains(&job) || message.message_id == job.to_string()
}

fn not_found(queues: &[Queue<'_>], job: JobId, hidden: u64) -> Error {
    let held = match hidden {
        0 => String::new(),
        _ => format!("{}; or ", held_text(hidden)),
    };
    let stack = queues
        .first()
        .map(|queue| queue.client.stack().as_str())
        .unwrap_or_default();
    Error::NoDeadLetter {
        job_id: job,
        stack: stack.to_owned(),
        held,
    }
}

fn held_text(count: u64) -> String {
    Error::DeadLettersHeld { count }.to_string()
}
