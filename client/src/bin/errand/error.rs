//! All that can go wrong, each with its cure and its exit code.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use errand_client::{JobError, JobId, ObjectLocation, Stack};
use errand_protocol::{BucketName, ErrorCode};
use serde_json::json;

use crate::cli;
use crate::output::{self, shown};
use crate::signals;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The cloud did not give it, or the job failed there.
    #[error(transparent)]
    Client(errand_client::Error),
    /// The operation failed in this process.
    #[error("{0}")]
    Failed(JobError),
    /// A local file cannot be read.
    #[error("cannot read `{}`: {source}{}", path.display(), hint_for_reading(source))]
    Read { path: PathBuf, source: io::Error },
    /// A local file cannot be written.
    #[error("cannot write {}: {source}; {}", place(path), hint_for_writing(path, source))]
    Write { path: PathBuf, source: io::Error },
    /// A local file is there already.
    #[error("`{}` exists: replace it with --force, or name another place", path.display())]
    Exists { path: PathBuf },
    /// A local file is there already, and is not what --skip-existing leaves.
    #[error("`{}` exists, but is older than its input or not whole: replace it with --force", path.display())]
    Stale { path: PathBuf },
    /// Of many files, some could not be done. Each was told of by itself.
    #[error("{failed} of {total} failed: see their errors above")]
    SomeFailed { failed: usize, total: usize },
    /// What was asked of the cloud took longer than it may.
    #[error(
        "the cloud was not done within {seconds} s, all that --timeout gives: give it more, or see with `errand doctor` \
         what does not answer"
    )]
    OutOfTime { seconds: u64 },
    /// There is no outcome under the id, and it does not come.
    #[error("{}", no_outcome(*job_id, stack, *seconds, *is_known))]
    NoOutcome {
        job_id: JobId,
        stack: Stack,
        seconds: u64,
        /// Whether this user sent it, from this machine: then there is such a job.
        is_known: bool,
    },
    /// Ctrl-C, or an order to end.
    #[error("{}", interrupted(*job_id, *is_done))]
    Interrupted {
        /// The job that was sent, if it was.
        job_id: Option<JobId>,
        /// Whether it has its answer, which only was not fetched.
        is_done: bool,
    },
    /// The same of many files; what was done was told.
    #[error("interrupted")]
    InterruptedRun,
    /// The time was over while a job was being sent.
    #[error("{source}; job {job_id} may have been sent: fetch the answer with `errand result {job_id}`")]
    LostTrack { job_id: JobId, source: Box<Error> },
    /// A job was sent, and its id could not be told.
    #[error("{source}; job {job_id} was sent: fetch the answer with `errand result {job_id}`")]
    Untold { job_id: JobId, source: Box<Error> },
    /// A job is done, and its answer is not here.
    #[error("{source}; job {job_id} is done: fetch its answer with `errand result {job_id}`")]
    NotFetched { job_id: JobId, source: Box<Error> },
    /// The same, or a failure, of one of the inputs of a command.
    #[error("{}", of_input(input, source))]
    OfInput { input: PathBuf, source: Box<Error> },
    /// `errand doctor` found what does not work.
    #[error("{count} of the checks failed: see their cures above")]
    Unhealthy { count: usize },
    /// Some of the jobs that were waited for failed.
    #[error("{count} of the jobs did not succeed: see above")]
    JobsFailed { count: usize },
    /// Somebody else looks at dead letters that were to be sent again.
    #[error(
        "{count} more are held by somebody else who looks at them, for a minute at most: run this again then"
    )]
    DeadLettersHeld { count: u64 },
    /// Jobs had their answers before they could be canceled.
    #[error("{count} of the jobs had an answer already: too late to cancel")]
    TooLate { count: usize },
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
    /// The command line cannot be read.
    #[error("{}", cli::message(.0))]
    CommandLine(Box<clap::Error>),
    /// A settings file says what cannot be.
    #[error("{0}")]
    Settings(String),
    /// No dead letter is about the job.
    #[error(
        "no dead letter of job {job_id} in stack `{stack}`: {held}it was done, or redriven; see `errand result {job_id}` and \
         `errand dead-letters list`"
    )]
    NoDeadLetter {
        job_id: JobId,
        stack: String,
        /// How many are held by others, if any are, with what may follow.
        held: String,
    },
    /// There is no object that a job could be about.
    #[error(
        "there is no object {file}, or it may not be read: name one that was uploaded to {bucket} under the name of an operation"
    )]
    NoSuchFile {
        file: ObjectLocation,
        bucket: BucketName,
    },
    /// This program panicked.
    #[error(
        "this is a defect of errand: {message}{}; please report it, with the file if you may share it; no file was \
         left behind",
        place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default()
    )]
    Defect {
        message: String,
        /// File and line of the source.
        place: Option<String>,
    },
}

