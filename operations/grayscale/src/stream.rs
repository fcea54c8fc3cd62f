//! From a reader to a writer.

use std::io::{Read, Write};

use crate::convert::convert_to_rope;
use crate::formats::{gif, jpeg};
use crate::{Error, Format, Limits, Parameters, Report, StreamError};

/// Enough bytes to recognize every format, and what is no image; an SVG after an XML declaration needs most.
const SIGNATURE_BYTES: usize = 4 << 10;

/// Reads an image file from `source` and writes the gray one to `target`. As [`crate::convert()`], in
/// less memory: a GIF is written while it is read, a JPEG's luma while it is copied; of all formats but GIF the input is held,
/// but no copy of what the output has in common with it.
///
/// `size_hint` is the input's size in bytes, or 0 if it is not known. The limits hold for everything that is allocated, the
/// input included.
///
/// # Errors
///
/// [`StreamError`] tells which side failed. Part of the output may have been written by then.
pub fn convert_stream(
    mut source: impl Read,
    size_hint: u64,
    target: &mut impl Write,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Report, StreamError> {
    let mut signature = Vec::with_capacity(SIGNATURE_BYTES);
    let first = SIGNATURE_BYTES as u64;
    source
        .by_ref()
        .take(first)
        .read_to_end(&mut signature)
        .map_err(StreamError::Read)?;
    // A file that is no image is refused here, before the rest of it is read.
    let from = Format::detect(&signature)?;
    let keeps_format = parameters.format.unwrap_or(from) == from;
    if from == Format::Gif && keeps_format {
        let mut source = signature.chain(source);
        return gif::convert(&mut source, target, parameters, limits);
    }
    let mut input = signature;
    let limit_bytes = limits.memory_bytes;
    // A hint may be wrong: it allocates no more than the limit.
    let expected = size_hint.min(limit_bytes).saturating_sub(first);
    input.reserve_exact(usize::try_from(expected).unwrap_or(0));
    let most = limit_bytes.saturating_add(1);
    source
        .take(most)
        .read_to_end(&mut input)
        .map_err(StreamError::Read)?;
    let Some(left) = limit_bytes.checked_sub(input.len() as u64) else {
        return Err(Error::InputTooLarge { limit_bytes }.into());
    };
    let left = Limits::new(left);
    if from == Format::Jpeg && keeps_format {
        parameters.checked_quality()?;
        return jpeg::convert_to(&input, target, parameters, &left);
    }
    let gray = convert_to_rope(&input, parameters, &left)?;
    gray.bytes.write_to(target).map_err(StreamError::Write)?;
    Ok(gray.report)
}
