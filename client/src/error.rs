//! All that can go wrong between a program and its answer.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use errand_protocol::{JobError, JobId, ObjectLocation, Stack};

use crate::answer::JobIds;

/// Why there is no answer. Messages end with the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The job was answered with a failure.
    #[error("{error}")]
    Failed {
        /// The job.
        job: JobIds,
        /// What the function said.
        error: JobError,
    },
    /// An input cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What a download is written to does not take it.
    #[error("cannot write what was downloaded: {source}; see whether there is room, and fetch it again")]
    Write {
        /// What the writer said.
        source: io::Error,
    },
    /// What the job made is not there any more: its place holds something else.
    #[error(
        "{location} is not what this job made: its file was uploaded again, and what became of that has taken its place; \
         ask for that one with `errand result`, or upload the old file under another name"
    )]
    Replaced {
        /// Where it was.
        location: ObjectLocation,
    },
    /// No upload may be so large.
    #[error(
        "the input has {size_bytes} bytes: S3 takes at most 10,000 parts of 5 GiB, {most_bytes} bytes in all; split it"
    )]
    InputTooLarge {
        /// Its size.
        size_bytes: u64,
        /// What S3 takes.
        most_bytes: u64,
    },
    /// The names of the objects do not fit into a message.
    #[error(
        "the names of the objects take {size_bytes} bytes, and a message 1,048,576: name the prefix that they have in common, \
         with --include for some of it"
    )]
    TooManyObjects {
        /// What the message would have.
        size_bytes: usize,
    },
    /// A map job's execution ended, and left no answer.
    #[error(
        "job {job_id} was done by an execution that ended ({ending}) without an answer: send it again; if it ends so again, see \
         the execution's history in the Step Functions console"
    )]
    ExecutionEnded {
        /// The job.
        job_id: JobId,
        /// How, for a person to read: its status and its cause.
        ending: String,
    },
    /// Nothing listens at the endpoint, or the way there is cut.
    #[error("cannot reach {endpoint} ({cause}): {cure}")]
    Unreachable {
        /// Where it should be, for a person to read.
        endpoint: String,
        /// What happened to the connection.
        cause: String,
        /// What to do.
        cure: &'static str,
    },
    /// There is no such stack.
    #[error(
        "stack `{stack}` is not deployed at {place}: deploy it with `{cure}`, or name another with --stack"
    )]
    NotDeployed {
        /// Its name.
        stack: Stack,
        /// Where it was looked for.
        place: String,
        /// The command that deploys it.
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
    Credentials {
        /// What kept them.
        cause: String,
        /// What to do.
        cure: String,
    },
    /// No profile has the name.
    #[error(
        "there is no AWS profile `{name}` in ~/.aws/config or ~/.aws/credentials: {known}; name another with --profile"
    )]
    UnknownProfile {
        /// The name.
        name: String,
        /// Which there are, for a person to read.
        known: String,
    },
    /// The environment, or a file of AWS's configuration, says what cannot be.
    #[error("{0}")]
    Configuration(String),
    /// No region is set.
    #[error(
        "no AWS region is set: give one with --region, AWS_REGION or in the profile, or, for the local cloud, run \
         eval \"$(make -s local-env)\""
    )]
    NoRegion,
    /// The cloud refused, or failed in a way of its own.
    #[error("{action}: {message}")]
    Service {
        /// What was to be done.
        action: String,
        /// What the service said.
        message: String,
        /// Whether the same call may succeed later.
        retryable: bool,
    },
    /// The answer did not come in time.
    #[error(
        "no answer to job {job_id} within {seconds} s: it goes on in the cloud; fetch the answer later with \
         `errand result {job_id}`"
    )]
    TimedOut {
        /// The job.
        job_id: JobId,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// A job was sent, or may have been, and then something went wrong here: its answer may yet be had by its id.
    #[error("{source}; {}", where_it_is(*job_id, *is_certain))]
    LostTrack {
        /// The job.
        job_id: JobId,
        /// Whether the job is known to have been sent.
        is_certain: bool,
        /// What went wrong. Shared, since it may be the end of many jobs at once.
        source: Arc<Error>,
    },
    /// The answer is there, but says what this client does not understand.
    #[error(
        "the answer to job {job_id} cannot be used: {message}; let this errand and the stack be of one release \
         (`errand --version`)"
    )]
    BadAnswer {
        /// The job.
        job_id: JobId,
        /// What is wrong with it.
        message: String,
    },
    /// The session was closed before the job was sent.
    #[error("the session is closed: open another")]
    Closed,
}

/// Where the answer may yet be had to a job that was sent, or may have been, for a person to read.
fn where_it_is(job_id: JobId, is_certain: bool) -> String {
    let fate = if is_certain {
        "goes on in the cloud"
    } else {
        "may have been sent"
    };
    format!("job {job_id} {fate}: fetch the answer with `errand result {job_id}`")
}

impl Error {
    /// Whether the same call may succeed later without a change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Failed { error, .. } => error.retryable,
            Self::Service { retryable, .. } => *retryable,
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::LostTrack { .. } => true,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Replaced { .. }
            | Self::InputTooLarge { .. }
            | Self::TooManyObjects { .. }
            | Self::ExecutionEnded { .. }
            | Self::NotDeployed { .. }
            | Self::NoCredentials
            | Self::Credentials { .. }
            | Self::UnknownProfile { .. }
            | Self::Configuration(_)
            | Self::NoRegion
            | Self::BadAnswer { .. }
            | Self::Closed => false,
        }
    }

    /// A stable word for programs, in `snake_case`; of a job that failed, the function's own.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Failed { error, .. } => error.code.as_str(),
            Self::Read { .. } => "cannot_read",
            Self::Write { .. } => "cannot_write",
            Self::Replaced { .. } => "result_replaced",
            Self::InputTooLarge { .. } => "input_too_large",
            Self::TooManyObjects { .. } => "too_many_objects",
            Self::ExecutionEnded { .. } => "execution_ended",
            Self::Unreachable { .. } => "unreachable",
            Self::NotDeployed { .. } => "not_deployed",
            Self::NoCredentials => "no_credentials",
            Self::Credentials { .. } => "credentials_failed",
            Self::UnknownProfile { .. } => "unknown_profile",
            Self::Configuration(_) => "invalid_configuration",
            Self::NoRegion => "no_region",
            Self::Service { .. } => "service_error",
            Self::TimedOut { .. } => "timed_out",
            Self::LostTrack { source, .. } => source.code(),
            Self::BadAnswer { .. } => "bad_answer",
            Self::Closed => "closed",
        }
    }

    /// The job that it is about, where there is one in the cloud.
    #[must_use]
    pub fn job_id(&self) -> Option<JobId> {
        match self {
            Self::Failed { job, .. } => Some(job.job_id),
            Self::TimedOut { job_id, .. }
            | Self::ExecutionEnded { job_id, .. }
            | Self::LostTrack { job_id, .. }
            | Self::BadAnswer { job_id, .. } => Some(*job_id),
            _ => None,
        }
    }

    /// Of a job that this process cannot follow any more.
    pub(crate) fn into_lost(self, job_id: JobId) -> Self {
        Arc::new(self).lost_track(job_id, true)
    }

    /// Of an error that leaves a job without one who knows what became of it: adds how to get at the answer.
    pub(crate) fn lost_track(self: Arc<Self>, job_id: JobId, is_certain: bool) -> Self {
        Self::LostTrack {
            job_id,
            is_certain,
            source: self,
        }
    }
}
