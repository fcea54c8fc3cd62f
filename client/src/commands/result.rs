//! `errand result`.

use std::time::{Duration, Instant};

use errand_protocol::{JobId, Outcome, Status};

use super::{JobReference, failed, grayscale, stats, success};
use crate::cli::{Global, ResultArguments};
use crate::cloud::{Cloud, Place};
use crate::error::Error;
use crate::files::{Target, default_output};
use crate::output::{self, Style};

/// A pause between two looks at S3.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(cloud: &Cloud, global: &Global, wanted: &ResultArguments) -> Result<(), Error> {
    let place = cloud.locate(&cloud.stack.response_queue()).await?;
    let job_id = match &wanted.job {
        JobReference::Id(id) => *id,
        JobReference::Dropped(location) => {
            let revision = cloud.revision(&location.bucket, location.key.as_str()).await?;
            let revision = revision.ok_or_else(|| Error::Usage(format!("{location} does not exist")))?;
            JobId::of_object(location, &revision)
        }
    };
    let outcome = find(cloud, global, &place, job_id).await?;
    let style = Style {
        json: global.json,
        aside: false,
    };
    let object = match &outcome.status {
        Status::Failed { error } => return Err(failed(job_id, error.clone())),
        Status::Succeeded { object, .. } => object.clone(),
    };
    if let Some(object) = object {
        let path = wanted
            .output
            .clone()
            .unwrap_or_else(|| default_output(object.location.key.file_name()));
        let mut target = Target::open(&path)?;
        cloud.download(&object.location, &mut target).await?;
        let path = target.path().map(ToOwned::to_owned);
        target.finish()?;
        let style = Style {
            aside: path.is_none(),
            ..style
        };
        if outcome.operation.as_str() == grayscale::NAME {
            let (report, _) = success(outcome)?;
            return output::grayscale(&report, path.as_deref(), Some((job_id, &object.location)), style);
        }
        return output::outcome(&outcome, style);
    }
    if outcome.operation.as_str() == stats::NAME {
        let (summary, _) = success(outcome)?;
        return output::stats(&summary, Some(job_id), style);
    }
    output::outcome(&outcome, style)
}

/// The outcome, waited for as long as `--timeout` says; without it, only looked for. A failure that a redrive may yet
/// replace is waited for, too.
async fn find(cloud: &Cloud, global: &Global, place: &Place, job_id: JobId) -> Result<Outcome, Error> {
    let timeout = global.timeout.unwrap_or_default();
    let end = Instant::now() + timeout;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match cloud.outcome(place, job_id).await {
            Ok(Some(outcome)) if left.is_zero() || !outcome.is_provisional() => return Ok(outcome),
            Ok(_) => {}
            Err(error) if error.is_retryable() && !left.is_zero() => {
                output::note(&format!("{error}; still waiting"));
            }
            Err(error) => return Err(error),
        }
        if left.is_zero() {
            return Err(Error::NoOutcome {
                job_id,
                stack: cloud.stack.clone(),
                seconds: timeout.as_secs(),
            });
        }
        tokio::time::sleep(PAUSE.min(left)).await;
    }
}
