//! `errand result`.

use std::path::{Path, PathBuf};
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

/// How long a link works.
const LINK: Duration = Duration::from_hours(1);

pub(super) async fn run(client: &Client, global: &Global, wanted: &ResultArguments) -> Result<(), Error> {
    signals::on_interruption(parts::remove_all);
    let limit = global.timeout.map(|limit| limit.and(GRACE));
    let ids = super::ids(client, limit, &wanted.job).await?;
    let mut failed: Option<Error> = None;
    for job_id in ids {
        let fetching = fetch(client, global, wanted, job_id);
        if let Err(error) = within(limit, Box::pin(fetching)).await
            && let Some(earlier) = failed.replace(error)
        {
            let _ = earlier.report(global.json);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn fetch(
    client: &Client,
    global: &Global,
    wanted: &ResultArguments,
    job_id: JobId,
) -> Result<(), Error> {
    let outcome = find(client, global, &wanted.job, job_id).await?;
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
    if wanted.url {
        let location = match object {
            Some(object) => object.location,
            None => client.outcome_location(job_id).await?,
        };
        return output::link(job_id, &client.link(&location, LINK).await?, style);
    }
    let is_alone = wanted.job.len() == 1;
    if let Some(object) = object {
        let name = default_output(Path::new(object.location.key.file_name()));
        let path = match &wanted.output {
            Some(file) if is_alone => file.clone(),
            None if is_alone => name,
            folder => place(folder.as_deref(), &name, job_id)?,
        };
        let mut target = OutputFile::open(&path, wanted.force)?;
        download(client, &object, &mut target).await?;
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
    if operation == Some(STATS) && (is_alone || global.json) {
        let answer = success::<Summary>(outcome)?;
        return output::result(&answer.result, Some(job), style);
    }
    output::outcome(&outcome, style)
}

/// Where a file of one of several jobs goes: into the folder, under a name that none of the others has.
fn place(folder: Option<&Path>, name: &Path, job_id: JobId) -> Result<PathBuf, Error> {
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })?;
    let path = folder.join(name);
    if path.exists() {
        return Ok(folder.join(format!("{job_id}_{}", name.display())));
    }
    Ok(path)
}

/// The outcome, waited for as long as `--timeout` says; without it, only looked for. A failure that a redrive may yet
/// replace is waited for, too.
async fn find(
    client: &Client,
    global: &Global,
    named: &[JobReference],
    job_id: JobId,
) -> Result<Outcome, Error> {
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
                is_known: super::is_known(client, named, job_id).await,
            });
        }
        tokio::time::sleep(PAUSE.min(left)).await;
    }
}