fn hint_for_reading(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "; name an existing file, or `-` for standard input",
        io::ErrorKind::PermissionDenied => "; ask its owner to let you read it",
        _ => "",
    }
}

/// A local file, for a person to read.
fn place(path: &Path) -> String {
    match path.to_str() {
        Some("-") => "standard output".to_owned(),
        _ => format!("`{}`", path.display()),
    }
}

/// An input, for a line that begins with it.
fn name(input: &Path) -> String {
    match input.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => shown(input),
    }
}

fn hint_for_writing(path: &Path, error: &io::Error) -> &'static str {
    match error.kind() {
        _ if path == Path::new("-") => "send it to another place",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there, or name another place",
        _ => "name another place",
    }
}

/// A failure with the input's name before it, unless it begins with that: functions name objects, and what lies below a prefix.
fn of_input(input: &Path, source: &Error) -> String {
    let (name, message) = (name(input), source.to_string());
    if name.starts_with("s3://") && message.starts_with(&name) {
        message
    } else {
        format!("{name}: {message}")
    }
}

fn no_outcome(job_id: JobId, stack: &Stack, seconds: u64, is_known: bool) -> String {
    let within = if seconds == 0 {
        String::new()
    } else {
        format!(" within {seconds} s")
    };
    if is_known {
        return format!(
            "no answer to job {job_id}{within}: it is not done yet (--timeout waits for it), or its answer in stack `{stack}` has \
             expired"
        );
    }
    format!(
        "no answer to job {job_id}{within}: there was no such job in stack `{stack}`, as far as can be known here; one that was \
         sent from elsewhere is not done yet (--timeout waits for it), or its answer has expired"
    )
}

fn interrupted(job_id: Option<JobId>, is_done: bool) -> String {
    match job_id {
        Some(id) if is_done => {
            format!("interrupted; job {id} is done: fetch its answer with `errand result {id}`")
        }
        Some(id) => {
            format!(
                "interrupted; job {id} goes on in the cloud: come back with `errand wait {id}`, or fetch the answer with \
                 `errand result {id}`"
            )
        }
        None => "interrupted before anything was sent".to_owned(),
    }
}

impl From<errand_client::Error> for Error {
    fn from(error: errand_client::Error) -> Self {
        match error {
            // What to do about a file is for the command to say.
            errand_client::Error::Read { path, source } => Self::Read { path, source },
            other => Self::Client(other),
        }
    }
}

impl Error {
    /// A failure of an operation that ran in this process.
    pub(crate) fn offline(code: &'static str, message: String) -> Self {
        Self::Failed(JobError::permanent(ErrorCode::new(code), message))
    }

    /// The same for want of memory, which is this process's to give: so much it was.
    pub(crate) fn too_large(code: &'static str, message: &str, memory_bytes: u64) -> Self {
        Self::offline(
            code,
            format!(
                "{message}, or give more than these {} MiB with --memory",
                memory_bytes >> 20
            ),
        )
    }

    /// The same error, with the input that it is about, where it does not say that by itself: of a job, rather than of the cloud
    /// or of a file.
    pub(crate) fn of_input(self, input: &Path) -> Self {
        use errand_client::Error as Cause;
        let is_of_job = match &self {
            Self::Client(error) => matches!(
                error,
                Cause::Failed { .. }
                    | Cause::InputTooLarge { .. }
                    | Cause::TooManyObjects { .. }
                    | Cause::ExecutionEnded { .. }
                    | Cause::TimedOut { .. }
                    | Cause::LostTrack { .. }
                    | Cause::BadAnswer { .. }
                    | Cause::Replaced { .. }
            ),
            Self::Failed(_) | Self::LostTrack { .. } | Self::Untold { .. } | Self::NotFetched { .. } => true,
            _ => false,
        };
        if is_of_job {
            Self::OfInput {
                input: input.to_owned(),
                source: Box::new(self),
            }
        } else {
            self
        }
    }

