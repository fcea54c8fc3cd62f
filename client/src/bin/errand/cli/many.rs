//! What is typed for many files.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

/// Which files, when it is not one, and how they are done.
#[derive(Args, Debug)]
#[command(next_help_heading = "Many at once")]
pub(crate) struct ManyArguments {
    /// Read more names of files and folders from a file, one a line; `-` is standard input
    #[arg(long, env = "ERRAND_FILES_FROM", value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,

    /// The names of --files-from end with NUL, as `find -print0` writes them
    #[arg(short = '0', long, env = "ERRAND_NULL", requires = "files_from")]
    pub(crate) null: bool,

    /// Take only files that match this glob, by name, or by their path in the folder if it has a slash (may be repeated)
    #[arg(long, env = "ERRAND_INCLUDE", value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// Leave out files and folders that match this glob (may be repeated)
    #[arg(long, env = "ERRAND_EXCLUDE", value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,

    /// How many are done at once [default: with --offline one for each processor, else 64]
    #[arg(short, long, env = "ERRAND_JOBS", value_name = "N")]
    pub(crate) jobs: Option<NonZero<usize>>,

    /// Begin no more after the first failure
    #[arg(long, env = "ERRAND_FAIL_FAST")]
    pub(crate) fail_fast: bool,

    /// Say what would be done, and do nothing
    #[arg(short = 'n', long, env = "ERRAND_DRY_RUN")]
    pub(crate) dry_run: bool,
}
