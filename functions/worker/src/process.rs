//! One job, from what it asks for to its stored and announced outcome.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use errand_protocol::{JobError, JobId, Outcome, Reply, Status, VERSION, code};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::config::Config;
use crate::deferrals::Deferrals;
use crate::invocation::Invocation;
use crate::job::{Job, Task};
use crate::log;
use crate::measures::Measures;
use crate::metrics::Metrics;
use crate::operation::Operation;
use crate::outcomes::Outcomes;
use crate::ports::{Executions, Objects, PortError, PortErrorKind, Queues};
use crate::record::Expected;
use crate::replies::Replies;
use crate::retry::{self, Verdict};
use crate::runner::{Run, Runner};

/// A function: an operation and its surroundings.
pub(crate) struct Processor<O, S, Q> {
    pub(crate) config: Config,
    pub(crate) expected: Expected,
    pub(crate) queues: Arc<Q>,
    pub(crate) objects: Arc<S>,
    /// Of the state machine that does map jobs; none where the stack has none.
    pub(crate) executions: Option<Arc<dyn Executions>>,
    pub(crate) runner: Runner<O, S>,
    pub(crate) outcomes: Outcomes<S>,
    deferrals: Deferrals<S>,
    replies: Replies<Q>,
    metrics: Metrics,
}

