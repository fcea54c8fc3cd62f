//! What the subcommands do, one file each.

mod cancel;
pub(crate) mod config;
mod dead_letters;
mod doctor;
mod grayscale;
mod images;
pub(crate) mod jobs;
mod listen;
mod lists;
mod objects;
pub(crate) mod pages;
mod result;
mod stats;
mod status;
mod wait;

use std::collections::HashSet;
use std::io::{self, IsTerminal as _};

use errand_client::{Client, JobId};

use crate::address::refuse_there;
use crate::cli::{Command, Global};
use crate::error::Error;
use crate::job_reference::{JobReference, listed};
use crate::journal::Journal;
use crate::limit::{Limit, within};
use crate::output;

/// Does what was typed in this process, with no cloud at all, or says what would be done.
pub(crate) fn run_offline(global: &Global, command: &Command) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) => refuse_there(&wanted.files)?,
        Command::Grayscale(wanted) => refuse_there(&wanted.images)?,
        _ => {}
    }
    match command {
        Command::Stats(wanted) if wanted.many.dry_run => lists::dry_run(global, wanted),
        Command::Grayscale(wanted) if wanted.many.dry_run => images::dry_run(global, wanted),
        Command::Stats(wanted) => stats::offline(global, wanted),
        Command::Grayscale(wanted) => grayscale::offline(global, wanted),
        Command::Wait(_)
        | Command::Result(_)
        | Command::Jobs(_)
        | Command::Cancel(_)
        | Command::Listen(_)
        | Command::DeadLetters(_)
        | Command::Status(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Completions(_)
        | Command::Man(_) => Err(Error::Usage(
            "this asks the cloud: leave out --offline (or ERRAND_OFFLINE)".to_owned(),
        )),
    }
}

/// Does what was typed in the cloud. `errand doctor` also has something to say when there is no connection.
pub(crate) async fn run_online(
    client: Result<Client, Error>,
    global: &Global,
    command: &Command,
) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) if wanted.many.dry_run => {
            objects::dry_run_of_lists(&client?, global, wanted).await
        }
        Command::Grayscale(wanted) if wanted.many.dry_run => {
            objects::dry_run_of_images(&client?, global, wanted).await
        }
        Command::Stats(wanted) => stats::online(&client?, global, wanted).await,
        Command::Grayscale(wanted) => grayscale::online(&client?, global, wanted).await,
        Command::Wait(wanted) => wait::run(&client?, global, wanted).await,
        Command::Jobs(wanted) => jobs::run(&client?, global, wanted).await,
        Command::Cancel(wanted) => cancel::run(&client?, global, wanted).await,
        Command::Result(wanted) => result::run(&client?, global, wanted).await,
        Command::Listen(wanted) => listen::run(&client?, global, wanted).await,
        Command::DeadLetters(wanted) => dead_letters::run(&client?, global, wanted).await,
        Command::Status(wanted) => status::run(&client?, global, wanted).await,
        Command::Doctor(wanted) => doctor::run(client, global, wanted).await,
        // They were done before there was a client.
        Command::Config(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}

/// Whether there is a job that has no answer, as far as that can be known by its id: this user sent it, or the stack is at work on
/// it. Of one that was sent from elsewhere and waits in its queue, nobody can tell.
async fn is_known(client: &Client, job_id: JobId) -> bool {
    Journal::knows(job_id) || client.is_begun(job_id).await.unwrap_or(true)
}

/// The ids of the jobs that a person names, each once, and which of them were named by an uploaded file, which is there.
async fn ids(
    client: &Client,
    limit: Option<Limit>,
    jobs: &[JobReference],
) -> Result<(Vec<JobId>, HashSet<JobId>), Error> {
    let mut all = Vec::new();
    for job in jobs {
        match job {
            JobReference::Listed => {
                if io::stdin().is_terminal() {
                    output::note("reading the ids of jobs from the terminal; Ctrl-D ends them");
                }
                all.extend(listed(io::stdin().lock())?);
            }
            other => all.push(other.clone()),
        }
    }
    let mut met = HashSet::new();
    let finding = async {
        let (mut ids, mut of_files) = (Vec::new(), HashSet::new());
        for job in &all {
            let file = match job {
                JobReference::Id(id) => {
                    ids.push(*id);
                    continue;
                }
                JobReference::Uploaded(file) => file,
                JobReference::Listed => continue,
            };
            let bucket = &client.deployment().await?.input_bucket;
            if file.bucket != *bucket {
                return Err(Error::Usage(format!(
                    "{file} asks stack `{}` for nothing: that takes files from {bucket}; name another stack with --stack",
                    client.stack()
                )));
            }
            let found = client.job_of_uploaded(file).await?;
            let job_id = found.ok_or_else(|| Error::NoSuchFile {
                file: file.clone(),
                bucket: bucket.clone(),
            })?;
            of_files.insert(job_id);
            ids.push(job_id);
        }
        ids.retain(|id| met.insert(*id));
        Ok((ids, of_files))
    };
    within(limit, finding).await
}
