//! Finds credentials, region and endpoints, as every AWS tool does.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use aws_types::service_config::ServiceConfigKey;
use errand_aws::Endpoint;
use errand_protocol::limits;

use super::failure::credentials_error;
use super::profile::Profile;
use crate::error::Error;
use crate::settings::{AccessKey, Settings};

/// How long a connection may take to be made, TLS and a proxy's consent included.
const CONNECT: Duration = Duration::from_secs(5);

/// How long to wait for an answer, from the last byte of a request that went out.
const ANSWER: Duration = Duration::from_secs(10);

/// The same for an upload: what went out may still wait in the buffers of a slow network.
const ANSWER_TO_UPLOAD: Duration = Duration::from_mins(1);

/// How long a download may stand still.
const STALL: Duration = Duration::from_secs(20);

/// How long renewing credentials may take, by a program that a profile names, say.
const RENEWAL: Duration = Duration::from_mins(1);

/// Clients of the services. Nothing has been sent yet.
pub(super) struct Services {
    pub(super) s3: aws_sdk_s3::Client,
    /// The same for uploads, which are tried again by whoever makes them, part by part.
    pub(super) uploads: aws_sdk_s3::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    /// The same for waiting for messages.
    pub(super) polls: aws_sdk_sqs::Client,
    pub(super) region: String,
    /// Where S3 and SQS are, if not where AWS has them.
    pub(super) s3_endpoint: Option<Endpoint>,
    pub(super) sqs_endpoint: Option<Endpoint>,
    pub(super) others: Others,
    pub(super) profile: Profile,
}

/// What is asked beside S3 and SQS: whose credentials these are, and services that the SDK has no crate for here.
pub(super) struct Others {
    /// None where nobody said where STS is.
    pub(super) sts: Option<aws_sdk_sts::Client>,
    pub(super) lambda: Place,
    pub(super) cloudwatch: Place,
    pub(super) step_functions: Place,
    /// As they were found.
    pub(super) credentials: Credentials,
    /// Where they are renewed.
    pub(super) provider: SharedCredentialsProvider,
    /// Made when it is first needed: it reads all certificates that are trusted.
    pub(super) connector: OnceLock<SharedHttpConnector>,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where AWS has it.
    Aws,
    /// Somewhere else.
    At(Endpoint),
    /// Nobody said, and SQS and S3 are not at AWS.
    Unknown,
}

/// Finds all that is needed to reach the services.
pub(super) async fn connect(to: &Settings) -> Result<Services, Error> {
    let http = errand_aws::http_client().map_err(|error| Error::Configuration(error.to_string()))?;
    // Whoever brings keys and a region needs none, be it there or not.
    let profile = if to.access_key.is_some() && to.region.is_some() {
        Profile::none()
    } else {
        Profile::find(to.profile.as_deref()).await?
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .profile_name(&profile.name)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(100)))
        .timeout_config(timeouts(ANSWER))
        // Uploads are watched over by the read time-out.
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled()
                .upload_enabled(false)
                .grace_period(STALL)
                .build(),
        )
        // One for all clients: credentials are found once, and renewed shortly before they expire.
        .identity_cache(IdentityCache::lazy().load_timeout(RENEWAL).build());
    if let Some(region) = &to.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &to.endpoint_url {
        loader = loader.endpoint_url(url.as_str());
    }
    let shared = loader.load().await;
    let s3_endpoint = endpoint(to, &shared, "S3")?;
    let sqs_endpoint = endpoint(to, &shared, "SQS")?;
    let region = region(&shared, s3_endpoint.is_some() && sqs_endpoint.is_some())?;
    // Who has SQS elsewhere has these elsewhere, too, or not at all: never at AWS, unless it is said.
    let is_elsewhere = s3_endpoint.is_some() || sqs_endpoint.is_some();
    let place = |service: &str| {
        Ok::<_, Error>(match endpoint(to, &shared, service)? {
            Some(endpoint) => Place::At(endpoint),
            None if is_elsewhere => Place::Unknown,
            None => Place::Aws,
        })
    };
    let (sts, lambda, cloudwatch) = (place("STS")?, place("Lambda")?, place("CloudWatch")?);
    // What the SDKs call Step Functions: AWS_ENDPOINT_URL_SFN ("Service-specific endpoints", AWS SDKs and tools reference guide).
    let step_functions = place("SFN")?;
    let found = provider(to, &shared, http, &region)?;
    let first = found.provide_credentials().await;
    let first = first.map_err(|error| credentials_error(&error, &profile))?;
    let renewed = SharedCredentialsProvider::new(Renewed {
        first: Mutex::new(Some(first.clone())),
        rest: found,
    });
    let shared = shared
        .into_builder()
        .region(Region::new(region.clone()))
        .credentials_provider(renewed.clone())
        .build();

    let mut s3 = aws_sdk_s3::config::Builder::from(&shared)
        // An endpoint that was set by hand has no host name for each bucket.
        .force_path_style(s3_endpoint.is_some());
    s3.set_endpoint_url(s3_endpoint.as_ref().map(ToString::to_string));
    let mut sqs = aws_sdk_sqs::config::Builder::from(&shared);
    sqs.set_endpoint_url(sqs_endpoint.as_ref().map(ToString::to_string));
    let uploads = s3
        .clone()
        .timeout_config(timeouts(ANSWER_TO_UPLOAD))
        .retry_config(RetryConfig::disabled());
    let longest_poll = Duration::from_secs(limits::LONG_POLL_SECS);
    let mut caller = aws_sdk_sts::config::Builder::from(&shared);
    if let Place::At(endpoint) = &sts {
        caller.set_endpoint_url(Some(endpoint.to_string()));
    }
    let caller = aws_sdk_sts::Client::from_conf(caller.build());
    let polls = sqs.clone().timeout_config(timeouts(longest_poll + ANSWER));
    Ok(Services {
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
        uploads: aws_sdk_s3::Client::from_conf(uploads.build()),
        sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        polls: aws_sdk_sqs::Client::from_conf(polls.build()),
        region,
        s3_endpoint,
        sqs_endpoint,
        others: Others {
            sts: (sts != Place::Unknown).then_some(caller),
            lambda,
            cloudwatch,
            step_functions,
            credentials: first,
            provider: renewed,
            connector: OnceLock::new(),
        },
        profile,
    })
}

