//! The `errand` command: sends work to the cloud and brings the answer back.
//!
//! [`cli`] says what can be typed, [`commands`] does it, one file a subcommand. [`job`] is the way of one job through
//! the cloud, on top of [`cloud`], which alone knows the SDK. [`letter`] reads what could not be done, [`orphans`]
//! finds what dead clients left behind. [`output`] is all that is written to stdout, [`error`] all that can go wrong,
//! with its exit code.
#![allow(clippy::large_futures, reason = "a command is one future, made once")]

mod cli;
mod cloud;
mod commands;
mod error;
mod files;
mod job;
mod letter;
mod orphans;
mod output;

use std::process::ExitCode;

use clap::Parser;
use errand_allocator::HugePages;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let json = arguments.global.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}
