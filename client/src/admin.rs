//! For those who look after a stack: what `errand doctor`, `errand dead-letters` and `errand listen` stand on.
//!
//! [`Cloud`] is the stack, one call each ([`Client::cloud`](crate::Client::cloud) lends it): queues and what they hold,
//! buckets, messages. [`reply_queues`] tells queues that are waited at from those of dead clients, and [`DeadLetterContent`]
//! reads requests that could not be done. What is here may change with the stack, more often than the rest of this crate.

mod dead_letter;
pub mod reply_queues;

pub use crate::clock::{unix_ms, unix_secs};
pub use crate::cloud::{
    Cloud, DeadLetter, Deployment, Execution, ExecutionStatus, FunctionState, Identity, ItemCounts,
    ListedExecution, ListedOutcome, Message, Notification, OldestMessage, OutcomePage, Presence, QueueState,
    Receipt, Received, Redrive, Seen, Trigger,
};
pub use dead_letter::DeadLetterContent;
