//! What can be typed.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are help texts, which show every back-tick"
)]

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use errand_client::{InvalidEndpoint, InvalidKmsKey, JobId, Notes, Settings, Stack, operations};
use errand_grayscale::{Format, Luma};
use errand_stats::{Bins, Column, Percentile, Selection};

use crate::commands::jobs;
use crate::error::Error;
use crate::job_list::State;
use crate::job_reference::JobReference;
use crate::limit::Limit;
use crate::output;
use crate::output::Verbosity;

/// Send work to the cloud and bring the answer back.
///
/// A list of integers or an image goes to an AWS Lambda function; the statistics or the grayscale image come back
/// over SQS, and stay on S3.
#[derive(Debug, Parser)]
#[command(name = "errand", version, max_term_width = 100, after_long_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  errand stats input.txt                    statistics of the integers in a file
  seq 1000 | errand stats -                 ... of what comes in
  errand grayscale image.jpg                writes output_image.jpg
  errand grayscale photos/ -o gray/         all images in a folder
  errand --offline grayscale a.png -o b.png the same operation in this process, without a cloud
  errand grayscale big.tif --detach         prints the job's id and does not wait
  errand wait 0192f0c4-…                    until that job is done
  errand result 0192f0c4-…                  the answer to an earlier job
  errand jobs                               what was sent, and what became of it
  errand doctor                             why it does not work
  errand dead-letters redrive --all         do again what could not be done

Network: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY name a proxy, and AWS_CA_BUNDLE certificates, as for other AWS tools.

Exit codes:
  0    the answer is here
  1    the job failed: the input or a parameter is not acceptable; of many, one or more failed; or it was too late to
       cancel it
  2    the command line is wrong
  3    the cloud cannot be used: not reachable, not deployed, no credentials, not allowed, too slow for --timeout
  4    no answer yet: fetch it later with `errand result`
  5    a local file cannot be read or written
  130  interrupted (the process dies of the signal: 143 after SIGTERM)";

/// Options of every subcommand.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Global {
    /// Print the answer as JSON (integers of any size as text)
    #[arg(long, global = true, env = "ERRAND_JSON")]
    pub(crate) json: bool,

    /// Run the operation in this process, with no cloud at all
    #[arg(long, global = true, env = "ERRAND_OFFLINE")]
    pub(crate) offline: bool,

    /// How long the command may take in all, in seconds; with `listen`, how long without an answer [default: no end, but
    /// the answer is waited for 450 for `stats`, 870 for `grayscale`: a second attempt after the function was killed is
    /// still waited for; `result` does not wait]
    #[arg(long, global = true, env = "ERRAND_TIMEOUT", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Limit>,

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

    /// Which cloud the command speaks to. What is empty says nothing, as an unset variable in a script.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let endpoint_url = said(&self.endpoint_url).map(|url| url.parse()).transpose();
        let kms_key = said(&self.kms_key_arn).map(|arn| arn.parse()).transpose();
        let mut settings = Settings::of_stack(self.stack.clone());
        settings.endpoint_url =
            endpoint_url.map_err(|error: InvalidEndpoint| Error::Usage(error.to_string()))?;
        settings.region = said(&self.region);
        settings.profile = said(&self.profile);
        settings.kms_key = kms_key.map_err(|error: InvalidKmsKey| Error::Usage(error.to_string()))?;
        settings.notes = Notes::to(output::note);
        Ok(settings)
    }
}

impl Command {
    /// Whether nothing is to be done but said.
    pub(crate) fn is_dry_run(&self) -> bool {
        match self {
            Self::Stats(wanted) => wanted.many.dry_run,
            Self::Grayscale(wanted) => wanted.many.dry_run,
            _ => false,
        }
    }
}

/// How a job is sent.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SendArguments {
    /// Send the job, print its id and do not wait: see `errand wait`, `errand result` and `errand jobs`
    #[arg(long, env = "ERRAND_DETACH")]
    pub(crate) detach: bool,

    /// Give the job an id that follows from operation, parameters and input: the same job is not done again, but answered
    /// with what became of it, as long as the stack keeps that
    #[arg(long, env = "ERRAND_ID_FROM_CONTENT")]
    pub(crate) id_from_content: bool,
}

impl SendArguments {
    /// Refuses what makes no sense for many.
    pub(crate) fn check_many(self) -> Result<(), Error> {
        if self.detach {
            let message = "--detach is for one file: leave it out, or send them one by one";
            return Err(Error::Usage(message.to_owned()));
        }
        Ok(())
    }

