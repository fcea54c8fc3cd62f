//! The `errand` command: sends work to the cloud and brings the answer back.
//!
//! From the top: [`cli`] says what can be typed, [`config`] what settings files add, [`place`] where that leads, [`commands`] does
//! it, one file a subcommand, and [`answer`] takes one job to its end within the time that there is. All that has to do with the cloud is the library `errand_client`, which other
//! programs may use as well. [`output`] is all that is written to stdout, [`files`] where inputs come from and results go,
//! [`error`] all that can go wrong, with its exit code, and [`defect`] makes panics of it.
#![allow(clippy::large_futures, reason = "a command is one future, made once")]

mod address;
mod answer;
mod background;
mod cli;
mod commands;
mod config;
mod cost;
mod defect;
mod error;
mod files;
mod follow;
mod job_list;
mod job_reference;
mod journal;
mod limit;
mod many;
mod map_jobs;
mod output;
mod parts;
mod place;
mod plot;
mod preview;
mod signals;
mod timing;
mod unanswered;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use errand_allocator::HugePages;
use errand_client::Client;

use crate::cli::{Arguments, Command, Typed};
use crate::error::Error;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    // Before anything else, so that whatever panics is told, and has an exit code of its own.
    defect::watch();
    let words: Vec<OsString> = env::args_os().collect();
    let json = cli::wants_json(&words);
    let ended = defect::caught(|| {
        if cli::answer_completion(&words)? {
            return Ok(());
        }
        match cli::parse(&words)? {
            Some(typed) => run(typed),
            None => Ok(()),
        }
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

fn run(typed: Typed) -> Result<(), Error> {
    let Arguments { mut global, command } = typed.arguments;
    match &command {
        Command::Config(wanted) => return commands::config::run(&global, &typed.given, wanted),
        Command::Completions(wanted) => return commands::pages::completions(wanted),
        Command::Man(wanted) => return commands::pages::man(wanted),
        _ => {}
    }
    let files = global.files()?;
    let resolved = config::resolve(&typed.given, &files)?;
    global.take(&resolved);
    output::begin(global.verbosity());
    if global.offline || command.is_dry_run_here() {
        return commands::run_offline(&global, &command);
    }
    place::tell(&resolved, &files);
    // One thread is enough to wait on.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::of_start(&error))?;
    // Boxed: the type of the whole future is deeper than the compiler likes.
    let ended = runtime.block_on(Box::pin(async {
        let settings = place::settings(&resolved)?;
        let connecting = async { Ok(Client::connect(settings).await?) };
        let client = limit::within(global.timeout, connecting).await;
        commands::run_online(client, &global, &command).await
    }));
    // A name that is still being looked up, on a thread of its own, is not waited for.
    runtime.shutdown_background();
    ended
}
