//! From the SDK's errors to the client's own.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use errand_aws::{Endpoint, FailureKind, code, message, root_cause};

use super::Cloud;
use super::profile::{Login, Profile};
use crate::error::Error;

/// No credentials, or a way of getting them that failed.
pub(super) fn credentials_error(error: &CredentialsError, profile: &Profile) -> Error {
    let is_absent = matches!(error, CredentialsError::CredentialsNotLoaded(_));
    if is_absent && profile.login == Login::Other && !profile.is_wanted {
        return Error::NoCredentials;
    }
    Error::Credentials {
        // The outermost says no more than that there was an error.
        cause: chain(error.source().unwrap_or(error)),
        cure: profile.cure(),
    }
}

/// Every cause, in one line that leaves room for the cure.
pub(super) fn chain(error: &dyn StdError) -> String {
    const MOST: usize = 150;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    let line: String = text.lines().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    // The last causes tell most.
    let end: Vec<char> = line.chars().rev().take(MOST).collect();
    format!("... {}", end.into_iter().rev().collect::<String>())
}

impl Cloud {
    /// What a failed call to S3 means, with the cure.
    pub(super) fn s3_failure<E>(&self, action: impl Into<String>, error: &SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        match self.failure(self.s3_endpoint.as_ref(), action.into(), error) {
            Error::Service {
                action,
                message,
                retryable,
            } if FailureKind::of(error) == FailureKind::Denied => Error::Service {
                action,
                // S3 has one answer for both.
                message: format!("{message}; or is the bucket another account's? see `errand doctor`"),
                retryable,
            },
            other => other,
        }
    }

    /// What a failed call to SQS means, with the cure.
    pub(super) fn sqs_failure<E>(&self, action: impl Into<String>, error: &SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        self.failure(self.sqs_endpoint.as_ref(), action.into(), error)
    }

    fn failure<E>(&self, endpoint: Option<&Endpoint>, action: String, error: &SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        if let Some(error) = credentials_cause(error) {
            return credentials_error(error, &self.profile);
        }
        if matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)) {
            let cause = root_cause(error);
            return Error::Unreachable {
                endpoint: endpoint.map_or_else(|| format!("AWS in {}", self.region), ToString::to_string),
                cure: cure_of_unreachable(endpoint, &cause),
                cause,
            };
        }
        let kind = FailureKind::of(error);
        let hint = match (kind, code(error).unwrap_or_default()) {
            (FailureKind::Denied, _) => {
                ": attach the stack's client policy (output ClientPolicyArn) to this user"
            }
            (_, "InvalidAccessKeyId" | "InvalidClientTokenId" | "ExpiredToken" | "SignatureDoesNotMatch") => {
                ": the credentials are not valid (any more): renew them, or name another profile with --profile"
            }
            (_, "NoSuchBucket") => ": the stack is not complete; deploy it again",
            _ => "",
        };
        Error::Service {
            action,
            message: format!("{}{hint}", message(error)),
            retryable: match error {
                // Nothing was sent, and nothing will be.
                SdkError::ConstructionFailure(_) => false,
                // An answer that broke off on the way may arrive whole the next time.
                SdkError::ResponseError(_) => true,
                _ => kind == FailureKind::Transient,
            },
        }
    }
}

fn cure_of_unreachable(endpoint: Option<&Endpoint>, cause: &str) -> &'static str {
    // The TLS library's own type is out of reach here.
    if cause.contains("certificate") {
        "a proxy that looks into TLS, or a service of your own, has its own certificate: name a PEM file that holds it in \
         AWS_CA_BUNDLE"
    } else if endpoint.is_some_and(Endpoint::is_local) {
        "is the local cloud running? start it with `make local-up`, or work without one with --offline"
    } else if errand_aws::is_proxied() {
        "check the network, the region and the proxy that HTTPS_PROXY or HTTP_PROXY names (NO_PROXY leaves hosts out), or \
         work without the cloud with --offline"
    } else {
        "check the network and the region, or work without the cloud with --offline"
    }
}

/// What kept the credentials from being renewed, where that is why a call failed.
fn credentials_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CredentialsError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_nobody_vouches_for_is_told_apart_from_a_network_that_is_down() {
        let endpoint = |url: &str| url.parse::<Endpoint>().unwrap();
        let (near, far) = (
            endpoint("https://127.0.0.1:4566"),
            endpoint("https://cloud.example"),
        );
        // As rustls says it.
        let unknown = "invalid peer certificate: UnknownIssuer";
        for place in [None, Some(&near), Some(&far)] {
            assert!(cure_of_unreachable(place, unknown).contains("AWS_CA_BUNDLE"));
        }
        assert!(cure_of_unreachable(Some(&near), "connection refused").contains("make local-up"));
        assert!(!cure_of_unreachable(Some(&far), "connection refused").contains("make local-up"));
    }

    #[test]
    fn a_long_chain_of_causes_keeps_its_end_and_one_line() {
        let error = std::io::Error::other(format!("{}\nthe reason", "long ".repeat(100)));
        let text = chain(&error);
        assert!(text.ends_with("the reason") && text.starts_with("... "), "{text}");
        assert!(text.len() < 160 && !text.contains('\n'), "{text}");
    }
}
