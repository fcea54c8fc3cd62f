//! What the subcommands do, one file each.

mod dead_letters;
mod doctor;
mod grayscale;
mod listen;
mod result;
mod stats;

use errand_protocol::{JobError, JobId, Outcome, Status, StoredObject};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::{Command, Global};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::files::LocalInput;
use crate::job;
use crate::operations::Operation;

/// Does what was typed in this process, with no cloud at all.
pub(crate) fn run_offline(global: &Global, command: &Command) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) => stats::offline(global, wanted),
        Command::Grayscale(wanted) => grayscale::offline(global, wanted),
        Command::Result(_) | Command::Listen(_) | Command::DeadLetters(_) | Command::Doctor(_) => Err(
            Error::Usage("this asks the cloud: leave out --offline (or ERRAND_OFFLINE)".to_owned()),
        ),
    }
}

/// Does what was typed in the cloud. `errand doctor` also has something to say when there is no connection.
pub(crate) async fn run_online(
    cloud: Result<Cloud, Error>,
    global: &Global,
    command: &Command,
) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) => stats::online(&cloud?, global, wanted).await,
        Command::Grayscale(wanted) => grayscale::online(&cloud?, global, wanted).await,
        Command::Result(wanted) => result::run(&cloud?, global, wanted).await,
        Command::Listen(wanted) => listen::run(&cloud?, global, wanted).await,
        Command::DeadLetters(wanted) => dead_letters::run(&cloud?, global, wanted).await,
        Command::Doctor(wanted) => doctor::run(cloud, global, wanted).await,
    }
}

/// Parameters as they travel.
fn to_map(parameters: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(parameters) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Has the cloud carry out an operation, and waits for its outcome.
async fn ask(
    cloud: &Cloud,
    global: &Global,
    operation: Operation,
    parameters: &impl Serialize,
    input: &LocalInput,
) -> Result<Outcome, Error> {
    let timeout = global.timeout.unwrap_or(job::DEFAULT_TIMEOUT);
    // Boxed: it holds an upload and a wait, and would make every future around it as large.
    Box::pin(job::run(
        cloud,
        &operation.name(),
        to_map(parameters),
        input,
        timeout,
    ))
    .await
}

/// The result of a job that succeeded, as the type that its operation gives.
fn success<T: serde::de::DeserializeOwned>(outcome: Outcome) -> Result<(T, Option<StoredObject>), Error> {
    let job_id = outcome.job_id;
    match outcome.status {
        Status::Succeeded { result, object } => match serde_json::from_value(Value::Object(result)) {
            Ok(result) => Ok((result, object)),
            Err(error) => Err(Error::BadAnswer {
                job_id,
                message: error.to_string(),
            }),
        },
        Status::Failed { error } => Err(failed(job_id, error)),
    }
}

fn failed(job_id: JobId, error: JobError) -> Error {
    Error::Failed {
        job_id: Some(job_id),
        error,
    }
}
