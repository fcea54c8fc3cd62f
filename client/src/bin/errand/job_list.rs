//! What became of many jobs: their outcomes, looked up some at a time.

use std::collections::BTreeMap;

use clap::ValueEnum;
use errand_client::{Client, JobId, Outcome, Status};
use errand_protocol::code;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::error::Error;

/// Outcomes that are looked up at once.
const LOOK_UPS: usize = 16;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It has no outcome: it waits, or is being done, or was never sent, or its outcome has expired
    Waiting,
    /// Many functions are at work on it
    Running,
    /// It was done
    Succeeded,
    /// It was answered with a failure
    Failed,
    /// It was canceled before it was done
    Canceled,
}

impl State {
    pub(crate) fn of(outcome: Option<&Outcome>) -> Self {
        match outcome.map(|outcome| &outcome.status) {
            None => Self::Waiting,
            Some(Status::Succeeded { .. }) => Self::Succeeded,
            Some(Status::Failed { error }) if error.code == code::CANCELED => Self::Canceled,
            Some(Status::Failed { .. }) => Self::Failed,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// The outcomes of jobs that have one; gives all, in the jobs' order.
pub(crate) async fn outcomes(client: &Client, job_ids: &[JobId]) -> Result<Vec<Option<Outcome>>, Error> {
    // Once, rather than by each.
    client.deployment().await?;
    let mut looking = JoinSet::new();
    let mut found = BTreeMap::new();
    let mut left = job_ids.iter().copied().enumerate();
    loop {
        while looking.len() < LOOK_UPS
            && let Some((index, job_id)) = left.next()
        {
            let client = client.clone();
            looking.spawn(async move { (index, client.outcome(job_id).await) });
        }
        match looking.join_next().await {
            Some(looked) => {
                let (index, outcome) = looked.expect("a look-up that panics");
                found.insert(index, outcome?);
            }
            None => return Ok(found.into_values().collect()),
        }
    }
}
