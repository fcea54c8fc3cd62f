//! What an SDK error means to the worker.

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::ports::{PortError, PortErrorKind};

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

/// Tells what kind of failure an SDK error is, and says it in a line.
pub(super) fn failure<E>(action: String, error: &SdkError<E>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    PortError {
        kind: kind_of(code(error).unwrap_or_default(), status(error)),
        action,
        message: message(error),
    }
}

/// What a code means, or, where it has no meaning of its own, the status that it came with; none of both when no
/// answer came at all.
pub(super) fn kind_of(code: &str, status: Option<u16>) -> PortErrorKind {
    match (code, status) {
        ("NoSuchBucket", _) => PortErrorKind::Refused,
        ("NoSuchKey" | "NoSuchVersion" | "NotFound", _) => PortErrorKind::NotFound,
        (code, _) if code.ends_with("QueueDoesNotExist") || code.ends_with("NonExistentQueue") => {
            PortErrorKind::NotFound
        }
        (code, _) if PASSING.iter().any(|passing| code.contains(passing)) => PortErrorKind::Unavailable,
        (_, Some(404)) => PortErrorKind::NotFound,
        // Time-outs, conflicts and throttles among the client errors.
        (_, Some(408 | 409 | 429)) => PortErrorKind::Unavailable,
        // A redirect comes from a bucket of another region.
        (_, Some(300..=499)) => PortErrorKind::Refused,
        _ => PortErrorKind::Unavailable,
    }
}

pub(super) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

pub(super) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error.as_service_error()?.code()
}

/// What the service answered, or, without an answer, every cause on the way down to the one that tells something.
fn message<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(service) = error.as_service_error() {
        match (service.code(), service.message()) {
            (Some(code), Some(message)) => return format!("{message} ({code})"),
            (Some(code), None) => return code.to_owned(),
            (None, _) => {}
        }
        if let Some(status) = status(error) {
            return format!("the service answered with status {status}");
        }
    }
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}
