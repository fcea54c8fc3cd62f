//! From the SDK's errors to the client's own.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use errand_aws::{Endpoint, FailureKind, Unexplained, code, message, root_cause};

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
                endpoint: self.place(endpoint),
                cure: cure_of_unreachable(endpoint, &cause),
                cause,
            };
        }
        let kind = FailureKind::of(error);
        let message = match Unexplained::of(error) {
            Some(answer) => format!("{} answered with {answer}", self.place(endpoint)),
            None => message(error),
        };
        let cure = match Unexplained::of(error) {
            Some(answer) if answer.is_foreign() => Some(FOREIGN.to_owned()),
            Some(_) if kind == FailureKind::Transient => Some("it may pass: try again".to_owned()),
            _ => self.cure(kind, code(error).unwrap_or_default(), &message),
        };
        Error::Service {
            action,
            message: cure.map_or(message.clone(), |cure| format!("{message}: {cure}")),
            retryable: match error {
                // Nothing was sent, and nothing will be.
                SdkError::ConstructionFailure(_) => false,
                // An answer that broke off on the way may arrive whole the next time.
                SdkError::ResponseError(_) => true,
                _ => kind == FailureKind::Transient,
            },
        }
    }

    /// Where a service is, for a person to read.
    fn place(&self, endpoint: Option<&Endpoint>) -> String {
        endpoint.map_or_else(|| format!("AWS in {}", self.region), ToString::to_string)
    }

    /// What to do about an answer with such a code, where that can be told.
    fn cure(&self, kind: FailureKind, code: &str, message: &str) -> Option<String> {
        let profile = self.profile.cure();
        Some(match (kind, code) {
            (FailureKind::Denied, _) => {
                "attach the stack's client policy (output ClientPolicyArn) to this user".to_owned()
            }
            _ if is_clock(code, message) => "set this machine's clock: it is minutes off".to_owned(),
            (_, "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired") => format!(
                "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew, or {profile}"
            ),
            (_, "SignatureDoesNotMatch" | "InvalidSignature" | "InvalidSignatureException") => format!(
                "the secret key does not belong to the access key: correct AWS_SECRET_ACCESS_KEY, or {profile}"
            ),
            (
                _,
                "InvalidAccessKeyId"
                | "InvalidClientTokenId"
                | "InvalidToken"
                | "UnrecognizedClient"
                | "UnrecognizedClientException"
                | "AuthFailure"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
                | "IncompleteSignature"
                | "IncompleteSignatureException",
            ) => format!(
                "AWS does not know these credentials in {}: {profile}; a region that is not enabled for the account says \
                 so, too",
                self.region
            ),
            (_, "OptInRequired" | "NotSignedUp" | "AccountProblem" | "InvalidAccount") => {
                "the account may not use the service: see the account's state in the AWS console".to_owned()
            }
            (_, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException") => {
                "it is in another region: name that with --region".to_owned()
            }
            (_, "NoSuchBucket") => "the stack is not complete; deploy it again".to_owned(),
            (FailureKind::Refused, code) if code.to_ascii_lowercase().starts_with("kms") => {
                "the stack's key of KMS (parameter KmsKeyArn) cannot be used: enable it, or deploy with another".to_owned()
            }
            _ => return None,
        })
    }
}

/// What to do where it is not the service that answered.
const FOREIGN: &str = "it is no service of AWS that answered: check the endpoint's URL, and whether a proxy or the sign-in \
                       page of a network lies between";

/// Whether the service refused a request since its time is not the service's.
fn is_clock(code: &str, message: &str) -> bool {
    matches!(
        code,
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture"
    ) || code.starts_with("InvalidSignature")
        && ["Signature expired", "Signature not yet current"]
            .iter()
            .any(|part| message.contains(part))
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
