//! From the SDK's errors to the client's own.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use super::{Cloud, is_local};
use crate::error::Error;

/// Codes of throttling and of other failures that may pass, which the services send under status 400 or 403 too.
/// From the S3 and SQS API references and the SDK's own list (read 2026-11).
const PASSING: [&str; 8] = [
    "Throttl",
    "SlowDown",
    "TooManyRequests",
    "LimitExceeded",
    "OverLimit",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
];

/// No credentials, or a way of getting them that failed.
pub(super) fn of_credentials(error: CredentialsError) -> Error {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Error::NoCredentials,
        other => Error::Service {
            action: "get AWS credentials".to_owned(),
            message: DisplayErrorContext(&other).to_string(),
            retryable: false,
        },
    }
}

/// The service's word for what went wrong; empty if it said none.
pub(super) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> &str {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or_default()
}

/// Whether the service says that what was asked for does not exist.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = code(error);
    code.ends_with("QueueDoesNotExist")
        || code.ends_with("NonExistentQueue")
        || ["NoSuchKey", "NotFound"].contains(&code)
        || error
            .raw_response()
            .is_some_and(|response| response.status().as_u16() == 404)
            && code != "NoSuchBucket"
}

/// Whether the service says that the user may not do this. A HEAD has no body that could say so: its status does.
pub(super) fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = code(error);
    code.contains("AccessDenied")
        || code.is_empty()
            && error
                .raw_response()
                .is_some_and(|response| response.status().as_u16() == 403)
}

impl Cloud {
    /// Tells what kind of failure an SDK error is, and the cure.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "its callers have no more use for the error"
    )]
    pub(super) fn failure<E>(&self, action: impl Into<String>, error: SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)) {
            let endpoint = self.place_name();
            let cure = if is_local(&endpoint) {
                "is the local cloud running? start it with `make local-up`, or work without one with --offline"
            } else {
                "check the network and the region, or work without the cloud with --offline"
            };
            return Error::Unreachable {
                endpoint,
                cause: root_cause(&error),
                cure,
            };
        }
        let status = error
            .raw_response()
            .map_or(0, |response| response.status().as_u16());
        let (code, message, is_broken) = match error.as_service_error() {
            Some(service) => (
                service.code().unwrap_or("unknown error").to_owned(),
                service.message().unwrap_or("no reason given").to_owned(),
                false,
            ),
            // It broke off on the way: the next one may arrive whole.
            None => (
                "unreadable answer".to_owned(),
                root_cause(&error),
                error.raw_response().is_some(),
            ),
        };
        let hint = match code.as_str() {
            code if code.contains("AccessDenied") => {
                ": attach the stack's client policy (output ClientPolicyArn) to this user"
            }
            "InvalidAccessKeyId" | "InvalidClientTokenId" | "ExpiredToken" | "SignatureDoesNotMatch" => {
                ": the credentials are not valid (any more): renew them, or name another profile with --profile"
            }
            "NoSuchBucket" => ": the stack is not complete; deploy it again",
            _ => "",
        };
        Error::Service {
            action: action.into(),
            message: format!("{message} ({code}){hint}"),
            retryable: status >= 500
                || status == 429
                || is_broken
                || PASSING.iter().any(|passing| code.contains(passing)),
        }
    }
}

/// The innermost cause, which is the one that tells something: "connection refused".
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