/// What became of a job, for the one who has to acknowledge its message.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// Answered: the message can be deleted. Holds the outcome that was announced.
    Answered(Box<Outcome>),
    /// Answered with this failure, and the message is to go to the dead-letter queue.
    DeadLettered(JobError),
    /// Answered so in an earlier delivery: nothing was done in this one, which takes the message nearer to that queue.
    OnItsWay,
    /// Failed for this reason, which may pass: the message is to be delivered again, after a wait that grows with the
    /// attempts.
    Retry { attempt: u32, error: JobError },
    /// Handed over to the state machine, which ends it: the message can be deleted.
    Started,
    /// Not begun, or not ended, for lack of time that another delivery has: the message is to be delivered again at once,
    /// and this delivery is not to count.
    Deferred,
}

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(crate) fn new(
        operation: O,
        config: Config,
        objects: S,
        queues: Q,
        executions: Option<Arc<dyn Executions>>,
        metrics: Metrics,
    ) -> Self {
        let (objects, queues) = (Arc::new(objects), Arc::new(queues));
        Self {
            expected: Expected {
                operation: O::NAME.parse().expect("an operation's name is valid"),
                takes_bare_text: O::TAKES_BARE_TEXT,
            },
            replies: Replies::new(Arc::clone(&queues), config.clone()),
            outcomes: Outcomes::new(Arc::clone(&objects), config.result_bucket.clone()),
            deferrals: Deferrals::new(Arc::clone(&objects), config.result_bucket.clone()),
            runner: Runner::new(operation, Arc::clone(&objects), config.clone()),
            objects,
            executions,
            queues,
            config,
            metrics,
        }
    }

    /// Takes a job to its end, and tells how it went.
    pub(crate) async fn process(&self, mut job: Job, invocation: &Invocation) -> End {
        job.trace_id = job.trace_id.or(invocation.trace_id);
        let span = log::job_span(job.id, job.trace_id);
        let measures = Measures::default();
        let attempt = Attempt {
            job,
            invocation,
            measures,
        };
        self.process_in_span(attempt).instrument(span).await
    }

    async fn process_in_span(&self, mut attempt: Attempt<'_>) -> End {
        let started = Instant::now();
        let job = &mut attempt.job;
        let end = match self.deferrals.of(job).await {
            Ok(deferrals) => {
                job.attempt = job.receives.saturating_sub(deferrals).max(1);
                self.process_unlogged(&mut attempt).await
            }
            // Without the count there is no telling whether this is the last attempt.
            Err(error) if job.max_receives.is_some_and(|max| job.receives < max) => {
                tracing::warn!(%error, "it cannot be told how often the job was deferred");
                End::Retry {
                    attempt: 1,
                    error: error.into(),
                }
            }
            Err(error) => self.give_up(&mut attempt, error.into()).await,
        };
        log_end(O::NAME, attempt.job.attempt, &end, millis(started.elapsed()));
        let Attempt {
            job,
            invocation,
            measures,
        } = &attempt;
        self.metrics.tell(job, invocation, &end, measures);
        end
    }

    async fn process_unlogged(&self, attempt: &mut Attempt<'_>) -> End {
        if is_looked_up_first(&attempt.job) {
            let (id, is_used_up) = (attempt.job.id, attempt.job.is_used_up());
            match self.outcomes.stored(id).await {
                Ok(Some((outcome, _))) if !outcome.is_provisional() => {
                    return self.announce(attempt, outcome).await;
                }
                // Answered, and on its way to the dead-letter queue.
                Ok(Some((outcome, _))) if is_used_up && outcome.not_before_unix_ms.is_none() => {
                    return End::OnItsWay;
                }
                Ok(_) if is_used_up => return self.give_up(attempt, killed()).await,
                Ok(_) => {}
                Err(error) => return self.give_up(attempt, error.into()).await,
            }
        }
        if let Ok(task) = &attempt.job.task
            && Self::is_for_map(task)
        {
            let parameters = task.parameters.clone();
            return self.hand_over(attempt, parameters).await;
        }
        if attempt.job.task.is_ok()
            && attempt.job.is_last_attempt()
            && let Some(ended) = self.prepare_for_death(attempt).await
        {
            return self.announce(attempt, ended).await;
        }
        let Attempt {
            job,
            invocation,
            measures,
        } = &mut *attempt;
        let run = match &job.task {
            Err(refusal) => Run::Ended {
                status: Status::Failed {
                    error: refusal.clone(),
                },
                duration: Duration::ZERO,
            },
            Ok(task) => {
                // Boxed: both hold what S3 is asked, and every future around them would be as large.
                let run = Box::pin(self.runner.run(job, task, invocation.deadline, measures));
                let ended = tokio::select! {
                    run = run => Ok(run),
                    outcome = Box::pin(self.ended_elsewhere(job.id)) => Err(outcome),
                };
                match ended {
                    Ok(run) => run,
                    // The work was dropped, and ends where the operation looks.
                    Err(outcome) => {
                        tracing::info!("ended elsewhere: the work is given up");
                        return self.announce(attempt, outcome).await;
                    }
                }
            }
        };
        match run {
            Run::Ended { status, duration } => {
                let outcome = self.outcome(&attempt.job, status, duration);
                match self.store(attempt, outcome).await {
                    Ok(outcome) => self.announce(attempt, outcome).await,
                    Err(error) => self.give_up(attempt, error.into()).await,
                }
            }
            Run::Failed(error) => self.give_up(attempt, error).await,
            Run::ForMap(parameters) => self.hand_over(attempt, parameters).await,
            // The failure that was stored before a last attempt must not become the answer while another delivery waits.
            Run::NoTime(error) if attempt.job.is_last_attempt() => self.give_up(attempt, error).await,
            Run::NoTime(_) => {
                if attempt.job.max_receives.is_some()
                    && let Err(error) = self.deferrals.add(&attempt.job).await
                {
                    tracing::warn!(%error, "a deferral could not be counted: it counts as an attempt");
                }
                End::Deferred
            }
        }
    }

    /// Has the state machine do a job.
    async fn hand_over(&self, attempt: &mut Attempt<'_>, parameters: Map<String, Value>) -> End {
        let Ok(task) = attempt.job.task.clone() else {
            return End::Started;
        };
        match self.start_map(&attempt.job, &task, parameters).await {
            Ok(()) => {
                if attempt.job.is_last_attempt() {
                    let over = unix_ms_now().saturating_add(millis(EXECUTION));
                    if let Err(error) = self.outcomes.postpone(attempt.job.id, over).await {
                        tracing::warn!(%error, "the failure that a killed process leaves could not be postponed");
                    }
                }
                End::Started
            }
            Err(error) if error.retryable => self.give_up(attempt, error).await,
            Err(error) => {
                let outcome = self.outcome(&attempt.job, Status::Failed { error }, Duration::ZERO);
                match self.store(attempt, outcome).await {
                    Ok(outcome) => self.announce(attempt, outcome).await,
                    Err(error) => self.give_up(attempt, error.into()).await,
                }
            }
        }
    }

    /// Stores and announces how a map job ended, `took` after its request was received, unless it has an outcome that stays.
    pub(crate) async fn end_map(
        &self,
        job: Job,
        status: Status,
        took: Duration,
        invocation: &Invocation,
    ) -> End {
        let mut attempt = Attempt {
            job,
            invocation,
            measures: Measures::default(),
        };
        let outcome = self.outcome(&attempt.job, status, took);
        let end = match self.store(&mut attempt, outcome).await {
            Ok(outcome) => self.announce(&attempt, outcome).await,
            Err(error) => retry(&attempt.job, error.into()),
        };
        log_end(O::NAME, attempt.job.attempt, &end, millis(took));
        self.metrics
            .tell(&attempt.job, invocation, &end, &attempt.measures);
        end
    }

    /// Waits for an outcome that somebody else stores while the job is worked on, most likely for it was canceled.
    async fn ended_elsewhere(&self, id: JobId) -> Outcome {
        loop {
            tokio::time::sleep(self.config.look_every).await;
            // What cannot be looked at now is looked at again, and when the outcome is stored.
            if let Ok(Some((outcome, _))) = self.outcomes.stored(id).await
                && !outcome.is_provisional()
            {
                return outcome;
            }
        }
    }

    /// Stores an outcome, unless the job has one already; gives the one that counts.
    async fn store(&self, attempt: &mut Attempt<'_>, outcome: Outcome) -> Result<Outcome, PortError> {
        let started = Instant::now();
        let stored = self.outcomes.store(outcome).await;
        attempt.measures.stored(started.elapsed());
        stored
    }

    fn outcome(&self, job: &Job, status: Status, duration: Duration) -> Outcome {
        let input = job.task.as_ref().ok().and_then(|task| task.input.place());
        Outcome {
            version: VERSION,
            job_id: job.id,
            operation: self.expected.operation.clone(),
            input,
            status,
            attempt: job.attempt,
            duration_ms: millis(duration),
            finished_at_unix_ms: unix_ms_now(),
            not_before_unix_ms: None,
            trace_id: job.trace_id,
            message_id: job.asked_by.clone(),
        }
    }

    /// Stores, before the last attempt begins, the failure that is the answer if this process does not live to give
    /// one; nobody takes it for the answer while this invocation may still run. Gives the outcome with which the job
    /// turns out to have ended already, if it has.
    async fn prepare_for_death(&self, attempt: &mut Attempt<'_>) -> Option<Outcome> {
        let (job, deadline) = (&attempt.job, attempt.invocation.deadline);
        let (Verdict::Answer(error) | Verdict::AnswerAndDeadLetter(error) | Verdict::Retry(error)) =
            retry::verdict(killed(), job.attempt, job.is_last_attempt());
        let prepared = Outcome {
            not_before_unix_ms: Some(deadline.over_at_unix_ms()),
            ..self.outcome(job, Status::Failed { error }, Duration::ZERO)
        };
        match self.store(attempt, prepared).await {
            Ok(outcome) => (!outcome.is_provisional()).then_some(outcome),
            Err(error) => {
                // The attempt may succeed all the same.
                tracing::warn!(%error, "the failure that a killed process leaves could not be stored");
                None
            }
        }
    }

    /// Sends the reply. The outcome is stored by now: a reply queue that has gone with its client is no failure, and on
    /// the last delivery nothing else that keeps the reply from being sent is one.
    async fn announce(&self, attempt: &Attempt<'_>, outcome: Outcome) -> End {
        let Attempt { job, invocation, .. } = attempt;
        // Its own ids and spelling, also where the outcome is of an earlier request for the same job.
        let reply = Reply {
            job_id: job.id,
            message_id: job.asked_by.clone(),
            ..Reply::new(outcome.clone(), self.outcomes.location(job.id))
        };
        let message = reply.to_message();
        match self.replies.send(&job.reply_to, message, &invocation.span).await {
            Ok(()) => {}
            Err(error) if error.kind == PortErrorKind::NotFound => {
                tracing::warn!(%error, "reply queue has gone; the outcome is stored");
            }
            Err(error) => {
                tracing::warn!(%error, "reply could not be sent; the outcome is stored");
                if !job.is_last_attempt() {
                    return retry(job, error.into());
                }
            }
        }
        End::Answered(Box::new(outcome))
    }

    /// Decides about a failure that may pass, and answers it where this was the last attempt.
    async fn give_up(&self, attempt: &mut Attempt<'_>, error: JobError) -> End {
        let job = &attempt.job;
        let (error, is_dead_lettered) = match retry::verdict(error, job.attempt, job.is_last_attempt()) {
            Verdict::Retry(error) => {
                tracing::warn!(code = %error.code, error = error.message, "attempt failed");
                return retry(job, error);
            }
            Verdict::AnswerAndDeadLetter(error) => (error, true),
            Verdict::Answer(error) => (error, false),
        };
        tracing::error!(code = %error.code, error = error.message, "last attempt failed");
        let status = Status::Failed { error: error.clone() };
        let failed = self.outcome(job, status, Duration::ZERO);
        match self.store(attempt, failed.clone()).await {
            // A provisional outcome leaves the message for redrive; somebody else's final one ends the job.
            Ok(outcome) if is_dead_lettered && outcome.is_provisional() => {
                self.announce(attempt, outcome).await;
                End::DeadLettered(error)
            }
            Ok(outcome) => self.announce(attempt, outcome).await,
            // The message is kept, so that nothing is lost, and whoever waits is told at least that.
            Err(unstored) if is_dead_lettered => {
                tracing::error!(error = %unstored, "the outcome could not be stored; the message is kept");
                self.announce(attempt, failed).await;
                End::DeadLettered(error)
            }
            Err(unstored) => {
                tracing::error!(error = %unstored, "the outcome could not be stored; the message is kept");
                retry(&attempt.job, unstored.into())
            }
        }
    }
}

