//! `errand result`.

mod places;

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use errand_client::operations::{GRAYSCALE, STATS};
use errand_client::{Client, JobId, JobIds, Operation, Outcome, Status, StoredObject, map_report, success};
use errand_stats::Answer;
use tokio::task::JoinHandle;

use self::places::{Place, Places};
use super::objects::{Told, bucket_of};
use super::{images, lists};
use crate::answer::download;
use crate::cli::{Global, ResultArguments};
use crate::error::Error;
use crate::journal::{Entry, Journal};
use crate::limit::{GRACE, Limit, within};
use crate::output::{self, Style, Verbosity};
use crate::parts;
use crate::signals;

/// Outcomes that are looked for at once, and files that are downloaded at once.
const AT_ONCE: usize = 16;

/// A pause between two looks at S3.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a link works.
const LINK: Duration = Duration::from_hours(1);

pub(super) async fn run(client: &Client, global: &Global, wanted: &ResultArguments) -> Result<(), Error> {
    signals::on_interruption(parts::remove_all);
    let limit = global.timeout.map(|limit| limit.and(GRACE));
    let (ids, of_files) = super::ids(client, limit, &wanted.job).await?;
    let known = Journal::known(&ids);
    let is_alone = ids.len() == 1;
    if !is_alone && wanted.output.as_deref() == Some(Path::new("-")) {
        return Err(Error::Usage(
            "several answers do not go to standard output: name a folder with -o".to_owned(),
        ));
    }
    let mut run = Run {
        client: client.clone(),
        limit,
        timeout: global.timeout,
        style: Style {
            json: global.json,
            aside: false,
        },
        is_alone,
        places: Places::new(wanted.output.clone(), is_alone, wanted.skip_existing),
        output: wanted.output.clone(),
        are_skipped: wanted.skip_existing,
        may_replace: wanted.force,
        makes_links: wanted.url,
        known,
        of_files,
    };
    run.fetch_all(ids).await
}

#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
struct Run {
    client: Client,
    /// When everything has to be done, and how long was to be waited.
    limit: Option<Limit>,
    timeout: Option<Limit>,
    style: Style,
    is_alone: bool,
    places: Places,
    /// What `-o` says.
    output: Option<PathBuf>,
    are_skipped: bool,
    may_replace: bool,
    makes_links: bool,
    /// What this user's journal says of the jobs.
    known: HashMap<JobId, Entry>,
    /// Those that were named by an uploaded file, which is there.
    of_files: HashSet<JobId>,
}

/// An answer that is here, or of which is told that it is not wanted again.
struct Fetched {
    outcome: Outcome,
    /// Where its file went, if it made one: none for standard output.
    file: Option<(StoredObject, Option<PathBuf>)>,
    url: Option<String>,
    is_skipped: bool,
}

impl Run {
    /// Fetches and shows all of them, in their order. Each is told of, whatever became of the others; the last failure is the
    /// command's.
    async fn fetch_all(&mut self, ids: Vec<JobId>) -> Result<(), Error> {
        let mut ids = ids.into_iter();
        let mut finding = VecDeque::new();
        let mut fetching = VecDeque::new();
        let mut failed: Option<Error> = None;
        loop {
            while finding.len() < AT_ONCE
                && let Some(job_id) = ids.next()
            {
                finding.push_back((job_id, self.find(job_id)));
            }
            // Where a file goes is decided in the order of the jobs, so that the same command decides the same again.
            while fetching.len() < AT_ONCE
                && let Some((job_id, found)) = finding.pop_front()
            {
                let fetched = match found.await.expect("a look-up that panics") {
                    Ok(outcome) => self.fetch(outcome),
                    Err(error) => tokio::spawn(async { Err(error) }),
                };
                fetching.push_back((job_id, fetched));
            }
            let Some((job_id, fetched)) = fetching.pop_front() else {
                return failed.map_or(Ok(()), Err);
            };
            let fetched = match fetched.await.expect("a download that panics") {
                Ok(Fetched {
                    outcome, url: None, ..
                }) if map_report(&outcome).is_some() => self.show_map(&outcome).await,
                Ok(fetched) => {
                    self.show(fetched)?;
                    Ok(())
                }
                Err(error) => Err(error),
            };
            match fetched {
                Ok(()) => {}
                Err(error) => {
                    let error = match self.known.get(&job_id) {
                        Some(entry) => error.of_input(Path::new(&entry.input)),
                        None => error,
                    };
                    if let Some(earlier) = failed.replace(error) {
                        let _ = earlier.report(self.style.json);
                    }
                }
            }
        }
    }

