//! What can be typed.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are help texts, which show every back-tick"
)]

mod command;
mod complete;
mod config;
mod dead_letters;
mod doctor;
mod grayscale;
mod jobs;
mod listen;
mod many;
mod pages;
mod parse;
mod plot;
mod send;
mod stats;
mod status;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use errand_client::Stack;

pub(crate) use self::command::command;
pub(crate) use self::complete::{VARIABLE as COMPLETION_VARIABLE, answer as answer_completion};
pub(crate) use self::config::{ConfigAction, ConfigArguments};
pub(crate) use self::dead_letters::{DeadLettersAction, DeadLettersArguments};
pub(crate) use self::doctor::DoctorArguments;
pub(crate) use self::grayscale::GrayscaleArguments;
pub(crate) use self::jobs::{CancelArguments, JobsArguments, ResultArguments, WaitArguments};
pub(crate) use self::listen::ListenArguments;
pub(crate) use self::many::ManyArguments;
pub(crate) use self::pages::{CompletionsArguments, ManArguments, Shell};
pub(crate) use self::parse::{Typed, message, parse, wants_json};
pub(crate) use self::plot::PlotArguments;
pub(crate) use self::send::SendArguments;
pub(crate) use self::stats::StatsArguments;
pub(crate) use self::status::StatusArguments;
pub(crate) use self::table::TableArguments;
use crate::address::is_there;
use crate::config::{Files, Key, Resolved};
use crate::error::Error;
use crate::limit::Limit;
use crate::output::Verbosity;

/// Send work to the cloud and bring the answer back.
///
/// A list of numbers or an image goes to an AWS Lambda function; the statistics or the grayscale image come back
/// over SQS, and stay on S3.
#[derive(Debug, Parser)]
#[command(
    name = "errand",
    version = env!("ERRAND_VERSION"),
    max_term_width = 100,
    after_help = AFTER_SHORT_HELP,
    after_long_help = AFTER_HELP
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_SHORT_HELP: &str = "\
Examples:
  errand stats input.txt                    statistics of the numbers in a file
  errand grayscale photos/ -o gray/         all images in a folder, gray
  errand --offline stats input.txt          in this process, without a cloud

`errand stats -h` is about one command, `errand --help` about all: exit codes, settings, global options.";

const AFTER_HELP: &str = "\
Examples:
  errand stats input.txt                    statistics of the numbers in a file
  seq 1000 | errand stats -                 ... of what comes in
  errand grayscale image.jpg                writes output_image.jpg
  errand grayscale photos/ -o gray/         all images in a folder
  errand stats s3://measurements/2026/      all lists below a prefix on S3, as one
  errand grayscale s3://photos/ --to s3://gray/   any number of images, by many functions
  errand --offline grayscale a.png -o b.png the same operation in this process, without a cloud
  errand grayscale big.tif --detach         prints the job's id and does not wait
  errand wait 0192f0c4-…                    until that job is done
  errand result 0192f0c4-…                  the answer to an earlier job
  errand jobs                               what was sent, and what became of it
  errand status                             queues, dead letters, last outcomes
  errand doctor                             why it does not work
  errand dead-letters redrive --all         do again what could not be done
  errand --target aws stats input.txt       in a cloud that a settings file names
  errand config show                        which cloud that is, and what says so

Settings: an option, then its variable, then .errand.toml in this folder or above it, then the user's file (`errand config path`),
then the default. A variable that is empty says nothing; a switch takes 1, 0, yes, no, true, false, on, off.

Network: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY name a proxy, and AWS_CA_BUNDLE certificates, as for other AWS tools.

Exit codes:
  0    the answer is here
  1    the job failed: the input or a parameter is not acceptable; of many, one or more failed; or it was too late to
       cancel it
  2    the command line or a settings file is wrong
  3    the cloud cannot be used: not reachable, not deployed, no credentials, not allowed, too slow for --timeout
  4    no answer yet: fetch it later with `errand result`; or dead letters that somebody else holds: again in a minute
  5    a local file or standard output cannot be read or written
  6    the job failed after its last attempt, by a fault of the stack: it can be redriven (`errand dead-letters`)
  7    there is no such job, dead letter or uploaded file, as far as can be known
  70   a defect of errand itself: please report it
  130  interrupted (the process dies of the signal: 143 after SIGTERM)";

