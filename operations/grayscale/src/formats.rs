//! One module for each format of which more than pixels is kept, or which this crate writes itself. The others, PNM and QOI,
//! are pixels alone, which `decode` and `encode` handle. No format knows another, or the modules above.

pub(crate) mod bmp;
pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod tiff;
pub(crate) mod webp;
