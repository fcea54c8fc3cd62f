//! Grayscale of JPEG in the compressed domain.

mod bits;
mod budget;
mod convert;
mod dc;
mod error;
mod exif;
mod frame;
mod huffman;
mod interleaved;
mod lookup;
mod marker;
mod metadata;
mod optimal;
mod optimize;
mod output;
mod progressive;
mod scan;
mod sequential;
mod tables;

pub use error::Error;
pub use frame::{Colour, FrameInfo, Kind};
pub use metadata::{metadata_segments, splice};

use frame::Frame;

/// How to convert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Make new Huffman tables for luma alone, which costs a second pass and makes the result smaller.
    pub optimize: bool,
    /// Keep what a browser would show of a damaged file instead of refusing it.
    pub lenient: bool,
    /// Drop metadata. Density and orientation stay: without them the image would be shown differently.
    pub strip: bool,
    /// Bytes that the conversion may allocate besides the input; `None` for no limit.
    pub memory_budget: Option<u64>,
}

/// A gray JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The file.
    pub bytes: Vec<u8>,
    /// Samples in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// How it came about.
    pub path: Path,
    /// Bits of a sample.
    pub bit_depth: u8,
}

/// How a gray JPEG came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// The luma component was copied: its coefficients and quantisation are those of the input, bit for bit.
    LumaCopy,
    /// The input was gray already.
    AsIs,
}

/// The outcome for a valid JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The gray JPEG.
    Converted(Converted),
    /// Gray is not among the components: it has to be computed from pixels.
    NeedsPixels(Reason, FrameInfo),
}

/// Why gray has to be computed from pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The components are red, green and blue.
    Rgb,
    /// The components are four inks.
    Cmyk,
    /// The components are four inks, three of them transformed.
    Ycck,
    /// Luma has fewer samples than a colour difference: alone it would be a smaller image.
    LumaSubsampled,
}

/// Makes a JPEG gray.
///
/// # Errors
/// See [`Error`].
pub fn grayscale(input: &[u8], options: &Options) -> Result<Verdict, Error> {
    let frame = Frame::read(input, options.lenient)?;
    let info = frame.info;
    let reason = match info.colour {
        Colour::Gray if !options.optimize || info.check_supported().is_err() => {
            let bytes = convert::as_is(input, options)?;
            return Ok(converted(bytes, &info, Path::AsIs));
        }
        Colour::Gray | Colour::YCbCr if !info.luma_subsampled => None,
        Colour::Gray | Colour::YCbCr => Some(Reason::LumaSubsampled),
        Colour::Rgb => Some(Reason::Rgb),
        Colour::Cmyk { .. } => Some(Reason::Cmyk),
        Colour::Ycck { .. } => Some(Reason::Ycck),
        Colour::Unknown => {
            return Err(Error::Unsupported {
                feature: "other than 1, 3 or 4 components",
            });
        }
    };
    info.check_supported()?;
    if let Some(reason) = reason {
        return Ok(Verdict::NeedsPixels(reason, info));
    }
    let bytes = convert::luma(input, frame, options)?;
    Ok(converted(bytes, &info, Path::LumaCopy))
}

fn converted(bytes: Vec<u8>, info: &FrameInfo, path: Path) -> Verdict {
    let FrameInfo {
        width,
        height,
        precision: bit_depth,
        ..
    } = *info;
    Verdict::Converted(Converted {
        bytes,
        width,
        height,
        path,
        bit_depth,
    })
}

/// Reads what the header says, of unsupported JPEGs too.
///
/// # Errors
/// [`Error::NotJpeg`], [`Error::Truncated`] or [`Error::Corrupt`] if there is no usable header before the first scan.
pub fn inspect(input: &[u8]) -> Result<FrameInfo, Error> {
    Frame::read(input, true).map(|frame| frame.info)
}