/// Options of every subcommand.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Global {
    /// Print the answer as JSON (numbers of any size as text)
    #[arg(long, global = true, env = "ERRAND_JSON")]
    pub(crate) json: bool,

    /// Run the operation in this process, with no cloud at all
    #[arg(long, global = true, env = "ERRAND_OFFLINE")]
    pub(crate) offline: bool,

    /// How long the command may take in all, in seconds; with `listen`, how long without an answer [default: no end, but
    /// the answer is waited for 450 for `stats`, 870 for `grayscale`: a second attempt after the function was killed is
    /// still waited for; a job that many functions do, for as long as it takes; `result` does not wait]
    #[arg(long, global = true, env = "ERRAND_TIMEOUT", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Limit>,

    /// The cloud that a settings file has under this name: local, aws
    #[arg(long, global = true, env = "ERRAND_TARGET", value_name = "NAME", add = ArgValueCandidates::new(complete::targets))]
    pub(crate) target: Option<String>,

    /// Name of the deployed stack
    #[arg(long, global = true, env = "ERRAND_STACK", default_value = "errand")]
    pub(crate) stack: Stack,

    /// Where the cloud is, if not at AWS (a local cloud: http://127.0.0.1:4566) [also: AWS_ENDPOINT_URL,
    /// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_SQS, or the profile's]
    #[arg(long, global = true, env = "ERRAND_ENDPOINT_URL", value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// AWS region [also: AWS_REGION, or the profile's]
    #[arg(long, global = true, env = "ERRAND_REGION")]
    pub(crate) region: Option<String>,

    /// Profile of the AWS configuration files; its credentials are taken, whatever keys are in the environment [also:
    /// AWS_PROFILE, which keys in the environment outdo]
    #[arg(long, global = true, env = "ERRAND_PROFILE")]
    pub(crate) profile: Option<String>,

    /// Key of KMS for this run's reply queue: the stack's parameter KmsKeyArn, where it has one [default: SQS's own]
    #[arg(long, global = true, env = "ERRAND_KMS_KEY_ARN", value_name = "ARN")]
    pub(crate) kms_key_arn: Option<String>,

    /// No progress, no notes and no sum on stderr: errors alone
    #[arg(short, long, global = true, env = "ERRAND_QUIET")]
    pub(crate) quiet: bool,

    /// Tell every step with its time on stderr
    #[arg(short, long, global = true, env = "ERRAND_VERBOSE", conflicts_with = "quiet")]
    pub(crate) verbose: bool,

    /// Tell on stderr where the time went, and what it cost, about (of `stats` and `grayscale`)
    #[arg(long, global = true, env = "ERRAND_TIMING")]
    pub(crate) timing: bool,

    /// Memory that an operation may use with --offline, in MiB; many at once share it
    #[arg(
        long,
        global = true,
        env = "ERRAND_MEMORY",
        value_name = "MIB",
        default_value = "4096"
    )]
    pub(crate) memory: u32,

    /// Read this settings file in place of the project's [default: .errand.toml, in this folder or above it]
    #[arg(long, global = true, env = "ERRAND_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,

    /// Read no settings file at all
    #[arg(long, global = true, env = "ERRAND_NO_CONFIG", conflicts_with = "config_file")]
    pub(crate) no_config: bool,
}

impl Global {
    /// How much is told beside answers and errors.
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Usual,
        }
    }

    /// The settings files that hold.
    pub(crate) fn files(&self) -> Result<Files, Error> {
        Files::find(self.config_file.as_deref(), self.no_config)
    }

    /// Takes what files say of the command itself, where nothing else did.
    pub(crate) fn take(&mut self, resolved: &Resolved) {
        let value = |key| resolved.value(key);
        let is_on = |key| value(key) == Some("true");
        if self.timeout.is_none() {
            // It was checked when the file was read.
            self.timeout = value(Key::Timeout).and_then(|text| seconds(text).ok());
        }
        if let Some(memory) = value(Key::Memory).and_then(|text| text.parse().ok()) {
            self.memory = memory;
        }
        self.quiet |= is_on(Key::Quiet) && !self.verbose;
        self.timing |= is_on(Key::Timing);
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Stats(StatsArguments),
    Grayscale(GrayscaleArguments),
    Wait(WaitArguments),
    Result(ResultArguments),
    Jobs(JobsArguments),
    Cancel(CancelArguments),
    Listen(ListenArguments),
    DeadLetters(DeadLettersArguments),
    Status(StatusArguments),
    Doctor(DoctorArguments),
    Config(ConfigArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

impl Command {
    /// Whether nothing is to be done but said, for which no cloud is asked: what lies on S3 has to be listed.
    pub(crate) fn is_dry_run_here(&self) -> bool {
        let (names, many) = match self {
            Self::Stats(wanted) => (&wanted.files, &wanted.many),
            Self::Grayscale(wanted) => (&wanted.images, &wanted.many),
            _ => return false,
        };
        many.dry_run && !names.iter().any(|name| is_there(name))
    }
}

/// A time limit, from a number of seconds.
fn seconds(text: &str) -> Result<Limit, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds
        .and_then(|seconds| Limit::from_now(Duration::from_secs(seconds)))
        .ok_or_else(|| "expected a whole number of seconds, at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use errand_client::operations;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_help_tells_how_long_is_waited() {
        let root = Arguments::command();
        let timeout = root
            .get_arguments()
            .find(|each| each.get_id() == "timeout")
            .unwrap();
        let help = timeout.get_help().unwrap().to_string();
        for operation in operations::ALL {
            let told = format!(
                "{} for `{}`",
                operation.default_timeout().as_secs(),
                operation.name()
            );
            assert!(help.contains(&told), "{told} is not in: {help}");
        }
    }

    #[test]
    fn every_option_has_an_environment_variable() {
        let mut root = Arguments::command();
        root.build();
        let mut commands = vec![&root];
        while let Some(command) = commands.pop() {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                if ![
                    "help",
                    "version",
                    "all",
                    "job",
                    "subcommand",
                    "settings",
                    "shell",
                    "folder",
                ]
                .contains(&id)
                {
                    assert!(argument.get_env().is_some(), "{} {id}", command.get_name());
                }
            }
            commands.extend(command.get_subcommands());
        }
    }
}