    /// The same error, of a job that is done: its answer can be fetched again.
    pub(crate) fn not_fetched(self, job_id: JobId) -> Self {
        // Who has read enough does not want it again, and a job that failed has no answer but that.
        if self.is_broken_pipe() || matches!(self, Self::Interrupted { .. }) || self.job_id().is_some() {
            return self;
        }
        Self::NotFetched {
            job_id,
            source: Box::new(self),
        }
    }

    /// What it is at bottom.
    pub(crate) fn cause(&self) -> &Self {
        match self {
            Self::LostTrack { source, .. }
            | Self::Untold { source, .. }
            | Self::NotFetched { source, .. }
            | Self::OfInput { source, .. } => source.cause(),
            other => other,
        }
    }

    /// Whether whoever read the output has had enough, which is no error.
    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The process could not be set up to wait for the network: too few file descriptors, say.
    pub(crate) fn of_start(error: &io::Error) -> Self {
        Self::Client(errand_client::Error::Service {
            action: "start".to_owned(),
            message: error.to_string(),
            retryable: true,
        })
    }

    /// Whether the same command may succeed later without a change.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Client(error) => error.is_retryable(),
            Self::Failed(error) => error.retryable,
            Self::OutOfTime { .. }
            | Self::NoOutcome { .. }
            | Self::LostTrack { .. }
            | Self::Interrupted { .. }
            | Self::InterruptedRun
            | Self::DeadLettersHeld { .. } => true,
            Self::OfInput { source, .. } | Self::Untold { source, .. } | Self::NotFetched { source, .. } => {
                source.is_retryable()
            }
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Exists { .. }
            | Self::Stale { .. }
            | Self::SomeFailed { .. }
            | Self::JobsFailed { .. }
            | Self::TooLate { .. }
            | Self::Unhealthy { .. }
            | Self::Usage(_)
            | Self::CommandLine(_)
            | Self::Settings(_)
            | Self::NoSuchFile { .. }
            | Self::NoDeadLetter { .. }
            | Self::Defect { .. } => false,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Client(error) => exit_code_of(error),
            Self::Failed { .. }
            | Self::SomeFailed { .. }
            | Self::JobsFailed { .. }
            | Self::TooLate { .. } => 1,
            Self::Usage(_) | Self::CommandLine(_) | Self::Settings(_) => 2,
            Self::OutOfTime { .. } | Self::Unhealthy { .. } => 3,
            Self::LostTrack { .. } | Self::Untold { .. } | Self::NotFetched { .. } | Self::OfInput { .. } => {
                self.cause().exit_code()
            }
            Self::NoOutcome { is_known: true, .. } | Self::DeadLettersHeld { .. } => 4,
            Self::Read { .. } | Self::Write { .. } | Self::Exists { .. } | Self::Stale { .. } => 5,
            Self::NoOutcome { is_known: false, .. } | Self::NoSuchFile { .. } | Self::NoDeadLetter { .. } => {
                7
            }
            // What sysexits.h calls an internal software error.
            Self::Defect { .. } => 70,
            Self::Interrupted { .. } | Self::InterruptedRun => 130,
        }
    }

    /// A stable word for programs that read the JSON form.
    fn code(&self) -> &str {
        match self {
            Self::Client(error) => error.code(),
            Self::Failed(error) => error.code.as_str(),
            Self::Read { .. } => "cannot_read",
            Self::Write { .. } => "cannot_write",
            Self::Exists { .. } | Self::Stale { .. } => "exists",
            Self::SomeFailed { .. } => "some_failed",
            Self::OutOfTime { .. } => "out_of_time",
            Self::NoOutcome { is_known: true, .. } => "no_outcome",
            Self::NoOutcome { is_known: false, .. } => "no_such_job",
            Self::NoSuchFile { .. } => "no_such_file",
            Self::NoDeadLetter { .. } => "no_dead_letter",
            Self::Interrupted { .. } | Self::InterruptedRun => "interrupted",
            Self::LostTrack { .. } | Self::Untold { .. } | Self::NotFetched { .. } | Self::OfInput { .. } => {
                self.cause().code()
            }
            Self::Unhealthy { .. } => "unhealthy",
            Self::JobsFailed { .. } => "jobs_failed",
            Self::DeadLettersHeld { .. } => "dead_letters_held",
            Self::TooLate { .. } => "too_late",
            Self::Usage(_) | Self::CommandLine(_) => "usage",
            Self::Settings(_) => "invalid_settings",
            Self::Defect { .. } => "internal_error",
        }
    }

    /// What went wrong with this file, for a line that begins with its name.
    pub(crate) fn of(&self, file: &Path) -> String {
        match self {
            Self::Read { path, source } if path == file => {
                format!(
                    "cannot read it: {source}{}",
                    if source.kind() == io::ErrorKind::NotFound {
                        "; name an existing file"
                    } else {
                        ""
                    }
                )
            }
            Self::Exists { path } => {
                format!(
                    "`{}` exists; replace it with --force, or leave it with --skip-existing",
                    path.display()
                )
            }
            other => other.to_string(),
        }
    }

    /// Whether the disk is full, as it is for whatever would be written next.
    pub(crate) fn is_no_room(&self) -> bool {
        let is_full = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        };
        matches!(self.cause(), Self::Write { source, .. } if is_full(source))
    }

    /// The error as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        let message = match self {
            // It has a field of its own.
            Self::OfInput { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        json!({ "code": self.code(), "message": message, "retryable": self.is_retryable() })
    }

    pub(crate) fn job_id(&self) -> Option<JobId> {
        match self {
            Self::Client(error) => error.job_id(),
            Self::Interrupted { job_id, .. } => *job_id,
            Self::NoOutcome { job_id, .. }
            | Self::NoDeadLetter { job_id, .. }
            | Self::LostTrack { job_id, .. }
            | Self::Untold { job_id, .. }
            | Self::NotFetched { job_id, .. } => Some(*job_id),
            Self::OfInput { source, .. } => source.job_id(),
            _ => None,
        }
    }

    /// Tells the person on stderr and, with `--json`, the program on stdout; gives the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        // A reader that has had enough is no error.
        if self.cause().is_broken_pipe() {
            return ExitCode::SUCCESS;
        }
        // The summary has told of these.
        if !matches!(self, Self::SomeFailed { .. } | Self::InterruptedRun) {
            self.tell(json);
        }
        if matches!(self, Self::Interrupted { .. } | Self::InterruptedRun) {
            return signals::die();
        }
        ExitCode::from(self.exit_code())
    }

    /// Tells the person on stderr and, with `--json`, the program on stdout.
    pub(crate) fn tell(&self, json: bool) {
        // Where stdout or stderr is full or closed, the exit code is what is left to tell.
        match self {
            // With usage, and a word that may have been meant.
            Self::CommandLine(error) => {
                let _ = error.print();
            }
            _ => output::line(&self.to_string()),
        }
        if let (Some(id), Self::Client(errand_client::Error::Failed { .. })) = (self.job_id(), self.cause()) {
            output::line(&format!("job {id} failed ({})", self.code()));
        }
        // What was printed has told a program already; or nothing can.
        let is_told = match self.cause() {
            Self::Unhealthy { .. } | Self::JobsFailed { .. } | Self::TooLate { .. } => true,
            Self::Write { path, .. } => path == Path::new("-"),
            _ => false,
        };
        if json && !is_told {
            let mut answer = json!({ "job_id": self.job_id(), "error": self.json() });
            if let Self::OfInput { input, .. } = self {
                answer["input"] = json!(input.to_string_lossy());
            }
            if let Self::Client(errand_client::Error::Failed { job, .. }) = self.cause()
                && let Some(trace_id) = job.trace_id
            {
                answer["trace_id"] = json!(trace_id);
            }
            if let Err(source) = output::write_json(&answer)
                && source.kind() != io::ErrorKind::BrokenPipe
            {
                let path = PathBuf::from("-");
                output::line(&Self::Write { path, source }.to_string());
            }
        }
    }
}

fn exit_code_of(error: &errand_client::Error) -> u8 {
    match error {
        errand_client::Error::Failed { error, .. } if error.is_fault() => 6,
        errand_client::Error::ExecutionEnded { .. } => 6,
        errand_client::Error::Failed { .. }
        | errand_client::Error::InputTooLarge { .. }
        | errand_client::Error::TooManyObjects { .. }
        | errand_client::Error::Replaced { .. } => 1,
        errand_client::Error::TimedOut { .. } => 4,
        errand_client::Error::Read { .. } | errand_client::Error::Write { .. } => 5,
        errand_client::Error::LostTrack { source, .. } => exit_code_of(source),
        // The cloud cannot be used.
        _ => 3,
    }
}