    fn find(&self, job_id: JobId) -> JoinHandle<Result<Outcome, Error>> {
        let (client, limit, timeout) = (self.client.clone(), self.limit, self.timeout);
        let is_of_file = self.of_files.contains(&job_id);
        tokio::spawn(async move { within(limit, find(&client, timeout, job_id, is_of_file)).await })
    }

    fn fetch(&mut self, outcome: Outcome) -> JoinHandle<Result<Fetched, Error>> {
        let job_id = outcome.job_id;
        let (place, object) = match &outcome.status {
            Status::Failed { error } => {
                let error = errand_client::Error::Failed {
                    job: JobIds::from(&outcome),
                    error: error.clone(),
                };
                return tokio::spawn(async { Err(error.into()) });
            }
            Status::Succeeded { object, .. } if self.makes_links => (None, object.clone()),
            Status::Succeeded { object, .. } => {
                let known = self.known.get(&job_id);
                let place = object
                    .as_ref()
                    .map(|object| self.places.of(job_id, object.location.key.file_name(), known));
                (place, object.clone())
            }
        };
        let (client, may_replace, makes_links) = (self.client.clone(), self.may_replace, self.makes_links);
        let fetching = async move {
            let mut fetched = Fetched {
                outcome,
                file: None,
                url: None,
                is_skipped: false,
            };
            if makes_links {
                let location = match object {
                    Some(object) => object.location,
                    None => client.outcome_location(job_id).await?,
                };
                fetched.url = Some(client.link(&location, LINK).await?);
                return Ok(fetched);
            }
            if let (Some(object), Some(place)) = (object, place) {
                let path = match place {
                    Place::There(path) => {
                        fetched.is_skipped = true;
                        Some(path)
                    }
                    Place::Free(path) => {
                        let mut target = images::open(&path, may_replace)?;
                        download(&client, &object, &mut target).await?;
                        let path = target.path().map(ToOwned::to_owned);
                        target.finish()?;
                        path
                    }
                };
                fetched.file = Some((object, path));
            }
            Ok(fetched)
        };
        let limit = self.limit;
        tokio::spawn(async move {
            // Boxed: it holds a download.
            let fetched = within(limit, Box::pin(fetching)).await;
            fetched.map_err(|error: Error| error.not_fetched(job_id))
        })
    }

    /// Tells of a job about many objects what the command would that sent it.
    async fn show_map(&self, outcome: &Outcome) -> Result<(), Error> {
        let (job, report) = (JobIds::from(outcome), map_report(outcome).unwrap_or_default());
        let address = self.known.get(&job.job_id).map(|entry| entry.input.as_str());
        let quiet = output::verbosity() == Verbosity::Quiet;
        if Operation::named(outcome.operation.as_str()) == Some(STATS) {
            let told = lists::Reported {
                job,
                report: &report,
                bucket: address.and_then(bucket_of),
                json: self.style.json,
                quiet,
            };
            return told.tell(&self.client, self.limit).await;
        }
        let told = Told {
            job,
            report: &report,
            address,
            to: None,
            folder: self.output.as_deref(),
            may_replace: self.may_replace,
            are_skipped: self.are_skipped,
            json: self.style.json,
            quiet,
        };
        told.tell(&self.client, self.limit).await
    }

    fn show(&self, fetched: Fetched) -> Result<(), Error> {
        let (outcome, style) = (fetched.outcome, self.style);
        let job = JobIds::from(&outcome);
        if let Some(url) = fetched.url {
            return output::link(outcome.job_id, &url, style);
        }
        let operation = Operation::named(outcome.operation.as_str());
        if let Some((object, path)) = fetched.file {
            if let Some(path) = path.as_deref().filter(|_| fetched.is_skipped) {
                return output::left(outcome.job_id, path, style);
            }
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
        if operation == Some(STATS) && (self.is_alone || style.json) {
            let answer = success::<Answer>(outcome)?;
            return output::result(&output::Statistics(&answer.result), Some(job), style);
        }
        output::outcome(&outcome, style)
    }
}

/// The outcome, waited for as long as `--timeout` says; without it, only looked for. A failure that a redrive may yet
/// replace is waited for, too.
async fn find(
    client: &Client,
    timeout: Option<Limit>,
    job_id: JobId,
    is_of_file: bool,
) -> Result<Outcome, Error> {
    let time = timeout.map(Limit::time).unwrap_or_default();
    loop {
        let left = timeout.map(Limit::left).unwrap_or_default();
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
                is_known: is_of_file || super::is_known(client, job_id).await,
            });
        }
        tokio::time::sleep(PAUSE.min(left)).await;
    }
}
