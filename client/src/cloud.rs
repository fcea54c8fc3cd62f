//! The cloud, as far as a client needs it. Only this module knows the SDK.

mod checks;
mod dead_letters;
mod failure;
mod objects;
mod queues;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::ProvideCredentials;
use errand_protocol::{BucketName, QueueName, Stack};

pub(crate) use checks::{Backlog, Presence};
pub(crate) use dead_letters::DeadLetter;
pub(crate) use queues::Received;

use crate::connection::Connection;
use crate::error::Error;

/// Connections to one stack's services. Nothing has been sent yet.
pub(crate) struct Cloud {
    pub(crate) stack: Stack,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    region: String,
    /// Where the services are, if not where AWS has them.
    endpoint: Option<String>,
}

/// Where a deployed stack's parts are.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The queue that was looked for.
    pub(crate) queue_url: String,
    pub(crate) input_bucket: BucketName,
    pub(crate) result_bucket: BucketName,
}

impl Cloud {
    /// Finds credentials and region, as every AWS tool does.
    pub(crate) async fn connect(to: &Connection) -> Result<Self, Error> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(errand_aws::http_client())
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(100)))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    // Longer than the longest poll.
                    .read_timeout(Duration::from_secs(30))
                    .build(),
            );
        if let Some(profile) = &to.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &to.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &to.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut shared = loader.load().await;
        let endpoint = shared.endpoint_url().map(str::to_owned);
        if shared.region().is_none() {
            // A local cloud has no regions, but its names hold one.
            let region = endpoint
                .as_ref()
                .map(|_| Region::from_static("us-east-1"))
                .ok_or(Error::NoRegion)?;
            shared = shared.into_builder().region(region).build();
        }
        let provider = shared.credentials_provider().ok_or(Error::NoCredentials)?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(failure::credentials_error)?;
        // Found once, used by both clients.
        let shared = shared
            .into_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                credentials,
            ))
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&shared)
            // An endpoint that was set by hand has no host name for each bucket.
            .force_path_style(endpoint.is_some())
            .build();
        Ok(Self {
            stack: to.stack.clone(),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&shared),
            region: shared.region().map(ToString::to_string).unwrap_or_default(),
            endpoint,
        })
    }

    /// Finds the stack by one of its queues. The account, which the buckets' names hold, is part of a queue's URL.
    pub(crate) async fn locate(&self, queue: &QueueName) -> Result<Deployment, Error> {
        let Some(queue_url) = self.queue_url(queue).await? else {
            return Err(self.not_deployed());
        };
        let account = queue_url.rsplit('/').nth(1).unwrap_or_default();
        let invalid = |error: errand_protocol::InvalidName| Error::Service {
            action: format!("read the account from {queue_url}"),
            message: error.to_string(),
            retryable: false,
        };
        Ok(Deployment {
            input_bucket: self.stack.input_bucket(account, &self.region).map_err(invalid)?,
            result_bucket: self.stack.result_bucket(account, &self.region).map_err(invalid)?,
            queue_url,
        })
    }

    /// The error that says so.
    pub(crate) fn not_deployed(&self) -> Error {
        let (place, cure) = match &self.endpoint {
            Some(endpoint) if is_local(endpoint) => (endpoint.clone(), "make local-up".to_owned()),
            Some(endpoint) => (endpoint.clone(), format!("make deploy STACK={}", self.stack)),
            None => (
                format!("AWS in {}", self.region),
                format!("make deploy STACK={}", self.stack),
            ),
        };
        Error::NotDeployed {
            stack: self.stack.clone(),
            place,
            cure,
        }
    }

    /// The region that it is in.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Where the services are, for people to read.
    pub(crate) fn place_name(&self) -> String {
        self.endpoint
            .clone()
            .unwrap_or_else(|| format!("AWS in {}", self.region))
    }
}

fn is_local(endpoint: &str) -> bool {
    ["://127.", "://localhost", "://[::1]"]
        .iter()
        .any(|host| endpoint.contains(host))
}
