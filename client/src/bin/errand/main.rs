//! The `errand` command: sends work to the cloud and brings the answer back.
//!
//! From the top: [`cli`] says what can be typed, [`commands`] does it, one file a subcommand, and [`answer`] takes one job to
//! its end within the time that there is. All that has to do with the cloud is the library `errand_client`, which other
//! programs may use as well. [`output`] is all that is written to stdout, [`files`] where inputs come from and results go,
//! [`error`] all that can go wrong, with its exit code, and [`defect`] makes panics of it.
#![allow(clippy::large_futures, reason = "a command is one future, made once")]

mod answer;
mod background;
mod cli;
mod commands;
mod cost;
mod defect;
mod error;
mod files;
mod job_list;
mod job_reference;
mod journal;
mod limit;
mod many;
mod output;
mod parts;
mod preview;
mod signals;
mod timing;

use std::process::ExitCode;

use clap::Parser;
use errand_allocator::HugePages;
use errand_client::Client;

use crate::cli::Arguments;
use crate::error::Error;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(page) if !page.use_stderr() => return help(&page),
        Err(error) => error.exit(),
    };
    let json = arguments.global.json;
    output::begin(arguments.global.verbosity());
    defect::watch();
    match defect::caught(|| run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

/// Prints a page that was asked for, like any other answer: a standard output that does not take it is told.
fn help(page: &clap::Error) -> ExitCode {
    let page = page.render();
    let text = if output::is_seen() {
        page.ansi().to_string()
    } else {
        page.to_string()
    };
    match output::write_out(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(source) => Error::Write {
            path: "-".into(),
            source,
        }
        .report(false),
    }
}

fn run(Arguments { global, command }: Arguments) -> Result<(), Error> {
    if global.offline || command.is_dry_run() {
        return commands::run_offline(&global, &command);
    }
    // One thread is enough to wait on.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::of_start(&error))?;
    // Boxed: the type of the whole future is deeper than the compiler likes.
    let ended = runtime.block_on(Box::pin(async {
        let settings = global.settings()?;
        let connecting = async { Ok(Client::connect(settings).await?) };
        let client = limit::within(global.timeout, connecting).await;
        commands::run_online(client, &global, &command).await
    }));
    // A name that is still being looked up, on a thread of its own, is not waited for.
    runtime.shutdown_background();
    ended
}
