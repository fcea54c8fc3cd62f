//! What every function shares: an event in, one outcome per job out.
//!
//! A function is this crate around one [`Operation`]. What happens to a job, and which module does it:
//!
//! 1. [`event`] tells what kind of event came in; [`record`] reads each record of it by itself, so that a broken
//!    one hurts no other, and gives the [`job`]s it asks for.
//! 2. [`process`] takes one job to its outcome: the [`runner`] fetches the input, runs the operation on a thread of
//!    its own with panics caught and stores what it made; then **the outcome is stored, then the reply sent**. An
//!    outcome is written once ([`outcomes`]); a job that is delivered again replays it. [`replies`] are sent in
//!    batches.
//! 3. [`batch`] runs the records of a delivery side by side and reports the ones to be delivered again; Lambda
//!    deletes the others. So nothing is acknowledged before it is answered.
//! 4. [`retry`] is the one place that decides what a failure leads to: an answer now, another delivery later, or,
//!    on the last one, an answer that the request rests in the dead-letter queue.
//! 5. Whoever looks after the stack is told by the [`log`], and by a line of [`metrics`] for each attempt: what became of it
//!    and, as it was [measured](measures), where its time went.
//!
//! What a failure advises is put in terms of the stack and of whoever sent the job by [`advice`].
//!
//! All of that sees AWS through the two traits of [`ports`], which [`aws`] implements, and fakes in the tests.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "only the functions use this crate: whoever reads its first page reads its source"
)]

mod advice;
mod aws;
mod batch;
mod config;
#[cfg(test)]
mod contract;
mod deadline;
mod deferrals;
mod event;
#[cfg(test)]
mod fakes;
mod invocation;
mod job;
mod log;
mod map;
mod measures;
mod metrics;
mod operation;
mod outcomes;
mod ports;
mod process;
mod record;
mod replies;
mod retry;
mod runner;
mod slicing;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use crate::config::Config;
use crate::metrics::Metrics;
pub use crate::operation::{
    Context, Failure, Input, InputError, MadeFile, Operation, Output, ParameterOf, parameters,
};
pub use crate::slicing::{HEAD_BYTES, Layout, Next, Partial, Reduce, Slice, SliceContext, Slicing, input_of};

/// Serves `operation` as an AWS Lambda function until the service ends it.
///
/// The clients are built on a thread of their own while this one asks for the first event: reading the certificates that
/// TLS trusts takes longer than the rest of the start. The first job waits for what is left of that.
///
/// # Errors
///
/// A part of the environment that Lambda or `template.yaml` sets is missing, `AWS_CA_BUNDLE` names no certificates, or the
/// Lambda runtime cannot be reached.
pub async fn run<O: Operation>(operation: O) -> Result<(), Error> {
    log::start();
    let config = Config::from_env()?;
    let settings = aws::settings()?;
    let processor = Arc::new(LazyLock::new(move || {
        let executions = config.state_machine_arn.clone();
        let executions = executions
            .map(|arn| Arc::new(aws::StepFunctions::new(&settings, arn)) as Arc<dyn ports::Executions>);
        let own = vec![config.input_bucket.clone(), config.result_bucket.clone()];
        let (objects, queues) = aws::clients(&settings, config.account(), own);
        let metrics = Metrics::to_stdout(&config, O::NAME);
        Arc::new(process::Processor::new(
            operation, config, objects, queues, executions, metrics,
        ))
    }));
    let early = Arc::clone(&processor);
    tokio::task::spawn_blocking(move || {
        LazyLock::force(&early);
    });
    let service = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let processor = Arc::clone(&processor);
        // Boxed: the type of the whole future would be nested too deeply for the compiler.
        Box::pin(async move {
            let processor = Arc::clone(LazyLock::force(&processor));
            batch::handle(processor, event.payload.get(), &event.context).await
        })
    });
    Runtime::new(service).layer(log::InvocationLayer).run().await
}
