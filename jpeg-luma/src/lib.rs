#![doc = include_str!("../README.md")]
#![allow(
    clippy::inline_always,
    reason = "the loops over blocks keep reader and sink in registers only if every step is inlined"
)]

mod app_segments;
mod bits;
mod budget;
mod component;
mod convert;
mod dc;
mod error;
pub mod exif;
mod frame;
mod grayscale;
mod huffman;
mod huffman_build;
pub mod ifd;
mod interleaved;
mod lookup;
mod marker;
pub mod metadata;
mod options;
mod outcome;
mod output;
mod progressive;
mod recode;
mod reserve;
mod rope;
mod scan;
mod sequential;
mod tables;
mod xmp;

pub use component::component;
pub use error::{Error, ReadError, WriteError};
pub use frame::{Color, FrameInfo, Kind};
pub use grayscale::{grayscale, grayscale_reader, grayscale_rope, grayscale_to, inspect};
pub use options::Options;
pub use outcome::{GrayJpeg, Method, Outcome, Reason};
pub use rope::Rope;
