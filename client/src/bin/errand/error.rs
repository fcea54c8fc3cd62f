//! All that can go wrong, each with its cure and its exit code.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use errand_protocol::{ErrorCode, JobError, JobId, Stack};
use serde_json::json;

use crate::answer::JobIds;
use crate::signals;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The job was answered with a failure.
    #[error("{error}")]
    Failed {
        /// None when the operation ran in this process.
        job: Option<JobIds>,
        error: JobError,
    },
    /// A local file cannot be read.
    #[error("cannot read `{}`: {source}{}", path.display(), hint_for_reading(source))]
    Read { path: PathBuf, source: io::Error },
    /// A local file cannot be written.
    #[error("cannot write {}: {source}; {}", place(path), hint_for_writing(path, source))]
    Write { path: PathBuf, source: io::Error },
    /// A local file is there already.
    #[error("`{}` exists: replace it with --force, or give another place with -o", path.display())]
    Exists { path: PathBuf },
    /// A local file is there already, and is not what --skip-existing leaves.
    #[error("`{}` exists, but is older than its input or not whole: replace it with --force", path.display())]
    Stale { path: PathBuf },
    /// Of many files, some could not be done. Each was told of by itself.
    #[error("{failed} of {total} failed: see their errors above")]
    SomeFailed { failed: usize, total: usize },
    /// Nothing listens at the endpoint, or the way there is cut.
    #[error("cannot reach {endpoint} ({cause}): {cure}")]
    Unreachable {
        endpoint: String,
        cause: String,
        cure: &'static str,
    },
    /// There is no such stack.
    #[error(
        "stack `{stack}` is not deployed at {place}: deploy it with `{cure}`, or name another with --stack"
    )]
    NotDeployed {
        stack: Stack,
        place: String,
        cure: String,
    },
    /// Neither environment nor profile hold credentials.
    #[error(
        "no AWS credentials found: run `aws configure` or `aws sso login`, name a profile with --profile, or, for the \
         local cloud, run eval \"$(make -s local-env)\""
    )]
    NoCredentials,
    /// There were credentials once, or are to be, but they could not be had.
    #[error("cannot get AWS credentials: {cause}; {cure}")]
    Credentials { cause: String, cure: String },
    /// No profile has the name.
    #[error(
        "there is no AWS profile `{name}` in ~/.aws/config or ~/.aws/credentials: {known}; name another with --profile"
    )]
    UnknownProfile {
        name: String,
        /// Which there are, for a person to read.
        known: String,
    },
    /// The environment, or a file of AWS's configuration, says what cannot be.
    #[error("{0}")]
    Configuration(String),
    /// No region is set.
    #[error("no AWS region is set: give one with --region, AWS_REGION or in the profile")]
    NoRegion,
    /// The cloud refused, or failed in a way of its own.
    #[error("{action}: {message}")]
    Service {
        action: String,
        message: String,
        /// Whether the same call may succeed later.
        retryable: bool,
    },
    /// The answer did not come in time.
    #[error(
        "no answer to job {job_id} within {seconds} s: it goes on in the cloud; fetch the answer later with \
         `errand result {job_id}`"
    )]
    TimedOut { job_id: JobId, seconds: u64 },
    /// What was asked of the cloud took longer than it may.
    #[error(
        "the cloud was not done within {seconds} s, all that --timeout gives: give it more, or see with `errand doctor` \
         what does not answer"
    )]
    OutOfTime { seconds: u64 },
    /// There is no outcome under the id, and it does not come.
    #[error(
        "no answer to job {job_id}{}: it is not done yet (--timeout waits for it), its answer has expired, or there \
         was no such job in stack `{stack}`",
        if *seconds == 0 { String::new() } else { format!(" within {seconds} s") }
    )]
    NoOutcome {
        job_id: JobId,
        stack: Stack,
        seconds: u64,
    },
    /// Ctrl-C, or an order to end.
    #[error("{}", interrupted(*job_id))]
    Interrupted {
        /// The job that was sent, if it was.
        job_id: Option<JobId>,
    },
    /// A job was sent, or may have been, and then something went wrong here.
    #[error("{source}; job {job_id} {}: fetch the answer with `errand result {job_id}`", if *is_certain { "goes on in the cloud" } else { "may have been sent" })]
    LostTrack {
        job_id: JobId,
        /// Whether the job is known to have been sent.
        is_certain: bool,
        source: Box<Error>,
    },
    /// `errand doctor` found what does not work.
    #[error("{count} of the checks failed: see their cures above")]
    Unhealthy { count: usize },
    /// The answer is there, but says what this client does not understand.
    #[error("the answer to job {job_id} cannot be used: {message}")]
    BadAnswer { job_id: JobId, message: String },
    /// The command line asks for what cannot be.
    #[error("{0}")]
    Usage(String),
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

fn hint_for_writing(path: &Path, error: &io::Error) -> &'static str {
    match error.kind() {
        _ if path == Path::new("-") => "send it to another place",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room there, or give another place with -o"
        }
        _ => "give another place with -o",
    }
}

fn interrupted(job_id: Option<JobId>) -> String {
    match job_id {
        Some(id) => {
            format!("interrupted; job {id} goes on in the cloud: fetch the answer with `errand result {id}`")
        }
        None => "interrupted before anything was sent".to_owned(),
    }
}