/// The one line of the log that says how an attempt ended.
fn log_end(operation: &str, attempt: u32, end: &End, duration_ms: u64) {
    match end {
        End::Answered(outcome) => match &outcome.status {
            Status::Succeeded { .. } => {
                tracing::info!(
                    operation,
                    attempt,
                    duration_ms,
                    outcome = "succeeded",
                    "job ended"
                );
            }
            Status::Failed { error } => tracing::info!(
                operation, attempt, duration_ms, outcome = "failed", code = %error.code,
                error = error.message, "job ended"
            ),
        },
        End::DeadLettered(error) => tracing::error!(
            operation, attempt, duration_ms, outcome = "dead_lettered", code = %error.code, "job ended"
        ),
        End::OnItsWay => tracing::info!(
            operation,
            "job had ended; its request is on its way to the dead letters"
        ),
        End::Started => tracing::info!(
            operation,
            attempt,
            duration_ms,
            "job is done by the state machine"
        ),
        End::Retry { error, .. } => tracing::warn!(
            operation, attempt, duration_ms, outcome = "retry", code = %error.code, "job will be retried"
        ),
        End::Deferred => {
            tracing::warn!(
                operation,
                attempt,
                duration_ms,
                outcome = "deferred",
                "no time left for job"
            );
        }
    }
}

/// The longest that the state machine works on a job: `TimeoutSeconds` of its definition in `template.yaml`.
const EXECUTION: Duration = Duration::from_hours(24);

/// One attempt at a job, and what is known of it so far.
struct Attempt<'a> {
    job: Job,
    invocation: &'a Invocation,
    measures: Measures,
}

fn retry(job: &Job, error: JobError) -> End {
    End::Retry {
        attempt: job.attempt,
        error,
    }
}

/// What the process that did the job's last attempt cannot say itself.
fn killed() -> JobError {
    let message = "the function's process was killed while it did the last of them: it may need more memory";
    JobError::transient(code::PROCESS_KILLED, message)
}

/// Whether to look for an outcome before the job is run. A message that is delivered again may have been answered by
/// an earlier delivery. A job with an input on S3 costs more to run than to look up, and a late duplicate of it must
/// not write its result again. A first delivery with the input in it is run at once: most have no outcome, and
/// where one has, the conditional write tells.
fn is_looked_up_first(job: &Job) -> bool {
    let is_on_s3 = |task: &Task| task.input.location().is_some();
    job.receives > 1 || job.task.as_ref().is_ok_and(is_on_s3)
}

fn unix_ms_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
