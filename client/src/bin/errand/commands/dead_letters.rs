//! `errand dead-letters`.

use std::collections::HashSet;
use std::time::Duration;

use errand_client::admin::{Cloud, DeadLetter, DeadLetterContent, Deployment};
use errand_client::{Client, JobId, Operation, OperationName, Status, operations};

use crate::cli::{DeadLettersAction, DeadLettersArguments, Global};
use crate::error::Error;
use crate::limit::within;
use crate::output::{self, DeadLetterAnswer, Style};

/// How long a dead letter that is looked at stays invisible to others, should this process die before it makes it visible
/// again.
const VISIBILITY_TIMEOUT: Duration = Duration::from_mins(1);

/// Receives that have to come back empty, or with nothing new, before a queue counts as read.
const EMPTY_RECEIVES: u32 = 2;

pub(super) async fn run(
    client: &Client,
    global: &Global,
    wanted: &DeadLettersArguments,
) -> Result<(), Error> {
    // What is given up in the middle comes back by itself, after its visibility time-out.
    within(global.timeout, handle(client.cloud(), global, wanted)).await
}

async fn handle(cloud: &Cloud, global: &Global, wanted: &DeadLettersArguments) -> Result<(), Error> {
    let style = Style {
        json: global.json,
        aside: false,
    };
    let mut queues = Vec::new();
    let only = wanted.operation.as_deref().and_then(Operation::named);
    for &operation in operations::ALL {
        if only.is_none_or(|only| only == operation) {
            queues.push(Queue::find(cloud, operation).await?);
        }
    }
    match &wanted.action {
        DeadLettersAction::List => list(cloud, &queues, style).await,
        DeadLettersAction::Show { job } => show(cloud, &queues, *job, style).await,
        DeadLettersAction::Redrive { job, .. } => redrive(cloud, &queues, *job, style).await,
    }
}

/// The dead letters of one operation, and where they came from.
struct Queue {
    operation: Operation,
    name: OperationName,
    deployment: Deployment,
    requests_url: String,
}

impl Queue {
    async fn find(cloud: &Cloud, operation: Operation) -> Result<Self, Error> {
        let name = operation.name();
        let deployment = cloud.locate(&cloud.stack().dead_letter_queue(&name)).await?;
        let requests = cloud.stack().request_queue(&name);
        let requests_url = cloud.queue_url(&requests).await?;
        Ok(Self {
            deployment,
            requests_url: requests_url.ok_or_else(|| cloud.not_deployed())?,
            operation,
            name,
        })
    }

    fn url(&self) -> &str {
        &self.deployment.queue_url
    }

    fn read(&self, message: &DeadLetter) -> DeadLetterContent {
        DeadLetterContent::read(self.operation, &message.message_id, &message.body)
    }

    fn answer<'a>(&'a self, message: &'a DeadLetter, content: &'a DeadLetterContent) -> DeadLetterAnswer<'a> {
        DeadLetterAnswer {
            job_ids: &content.jobs,
            operation: &self.name,
            message_id: &message.message_id,
            sent_at_unix_ms: message.sent_unix_ms,
            receives: message.receives,
            input: &content.input,
            error: None,
            body: None,
        }
    }

    /// Goes through the queue once. `visit` sees each dead letter as long as it asks for more; all that it does not
    /// take away are visible to others again at the end.
    async fn walk(
        &self,
        cloud: &Cloud,
        mut visit: impl AsyncFnMut(DeadLetter) -> Result<Visit, Error>,
    ) -> Result<(), Error> {
        let (mut seen, mut kept, mut empty) = (HashSet::new(), Vec::new(), 0);
        let mut walked = Ok(());
        'walk: while empty < EMPTY_RECEIVES {
            let messages = match cloud.receive_dead_letters(self.url(), VISIBILITY_TIMEOUT).await {
                Ok(messages) => messages,
                Err(error) => {
                    walked = Err(error.into());
                    break;
                }
            };
            empty += 1;
            let mut messages = messages.into_iter();
            while let Some(message) = messages.next() {
                // During a long walk a message becomes visible again.
                if !seen.insert(message.message_id.clone()) {
                    kept.push(message);
                    continue;
                }
                empty = 0;
                match visit(message).await {
                    Ok(Visit::Taken) => {}
                    Ok(Visit::Kept(message)) => kept.push(message),
                    Ok(Visit::Last(message)) => {
                        kept.extend(message);
                        kept.extend(messages);
                        break 'walk;
                    }
                    Err(error) => {
                        walked = Err(error);
                        kept.extend(messages);
                        break 'walk;
                    }
                }
            }
        }
        let released = cloud.release_dead_letters(self.url(), &kept).await;
        walked.and(released.map_err(Error::from))
    }
}

