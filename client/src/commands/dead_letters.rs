//! `errand dead-letters`.

use std::collections::HashSet;
use std::time::Duration;

use errand_protocol::{JobId, OperationName, Status};

use crate::cli::{DeadLettersAction, DeadLettersArguments, Global};
use crate::cloud::{Cloud, DeadLetter, Deployment};
use crate::dead_letter::DeadLetterContent;
use crate::error::Error;
use crate::operations::{self, Operation};
use crate::output::{self, DeadLetterAnswer, Style};

/// How long a dead letter that is looked at stays invisible to others, should this process die before it makes it visible
/// again.
const VISIBILITY_TIMEOUT: Duration = Duration::from_mins(1);

/// Receives that have to come back empty, or with nothing new, before a queue counts as read.
const EMPTY_RECEIVES: u32 = 2;

pub(super) async fn run(cloud: &Cloud, global: &Global, wanted: &DeadLettersArguments) -> Result<(), Error> {
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
        let deployment = cloud.locate(&cloud.stack.dead_letter_queue(&name)).await?;
        let requests = cloud.stack.request_queue(&name);
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

    fn read(&self, letter: &DeadLetter) -> DeadLetterContent {
        DeadLetterContent::read(self.operation, &letter.message_id, &letter.body)
    }

    fn answer<'a>(&'a self, letter: &'a DeadLetter, content: &'a DeadLetterContent) -> DeadLetterAnswer<'a> {
        DeadLetterAnswer {
            job_ids: &content.jobs,
            operation: &self.name,
            message_id: &letter.message_id,
            sent_at_unix_ms: letter.sent_unix_ms,
            receives: letter.receives,
            input: &content.input,
            error: None,
            body: None,
        }
    }

    /// Goes through the queue once. `visit` sees each letter as long as it asks for more; all that it does not
    /// take away are visible to others again at the end.
    async fn walk(
        &self,
        cloud: &Cloud,
        mut visit: impl AsyncFnMut(DeadLetter) -> Result<Visit, Error>,
    ) -> Result<(), Error> {
        let (mut seen, mut kept, mut empty) = (HashSet::new(), Vec::new(), 0);
        let mut walked = Ok(());
        'walk: while empty < EMPTY_RECEIVES {
            let letters = match cloud.receive_dead_letters(self.url(), VISIBILITY_TIMEOUT).await {
                Ok(letters) => letters,
                Err(error) => {
                    walked = Err(error);
                    break;
                }
            };
            empty += 1;
            let mut letters = letters.into_iter();
            while let Some(letter) = letters.next() {
                // A long walk meets those again that it saw first.
                if !seen.insert(letter.message_id.clone()) {
                    kept.push(letter);
                    continue;
                }
                empty = 0;
                match visit(letter).await {
                    Ok(Visit::Taken) => {}
                    Ok(Visit::Kept(letter)) => kept.push(letter),
                    Ok(Visit::Last(letter)) => {
                        kept.extend(letter);
                        kept.extend(letters);
                        break 'walk;
                    }
                    Err(error) => {
                        walked = Err(error);
                        kept.extend(letters);
                        break 'walk;
                    }
                }
            }
        }
        let released = cloud.release_dead_letters(self.url(), &kept).await;
        walked.and(released)
    }
}

/// What a visit leads to.
enum Visit {
    /// The letter has gone.
    Taken,
    /// The letter stays.
    Kept(DeadLetter),
    /// No more letters are wanted; this one stays, where it has not gone.
    Last(Option<DeadLetter>),
}

async fn list(cloud: &Cloud, queues: &[Queue], style: Style) -> Result<(), Error> {
    let mut count = 0;
    for queue in queues {
        queue
            .walk(cloud, async |letter| {
                let content = queue.read(&letter);
                output::dead_letter_line(&queue.answer(&letter, &content), style)?;
                count += 1;
                Ok(Visit::Kept(letter))
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
            .walk(cloud, async |letter| {
                let content = queue.read(&letter);
                if !is_meant(job, &letter, &content) {
                    return Ok(Visit::Kept(letter));
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
                    body: Some(&letter.body),
                    ..queue.answer(&letter, &content)
                };
                output::dead_letter(&answer, style)?;
                Ok(Visit::Last(Some(letter)))
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
            .walk(cloud, async |letter| {
                let content = queue.read(&letter);
                let is_wanted = job.is_none_or(|job| is_meant(job, &letter, &content));
                if !is_wanted || content.jobs.iter().any(|id| redriven.contains(id)) {
                    return Ok(Visit::Kept(letter));
                }
                // In this order: a letter that was sent twice does no harm, one that was lost does.
                cloud
                    .redrive(&queue.requests_url, &letter, &content.redrive_body)
                    .await?;
                let letter = [letter];
                cloud.remove_dead_letters(queue.url(), &letter).await?;
                output::redriven(&queue.answer(&letter[0], &content), style)?;
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

fn is_meant(job: JobId, letter: &DeadLetter, content: &DeadLetterContent) -> bool {
    content.jobs.contains(&job) || letter.message_id == job.to_string()
}

fn not_found(cloud: &Cloud, job: JobId) -> Error {
    Error::Usage(format!(
        "no dead letter of job {job} in stack `{}`: it was done, or redriven, or somebody else is looking at it; see \
         `errand result {job}` and `errand dead-letters list`",
        cloud.stack
    ))
}
