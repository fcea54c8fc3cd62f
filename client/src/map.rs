//! Map jobs: those that Step Functions does over many functions. How far they are, what they report, and stopping them.

use std::sync::Arc;

use errand_protocol::{JobId, MapPlan, MapReport, ObjectReport, Outcome, Status, keys};
use serde_json::Value;

use crate::client::Client;
use crate::cloud::{Execution, ExecutionStatus, ItemCounts, MapRun, Seen};
use crate::error::Error;

/// How far a map job is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MapState {
    /// What is to be done.
    pub plan: MapPlan,
    /// How many items of the round are how far; none before the first round, and where this user may not ask.
    pub counts: Option<ItemCounts>,
    /// What it takes to know the counts, for a person to read, where they could not be asked.
    pub needs: Option<String>,
    /// The round that was counted, so that it need not be looked for again.
    run: Option<(u32, Arc<MapRun>)>,
}

impl MapState {
    /// Of a job of which no more is known than its plan.
    #[must_use]
    pub fn of(plan: MapPlan) -> Self {
        Self {
            plan,
            counts: None,
            needs: None,
            run: None,
        }
    }

    /// Items of the round that are done.
    #[must_use]
    pub fn items_done(&self) -> Option<u64> {
        self.counts.map(|counts| counts.succeeded)
    }
}

/// What became of an order to stop a map job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Its execution was told to.
    Done,
    /// It has no execution.
    NoExecution,
    /// It could not be told.
    Not {
        /// What it needs, for a person to read.
        needs: String,
    },
}

/// The report of a map job with an answer for each object; none of any other outcome.
#[must_use]
pub fn map_report(outcome: &Outcome) -> Option<MapReport> {
    match &outcome.status {
        Status::Succeeded { result, .. } if result.contains_key("reports") => {
            serde_json::from_value(Value::Object(result.clone())).ok()
        }
        _ => None,
    }
}

impl Client {
    /// How far a map job is; none where it has not begun, or is no map job. Costs a request to S3, and up to two to Step
    /// Functions. With what it gave before (`earlier`) the round is not looked for again.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses; [`Error::BadAnswer`].
    pub async fn map_state(
        &self,
        job_id: JobId,
        earlier: Option<&MapState>,
    ) -> Result<Option<MapState>, Error> {
        let deployment = self.deployment().await?;
        let Some(bytes) = self.cloud().kept(&deployment, &keys::map_plan(job_id)).await? else {
            return Ok(None);
        };
        let plan: MapPlan = serde_json::from_slice(&bytes).map_err(|error| bad(job_id, &error))?;
        let mut state = MapState::of(plan);
        if state.plan.round == 0 {
            return Ok(Some(state));
        }
        // Who may not ask may not the next time.
        if let Some(needs) = earlier.and_then(|earlier| earlier.needs.clone()) {
            state.needs = Some(needs);
            return Ok(Some(state));
        }
        let round = state.plan.round;
        let known = earlier.and_then(|earlier| earlier.run.as_ref());
        let run = match known.filter(|(of, _)| *of == round) {
            Some((_, run)) => Arc::clone(run),
            None => match self.cloud().map_runs(job_id).await? {
                Seen::There(runs) => {
                    let before = known.map(|(_, run)| &run.arn);
                    match runs.into_iter().next() {
                        // The plan tells of a round shortly before it begins.
                        Some(run) if Some(&run.arn) != before => Arc::new(run),
                        _ => {
                            state.run = earlier.and_then(|earlier| earlier.run.clone());
                            return Ok(Some(state));
                        }
                    }
                }
                Seen::Missing => return Ok(Some(state)),
                Seen::Not { needs } => {
                    state.needs = Some(needs);
                    return Ok(Some(state));
                }
            },
        };
        match self.cloud().map_run(&run.arn).await? {
            Seen::There(counts) => {
                state.counts = Some(counts);
                state.run = Some((round, run));
            }
            Seen::Missing => {}
            Seen::Not { needs } => state.needs = Some(needs),
        }
        Ok(Some(state))
    }

    /// Fails if a map job's execution has ended otherwise than by succeeding; nothing is known of one that cannot be asked for.
    ///
    /// # Errors
    ///
    /// [`Error::ExecutionEnded`]; the cloud cannot be reached or refuses.
    pub async fn check_execution(&self, job_id: JobId) -> Result<(), Error> {
        self.deployment().await?;
        match self.cloud().execution(job_id).await? {
            Seen::There(Execution { status, cause, .. })
                if !matches!(status, ExecutionStatus::Running | ExecutionStatus::Succeeded) =>
            {
                let ending = match cause {
                    Some(cause) => format!(
                        "{}, {}",
                        status.name(),
                        cause.chars().take(100).collect::<String>()
                    ),
                    None => status.name().to_owned(),
                };
                Err(Error::ExecutionEnded { job_id, ending })
            }
            _ => Ok(()),
        }
    }

    /// Stops a map job's execution, such as of a job that was canceled ([`Self::cancel`]); what its functions have begun they give
    /// up within seconds.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn stop_execution(&self, job_id: JobId) -> Result<Stopped, Error> {
        self.deployment().await?;
        Ok(match self.cloud().stop_execution(job_id).await? {
            Seen::There(()) => Stopped::Done,
            Seen::Missing => Stopped::NoExecution,
            Seen::Not { needs } => Stopped::Not { needs },
        })
    }

    /// What became of the objects of a map job, by one of its reports, which are counted from 0.
    ///
    /// # Errors
    ///
    /// The report has expired; the cloud cannot be reached or refuses; [`Error::BadAnswer`].
    pub async fn object_reports(&self, job_id: JobId, report: u64) -> Result<Vec<ObjectReport>, Error> {
        let deployment = self.deployment().await?;
        let key = keys::map_report(job_id, report);
        let bytes = self.cloud().kept(&deployment, &key).await?;
        let bytes = bytes.ok_or_else(|| Error::Service {
            action: format!("read s3://{}/{key}", deployment.result_bucket),
            message: "it is not there: the stack keeps reports as long as results (parameter RetentionDays)"
                .to_owned(),
            retryable: false,
        })?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let read = lines.map(|line| serde_json::from_slice(line).map_err(|error| bad(job_id, &error)));
        read.collect()
    }
}

fn bad(job_id: JobId, error: &serde_json::Error) -> Error {
    Error::BadAnswer {
        job_id,
        message: error.to_string(),
    }
}
