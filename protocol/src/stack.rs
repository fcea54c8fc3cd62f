//! A deployed stack, and the names of its parts. They all derive from the stack's name, so that nobody has to copy
//! a URL: `template.yaml` and this file are the two places that spell them.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{BucketName, InvalidName, OperationName, QueueName};

/// Longest name of a stack. The longest derived name is a bucket's, and has to stay within 63 characters:
/// `-results-`, an account of 12 digits, a hyphen and a region of up to 14.
const MAX_LEN: usize = 27;

/// The name of a deployed stack: 1 to 27 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack(String);

/// The text is not a stack's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a stack name: expected 1 to {MAX_LEN} lower-case letters, digits and hyphens, beginning with a letter"
)]
pub struct InvalidStack(String);

impl FromStr for Stack {
    type Err = InvalidStack;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = text.len() <= MAX_LEN
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidStack(text.chars().take(100).collect()))
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stack {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The queue that takes an operation's requests.
    #[must_use]
    pub fn request_queue(&self, operation: &OperationName) -> QueueName {
        self.queue(&format!("{operation}-requests"))
    }

    /// The dead-letter queue of an operation's requests.
    #[must_use]
    pub fn dead_letter_queue(&self, operation: &OperationName) -> QueueName {
        self.queue(&format!("{operation}-dead-letters"))
    }

    /// The queue that takes the replies to requests that name no reply queue.
    #[must_use]
    pub fn response_queue(&self) -> QueueName {
        self.queue("responses")
    }

    /// What the names of all reply queues begin with.
    #[must_use]
    pub fn reply_prefix(&self) -> String {
        format!("{self}-reply-")
    }

    /// A name for a new reply queue.
    #[must_use]
    pub fn new_reply_queue(&self) -> QueueName {
        self.queue(&format!("reply-{}", Uuid::now_v7().simple()))
    }

    /// The bucket that takes the inputs of requests and uploaded files.
    ///
    /// # Errors
    ///
    /// `account` or `region` holds a character that a bucket's name cannot have.
    pub fn input_bucket(&self, account: &str, region: &str) -> Result<BucketName, InvalidName> {
        BucketName::try_from(format!("{self}-input-{account}-{region}"))
    }

    /// The bucket that holds outcomes and results.
    ///
    /// # Errors
    ///
    /// `account` or `region` holds a character that a bucket's name cannot have.
    pub fn result_bucket(&self, account: &str, region: &str) -> Result<BucketName, InvalidName> {
        BucketName::try_from(format!("{self}-results-{account}-{region}"))
    }

    fn queue(&self, rest: &str) -> QueueName {
        QueueName::try_from(format!("{self}-{rest}"))
            .expect("a stack's and an operation's name fit a queue's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stack_name_makes_valid_names() {
        let stack: Stack = "s".repeat(MAX_LEN).parse().unwrap();
        assert!(stack.result_bucket("123456789012", "ap-southeast-1").is_ok());
        assert!(
            stack
                .new_reply_queue()
                .as_str()
                .starts_with(&stack.reply_prefix())
        );
        let operation: OperationName = "o".repeat(OperationName::MAX_LEN).parse().unwrap();
        assert!(stack.dead_letter_queue(&operation).as_str().len() <= 80);
    }

    #[test]
    fn a_name_that_no_bucket_could_carry_is_refused() {
        for name in ["", "Errand", "1st", "my_stack", &"s".repeat(MAX_LEN + 1)] {
            assert!(name.parse::<Stack>().is_err(), "{name}");
        }
    }
}
