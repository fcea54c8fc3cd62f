//! The cloud, as far as a client needs it, one call each. Only this module knows the SDK.
#![expect(
    clippy::missing_errors_doc,
    reason = "every call fails for the same reasons, which `Error` tells"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "what a builder of the SDK needs is always set"
)]

mod checks;
mod connect;
mod counted;
mod dead_letters;
mod executions;
mod failure;
mod functions;
mod identity;
mod metrics;
mod objects;
mod outcomes;
mod profile;
mod queues;
mod signed;
mod upload;

use std::sync::OnceLock;

use errand_aws::Endpoint;
use errand_protocol::{BucketName, QueueName, Stack};

pub use self::objects::Uploaded;
pub use checks::{Notification, Presence, QueueState, Redrive, Seen};
pub use dead_letters::{DeadLetter, Receipt};
pub(crate) use executions::MapRun;
pub use executions::{Execution, ExecutionStatus, ItemCounts, ListedExecution};
pub use functions::{FunctionState, Trigger};
pub use identity::Identity;
pub use metrics::OldestMessage;
pub use outcomes::{ListedOutcome, OutcomePage};
pub(crate) use queues::Outgoing;
pub use queues::{Message, Received};
pub(crate) use upload::PartialUpload;

use self::connect::Others;
use self::profile::Profile;
use crate::error::Error;
use crate::kms_key::KmsKey;
use crate::settings::{Notes, Settings};

/// Connections to one stack's services. Nothing has been sent yet.
pub struct Cloud {
    stack: Stack,
    s3: aws_sdk_s3::Client,
    /// The same for uploads, with a time-out of their own.
    uploads: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    /// The same for waiting for messages, with a time-out of its own.
    polls: aws_sdk_sqs::Client,
    region: String,
    /// Whether the region is one that other AWS tools would not take by themselves.
    is_region_said: bool,
    /// Where the services are, if not where AWS has them.
    s3_endpoint: Option<Endpoint>,
    sqs_endpoint: Option<Endpoint>,
    others: Others,
    profile: Profile,
    /// The key for reply queues, if not SQS's own.
    kms_key: Option<KmsKey>,
    pub(crate) notes: Notes,
    /// The account that the stack was found in.
    account: OnceLock<String>,
}

/// Where a deployed stack's parts are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Deployment {
    /// The queue that was looked for.
    pub queue_url: String,
    /// Where inputs are uploaded to.
    pub input_bucket: BucketName,
    /// Where outcomes and results are.
    pub result_bucket: BucketName,
}

impl Cloud {
    /// Finds credentials and region, as every AWS tool does.
    pub(crate) async fn connect(to: &Settings) -> Result<Self, Error> {
        let services = connect::connect(to).await?;
        Ok(Self {
            stack: to.stack.clone(),
            s3: services.s3,
            uploads: services.uploads,
            sqs: services.sqs,
            polls: services.polls,
            region: services.region,
            is_region_said: to.region.is_some() || to.profile.is_some(),
            s3_endpoint: services.s3_endpoint,
            sqs_endpoint: services.sqs_endpoint,
            others: services.others,
            profile: services.profile,
            kms_key: to.kms_key.clone(),
            notes: to.notes.clone(),
            account: OnceLock::new(),
        })
    }

    /// Finds the stack by one of its queues. The account, which the buckets' names hold, is part of a queue's URL.
    pub async fn locate(&self, queue: &QueueName) -> Result<Deployment, Error> {
        let Some(queue_url) = self.queue_url(queue).await? else {
            return Err(self.not_deployed());
        };
        let account = queue_url.rsplit('/').nth(1).unwrap_or_default();
        let account = self.account.get_or_init(|| account.to_owned());
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

    /// Whose the buckets have to be: S3 refuses those of others, whatever their names. None before the stack is located,
    /// and where its queues' URLs hold no account.
    fn owner(&self) -> Option<String> {
        let account = self.account.get()?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account.then(|| account.clone())
    }

    /// The same of a bucket that may be anybody's: none where it is not the stack's.
    fn owner_of(&self, bucket: &BucketName) -> Option<String> {
        let owner = self.owner()?;
        let own = [
            self.stack.input_bucket(&owner, &self.region),
            self.stack.result_bucket(&owner, &self.region),
        ];
        own.iter().any(|own| own.as_ref() == Ok(bucket)).then_some(owner)
    }

    /// The error that says that the stack is not there.
    #[must_use]
    pub fn not_deployed(&self) -> Error {
        let cure = match &self.sqs_endpoint {
            Some(endpoint) if endpoint.is_local() => "make local-up".to_owned(),
            // Where this client looks: it may have been told so by options that `make` knows nothing of.
            _ if self.is_region_said => format!("make deploy STACK={} REGION={}", self.stack, self.region),
            _ => format!("make deploy STACK={}", self.stack),
        };
        Error::NotDeployed {
            stack: self.stack.clone(),
            place: self.place_name(),
            cure,
        }
    }

    /// The stack's name.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The key for reply queues, if not SQS's own.
    #[must_use]
    pub fn kms_key(&self) -> Option<&KmsKey> {
        self.kms_key.as_ref()
    }

    /// The region that it is in.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where the queues are, for people to read.
    #[must_use]
    pub fn place_name(&self) -> String {
        match &self.sqs_endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => format!("AWS in {}", self.region),
        }
    }
}