impl Error {
    /// A failure of an operation that ran in this process.
    pub(crate) fn offline(code: &'static str, message: String) -> Self {
        Self::Failed {
            job: None,
            error: JobError::permanent(ErrorCode::new(code), message),
        }
    }

    /// The process could not be set up to wait for the network: too few file descriptors, say.
    pub(crate) fn of_start(error: &io::Error) -> Self {
        Self::Service {
            action: "start".to_owned(),
            message: error.to_string(),
            retryable: true,
        }
    }

    /// Whether the same command may succeed later without a change.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Failed { error, .. } => error.retryable,
            Self::Service { retryable, .. } => *retryable,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::OutOfTime { .. }
            | Self::NoOutcome { .. }
            | Self::LostTrack { .. }
            | Self::Interrupted { .. } => true,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Exists { .. }
            | Self::Stale { .. }
            | Self::SomeFailed { .. }
            | Self::NotDeployed { .. }
            | Self::NoCredentials
            | Self::Credentials { .. }
            | Self::UnknownProfile { .. }
            | Self::Configuration(_)
            | Self::NoRegion
            | Self::BadAnswer { .. }
            | Self::Unhealthy { .. }
            | Self::Usage(_)
            | Self::Defect { .. } => false,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Failed { .. } | Self::SomeFailed { .. } => 1,
            Self::Usage(_) => 2,
            Self::Unreachable { .. }
            | Self::OutOfTime { .. }
            | Self::NotDeployed { .. }
            | Self::NoCredentials
            | Self::Credentials { .. }
            | Self::UnknownProfile { .. }
            | Self::Configuration(_)
            | Self::NoRegion
            | Self::BadAnswer { .. }
            | Self::Unhealthy { .. }
            | Self::Service { .. } => 3,
            Self::LostTrack { source, .. } => source.exit_code(),
            Self::TimedOut { .. } | Self::NoOutcome { .. } => 4,
            Self::Read { .. } | Self::Write { .. } | Self::Exists { .. } | Self::Stale { .. } => 5,
            // What sysexits.h calls an internal software error.
            Self::Defect { .. } => 70,
            Self::Interrupted { .. } => 130,
        }
    }

    /// A stable word for programs that read the JSON form.
    fn code(&self) -> &str {
        match self {
            Self::Failed { error, .. } => error.code.as_str(),
            Self::Read { .. } => "cannot_read",
            Self::Write { .. } => "cannot_write",
            Self::Exists { .. } | Self::Stale { .. } => "exists",
            Self::SomeFailed { .. } => "some_failed",
            Self::Unreachable { .. } => "unreachable",
            Self::NotDeployed { .. } => "not_deployed",
            Self::NoCredentials => "no_credentials",
            Self::Credentials { .. } => "credentials_failed",
            Self::UnknownProfile { .. } => "unknown_profile",
            Self::Configuration(_) => "invalid_configuration",
            Self::NoRegion => "no_region",
            Self::Service { .. } => "service_error",
            Self::TimedOut { .. } => "timed_out",
            Self::OutOfTime { .. } => "out_of_time",
            Self::NoOutcome { .. } => "no_outcome",
            Self::Interrupted { .. } => "interrupted",
            Self::BadAnswer { .. } => "bad_answer",
            Self::LostTrack { source, .. } => source.code(),
            Self::Unhealthy { .. } => "unhealthy",
            Self::Usage(_) => "usage",
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
        matches!(self, Self::Write { source, .. } if is_full(source))
    }

    /// The error as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        json!({ "code": self.code(), "message": self.to_string(), "retryable": self.is_retryable() })
    }

    pub(crate) fn job_id(&self) -> Option<JobId> {
        match self {
            Self::Failed { job, .. } => job.map(|job| job.job_id),
            Self::Interrupted { job_id } => *job_id,
            Self::TimedOut { job_id, .. }
            | Self::NoOutcome { job_id, .. }
            | Self::LostTrack { job_id, .. }
            | Self::BadAnswer { job_id, .. } => Some(*job_id),
            _ => None,
        }
    }

    /// Tells the person on stderr and, with `--json`, the program on stdout; gives the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        // A reader that has had enough is no error.
        if matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        // The summary has told of it.
        if matches!(self, Self::SomeFailed { .. }) {
            return ExitCode::from(self.exit_code());
        }
        // Where stdout or stderr is full or closed, the exit code is what is left to tell.
        let mut stderr = io::stderr();
        let _ = writeln!(stderr, "errand: {self}");
        if let (Some(id), Self::Failed { .. }) = (self.job_id(), self) {
            let _ = writeln!(stderr, "errand: job {id} failed ({})", self.code());
        }
        // The findings have told a program already.
        if json && !matches!(self, Self::Unhealthy { .. }) {
            let mut answer = json!({ "job_id": self.job_id(), "error": self.json() });
            if let Self::Failed { job: Some(job), .. } = self
                && let Some(trace_id) = job.trace_id
            {
                answer["trace_id"] = json!(trace_id);
            }
            let _ = writeln!(io::stdout(), "{answer}");
        }
        if matches!(self, Self::Interrupted { .. }) {
            return signals::die();
        }
        ExitCode::from(self.exit_code())
    }
}
