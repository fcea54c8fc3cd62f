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
pub(crate) mod pages;
mod result;
mod stats;
mod wait;

use errand_client::{Client, JobId};

use crate::cli::{Command, Global};
use crate::error::Error;
use crate::job_reference::JobReference;
use crate::journal::Journal;
use crate::limit::{Limit, within};

/// Does what was typed in this process, with no cloud at all, or says what would be done.
pub(crate) fn run_offline(global: &Global, command: &Command) -> Result<(), Error> {
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
        Command::Stats(wanted) => stats::online(&client?, global, wanted).await,
        Command::Grayscale(wanted) => grayscale::online(&client?, global, wanted).await,
        Command::Wait(wanted) => wait::run(&client?, global, wanted).await,
        Command::Jobs(wanted) => jobs::run(&client?, global, wanted).await,
        Command::Cancel(wanted) => cancel::run(&client?, global, wanted).await,
        Command::Result(wanted) => result::run(&client?, global, wanted).await,
        Command::Listen(wanted) => listen::run(&client?, global, wanted).await,
        Command::DeadLetters(wanted) => dead_letters::run(&client?, global, wanted).await,
        Command::Doctor(wanted) => doctor::run(client, global, wanted).await,
        // They were done before there was a client.
        Command::Config(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}

/// Whether there is a job that has no answer, as far as that can be known: its file is there, or this user sent it, or the stack is
/// at work on it. Of one that was sent from elsewhere and waits in its queue, nobody can tell.
async fn is_known(client: &Client, named: &[JobReference], job_id: JobId) -> bool {
    let is_of_file = !named.contains(&JobReference::Id(job_id));
    is_of_file || Journal::knows(job_id) || client.is_begun(job_id).await.unwrap_or(true)
}

/// The ids of the jobs that a person names.
async fn ids(client: &Client, limit: Option<Limit>, jobs: &[JobReference]) -> Result<Vec<JobId>, Error> {
    let finding = async {
        let mut ids = Vec::new();
        for job in jobs {
            let file = match job {
                JobReference::Id(id) => {
                    ids.push(*id);
                    continue;
                }
                JobReference::Uploaded(file) => file,
            };
            let found = client.job_of_uploaded(file).await?;
            let bucket = &client.deployment().await?.input_bucket;
            ids.push(found.ok_or_else(|| Error::NoSuchFile {
                file: file.clone(),
                bucket: bucket.clone(),
            })?);
        }
        Ok(ids)
    };
    within(limit, finding).await
}
