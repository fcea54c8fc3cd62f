//! What client and functions say to each other.
//!
//! A client sends a [`Request`]; the function that runs it stores one [`Outcome`] and sends a [`Reply`]. This crate holds
//! those three, everything else that a queue may hold ([`Message`]), the names they travel under ([`keys`], [`Stack`]),
//! and the [`limits`] that the services set. It knows neither AWS nor I/O, so that the client, every function and every
//! test share it.
//!
//! # Compatibility
//!
//! Each message carries `version`. A reader accepts every version up to its own [`VERSION`], ignores fields
//! that it does not know, and names the field that is missing. A field is only ever added as an optional one;
//! anything else raises the version.
//!
//! # Numbers
//!
//! JSON readers commonly keep numbers as 64-bit floats and damage integers above 2^53 (RFC 8259, section 6).
//! Lists of integers therefore travel as text, and so does every computed integer in a result.

mod decode;
mod encode;
mod error;
mod job_id;
pub mod keys;
pub mod limits;
mod location;
mod map;
pub mod message;
mod outcome;
mod request;
mod stack;
mod trace;

pub use decode::{DecodeError, Salvage, salvage};
pub use error::{ErrorCode, JobError, code};
pub use job_id::{InvalidJobId, JobId, revision};
pub use location::{BucketName, FileName, InvalidName, MessageId, ObjectKey, ObjectLocation, QueueName};
pub use map::{FailedObject, MapPlan, MapReport, ObjectReport, ObjectStatus, Unit};
pub use message::Message;
pub use outcome::{Outcome, Reply, Status, StoredObject};
pub use request::{Destination, Engine, MapOptions, OperationName, Prefix, Request, RequestInput};
pub use stack::{InvalidStack, Stack};
pub use trace::{TraceHeader, TraceId};

/// The version of the messages this crate writes, and the highest that it reads.
pub const VERSION: u32 = 1;
