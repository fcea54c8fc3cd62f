//! Makes images gray. The principle, for every format: leave untouched what need not change.
//!
//! [`convert()`] takes an image file's bytes and returns a gray image file's bytes and a [`Report`] of what was
//! done. It is pure: no files, no network, no threads that outlive the call. Memory is predicted from the header and
//! held against [`Limits`] before anything of the image's size is allocated.
//!
//! Modules use only those below them. From the ground up: what all share (errors, formats' names, the luma formulas, the
//! gray image), each format by itself in `formats`, `decode` and `encode`, which know all of these, `transcode`, which joins
//! the two, `convert`, which chooses the route, and `stream`, from a reader to a writer.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "parameters and limits are passed alike, and limits may grow beyond one figure"
)]

mod cancel;
mod cmyk;
mod convert;
mod decode;
mod decoder_error;
mod encode;
mod encoded;
mod error;
mod format;
mod formats;
mod gray;
mod limits;
mod luma;
mod parameters;
mod report;
mod stream;
mod transcode;

pub use cancel::cancelable;
pub use convert::{convert, convert_to_rope};
pub use error::{Error, StreamError};
pub use format::Format;
pub use jpeg_luma::Rope;
pub use limits::Limits;
pub use luma::Luma;
pub use parameters::{Parameters, parameter_of_option};
pub use report::{Conversion, Report, Route};
pub use stream::convert_stream;

/// The operation's name, as requests and the command spell it.
pub const NAME: &str = "grayscale";