    /// Refuses what makes no sense without a cloud.
    pub(crate) fn check_offline(self) -> Result<(), Error> {
        if self.detach {
            let message = "--detach asks the cloud: leave out --offline (or ERRAND_OFFLINE)";
            return Err(Error::Usage(message.to_owned()));
        }
        Ok(())
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
    Doctor(DoctorArguments),
}

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

/// Statistics of a list of integers, or of many
///
/// Prints count, sum, minimum, maximum, mean and median, exactly, for integers of any size. They may be separated by
/// white space, commas, semicolons or new lines, or stand in a JSON array or in a column of a CSV file; `#` begins a
/// comment; gzip and zstd are recognized.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand stats                              reads input.txt
  errand stats numbers.txt --json
  errand stats numbers.txt.gz --all
  errand stats sales.csv --column amount --percentiles 1,5,95,99
  cat numbers.txt | errand stats - --histogram
  errand stats lists/                       a row for each list
  errand stats 'lists/**/*.txt' --json      a line of JSON for each, then the sum")]
pub(crate) struct StatsArguments {
    /// Lists: files, folders, globs; `-` is standard input [default: input.txt]
    #[arg(env = "ERRAND_STATS_FILE", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) many: ManyArguments,

    /// Give every statistic there is
    #[arg(long, conflicts_with = "statistics")]
    pub(crate) all: bool,

    /// Give these statistics (comma-separated): count, sum, minimum, maximum, mean, median, range, variance,
    /// standard-deviation, quartiles, modes, distinct
    #[arg(
        long,
        env = "ERRAND_STATISTICS",
        value_name = "NAMES",
        default_value = "default",
        hide_default_value = true
    )]
    pub(crate) statistics: Selection,

    /// Give these percentiles besides (comma-separated, linear interpolation)
    #[arg(long, env = "ERRAND_PERCENTILES", value_name = "LIST", value_delimiter = ',')]
    pub(crate) percentiles: Vec<Percentile>,

    /// Draw a histogram, of so many bins if given
    #[arg(long, env = "ERRAND_HISTOGRAM", value_name = "BINS", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub(crate) histogram: Option<Bins>,

    /// Read one column of a CSV or TSV, by number (from 1) or header
    #[arg(long, env = "ERRAND_COLUMN")]
    pub(crate) column: Option<Column>,

    /// Count and report what is not an integer instead of failing
    #[arg(long, env = "ERRAND_SKIP_INVALID")]
    pub(crate) skip_invalid: bool,

    #[command(flatten)]
    pub(crate) send: SendArguments,
}

/// Grayscale of an image, or of many
///
/// Takes JPEG, PNG, WebP, GIF, BMP, TIFF, PNM and QOI. The answer has the same format unless the output's name or
/// --format says otherwise. Of a folder, all files are taken that are images by their names, at any depth, and the tree is
/// kept: in the folder that -o names, or in output_ and the folder's name.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[command(after_help = "\
Examples:
  errand grayscale                          image.jpg becomes output_image.jpg
  errand grayscale photo.png -o gray.png
  errand grayscale photo.png -o gray.webp --quality 80
  errand grayscale photo.tif --luma bt709
  errand grayscale photos/ -o gray/         photos/a/b.jpg becomes gray/a/b.jpg
  errand grayscale photos/ -o gray/ --skip-existing   does what is left, or new
  find . -name '*.jpg' -print0 | errand grayscale --files-from - -0 -o gray/")]
pub(crate) struct GrayscaleArguments {
    /// Images: files, folders, globs; `-` is standard input [default: image.jpg]
    #[arg(env = "ERRAND_IMAGE", value_name = "FILE")]
    pub(crate) images: Vec<PathBuf>,

    /// Where the answer goes: a file, or a folder (one that is there, or with a slash, or for many); `-` is standard output
    /// [default: output_ and the image's name, in this folder]
    #[arg(short, long, env = "ERRAND_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Format of the answer: jpeg, png, webp, gif, bmp, tiff, pnm, qoi [default: as the output's name says, else
    /// the image's own]
    #[arg(long, env = "ERRAND_FORMAT")]
    pub(crate) format: Option<Format>,

    /// Formula for gray: bt601 (what JPEG's luma and Pillow's L are), bt709, linear (linear light)
    #[arg(long, env = "ERRAND_LUMA", default_value = "bt601")]
    pub(crate) luma: Luma,

    /// Quality, 1 to 100, where a lossy format has to be encoded anew
    #[arg(long, env = "ERRAND_QUALITY", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) quality: Option<u8>,

    /// Drop metadata that is of no use for showing the image
    #[arg(long, env = "ERRAND_STRIP")]
    pub(crate) strip: bool,

    /// Take more time for a smaller file
    #[arg(long, env = "ERRAND_OPTIMIZE")]
    pub(crate) optimize: bool,

    /// Keep what can be shown of a damaged JPEG instead of refusing it
    #[arg(long, env = "ERRAND_LENIENT")]
    pub(crate) lenient: bool,

