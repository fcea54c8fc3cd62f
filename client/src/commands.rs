//! What the subcommands do, one file each.

mod dead_letters;
mod doctor;
mod grayscale;
mod listen;
mod result;
mod stats;

use std::pin::pin;
use std::str::FromStr;
use std::time::Duration;

use errand_protocol::{JobError, JobId, ObjectLocation, Operation, Outcome, Status, StoredObject};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::{Arguments, Command, Global};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::files::Source;
use crate::{job, orphans};

/// The operations that there are subcommands for.
pub(crate) const OPERATIONS: [&str; 2] = [stats::NAME, grayscale::NAME];

/// How long a command that has given its answer may stay to clear up after clients that died.
const CLEARING_UP: Duration = Duration::from_secs(2);

/// Does what was typed.
pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Stats(wanted) if global.offline => stats::offline(&global, &wanted),
        Command::Grayscale(wanted) if global.offline => grayscale::offline(&global, &wanted),
        _ if global.offline => Err(Error::Usage(
            "this asks the cloud: leave out --offline (or ERRAND_OFFLINE)".to_owned(),
        )),
        Command::Stats(wanted) => with_cloud(&global, async |cloud| {
            beside_clearing_up(cloud, stats::online(cloud, &global, &wanted)).await
        }),
        Command::Grayscale(wanted) => with_cloud(&global, async |cloud| {
            beside_clearing_up(cloud, Box::pin(grayscale::online(cloud, &global, &wanted))).await
        }),
        Command::Result(wanted) => {
            with_cloud(&global, async |cloud| result::run(cloud, &global, &wanted).await)
        }
        Command::Listen(wanted) => {
            with_cloud(&global, async |cloud| listen::run(cloud, &global, &wanted).await)
        }
        Command::DeadLetters(wanted) => with_cloud(&global, async |cloud| {
            dead_letters::run(cloud, &global, &wanted).await
        }),
        Command::Doctor(wanted) => with_runtime(doctor::run(&global, &wanted)),
    }
}

/// Runs a job, and at its side what clears up after clients that died, where that is due. The job neither waits for it
/// nor fails with it: it only stays a moment after its answer has been given.
async fn beside_clearing_up(
    cloud: &Cloud,
    job: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let (mut job, mut clearing) = (pin!(job), pin!(orphans::clear_up_if_due(cloud)));
    let ended = tokio::select! {
        // The job first: what it has to send must not wait for what the other one has.
        biased;
        ended = &mut job => ended,
        () = &mut clearing => return job.await,
    };
    if ended.is_ok() {
        let _ = tokio::time::timeout(CLEARING_UP, clearing).await;
    }
    ended
}

fn with_cloud(global: &Global, command: impl AsyncFnOnce(&Cloud) -> Result<(), Error>) -> Result<(), Error> {
    with_runtime(async {
        let cloud = Cloud::connect(global).await?;
        command(&cloud).await
    })
}

/// One thread is enough to wait on.
fn with_runtime(command: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Service {
        action: "start".to_owned(),
        message: error.to_string(),
        retryable: true,
    })?;
    // Boxed: the type of the whole future is deeper than the compiler likes.
    runtime.block_on(Box::pin(command))
}

/// A job, by its id or by the file that asked for it.
#[derive(Clone, Debug)]
pub(crate) enum JobReference {
    Id(JobId),
    Dropped(ObjectLocation),
}

impl FromStr for JobReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(address) = text.strip_prefix("s3://") else {
            return text
                .parse()
                .map(Self::Id)
                .map_err(|error: errand_protocol::InvalidJobId| error.to_string());
        };
        let (bucket, key) = address.split_once('/').ok_or("expected s3://BUCKET/KEY")?;
        Ok(Self::Dropped(ObjectLocation {
            bucket: bucket.parse().map_err(|error| format!("{error}"))?,
            key: key.parse().map_err(|error| format!("{error}"))?,
            version_id: None,
        }))
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
    name: &str,
    parameters: &impl Serialize,
    source: &Source,
) -> Result<Outcome, Error> {
    let operation: Operation = name.parse().expect("a valid name");
    let timeout = global.timeout.unwrap_or(job::DEFAULT_TIMEOUT);
    // Boxed: it holds an upload and a wait, and would make every future around it as large.
    Box::pin(job::run(cloud, &operation, to_map(parameters), source, timeout)).await
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
