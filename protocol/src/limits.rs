//! Limits that the services set. Sources: the quotas pages of the Amazon SQS and AWS Lambda developer guides
//! (read 2026-11).

/// Largest SQS message in bytes: its body and its attributes' names, types and values together.
pub const MESSAGE_BYTES: usize = 1_048_576;

/// Largest batch of SQS messages sent at once, in bytes over all messages.
pub const BATCH_BYTES: usize = 1_048_576;

/// Most messages in one SQS batch.
pub const BATCH_MESSAGES: usize = 10;

/// Longest wait of one SQS receive call, in seconds.
pub const LONG_POLL_SECS: u64 = 20;

/// Longest visibility timeout of a message, in seconds.
pub const VISIBILITY_SECS: u64 = 43_200;
