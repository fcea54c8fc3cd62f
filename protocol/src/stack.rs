//! A deployed stack, and the names of its parts. They all derive from the stack's name, so that nobody has to copy
//! a URL: `template.yaml` and this file are the two places that spell them.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{BucketName, InvalidName, OperationName, QueueName};

/// Longest name of a stack. The longest derived name is a bucket's, and has to stay within 63 characters:
/// `-results-`, an account of 12 digits, a hyphen and a region of up to 14.
const MAX_LEN: usize = 27;

/// What the names of reply queues have behind the stack's.
const REPLY: &str = "-reply";

/// The name of a deployed stack: 1 to 27 of `a-z`, `0-9` and `-`, beginning with a letter, and without the part `-reply`,
/// as in `errand-reply-two`: its queues would have the names of another stack's reply queues, which the clients of that
/// one may read and delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack(String);

/// The text is not a stack's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStack {
    /// No bucket could carry it.
    #[error(
        "`{0}` is not a stack name: expected 1 to {MAX_LEN} lower-case letters, digits and hyphens, beginning with a letter"
    )]
    Unfit(String),
    /// Its queues would be among another stack's reply queues.
    #[error(
        "`{name}` is not a stack name: the clients of a stack `{other}` may read and delete all queues whose names begin \
         with `{other}-reply-`, and these would be among them; take a name without `-reply`"
    )]
    Nested {
        /// The name.
        name: String,
        /// The stack whose clients could.
        other: String,
    },
}

impl FromStr for Stack {
    type Err = InvalidStack;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = text.len() <= MAX_LEN
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !valid {
            return Err(InvalidStack::Unfit(text.chars().take(100).collect()));
        }
        match nested_in(text) {
            Some(other) => Err(InvalidStack::Nested {
                name: text.to_owned(),
                other: other.to_owned(),
            }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The stack among whose reply queues those of a stack of this name would be, the shortest if there are several.
/// `devtools/deploy.py` has the same rule.
fn nested_in(name: &str) -> Option<&str> {
    let mut ends = name.match_indices(REPLY).map(|(at, _)| name.split_at(at));
    ends.find(|(_, rest)| *rest == REPLY || rest[REPLY.len()..].starts_with('-'))
        .map(|(other, _)| other)
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
        format!("{self}{REPLY}-")
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

    /// The name of the state machine that does map jobs. Its executions have the jobs' ids for names.
    #[must_use]
    pub fn state_machine(&self) -> String {
        format!("{self}-map")
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
            let error = name.parse::<Stack>().unwrap_err();
            assert!(matches!(error, InvalidStack::Unfit(_)), "{name}: {error}");
        }
    }

    #[test]
    fn a_name_whose_queues_would_be_another_stacks_reply_queues_is_refused() {
        for (name, other) in [
            ("errand-reply-two", "errand"),
            ("errand-reply", "errand"),
            ("a-reply-b-reply-c", "a"),
            ("a-reply2-reply", "a-reply2"),
        ] {
            let error = name.parse::<Stack>().unwrap_err();
            let InvalidStack::Nested { other: named, .. } = &error else {
                panic!("{name}: {error}")
            };
            assert_eq!(named, other);
            assert!(error.to_string().ends_with("take a name without `-reply`"));
        }
        for name in ["replying", "reply", "reply-errand", "my-reply2", "a-replying"] {
            assert!(name.parse::<Stack>().is_ok(), "{name}");
        }
    }
}
