//! What a function knows of its stack, from the environment that `template.yaml` sets.

use std::time::Duration;

use errand_protocol::{BucketName, InvalidName, QueueName};

/// A function's surroundings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The only bucket that inputs are taken from (`ERRAND_INPUT_BUCKET`).
    pub input_bucket: BucketName,
    /// Where results and outcomes go (`ERRAND_RESULT_BUCKET`).
    pub result_bucket: BucketName,
    /// The URL of the queue that the requests come from (`ERRAND_REQUEST_QUEUE_URL`).
    pub request_queue_url: String,
    /// The URL of the queue for replies to requests that name none (`ERRAND_RESPONSE_QUEUE_URL`).
    pub response_queue_url: String,
    /// What the name of every reply queue has to begin with (`ERRAND_REPLY_PREFIX`).
    pub reply_prefix: String,
    /// How often a request is delivered before it goes to the dead-letter queue (`ERRAND_MAX_RECEIVE_COUNT`).
    pub max_receive_count: u32,
    /// The wait before the second delivery (`ERRAND_RETRY_BASE_SECONDS`, 5 unless set); it grows from there.
    pub retry_base: Duration,
    /// The function's memory in bytes (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, which Lambda sets, is in MiB).
    pub memory_bytes: u64,
}

/// A variable of the environment is missing or wrong. Trying again will not help: redeploy the stack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidConfig {
    /// Not set.
    #[error("environment variable {0} is not set: deploy the function with errand's template.yaml")]
    Missing(&'static str),
    /// Not a number.
    #[error("environment variable {name} is `{value}`: expected a whole number")]
    NotANumber {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
    },
    /// Not the name of a bucket or queue.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// A variable is missing, or does not hold what it should.
    pub fn from_env() -> Result<Self, InvalidConfig> {
        Ok(Self {
            input_bucket: text("ERRAND_INPUT_BUCKET")?.parse()?,
            result_bucket: text("ERRAND_RESULT_BUCKET")?.parse()?,
            request_queue_url: text("ERRAND_REQUEST_QUEUE_URL")?,
            response_queue_url: text("ERRAND_RESPONSE_QUEUE_URL")?,
            reply_prefix: text("ERRAND_REPLY_PREFIX")?,
            max_receive_count: number("ERRAND_MAX_RECEIVE_COUNT", None)?,
            retry_base: Duration::from_secs(u64::from(number("ERRAND_RETRY_BASE_SECONDS", Some(5))?)),
            // 128 MiB is the least that Lambda gives a function.
            memory_bytes: u64::from(number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some(128))?) << 20,
        })
    }

    /// The URL of a queue of the same account and region as the function's own.
    pub(crate) fn queue_url(&self, name: &QueueName) -> String {
        let (place, _) = self.response_queue_url.rsplit_once('/').unwrap_or_default();
        format!("{place}/{name}")
    }
}

fn text(name: &'static str) -> Result<String, InvalidConfig> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or(InvalidConfig::Missing(name))
}

fn number(name: &'static str, default: Option<u32>) -> Result<u32, InvalidConfig> {
    match (text(name), default) {
        (Ok(value), _) => value
            .parse()
            .map_err(|_| InvalidConfig::NotANumber { name, value }),
        (Err(_), Some(default)) => Ok(default),
        (Err(missing), None) => Err(missing),
    }
}
