//! PNG, still or animated.
//!
//! There are three routes, of which the most direct that applies is taken:
//!
//! - A **gray** file comes back as it is (or without the metadata that `strip` drops).
//! - A **palette** file gets a gray palette; the compressed indexes are copied, for the result is exact.
//! - A file in **true color** is streamed row by row from the decoder through the formula to the encoder, so that
//!   memory does not grow with height. An interlaced file stays interlaced, pass by pass, which makes it stream
//!   as well. An animation's frames follow one another in the same way.
//!
//! References are to the W3C's PNG specification, third edition.

#![allow(
    clippy::cast_possible_truncation,
    reason = "lengths of chunks and parts of wider samples fit by construction"
)]

mod adam7;
mod bits;
mod chunks;
mod deflate;
mod encoder;
mod filter;
mod huffman;
mod inflate;
mod metadata;
mod paeth;
mod pipeline;
mod rows;
mod runs;
mod unfilter;
mod widen;
mod writer;

use jpeg_luma::exif;

use crate::encoded::Encoded;
use crate::gray::Gray;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Parameters};
use chunks::{Chunks, Summary};
use encoder::{Compression, Encoder, Layout};
use metadata::Keeper;

/// Converts a PNG to a gray PNG.
pub(crate) fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let summary = Summary::read(input)?;
    let header = &summary.header;
    let indexed = header.color == ::png::ColorType::Indexed;
    let gray = matches!(
        header.color,
        ::png::ColorType::Grayscale | ::png::ColorType::GrayscaleAlpha
    );
    let (route, bit_depth, bytes) = if gray && !parameters.strip && !summary.damaged {
        (Route::AsIs, header.depth, copy(input, limits, &summary)?)
    } else if gray {
        (
            Route::AsIs,
            header.depth,
            rewrite(input, parameters, limits, &summary)?,
        )
    } else if indexed && !parameters.true_gray {
        (
            Route::Palette,
            header.depth,
            rewrite(input, parameters, limits, &summary)?,
        )
    } else {
        let depth = if indexed { 8 } else { header.depth };
        (
            Route::Pixels,
            depth,
            pipeline::convert(input, parameters, limits, &summary)?,
        )
    };
    let report = Report::new(Format::Png, route, parameters.luma, header.dimensions())
        .with_bit_depth(bit_depth)
        .with_sizes(input.len() as u64, bytes.len() as u64)
        .with_frames(summary.animated.then_some(summary.animation_frames));
    Ok(Conversion { bytes, report })
}

/// The orientation that a file asks for, if it asks for one. Refuses a file whose structure is damaged: the codec panics
/// on some of them.
pub(crate) fn orientation(input: &[u8]) -> Result<Option<u8>, Error> {
    Ok(Summary::read(input)?.exif.and_then(exif::orientation))
}

/// Writes a still gray image as a PNG.
pub(crate) fn encode(gray: &Gray, parameters: &Parameters) -> Result<Encoded, Error> {
    let (width, height) = gray.dimensions();
    let depth = gray.bit_depth();
    let alpha = matches!(gray, Gray::La8(_) | Gray::La16(_));
    let layout = Layout {
        width,
        height,
        depth,
        alpha,
        interlaced: false,
    };
    let compression = if parameters.optimize {
        Compression::Best
    } else {
        Compression::for_photo(layout.raw_bytes())
    };
    let mut encoder = Encoder::new(&[], layout, compression, encoder::Budget::NONE);
    encoder.start_frame(None);
    let wide =
        |samples: &[u16]| -> Vec<u8> { samples.iter().flat_map(|sample| sample.to_be_bytes()).collect() };
    let row_samples = width as usize * (1 + usize::from(alpha));
    encoder.start_pass(row_samples * usize::from(depth / 8));
    let outcome = match gray {
        Gray::L8(image) => image
            .chunks_exact(row_samples)
            .try_for_each(|row| encoder.rows(row)),
        Gray::La8(image) => image
            .chunks_exact(row_samples)
            .try_for_each(|row| encoder.rows(row)),
        Gray::L16(image) => image
            .chunks_exact(row_samples)
            .try_for_each(|row| encoder.rows(&wide(row))),
        Gray::La16(image) => image
            .chunks_exact(row_samples)
            .try_for_each(|row| encoder.rows(&wide(row))),
    };
    outcome?;
    encoder.end_frame()?;
    Ok(Encoded {
        bytes: encoder.finish(),
        bit_depth: depth,
    })
}

/// The file as it is.
fn copy(input: &[u8], limits: &Limits, summary: &Summary<'_>) -> Result<Vec<u8>, Error> {
    limits.check(Format::Png, summary.header.dimensions(), input.len() as u64)?;
    Ok(input[..summary.length].to_vec())
}

/// The file chunk by chunk, with a gray palette and without what does not belong to a gray image.
fn rewrite(
    input: &[u8],
    parameters: &Parameters,
    limits: &Limits,
    summary: &Summary<'_>,
) -> Result<Vec<u8>, Error> {
    limits.check(Format::Png, summary.header.dimensions(), input.len() as u64)?;
    let keeper = Keeper::new(summary, parameters, summary.header.color);
    let mut output = Vec::with_capacity(input.len());
    output.extend_from_slice(&chunks::SIGNATURE);
    for chunk in Chunks::new(input) {
        let chunk = chunk?;
        match &chunk.name {
            b"PLTE" => chunks::write(&mut output, *b"PLTE", &summary.gray_palette(parameters.luma)),
            _ if chunk.is_critical() || chunk.is_animation() => output.extend_from_slice(chunk.whole),
            _ => keeper.keep(&mut output, &chunk),
        }
    }
    Ok(output)
}
