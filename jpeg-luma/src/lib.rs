//! Grayscale of JPEG in the compressed domain: luma is copied, not computed.
//!
//! # Why it can be done
//!
//! A color JPEG almost always holds three components: luma Y, which *is* the BT.601 gray of its pixels (ITU-T T.871,
//! clause 7), and two color differences. Each is coded apart: its samples are cut into blocks of 8 by 8, transformed,
//! quantized, and written as Huffman codes. So the gray image is in the file already. To decode pixels, average them
//! and encode them again is much work that makes the image worse; to leave the color differences out is little work,
//! and luma stays what it was, bit for bit. What follows is how to leave them out. Sections and figures in brackets
//! are those of ITU-T T.81, which is ISO/IEC 10918-1.
//!
//! # What a file consists of
//!
//! A JPEG is a row of segments, each opened by a marker, `FF` and a byte that is not 0 (B.1.1). Tables and the frame
//! header come first, then one or more scans: a header that names components, then entropy-coded data. In that data,
//! a byte `FF` is followed by a stuffed 0, so that the next true marker can be found without decoding a thing; only
//! restart markers may stand within. `marker` and `tables` read segments, `frame` and `scan` the two headers,
//! `metadata` decides what application segments mean for a gray image, `output` writes the new file (in `rope`, so that
//! nothing of the input is copied needlessly), and `convert` goes from the one to the other.
//!
//! The new frame has one component with sampling factors 1 and 1. The factors of the old one, say 2 and 2, only told
//! how its component relates to the others (A.1.1). Its quantization table is copied. Of the scans:
//!
//! - A scan without luma is **skipped**: its end is the next marker.
//! - A scan of luma alone is **copied**, byte for byte. It is not interleaved, and so is neither the order of its
//!   blocks nor the meaning of its restart interval tied to other components (A.2.2).
//! - An interleaved scan is **read and rewritten**, as follows.
//!
//! # Interleaved scans
//!
//! Here blocks come in minimum coded units: of luma with factors 2 and 2, four luma blocks in two lines, then one
//! block of each color difference (A.2.3). Three things change when luma is left alone:
//!
//! 1. The *order*: line by line over the whole image. The units of one line are therefore taken apart into lines of
//!    blocks, each in a buffer of its own, and the buffers are written one after another (`interleaved`).
//! 2. The *extent*: units at the right and lower edge are filled up with blocks that hold no sample of the image, and
//!    a component alone has none of these. They are read and dropped.
//! 3. The *predictions*: a DC coefficient is coded as the difference from the block before (F.1.1.5.1), which now is
//!    another one. So DC differences are decoded, summed up and coded again (`dc`), with the Huffman table of the
//!    input; if that table was made to measure and lacks a code, it is extended by codes longer than all others, which
//!    leaves the old codes as they are (`huffman`).
//!
//! AC coefficients depend on no other block. Their bits are copied as they are; they are read only to find where the
//! block ends. A symbol is a Huffman code, which tells a run of zeros and a number of additional bits, and then those
//! bits (F.1.2.2). To pass over it, its lengths are enough, so one look-up in a table of 2^13 entries passes over all
//! symbols that these 13 bits hold, often with the end of the block (`lookup`). Bits are copied as many at a time as
//! were read since the last refill (`bits`). Blocks of color differences are passed over in the same way, their DC
//! coefficient included (`sequential`).
//!
//! Restart markers cut an interleaved scan after a number of *units*. In general that is no number of blocks that
//! gives whole intervals of luma's new order, so the rewritten scan does without restart intervals, and a DRI segment
//! that says so comes before it. The markers of the input are checked, and start the predictions over.
//!
//! # Progressive files
//!
//! There, AC coefficients never are interleaved (G.1.1.1.1), so all of luma's are copied and all others skipped. Only
//! the DC coefficients' scans are rewritten: the first one as above, without the AC coefficients; the later ones have
//! one bit a block and no code at all (`progressive`).
//!
//! # What is not looked at
//!
//! Data that is copied or skipped without decoding can be damaged unnoticed, and is then as damaged in the output.
//! Everything that is decoded is checked, and an [`Error`] tells the byte. With [`Options::lenient`], the rules are
//! those of the decoders in browsers: a code that is none ends the block, data that ends early leaves the rest of the
//! interval mid-gray, a lost restart marker costs its interval, and a damaged segment ends the image.
//!
//! # New Huffman tables
//!
//! The input's tables were made for luma, but perhaps for more than luma, or by nobody in particular. With
//! [`Options::optimize`], each scan of luma is read once more, symbol by symbol, for the frequencies of the symbols
//! (K.2, `huffman_build`), and once more to write it with new codes (`recode`).

