//! What a function knows of its stack, from the environment that `template.yaml` sets.

use std::time::Duration;

use errand_protocol::{BucketName, InvalidName, QueueName};

/// A function's surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The name of the stack that the function belongs to (`ERRAND_STACK`).
    pub(crate) stack: String,
    /// The only bucket that inputs are taken from (`ERRAND_INPUT_BUCKET`).
    pub(crate) input_bucket: BucketName,
    /// Where results and outcomes go (`ERRAND_RESULT_BUCKET`).
    pub(crate) result_bucket: BucketName,
    /// The URL of the queue that the requests come from (`ERRAND_REQUEST_QUEUE_URL`).
    pub(crate) request_queue_url: String,
    /// The URL of the queue for replies to requests that name none (`ERRAND_RESPONSE_QUEUE_URL`).
    pub(crate) response_queue_url: String,
    /// What the name of every reply queue has to begin with (`ERRAND_REPLY_PREFIX`).
    pub(crate) reply_prefix: String,
    /// The state machine that does map jobs (`ERRAND_STATE_MACHINE_ARN`); none where the stack has none.
    pub(crate) state_machine_arn: Option<String>,
    /// Buckets besides the input bucket that inputs may lie in, `*` for any characters (`ERRAND_READABLE_BUCKETS`, separated by
    /// commas).
    pub(crate) readable_buckets: Vec<String>,
    /// Buckets besides the result bucket that results may be written to, likewise (`ERRAND_WRITABLE_BUCKETS`).
    pub(crate) writable_buckets: Vec<String>,
    /// How often a message is delivered before it goes to the dead-letter queue (`ERRAND_MAX_RECEIVE_COUNT`). Five of those
    /// are attempts; the others are for deliveries that have to be deferred.
    pub(crate) max_receive_count: u32,
    /// The wait before the second delivery (`ERRAND_RETRY_BASE_SECONDS`, 5 unless set); it grows from there.
    pub(crate) retry_base: Duration,
    /// How often it is looked, while a job is worked on, whether that was taken back: every five seconds.
    pub(crate) look_every: Duration,
    /// How often it is kept how far a batch of a map job has come: every two seconds, which is what a killed process loses. More
    /// often would cost more than it saves: a PUT is a fifth of a second of a function.
    pub(crate) keep_every: Duration,
    /// Which metrics are given (`ERRAND_MONITORING`, `all` unless set).
    pub(crate) monitoring: Monitoring,
    /// The function's memory in bytes (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, which Lambda sets, is in MiB).
    pub(crate) memory_bytes: u64,
}

/// What watches the stack, and which metrics it needs: `CloudWatch` charges for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Monitoring {
    /// People and alarms: all.
    All,
    /// Alarms: what those are set on.
    Alarms,
    /// Nothing.
    None,
}

