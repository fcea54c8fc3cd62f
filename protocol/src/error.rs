//! Why a job failed, in the form in which its sender is told.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Codes of failures that are not an operation's own. Operations add their own, such as `not_an_integer`.
pub mod code {
    use super::ErrorCode;

    /// The message is not a valid request: broken JSON, a field missing or of the wrong type.
    pub const MALFORMED_REQUEST: ErrorCode = ErrorCode::new("malformed_request");
    /// The request is of a version that this function does not know.
    pub const UNSUPPORTED_VERSION: ErrorCode = ErrorCode::new("unsupported_version");
    /// The function does not run the operation that the request names.
    pub const UNKNOWN_OPERATION: ErrorCode = ErrorCode::new("unknown_operation");
    /// A parameter is unknown to the operation, or its value is not possible.
    pub const INVALID_PARAMETERS: ErrorCode = ErrorCode::new("invalid_parameters");
    /// The input object does not exist (any more).
    pub const INPUT_NOT_FOUND: ErrorCode = ErrorCode::new("input_not_found");
    /// The input does not fit the function's memory.
    pub const INPUT_TOO_LARGE: ErrorCode = ErrorCode::new("input_too_large");
    /// The request names a bucket or key that the stack does not take inputs from.
    pub const INPUT_REFUSED: ErrorCode = ErrorCode::new("input_refused");
    /// The input was written over while the job read it.
    pub const INPUT_CHANGED: ErrorCode = ErrorCode::new("input_changed");
    /// There is no object where the request says that there are some.
    pub const NO_OBJECTS: ErrorCode = ErrorCode::new("no_objects");
    /// More of the objects failed than the request tolerates.
    pub const TOO_MANY_FAILURES: ErrorCode = ErrorCode::new("too_many_failures");
    /// The request names a bucket that the stack does not write results to.
    pub const DESTINATION_REFUSED: ErrorCode = ErrorCode::new("destination_refused");
    /// The request names a reply queue that does not belong to the stack.
    pub const REPLY_QUEUE_REFUSED: ErrorCode = ErrorCode::new("reply_queue_refused");
    /// The job did not end before the function's time-out.
    pub const DEADLINE_EXCEEDED: ErrorCode = ErrorCode::new("deadline_exceeded");
    /// A service that the function depends on failed or throttled.
    pub const SERVICE_UNAVAILABLE: ErrorCode = ErrorCode::new("service_unavailable");
    /// The function lacks a right, or a part of the stack is missing.
    pub const MISCONFIGURED: ErrorCode = ErrorCode::new("misconfigured");
    /// The function's process was killed while it did the job, such as for want of memory.
    pub const PROCESS_KILLED: ErrorCode = ErrorCode::new("process_killed");
    /// Whoever sent the job wanted it no more, and said so before it was done.
    pub const CANCELED: ErrorCode = ErrorCode::new("canceled");
    /// The operation panicked: a defect of errand.
    pub const INTERNAL: ErrorCode = ErrorCode::new("internal_error");
}

/// A stable word for a kind of failure, for programs to branch on. The set is open: readers must expect new ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(Cow<'static, str>);

impl ErrorCode {
    /// A code known at compile time.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    /// The kind of failure.
    pub code: ErrorCode,
    /// What is wrong, where, and the cure, for a person.
    pub message: String,
    /// Whether the same request may succeed later. A job that is answered with `true` was tried until its attempts were
    /// used up; its message is in the dead-letter queue and can be redriven.
    pub retryable: bool,
}

impl JobError {
    /// A failure that will happen again for the same request.
    pub fn permanent(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: false,
        }
    }

    /// A failure that may pass.
    pub fn transient(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: true,
        }
    }

    /// Whether whoever runs the stack has to act, rather than whoever sent the request: what X-Ray calls a fault. So it is
    /// with what may pass and did not, and with what only the stack can be the cause of; an operation's own codes are
    /// about its input.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        const FAULTS: [ErrorCode; 5] = [
            code::DEADLINE_EXCEEDED,
            code::SERVICE_UNAVAILABLE,
            code::MISCONFIGURED,
            code::PROCESS_KILLED,
            code::INTERNAL,
        ];
        self.retryable || FAULTS.contains(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_the_stack_s_fault_or_its_input_s() {
        let fault = |code| JobError::permanent(code, "").is_fault();
        assert!(fault(code::DEADLINE_EXCEEDED));
        assert!(fault(code::INTERNAL));
        assert!(JobError::transient(ErrorCode::new("another"), "").is_fault());
        for code in [
            code::MALFORMED_REQUEST,
            code::INPUT_NOT_FOUND,
            code::INPUT_TOO_LARGE,
            ErrorCode::new("not_an_integer"),
        ] {
            assert!(!fault(code.clone()), "{code}");
        }
    }
}