    /// Give palette images a true gray channel
    #[arg(long, env = "ERRAND_TRUE_GRAY")]
    pub(crate) true_gray: bool,

    #[command(flatten)]
    pub(crate) send: SendArguments,

    /// Replace files that are there already
    #[arg(short, long, env = "ERRAND_FORCE")]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) many: ManyArguments,

    /// Leave answers that are there, whole and newer than their images: an interrupted run goes on (with --force, the
    /// others are replaced)
    #[arg(long, env = "ERRAND_SKIP_EXISTING", help_heading = "Many at once")]
    pub(crate) skip_existing: bool,
}

/// Wait until jobs are done
///
/// Prints what became of each, one line each, as they are done. Without --timeout it waits as long as an answer to `grayscale` is
/// waited for.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand wait 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand wait $(cat ids.txt) --timeout 600 --json

Exit codes: 0 all succeeded; 1 some failed; 4 some are not done in time")]
pub(crate) struct WaitArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket
    #[arg(value_name = "JOB_ID", required = true)]
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
/// A job that is canceled is answered with the failure `canceled`, for everybody. What its function has begun it does not stop; what
/// it has not begun on an input on S3 it does not begin. Says whether it came in time.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand cancel 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b

Exit codes: 0 all are canceled; 1 some had their answers already")]
pub(crate) struct CancelArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket
    #[arg(value_name = "JOB_ID", required = true)]
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
  errand result $(cat ids.txt) -o results   files that the jobs made go to a folder
  errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --url
  errand result s3://errand-input-123456789012-eu-west-1/stats/list.txt   of an uploaded file")]
pub(crate) struct ResultArguments {
    /// The jobs' ids, or the s3:// addresses of files that were uploaded to the input bucket
    #[arg(value_name = "JOB_ID", required = true)]
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
}

/// Print what arrives on the stack's response queue
///
/// Answers to requests that name no reply queue, and to files uploaded to the input bucket, arrive there. What has
/// been printed is removed from the queue (the outcomes stay on S3). Ends when interrupted, or after --count answers
/// or --timeout seconds without one, where these are given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand listen
  errand listen --json --count 1 --timeout 60")]
pub(crate) struct ListenArguments {
    /// End after so many answers
    #[arg(long, env = "ERRAND_COUNT", value_name = "N")]
    pub(crate) count: Option<u64>,
}

/// Requests that could not be done: list, show, send again
///
/// A request that failed for a reason that may pass, such as a lacking right or a service that was down, was answered
/// with "failed after N attempts" and is kept until 14 days after it was sent. Mend the cause, then redrive it: the job
/// is done under its old id, and its new answer takes the place of the failure. This needs the stack's operator policy
/// (output OperatorPolicyArn).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand dead-letters list
  errand dead-letters list --operation stats --json
  errand dead-letters show 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters redrive 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b
  errand dead-letters redrive --all && errand result 0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b --timeout 60")]
pub(crate) struct DeadLettersArguments {
    #[command(subcommand)]
    pub(crate) action: DeadLettersAction,

    /// Only those of this operation
    #[arg(long, global = true, env = "ERRAND_OPERATION", value_parser = PossibleValuesParser::new(operations::names()))]
    pub(crate) operation: Option<String>,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersAction {
    /// One line for each
    List,
    /// All that is known of one: its request, and the failure it was answered with
    Show {
        /// The job's id, or the id of the message
        #[arg(value_name = "JOB_ID")]
        job: JobId,
    },
    /// Send it to its function again
    Redrive {
        /// The job's id, or the id of the message
        #[arg(value_name = "JOB_ID", required_unless_present = "all")]
        job: Option<JobId>,
        /// Send all of them
        #[arg(long, conflicts_with = "job")]
        all: bool,
    },
}

/// Find out why it does not work
///
/// Looks at credentials, region, stack, queues and buckets, at dead letters that wait, and at reply queues whose client
/// has died: made, or last waited at, more than an hour ago, as their tags tell. Clients that end by themselves remove
/// theirs.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand doctor
  errand doctor --fix                       remove the reply queues of dead clients
  errand doctor --json | jq '.findings[] | select(.status != \"ok\")'

Exit codes: 0 all is well, or only warnings; 3 something does not work")]
pub(crate) struct DoctorArguments {
    /// Remove the reply queues of dead clients
    #[arg(long, env = "ERRAND_FIX")]
    pub(crate) fix: bool,
}

fn seconds(text: &str) -> Result<Limit, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds
        .and_then(|seconds| Limit::from_now(Duration::from_secs(seconds)))
        .ok_or_else(|| "expected a whole number of seconds, at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
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
                if !["help", "version", "all", "job", "subcommand"].contains(&id) {
                    assert!(argument.get_env().is_some(), "{} {id}", command.get_name());
                }
            }
            commands.extend(command.get_subcommands());
        }
    }
}