#![allow(
    clippy::inline_always,
    reason = "the loops over blocks keep reader and sink in registers only if every step is inlined"
)]

mod bits;
mod budget;
mod convert;
mod dc;
mod error;
mod exif;
mod frame;
mod huffman;
mod huffman_build;
mod interleaved;
mod lookup;
mod marker;
mod metadata;
mod output;
mod progressive;
mod recode;
mod rope;
mod scan;
mod sequential;
mod tables;

pub use error::Error;
pub use exif::with_gray_thumbnail;
pub use frame::{Color, FrameInfo, Kind};
pub use metadata::{metadata_segments, splice};
pub use rope::Rope;

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
pub struct GrayJpeg<B = Vec<u8>> {
    /// The file.
    pub bytes: B,
    /// Samples in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// How it came about.
    pub method: Method,
    /// Bits of a sample.
    pub bit_depth: u8,
}

/// How a gray JPEG came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The luma component was copied: its coefficients and quantization are those of the input, bit for bit.
    LumaCopy,
    /// The input was gray already.
    AsIs,
}

/// The outcome for a valid JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<B = Vec<u8>> {
    /// The gray JPEG.
    Gray(GrayJpeg<B>),
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
    /// Luma has fewer samples than a color difference: alone it would be a smaller image.
    LumaSubsampled,
}

/// Makes a JPEG gray, or tells why that takes pixels.
///
/// A gray input comes back as it is, unless tables are to be optimized or metadata stripped. Data after the end of the
/// image is dropped with the colors.
///
/// # Errors
/// Says what is wrong with the input, at which byte; see [`Error`]. With [`Options::lenient`], damage is an error only
/// if there is nothing to show.
///
/// ```
/// use jpeg_luma::{Error, Options, grayscale};
///
/// let error = grayscale(b"GIF89a", &Options::default()).unwrap_err();
/// assert_eq!(error, Error::NotJpeg);
/// ```
pub fn grayscale(input: &[u8], options: &Options) -> Result<Outcome, Error> {
    let converted = match grayscale_rope(input, options)? {
        Outcome::Gray(converted) => converted,
        Outcome::NeedsPixels(reason, info) => return Ok(Outcome::NeedsPixels(reason, info)),
    };
    let needed = converted.bytes.into_bytes_peak();
    if let Some(budget) = options.memory_budget.filter(|&budget| budget < needed) {
        return Err(Error::MemoryBudget { needed, budget });
    }
    Ok(Outcome::Gray(GrayJpeg {
        bytes: converted.bytes.into_bytes(),
        width: converted.width,
        height: converted.height,
        method: converted.method,
        bit_depth: converted.bit_depth,
    }))
}

/// As [`grayscale`], without copying what the result has in common with the input.
///
/// # Errors
/// Those of [`grayscale`].
pub fn grayscale_rope<'a>(input: &'a [u8], options: &Options) -> Result<Outcome<Rope<'a>>, Error> {
    let frame = Frame::read(input, options.lenient)?;
    let info = frame.info;
    let reason = match info.color {
        Color::Gray if !options.optimize || info.check_supported().is_err() => {
            let bytes = convert::as_is(input, options)?;
            return Ok(converted(bytes, &info, Method::AsIs));
        }
        Color::Gray | Color::YCbCr if !info.luma_subsampled => None,
        Color::Gray | Color::YCbCr => Some(Reason::LumaSubsampled),
        Color::Rgb => Some(Reason::Rgb),
        Color::Cmyk { .. } => Some(Reason::Cmyk),
        Color::Ycck { .. } => Some(Reason::Ycck),
        Color::Unknown => {
            return Err(Error::Unsupported {
                feature: "other than 1, 3 or 4 components",
            });
        }
    };
    info.check_supported()?;
    if let Some(reason) = reason {
        return Ok(Outcome::NeedsPixels(reason, info));
    }
    let bytes = convert::luma(input, frame, options)?;
    Ok(converted(bytes, &info, Method::LumaCopy))
}

fn converted<'a>(bytes: Rope<'a>, info: &FrameInfo, method: Method) -> Outcome<Rope<'a>> {
    let FrameInfo {
        width,
        height,
        precision: bit_depth,
        ..
    } = *info;
    Outcome::Gray(GrayJpeg {
        bytes,
        width,
        height,
        method,
        bit_depth,
    })
}

/// Reads what the header says, of unsupported JPEGs too. Nothing is decoded, and nothing large allocated.
///
/// # Errors
/// [`Error::NotJpeg`], [`Error::Truncated`] or [`Error::Corrupt`] if there is no usable header before the first scan.
pub fn inspect(input: &[u8]) -> Result<FrameInfo, Error> {
    Frame::read(input, true).map(|frame| frame.info)
}
