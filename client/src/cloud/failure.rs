//! From the SDK's errors to the client's own.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use errand_aws::{FailureKind, code, message, root_cause};

use super::{Cloud, is_local};
use crate::error::Error;

/// No credentials, or a way of getting them that failed.
pub(super) fn credentials_error(error: CredentialsError) -> Error {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Error::NoCredentials,
        other => Error::Service {
            action: "get AWS credentials".to_owned(),
            message: DisplayErrorContext(&other).to_string(),
            retryable: false,
        },
    }
}

impl Cloud {
    /// Tells what kind of failure an SDK error is, and the cure.
    pub(super) fn failure<E>(&self, action: impl Into<String>, error: &SdkError<E>) -> Error
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
                cause: root_cause(error),
                cure,
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
            action: action.into(),
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