/// A variable of the environment is missing or wrong. Trying again will not help: redeploy the stack.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidConfig {
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
    /// Not one of the words that there are for it.
    #[error("environment variable {name} is `{value}`: expected {expected}")]
    UnknownWord {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
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
    pub(crate) fn from_env() -> Result<Self, InvalidConfig> {
        Self::read(&|name| std::env::var(name).ok())
    }

    fn read(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfig> {
        let text = |name| {
            variable(name)
                .filter(|value| !value.is_empty())
                .ok_or(InvalidConfig::Missing(name))
        };
        let number = |name| {
            let value = text(name)?;
            let parsed: Result<u32, _> = value.parse();
            parsed.map_err(|_| InvalidConfig::NotANumber { name, value })
        };
        let number_or = |name, default| match number(name) {
            Err(InvalidConfig::Missing(_)) => Ok(default),
            number => number,
        };
        Ok(Self {
            stack: text("ERRAND_STACK")?,
            input_bucket: text("ERRAND_INPUT_BUCKET")?.parse()?,
            result_bucket: text("ERRAND_RESULT_BUCKET")?.parse()?,
            request_queue_url: text("ERRAND_REQUEST_QUEUE_URL")?,
            response_queue_url: text("ERRAND_RESPONSE_QUEUE_URL")?,
            reply_prefix: text("ERRAND_REPLY_PREFIX")?,
            state_machine_arn: text("ERRAND_STATE_MACHINE_ARN").ok(),
            readable_buckets: list(text("ERRAND_READABLE_BUCKETS").ok()),
            writable_buckets: list(text("ERRAND_WRITABLE_BUCKETS").ok()),
            max_receive_count: number("ERRAND_MAX_RECEIVE_COUNT")?,
            retry_base: Duration::from_secs(number_or("ERRAND_RETRY_BASE_SECONDS", 5)?.into()),
            look_every: Duration::from_secs(5),
            keep_every: Duration::from_secs(2),
            monitoring: monitoring(text("ERRAND_MONITORING").ok().as_deref())?,
            // 128 MiB is the least that Lambda gives a function.
            memory_bytes: u64::from(number_or("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 128)?) << 20,
        })
    }

    /// The URL of a queue of the same account and region as the function's own.
    pub(crate) fn queue_url(&self, name: &QueueName) -> String {
        let (place, _) = self.response_queue_url.rsplit_once('/').unwrap_or_default();
        format!("{place}/{name}")
    }

    /// Whether objects of a bucket may be inputs, besides those of the input bucket.
    pub(crate) fn may_read(&self, bucket: &BucketName) -> bool {
        is_among(bucket, &self.readable_buckets)
    }

    /// Whether results may be written to a bucket, besides the result bucket.
    pub(crate) fn may_write(&self, bucket: &BucketName) -> bool {
        is_among(bucket, &self.writable_buckets)
    }

    /// The account that the stack belongs to, of 12 digits; none where the queues' URLs do not tell.
    pub(crate) fn account(&self) -> Option<&str> {
        let account = self.response_queue_url.rsplit('/').nth(1)?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
    }
}

fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Whether a bucket is among those of a list, in which `*` stands for any characters and `?` for one, as in a policy.
fn is_among(bucket: &BucketName, names: &[String]) -> bool {
    names
        .iter()
        .any(|name| fast_glob::glob_match(name, bucket.as_str()))
}

fn monitoring(word: Option<&str>) -> Result<Monitoring, InvalidConfig> {
    match word {
        None | Some("all") => Ok(Monitoring::All),
        Some("alarms") => Ok(Monitoring::Alarms),
        Some("none") => Ok(Monitoring::None),
        Some(value) => Err(InvalidConfig::UnknownWord {
            name: "ERRAND_MONITORING",
            value: value.to_owned(),
            expected: "all, alarms or none",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration that a complete environment with one variable changed gives.
    fn with(changed: &str, value: Option<&str>) -> Result<Config, InvalidConfig> {
        Config::read(&|name| {
            let usual = match name {
                "ERRAND_STACK" => "errand",
                "ERRAND_INPUT_BUCKET" => "errand-input-1-eu-west-1",
                "ERRAND_RESULT_BUCKET" => "errand-results-1-eu-west-1",
                "ERRAND_REQUEST_QUEUE_URL" => "https://sqs.eu-west-1.amazonaws.com/1/errand-stats-requests",
                "ERRAND_RESPONSE_QUEUE_URL" => "https://sqs.eu-west-1.amazonaws.com/1/errand-responses",
                "ERRAND_REPLY_PREFIX" => "errand-reply-",
                "ERRAND_MAX_RECEIVE_COUNT" => "5",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "1024",
                _ => "",
            };
            let value = if name == changed { value } else { Some(usual) };
            value.map(str::to_owned)
        })
    }

    #[test]
    fn the_environment_of_the_template_is_understood() {
        let config = with("", None).unwrap();
        assert_eq!(config.memory_bytes, 1 << 30);
        assert_eq!(config.monitoring, Monitoring::All);
        let config = with("ERRAND_MONITORING", Some("alarms")).unwrap();
        assert_eq!(config.monitoring, Monitoring::Alarms);
        assert_eq!(config.retry_base, Duration::from_secs(5));
        assert_eq!(
            config.queue_url(&"errand-reply-1".parse().unwrap()),
            "https://sqs.eu-west-1.amazonaws.com/1/errand-reply-1"
        );
    }

    #[test]
    fn the_account_is_that_of_the_queues_where_it_is_one() {
        let account = |url| {
            with("ERRAND_RESPONSE_QUEUE_URL", Some(url))
                .unwrap()
                .account()
                .map(str::to_owned)
        };
        let aws = "https://sqs.eu-west-1.amazonaws.com/123456789012/errand-responses";
        assert_eq!(account(aws).as_deref(), Some("123456789012"));
        let local = "http://127.0.0.1:4566/000000000000/errand-responses";
        assert_eq!(account(local).as_deref(), Some("000000000000"));
        for other in ["http://127.0.0.1:9324/queue/errand-responses", "errand-responses"] {
            assert_eq!(account(other), None);
        }
    }

    #[test]
    fn a_variable_that_is_missing_or_wrong_is_named() {
        for value in [None, Some("")] {
            for name in [
                "ERRAND_INPUT_BUCKET",
                "ERRAND_REPLY_PREFIX",
                "ERRAND_MAX_RECEIVE_COUNT",
            ] {
                let error = with(name, value).unwrap_err().to_string();
                assert!(error.contains(&format!("{name} is not set")), "{error}");
            }
        }
        let error = with("ERRAND_MAX_RECEIVE_COUNT", Some("five")).unwrap_err();
        assert!(
            error.to_string().contains("ERRAND_MAX_RECEIVE_COUNT is `five`"),
            "{error}"
        );
        let error = with("ERRAND_RETRY_BASE_SECONDS", Some("-1")).unwrap_err();
        assert!(error.to_string().contains("`-1`"), "{error}");
        let error = with("ERRAND_MONITORING", Some("some")).unwrap_err();
        assert!(
            error.to_string().contains("`some`: expected all, alarms or none"),
            "{error}"
        );
        let error = with("ERRAND_RESULT_BUCKET", Some("No Bucket")).unwrap_err();
        assert!(error.to_string().contains("`No Bucket`"), "{error}");
    }
}
