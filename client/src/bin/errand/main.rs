//! The `errand` command: sends work to the cloud and brings the answer back.
//!
//! From the top: [`cli`] says what can be typed, [`commands`] does it, one file a subcommand. [`job`] is the way of one job
//! through the cloud, [`answer`] asks for one and takes its outcome apart, [`reply_queues`] and [`dead_letter`] are what there
//! is to look after; they stand on [`cloud`], which alone knows the SDK. [`output`] is all that is written to stdout, [`files`] where inputs come from and results go,
//! [`error`] all that can go wrong, with its exit code, and [`defect`] makes panics of it.
#![allow(clippy::large_futures, reason = "a command is one future, made once")]

mod answer;
mod background;
mod cli;
mod clock;
mod cloud;
mod commands;
mod connection;
mod dead_letter;
mod defect;
mod error;
mod files;
mod job;
mod job_reference;
mod kms_key;
mod limit;
mod many;
mod operations;
mod output;
mod parts;
mod persist;
mod reply_queues;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use errand_allocator::HugePages;

use crate::cli::Arguments;
use crate::cloud::Cloud;
use crate::error::Error;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.global.json;
    defect::watch();
    match defect::caught(|| run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

fn run(Arguments { global, command }: Arguments) -> Result<(), Error> {
    if global.offline {
        return commands::run_offline(&global, &command);
    }
    // One thread is enough to wait on.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::of_start(&error))?;
    // Boxed: the type of the whole future is deeper than the compiler likes.
    let ended = runtime.block_on(Box::pin(async {
        let cloud = limit::within(global.timeout, Cloud::connect(&global.connection()?)).await;
        commands::run_online(cloud, &global, &command).await
    }));
    // A name that is still being looked up, on a thread of its own, is not waited for.
    runtime.shutdown_background();
    ended
}
