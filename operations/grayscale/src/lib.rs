//! Makes images gray. The principle, for every format: do not touch what need not be touched.
//!
//! [`convert`] takes an image file's bytes and gives back a gray image file's bytes and a [`Report`] of what was
//! done. It is pure: no files, no network, no threads that outlive the call. Memory is predicted from the header and
//! held against [`Limits`] before anything of the image's size is allocated.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "parameters and limits are passed alike, and limits may grow beyond one figure"
)]

pub use jpeg_luma as jpeg;

mod bmp;
mod encode;
mod error;
mod exif;
mod format;
mod from_jpeg;
mod gif;
mod gray;
mod limits;
mod luma;
mod parameters;
mod pixels;
mod png;
mod report;
mod stream;
mod tiff;
mod webp;

pub use error::Error;
pub use format::Format;
pub use jpeg_luma::Pieces;
pub use limits::Limits;
pub use luma::Luma;
pub use parameters::Parameters;
pub use report::{Conversion, Path, Report};
pub use stream::{StreamError, convert_stream};

/// Converts an image file to a gray image file.
///
/// The input's format is told by its content. Decoders may panic on malicious input that no one has thought of yet:
/// a caller that must survive catches unwinding around this call.
///
/// # Errors
///
/// [`Error`] says what is wrong with the input, or that the conversion would exceed the limits.
pub fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let Conversion { bytes, report } = convert_in_pieces(input, parameters, limits)?;
    limits.check(
        report.format,
        (report.width, report.height),
        bytes.bytes_to_join(),
    )?;
    Ok(Conversion {
        bytes: bytes.into_bytes(),
        report,
    })
}

/// As [`convert`], without copying what the gray image has in common with its input: most of a progressive JPEG, for
/// one. For those who write the file anyhow.
///
/// # Errors
///
/// Those of [`convert`].
pub fn convert_in_pieces<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Pieces<'a>>, Error> {
    let from = Format::detect(input)?;
    parameters.checked_quality()?;
    let to = parameters.format.unwrap_or(from);
    match from {
        Format::Jpeg if from == to => from_jpeg::convert(input, parameters, limits),
        Format::Gif if from == to => gif_in_memory(input, parameters, limits).map(Into::into),
        Format::Bmp if from == to => bmp::convert(input, parameters, limits),
        Format::Png if from == to => png::convert(input, parameters, limits).map(Into::into),
        Format::WebP if from == to => webp::convert(input, parameters, limits).map(Into::into),
        Format::Tiff if from == to => tiff::convert(input, parameters, limits).map(Into::into),
        _ => pixels::convert(input, from, to, parameters, limits).map(Into::into),
    }
}

/// A GIF is converted from a stream to a stream, of which both are memory here.
fn gif_in_memory(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let mut bytes = Vec::with_capacity(input.len());
    match gif::convert(&mut &input[..], &mut bytes, parameters, limits) {
        Ok(report) => Ok(Conversion { bytes, report }),
        Err(StreamError::Image(error)) => Err(error),
        Err(StreamError::Read(error) | StreamError::Write(error)) => {
            unreachable!("memory can always be read and written: {error}")
        }
    }
}
