//! What is typed after `errand config`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;

use super::complete;
use crate::config::{Assignment, KeyName};

/// Settings, and the clouds that have a name
///
/// An option outdoes its variable, that the project's file, that the user's, and that the default. Files are TOML; each
/// setting has the name of its option: stack, endpoint-url, region, profile, kms-key-arn, timeout, memory, quiet, timing. A table
/// [targets.NAME] is a cloud with a name, which --target, ERRAND_TARGET or `target` in a file chooses. Keys and secrets do not belong
/// there: a profile names them, and `emulator = true` takes the keys that all emulators take.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand config show                        what holds, and where it comes from
  errand config set target=aws targets.aws.region=eu-west-1 targets.aws.profile=work
  errand config path                        your own file")]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// What holds, and where each value comes from
    #[command(after_help = "\
Examples:
  errand config show
  errand --target aws config show --json | jq '.settings'")]
    Show,
    /// Write settings into a file
    ///
    /// All else in the file stays as it is. A value that its option would refuse is not written.
    #[command(after_help = "\
Examples:
  errand config set region=eu-west-1 profile=work
  errand config set target=aws targets.aws.stack=errand-two
  errand config set --project target=local targets.local.emulator=true targets.local.endpoint-url=http://127.0.0.1:4566")]
    Set {
        /// Settings with their values
        #[arg(value_name = "KEY=VALUE", required = true, add = ArgValueCandidates::new(complete::assignments))]
        settings: Vec<Assignment>,
        /// Into the project's file: the one that is in use here, or a new .errand.toml in this folder [default: your own file]
        #[arg(long, env = "ERRAND_PROJECT")]
        project: bool,
    },
    /// Take settings, or a target as a whole, out of a file
    #[command(after_help = "\
Examples:
  errand config unset region
  errand config unset --project targets.local")]
    Unset {
        /// Settings; `targets.NAME` is all of a target
        #[arg(value_name = "KEY", required = true, add = ArgValueCandidates::new(complete::settings))]
        settings: Vec<KeyName>,
        /// Out of the project's file [default: your own file]
        #[arg(long, env = "ERRAND_PROJECT")]
        project: bool,
    },
    /// Print where the file is, whether it is there or not
    #[command(after_help = "\
Examples:
  errand config path
  errand config path --project              the one that is in use here")]
    Path {
        /// The project's file [default: your own file]
        #[arg(long, env = "ERRAND_PROJECT")]
        project: bool,
    },
}
