//! What is typed about jobs that were sent: `errand wait`, `jobs`, `cancel` and `result`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::complete;
use crate::commands::jobs;
use crate::job_list::State;
use crate::job_reference::JobReference;

/// Wait until jobs are done
///
/// Prints what became of each, one line each, as they are done. Without --timeout it waits as long as an answer to `grayscale` is
/// waited for; for a job that many functions do, as long as it takes, and tells how far it is.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand wait 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand wait $(cat ids.txt) --timeout 600 --json
  errand grayscale photos/ --detach > ids.txt && errand wait - < ids.txt

Exit codes: 0 all succeeded; 1 some failed; 4 some are not done in time; 7 of one of those nothing is known")]
pub(crate) struct WaitArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket; `-` reads them from standard input,
    /// one a line, also as --detach --json prints them
    #[arg(value_name = "JOB_ID", required = true, add = ArgValueCandidates::new(complete::job_ids))]
    pub(crate) job: Vec<JobReference>,
}

/// What was sent, and what became of it
///
/// Lists the jobs that this user sent to the stack from this machine, newest first: their ids, how far they are, how long ago they
/// were sent, how long they took, and their inputs. They are kept in $XDG_STATE_HOME/errand/jobs.jsonl (~/.local/state without that
/// variable). With --all, what the stack has done for everybody, as long as it keeps that.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand jobs
  errand jobs --state failed --since 1h --json
  errand jobs --state waiting
  errand jobs --state running               by many functions, and how far they are
  errand jobs --all --since 1d --limit 100")]
pub(crate) struct JobsArguments {
    /// Everybody's jobs that were done, newest first
    #[arg(long)]
    pub(crate) all: bool,

    /// Only those that are so far
    #[arg(long, env = "ERRAND_STATE")]
    pub(crate) state: Option<State>,

    /// Only those that were sent no longer ago (of uploaded files: done): 90s, 30m, 1h, 7d
    #[arg(long, env = "ERRAND_SINCE", value_name = "TIME", value_parser = jobs::duration)]
    pub(crate) since: Option<Duration>,

    /// No more than so many
    #[arg(long, env = "ERRAND_LIMIT", value_name = "N", default_value_t = jobs::SHOWN)]
    pub(crate) limit: usize,
}

/// Take jobs back that are not done yet
///
/// A job that is canceled is answered with the failure `canceled`, for everybody. What its function has
/// not begun on an input on S3 it does not begin; what it has begun it gives up within some seconds. A job that many functions do is
/// stopped. Says whether it came in time, and what was done by then.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand cancel 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b

Exit codes: 0 all are canceled; 1 some had their answers already")]
pub(crate) struct CancelArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket; `-` reads them from standard input,
    /// one a line, also as --detach --json prints them
    #[arg(value_name = "JOB_ID", required = true, add = ArgValueCandidates::new(complete::job_ids))]
    pub(crate) job: Vec<JobReference>,
}

/// The answer to an earlier job
///
/// Looks once, or, with --timeout, until it is there. A failure for a reason that may pass does not end the wait: its
/// job may have been redriven. Of several jobs, each is told of, whatever became of the others; the exit code is the last
/// failure's.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand result - -o gray/ < ids.txt        of many; photos/a/b.jpg becomes gray/a/b.jpg
  errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b -o gray/   all files of a job about many
  errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --url
  errand result s3://errand-input-123456789012-eu-west-1/stats/list.txt   of an uploaded file")]
pub(crate) struct ResultArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket; `-` reads them from standard input,
    /// one a line, also as --detach --json prints them
    #[arg(value_name = "JOB_ID", required = true, add = ArgValueCandidates::new(complete::job_ids))]
    pub(crate) job: Vec<JobReference>,

    /// Where a file that the job made goes; `-` is standard output; of several jobs, the folder [default: output_ and its name,
    /// in this folder]
    #[arg(short, long, env = "ERRAND_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Print a link to the file that the job made, or to its outcome, instead: it works for an hour, for whoever has it
    #[arg(long, env = "ERRAND_URL", conflicts_with = "output")]
    pub(crate) url: bool,

    /// Replace a file that is there already
    #[arg(short, long, env = "ERRAND_FORCE")]
    pub(crate) force: bool,

    /// Leave files that are there: an interrupted run goes on
    #[arg(long, env = "ERRAND_SKIP_EXISTING", conflicts_with = "force")]
    pub(crate) skip_existing: bool,
}
