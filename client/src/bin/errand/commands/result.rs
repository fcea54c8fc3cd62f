//! `errand result`.

use std::path::Path;
use std::time::Duration;

use errand_client::operations::{GRAYSCALE, STATS};
use errand_client::{Client, JobId, JobIds, Operation, Outcome, Status, success};
use errand_stats::Summary;

use crate::answer::download;
use crate::cli::{Global, ResultArguments};
use crate::error::Error;
use crate::files::OutputFile;
use crate::job_reference::JobReference;
use crate::limit::{GRACE, Limit, within};
use crate::many::plan::default_output;
use crate::output::{self, Style};
use crate::parts;
use crate::signals;

/// A pause between two looks at S3.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(client: &Client, global: &Global, wanted: &ResultArguments) -> Result<(), Error> {
    signals::on_interruption(parts::remove_all);
    let limit = global.timeout.map(|limit| limit.and(GRACE));
    within(limit, fetch(client, global, wanted)).await
}

async fn fetch(client: &Client, global: &Global, wanted: &ResultArguments) -> Result<(), Error> {
    let deployment = client.deployment().await?;
    let job_id = match &wanted.job {
        JobReference::Id(id) => *id,
        JobReference::Uploaded(file) => client
            .job_of_uploaded(file)
            .await?
            .ok_or_else(|| {
                Error::Usage(format!(
                    "there is no object {file}, or it may not be read: name one that was uploaded to {} under the name of an \
                     operation",
                    deployment.input_bucket
                ))
            })?,
    };
    let outcome = find(client, global, job_id).await?;
    let job = JobIds::from(&outcome);
    let style = Style {
        json: global.json,
        aside: false,
    };
    let operation = Operation::named(outcome.operation.as_str());
    let object = match &outcome.status {
        Status::Failed { error } => {
            return Err(errand_client::Error::Failed {
                job,
                error: error.clone(),
            }
            .into());
        }
        Status::Succeeded { object, .. } => object.clone(),
    };
    if let Some(object) = object {
        let path = wanted
            .output
            .clone()
            .unwrap_or_else(|| default_output(Path::new(object.location.key.file_name())));
        let mut target = OutputFile::open(&path, wanted.force)?;
        download(client, &object.location, &mut target).await?;
        let path = target.path().map(ToOwned::to_owned);
        target.finish()?;
        let style = Style {
            aside: path.is_none(),
            ..style
        };
        if operation == Some(GRAYSCALE) {
            let report = success(outcome)?.result;
            return output::grayscale(&report, path.as_deref(), Some((job, &object.location)), style);
        }
        return output::outcome(&outcome, style);
    }
    if operation == Some(STATS) {
        let answer = success::<Summary>(outcome)?;
        return output::result(&answer.result, Some(job), style);
    }
    output::outcome(&outcome, style)
}

/// The outcome, waited for as long as `--timeout` says; without it, only looked for. A failure that a redrive may yet
/// replace is waited for, too.
async fn find(client: &Client, global: &Global, job_id: JobId) -> Result<Outcome, Error> {
    let time = global.timeout.map(Limit::time).unwrap_or_default();
    loop {
        let left = global.timeout.map(Limit::left).unwrap_or_default();
        match client.outcome(job_id).await {
            Ok(Some(outcome)) if left.is_zero() || !outcome.is_provisional() => return Ok(outcome),
            Ok(_) => {}
            Err(error) if error.is_retryable() && !left.is_zero() => {
                output::note(&format!("{error}; still waiting"));
            }
            Err(error) => return Err(error.into()),
        }
        if left.is_zero() {
            return Err(Error::NoOutcome {
                job_id,
                stack: client.stack().clone(),
                seconds: time.as_secs(),
            });
        }
        tokio::time::sleep(PAUSE.min(left)).await;
    }
}
