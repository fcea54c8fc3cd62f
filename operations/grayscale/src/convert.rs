//! Which route an image takes: its own format's, or, where the format changes, through pixels.

use crate::formats::{bmp, gif, jpeg, png, tiff, webp};
use crate::{Conversion, Error, Format, Limits, Parameters, Rope, StreamError, transcode};

/// Converts an image file to a gray image file.
///
/// The input's format is told by its content. Decoders may panic on malicious input that no one has thought of yet:
/// a caller that must survive catches unwinding around this call.
///
/// # Errors
///
/// [`Error`] says what is wrong with the input, or that the conversion would exceed the limits.
pub fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let Conversion { bytes, report } = convert_to_rope(input, parameters, limits)?;
    limits.check(
        report.format,
        (report.width, report.height),
        bytes.into_bytes_peak(),
    )?;
    Ok(Conversion {
        bytes: bytes.into_bytes(),
        report,
    })
}

/// As [`convert`], without copying what the gray image has in common with its input: most of a progressive JPEG, for
/// example. For callers that write the file out at once.
///
/// # Errors
///
/// Those of [`convert`].
pub fn convert_to_rope<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Rope<'a>>, Error> {
    let from = Format::detect(input)?;
    parameters.checked_quality()?;
    let to = parameters.format.unwrap_or(from);
    match from {
        Format::Jpeg if from == to => jpeg::convert(input, parameters, limits),
        Format::Gif if from == to => gif_in_memory(input, parameters, limits).map(Into::into),
        Format::Bmp if from == to => bitmap(input, parameters, limits),
        Format::Png if from == to => png::convert(input, parameters, limits).map(Into::into),
        Format::WebP if from == to => webp::convert(input, parameters, limits).map(Into::into),
        Format::Tiff if from == to => tiff::convert(input, parameters, limits).map(Into::into),
        _ => transcode::convert(input, from, to, parameters, limits).map(Into::into),
    }
}

/// Converts a GIF, which goes from a reader to a writer, in memory.
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

/// A bitmap has its palette rewritten, or goes through pixels and keeps its density.
fn bitmap<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Rope<'a>>, Error> {
    if let Some(conversion) = bmp::convert(input, parameters, limits)? {
        return Ok(conversion);
    }
    let mut conversion = transcode::convert(input, Format::Bmp, Format::Bmp, parameters, limits)?;
    bmp::copy_density(input, &mut conversion.bytes);
    Ok(conversion.into())
}
