//! What a failed call means.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::unexplained::Unexplained;

/// Parts of the codes of throttling and of other failures that may pass, which the services send under status 400 or 403
/// too. From the S3 and SQS API references and the SDK's own list (read 2026-11).
const TRANSIENT: [&str; 8] = [
    "Throttl",
    "SlowDown",
    "TooManyRequests",
    "LimitExceeded",
    "OverLimit",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
];

/// What a failed call means for whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The object, version or queue does not exist. (A bucket that does not exist is [`Self::Refused`]: the stack is
    /// not complete.)
    NotFound,
    /// The caller may not do this.
    Denied,
    /// The same call will fail again until somebody mends something.
    Refused,
    /// Throttled, unreachable, timed out, or the service failed: the same call may succeed later.
    Transient,
}

impl FailureKind {
    /// What an error of the SDK means. Without an answer of the service it is [`Self::Transient`].
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        Self::of_answer(code(error).unwrap_or_default(), status(error))
    }

    /// What an answer means: by its code, or, where the code has no meaning of its own, by its HTTP status. An empty
    /// code stands for an answer without one (a HEAD has no body that could hold it), no status for no answer at all.
    #[must_use]
    pub fn of_answer(code: &str, status: Option<u16>) -> Self {
        match (code, status) {
            ("NoSuchBucket", _) => Self::Refused,
            ("NoSuchKey" | "NoSuchVersion" | "NotFound", _) => Self::NotFound,
            (code, _) if code.ends_with("QueueDoesNotExist") || code.ends_with("NonExistentQueue") => {
                Self::NotFound
            }
            (code, _) if code.contains("AccessDenied") => Self::Denied,
            (code, _) if TRANSIENT.iter().any(|part| code.contains(part)) => Self::Transient,
            ("", Some(403)) => Self::Denied,
            (_, Some(404)) => Self::NotFound,
            // Time-outs, conflicts and throttles among the client errors.
            (_, Some(408 | 409 | 429)) => Self::Transient,
            // A redirect comes from a bucket of another region.
            (_, Some(300..=499)) => Self::Refused,
            _ => Self::Transient,
        }
    }
}

/// The HTTP status of the answer; none if there was no answer.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The service's word for what went wrong; none if it said none.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error()?.code()
}

/// What went wrong, in one line: what the service answered, or, without an answer, every cause down to the one that
/// tells something.
pub fn message<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(service) = error.as_service_error() {
        match (service.code(), service.message()) {
            (Some(code), Some(message)) => return format!("{message} ({code})"),
            (Some(code), None) => return code.to_owned(),
            (None, _) => {}
        }
    }
    if let Some(answer) = Unexplained::of(error) {
        return format!("the service answered with {answer}");
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

/// The innermost cause alone, such as "connection refused".
#[must_use]
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_more_than_the_status_it_comes_with() {
        for (code, status, kind) in [
            ("NoSuchKey", 404, FailureKind::NotFound),
            ("NoSuchVersion", 404, FailureKind::NotFound),
            ("NoSuchBucket", 404, FailureKind::Refused),
            ("QueueDoesNotExist", 400, FailureKind::NotFound),
            (
                "AWS.SimpleQueueService.NonExistentQueue",
                400,
                FailureKind::NotFound,
            ),
            ("AccessDenied", 403, FailureKind::Denied),
            ("AccessDeniedException", 400, FailureKind::Denied),
            ("RequestThrottled", 400, FailureKind::Transient),
            ("KmsThrottled", 400, FailureKind::Transient),
            ("SlowDown", 503, FailureKind::Transient),
            ("InvalidObjectState", 403, FailureKind::Refused),
        ] {
            assert_eq!(
                FailureKind::of_answer(code, Some(status)),
                kind,
                "{code} {status}"
            );
        }
    }

    #[test]
    fn without_a_code_the_status_tells() {
        for (status, kind) in [
            (Some(301), FailureKind::Refused),
            (Some(403), FailureKind::Denied),
            (Some(404), FailureKind::NotFound),
            (Some(409), FailureKind::Transient),
            (Some(429), FailureKind::Transient),
            (Some(500), FailureKind::Transient),
            (None, FailureKind::Transient),
        ] {
            assert_eq!(FailureKind::of_answer("", status), kind, "{status:?}");
        }
    }
}
