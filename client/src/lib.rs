//! Sends work to an errand stack on AWS and brings the answers back, from any Rust program: what the `errand` command does
//! in the cloud, as async calls.
//!
//! A [`Client`] knows one deployed stack. A [`Session`] is a run of one job or of many: it has one reply queue, sends
//! requests in tens, takes replies in tens, and clears up at its end. A [`Job`] is an operation, its parameters and an
//! [`Input`]: a small text travels in the message, anything else is uploaded first. What comes back is an [`Outcome`], which
//! also stays on S3 under the job's id, so that an answer that was lost on the way, or that nobody waited for, is read
//! there: [`Client::outcome`], [`Client::wait`].
//!
//! ```no_run
//! use errand_client::{Client, Input, Job, Settings, operations, success};
//! use errand_stats::{Parameters, Summary};
//!
//! # async fn example() -> Result<(), errand_client::Error> {
//! let client = Client::connect(Settings::of_stack("errand".parse().expect("a stack's name"))).await?;
//! let session = client.session();
//! let input = Input::bytes("list.txt", "3 1 2");
//! let outcome = session
//!     .run(Job::new(operations::STATS, &Parameters::default(), input))
//!     .await;
//! session.close().await?; // also where the job failed: it removes the reply queue
//! let answer = success::<Summary>(outcome?)?;
//! println!("{}", answer.result);
//! # Ok(())
//! # }
//! ```
//!
//! Many jobs at once cost less each: about a tenth of a request to send, and a tenth to a half to hear back.
//!
//! ```no_run
//! # use errand_client::{Client, Error, Input, Job, operations};
//! # use errand_grayscale::Parameters;
//! # async fn example(client: Client, images: Vec<std::path::PathBuf>) -> Result<(), Error> {
//! use std::sync::Arc;
//!
//! let session = Arc::new(client.session());
//! let mut running = tokio::task::JoinSet::new();
//! for path in images {
//!     while running.len() >= 64 {
//!         running.join_next().await; // as many files are on their way, and no more
//!     }
//!     let session = Arc::clone(&session);
//!     running.spawn(async move {
//!         let job = Job::new(operations::GRAYSCALE, &Parameters::default(), Input::file(path)?);
//!         session.run(job).await
//!     });
//! }
//! while let Some(ended) = running.join_next().await {
//!     println!("{:?}", ended.expect("no panic")?.status);
//! }
//! session.close().await
//! # }
//! ```
//!
//! Objects that lie on S3 already are one input however many they are: [`Input::object`], [`Input::objects`], [`Input::prefix`].
//! What is more than a function does at once becomes a *map job*, done by many functions, and ends in an outcome as any other
//! job; how far it is tells [`Client::map_state`]. It may take longer than [`Operation::default_timeout`]: send it with
//! [`Session::submit`], and wait for it with [`Client::wait`].
//!
//! ```no_run
//! # use errand_client::{Client, Error, Input, Job, MapOptions, Prefix, map_report, operations};
//! # async fn example(client: Client, prefix: Prefix) -> Result<(), Error> {
//! let session = client.detached_session();
//! let job = Job::new(operations::GRAYSCALE, &errand_grayscale::Parameters::default(), Input::prefix(prefix));
//! let options = MapOptions { tolerate_percent: Some(5.0), ..MapOptions::default() };
//! let job_id = session.submit(job.with_map(options)).await?.id();
//! session.close().await?;
//! let outcome = client.wait(job_id, std::time::Duration::from_secs(3600)).await?;
//! if let Some(report) = map_report(&outcome) {
//!     println!("{} done, {} failed", report.done, report.failed);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every call fails with an [`Error`], which tells whether trying again may help ([`Error::is_retryable`]); what passes by
//! itself was tried again for half a minute by then. The cures in its messages name the options of the command, which are
//! the fields of [`Settings`]. Dropping a future gives up what it does and leaves nothing behind that the session does not
//! clear up.
//!
//! # Rooms
//!
//! [`Client`] and [`Session`] are the face; the session's inside is in `session/`: `outbox` sends, `inbox` receives.
//! `cloud/` alone knows the SDK, one file a service's part. [`admin`] is for those who look after a stack. The command is in
//! `bin/errand/` and knows nothing of the cloud but this.

#![allow(
    clippy::large_futures,
    reason = "a run of jobs is a few futures, each made once"
)]

pub mod admin;
mod answer;
mod client;
mod clock;
mod cloud;
mod error;
mod input;
mod job;
mod kms_key;
mod map;
pub mod operations;
mod persist;
mod session;
mod settings;
mod trace;

pub use answer::{Answer, JobIds, success};
pub use client::Client;
pub use cloud::{Execution, ExecutionStatus, ItemCounts, Uploaded};
pub use errand_aws::{Endpoint, InvalidEndpoint};
pub use errand_protocol::{
    Destination, Engine, JobError, JobId, MapOptions, MapPlan, MapReport, ObjectLocation, ObjectReport,
    ObjectStatus, OperationName, Outcome, Prefix, Stack, Status, StoredObject, TraceId, Unit,
};
pub use error::Error;
pub use input::Input;
pub use job::Job;
pub use kms_key::{InvalidKmsKey, KmsKey};
pub use map::{MapState, Stopped, map_report};
pub use operations::Operation;
pub use session::{PreparedJob, SentJob, Session};
pub use settings::{AccessKey, Notes, Settings};