/// What a visit leads to.
enum Visit {
    /// The dead letter has gone.
    Taken,
    /// The dead letter stays.
    Kept(DeadLetter),
    /// No more dead letters are wanted; this one stays, where it has not gone.
    Last(Option<DeadLetter>),
}

async fn list(cloud: &Cloud, queues: &[Queue], style: Style) -> Result<(), Error> {
    let mut count = 0;
    for queue in queues {
        queue
            .walk(cloud, async |message| {
                let content = queue.read(&message);
                output::dead_letter_line(&queue.answer(&message, &content), style)?;
                count += 1;
                Ok(Visit::Kept(message))
            })
            .await?;
    }
    if count == 0 {
        output::note("no dead letters");
    }
    Ok(())
}

async fn show(cloud: &Cloud, queues: &[Queue], job: JobId, style: Style) -> Result<(), Error> {
    let mut is_found = false;
    for queue in queues {
        queue
            .walk(cloud, async |message| {
                let content = queue.read(&message);
                if !is_meant(job, &message, &content) {
                    return Ok(Visit::Kept(message));
                }
                is_found = true;
                let mut outcome = None;
                for id in &content.jobs {
                    outcome = outcome.or(cloud.outcome(&queue.deployment, *id).await?);
                }
                let error = outcome.and_then(|outcome| match outcome.status {
                    Status::Failed { error } => Some(error),
                    Status::Succeeded { .. } => None,
                });
                let answer = DeadLetterAnswer {
                    error: error.as_ref(),
                    body: Some(&message.body),
                    ..queue.answer(&message, &content)
                };
                output::dead_letter(&answer, style)?;
                Ok(Visit::Last(Some(message)))
            })
            .await?;
        if is_found {
            return Ok(());
        }
    }
    Err(not_found(cloud, job))
}

/// Sends one dead letter again, or all.
async fn redrive(cloud: &Cloud, queues: &[Queue], job: Option<JobId>, style: Style) -> Result<(), Error> {
    let mut count = 0;
    for queue in queues {
        // One that fails again while this goes on comes back under the same id, and stays.
        let mut redriven = HashSet::new();
        queue
            .walk(cloud, async |message| {
                let content = queue.read(&message);
                let is_wanted = job.is_none_or(|job| is_meant(job, &message, &content));
                if !is_wanted || content.jobs.iter().any(|id| redriven.contains(id)) {
                    return Ok(Visit::Kept(message));
                }
                // In this order: a message that was sent twice does no harm, one that was lost does.
                cloud
                    .redrive(&queue.requests_url, &message, &content.redrive_body)
                    .await?;
                let message = [message];
                cloud.remove_dead_letters(queue.url(), &message).await?;
                output::redriven(&queue.answer(&message[0], &content), style)?;
                redriven.extend(content.jobs.iter().copied());
                count += 1;
                Ok(if job.is_some() {
                    Visit::Last(None)
                } else {
                    Visit::Taken
                })
            })
            .await?;
        if job.is_some() && count > 0 {
            return Ok(());
        }
    }
    match job {
        Some(job) => Err(not_found(cloud, job)),
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

fn not_found(cloud: &Cloud, job: JobId) -> Error {
    Error::NoDeadLetter {
        job_id: job,
        stack: cloud.stack().clone(),
    }
}
