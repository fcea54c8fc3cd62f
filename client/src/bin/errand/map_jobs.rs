//! How far jobs are that many functions do, looked up some at a time.

use std::collections::HashMap;

use errand_client::admin::{ExecutionStatus, Seen};
use errand_client::{Client, JobId};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::follow::MapProgress;

/// Jobs that are looked at at once: each look is up to three requests.
const LOOK_UPS: usize = 8;

/// Executions that are shown, and the most that are counted.
const SHOWN: usize = 5;
const COUNTED: u32 = 100;

/// Map jobs of a stack.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MapJobs {
    /// How many go on, up to a hundred.
    pub(crate) running: usize,
    /// The newest of them.
    pub(crate) newest: Vec<MapJob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_failed_job_id: Option<JobId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_failed_at_unix_ms: Option<u64>,
    /// What it takes to know, where that could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<String>,
}

/// One that goes on.
#[derive(Debug, Serialize)]
pub(crate) struct MapJob {
    pub(crate) job_id: JobId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    pub(crate) started_at_unix_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<MapProgress>,
}

/// How far jobs are, of those that have begun and whose state may be seen.
pub(crate) async fn progress(client: &Client, job_ids: Vec<JobId>) -> HashMap<JobId, MapProgress> {
    let mut looking = JoinSet::new();
    let mut found = HashMap::new();
    let mut left = job_ids.into_iter();
    loop {
        while looking.len() < LOOK_UPS
            && let Some(job_id) = left.next()
        {
            let client = client.clone();
            looking.spawn(async move { (job_id, client.map_state(job_id, None).await) });
        }
        match looking.join_next().await {
            Some(looked) => {
                let (job_id, state) = looked.expect("a look-up that panics");
                // A figure beside the others: what keeps it away keeps nothing else.
                if let Ok(Some(state)) = state {
                    found.insert(job_id, MapProgress::from(&state));
                }
            }
            None => return found,
        }
    }
}

/// Those of the stack that go on, and the last that failed; none where the stack knows no map jobs.
pub(crate) async fn of_stack(client: &Client) -> Result<Option<MapJobs>, Error> {
    let cloud = client.cloud();
    let not_seen = |needs: String| {
        Some(MapJobs {
            needs: Some(needs),
            ..MapJobs::default()
        })
    };
    let running = match cloud.executions(ExecutionStatus::Running, COUNTED).await {
        Ok(Seen::There(running)) => running,
        Ok(Seen::Missing) => return Ok(None),
        Ok(Seen::Not { needs }) => return Ok(not_seen(needs)),
        Err(error) => return Ok(not_seen(error.to_string())),
    };
    let failed = match cloud.executions(ExecutionStatus::Failed, 1).await {
        Ok(Seen::There(failed)) => failed.first().copied(),
        _ => None,
    };
    let newest: Vec<_> = running.iter().take(SHOWN).copied().collect();
    let mut progress = progress(client, newest.iter().map(|job| job.job_id).collect()).await;
    let mut jobs = MapJobs {
        running: running.len(),
        last_failed_job_id: failed.map(|job| job.job_id),
        last_failed_at_unix_ms: failed.and_then(|job| job.stopped_at_unix_ms),
        ..MapJobs::default()
    };
    for job in newest {
        let operation = match cloud.execution(job.job_id).await {
            Ok(Seen::There(execution)) => execution.operation,
            _ => None,
        };
        jobs.newest.push(MapJob {
            job_id: job.job_id,
            operation,
            started_at_unix_ms: job.started_at_unix_ms,
            progress: progress.remove(&job.job_id),
        });
    }
    Ok(Some(jobs))
}
