//! One module for each format that is more than pixels to this crate: what a file of it holds, and how it is made gray.
//! Formats that are not here are read and written by the image crate alone.

pub(crate) mod bmp;
pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod tiff;
pub(crate) mod webp;
