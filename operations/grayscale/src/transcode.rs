//! The longest way: decode the pixels of one picture, compute its gray, encode it.
//!
//! Taken when the format changes, or where nothing more direct is possible. An animation or a document of several
//! pages is represented by its first picture. An orientation tag is applied, since the output may have no place for
//! it.

use std::io::{self, Cursor};

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::encode::Encoded;
use crate::formats::{jpeg, png, tiff, webp};
use crate::gray::Gray;
use crate::report::{Path, Report};
use crate::{Conversion, Error, Format, Limits, Parameters, encode};

/// Converts one picture by way of its pixels.
pub(crate) fn convert(
    input: &[u8],
    from: Format,
    to: Format,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion, Error> {
    let Decoded { gray, untouched } = decode(input, from, parameters, limits)?;
    let (width, height) = gray.dimensions();
    // A gray image in the right format was decoded only to see that it is whole.
    let as_is = untouched && from == to;
    let encoded = if as_is {
        Encoded {
            bytes: input.to_vec(),
            bit_depth: gray.bit_depth(),
        }
    } else {
        limits.check(from, (width, height), encode::needed_bytes(&gray, to))?;
        encode::encode(gray, to, parameters)?
    };
    let report = Report {
        input_format: from,
        format: to,
        path: if as_is { Path::AsIs } else { Path::Pixels },
        luma: parameters.luma,
        width,
        height,
        bit_depth: encoded.bit_depth,
        input_bytes: input.len() as u64,
        output_bytes: encoded.bytes.len() as u64,
        frames: None,
        pages: None,
    };
    Ok(Conversion {
        bytes: encoded.bytes,
        report,
    })
}

/// A decoded picture.
struct Decoded {
    gray: Gray,
    /// It was gray and upright before.
    untouched: bool,
}

/// Decodes one picture and makes it gray and upright.
fn decode(input: &[u8], format: Format, parameters: &Parameters, limits: &Limits) -> Result<Decoded, Error> {
    if format == Format::Jpeg {
        return Ok(Decoded {
            gray: jpeg::upright(input, parameters, limits)?,
            untouched: false,
        });
    }
    if format == Format::WebP {
        let gray = webp::first_picture(input, parameters, limits)?;
        return Ok(Decoded {
            gray,
            untouched: false,
        });
    }
    if format == Format::Png {
        png::check(input)?;
    }
    if format == Format::Tiff {
        return Ok(Decoded {
            gray: tiff::first_page(input, parameters, limits)?,
            untouched: false,
        });
    }
    let explain = |error| explain(error, format, input.len());
    let mut reader = ImageReader::with_format(Cursor::new(input), codec(format));
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.memory_bytes);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::corrupt(
            format,
            format_args!("its size is {width}x{height}"),
        ));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    limits.check(format, (width, height), predicted_bytes(&decoder))?;
    let image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    let untouched = !image.color().has_color() && orientation == Orientation::NoTransforms;
    Ok(Decoded {
        gray: Gray::of(image, parameters.luma).upright(orientation),
        untouched,
    })
}

/// Bytes that a conversion takes: the decoded pixels, the gray ones, those once more for turning them or for the
/// output.
fn predicted_bytes(decoder: &impl ImageDecoder) -> u64 {
    let picture = decoder.total_bytes();
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let gray_bytes = if color.has_color() {
        u64::from(color.bytes_per_pixel()).div_ceil(2)
    } else {
        0
    };
    let gray = u64::from(width) * u64::from(height) * gray_bytes;
    picture
        .saturating_add(gray.saturating_mul(2))
        .saturating_add(1 << 16)
}

fn codec(format: Format) -> ImageFormat {
    match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        Format::Bmp => ImageFormat::Bmp,
        Format::Tiff => ImageFormat::Tiff,
        Format::Pnm => ImageFormat::Pnm,
        Format::Qoi => ImageFormat::Qoi,
    }
}

/// Says in this crate's terms what a decoder found wrong with a file of `length` bytes.
pub(crate) fn explain(error: ImageError, format: Format, length: usize) -> Error {
    match error {
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::truncated(format, length)
        }
        ImageError::Unsupported(error) => Error::unsupported(format, error.to_string()),
        ImageError::Limits(error) if !matches!(error.kind(), LimitErrorKind::Unsupported { .. }) => {
            Error::corrupt(
                format,
                format_args!("decoding it takes more memory than its header lets expect ({error})"),
            )
        }
        other => {
            let detail = innermost(&other);
            if speaks_of_an_early_end(&detail) {
                Error::truncated(format, length)
            } else {
                Error::corrupt(format, detail)
            }
        }
    }
}

/// The message of an error's first cause, which is the decoder's own.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string().trim_end_matches('.').to_owned()
}

/// Whether a decoder's message says that the file is too short. Decoders have no common error for it.
pub(crate) fn speaks_of_an_early_end(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "fill whole buffer",
        "unexpected end",
        "end of file",
        "eof",
        "exhausted",
        "truncated",
        "unexpectedly ended",
    ]
    .iter()
    .any(|phrase| message.contains(phrase))
}