/// Where credentials come from: what the settings say, or else what every AWS tool takes.
fn provider(
    to: &Settings,
    shared: &SdkConfig,
    http: SharedHttpClient,
    region: &str,
) -> Result<SharedCredentialsProvider, Error> {
    Ok(match (&to.access_key, &to.profile) {
        (
            Some(AccessKey {
                id,
                secret,
                session_token,
            }),
            _,
        ) => {
            let keys = Credentials::new(id, secret, session_token.clone(), None, "settings");
            SharedCredentialsProvider::new(keys)
        }
        // Who names a profile means it, whatever keys are in the environment.
        (None, Some(name)) => {
            let config = ProviderConfig::without_region()
                .with_behavior_version(Some(BehaviorVersion::latest()))
                .with_http_client(http)
                .with_timeout_config(timeouts(ANSWER))
                .with_region(Some(Region::new(region.to_owned())));
            let provider = ProfileFileCredentialsProvider::builder().profile_name(name);
            SharedCredentialsProvider::new(provider.configure(&config).build())
        }
        (None, None) => shared.credentials_provider().ok_or(Error::NoCredentials)?,
    })
}

fn timeouts(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(answer)
        .build()
}

/// Where a service is, if not where AWS has it: as said on the command line, for this service, or for all. What is empty
/// says nothing.
fn endpoint(to: &Settings, shared: &SdkConfig, service: &str) -> Result<Option<Endpoint>, Error> {
    if let Some(endpoint) = &to.endpoint_url {
        return Ok(Some(endpoint.clone()));
    }
    if to.is_at_aws {
        return Ok(None);
    }
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all parts of the key are set");
    let own = shared.service_config().and_then(|config| config.load_config(key));
    let url = own
        .filter(|url| !url.is_empty())
        .or_else(|| shared.endpoint_url().map(str::to_owned))
        .filter(|url| !url.is_empty());
    let Some(url) = url else { return Ok(None) };
    let parsed = url.parse().map(Some);
    parsed.map_err(|error| {
        Error::Configuration(format!(
            "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{} or `endpoint_url` of the profile: {error}",
            service.to_uppercase()
        ))
    })
}

/// The region; where both services are somewhere else, there need be none, but names hold one.
fn region(shared: &SdkConfig, is_elsewhere: bool) -> Result<String, Error> {
    let set = shared
        .region()
        .map(ToString::to_string)
        .filter(|region| !region.is_empty());
    let region = match set {
        Some(region) => region,
        None if is_elsewhere => "us-east-1".to_owned(),
        None => return Err(Error::NoRegion),
    };
    // A part of host names and of buckets' names.
    let is_valid = region.len() <= 30
        && region
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if is_valid {
        Ok(region)
    } else {
        Err(Error::Configuration(format!(
            "`{}` is not an AWS region: expected lower-case letters, digits and hyphens, as in eu-west-1; give another \
             with --region, AWS_REGION or in the profile",
            region.chars().take(60).collect::<String>()
        )))
    }
}

/// The credentials that were found at the start, once, then what their source gives: so the source is asked no more often
/// than needed, and asked again before they expire.
#[derive(Debug)]
struct Renewed {
    first: Mutex<Option<Credentials>>,
    rest: SharedCredentialsProvider,
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.rest.provide_credentials(),
        }
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.rest.fallback_on_interrupt()
    }
}
