//! A file of any format into gray pixels: of an animation the first frame, of a document the first page. An orientation tag
//! is applied, since the output may have no place for it.

use std::borrow::Cow;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::formats::{bmp, gif, jpeg, png, tiff, webp};
use crate::gray::Gray;
use crate::{Error, Format, Limits, Parameters, decoder_error};

/// A decoded picture.
pub(crate) struct Decoded {
    pub(crate) gray: Gray,
    /// It was gray and upright before.
    pub(crate) untouched: bool,
}

/// Decodes one picture and makes it gray and upright.
pub(crate) fn decode(
    input: &[u8],
    format: Format,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Decoded, Error> {
    let gray = match format {
        Format::Jpeg => jpeg::upright(input, parameters, limits)?,
        Format::WebP => webp::first_picture(input, parameters, limits)?,
        Format::Tiff => tiff::first_page(input, parameters, limits)?,
        Format::Png => {
            let orientation = png::orientation(input)?;
            return by_image_crate(input, format, orientation, 0, parameters, limits);
        }
        Format::Bmp => {
            let bitmap = bmp::for_codec(input)?;
            let copied = if matches!(bitmap, Cow::Owned(_)) {
                bitmap.len()
            } else {
                0
            };
            return by_image_crate(&bitmap, format, None, copied as u64, parameters, limits);
        }
        Format::Gif => {
            let frame_bytes = gif::first_frame_bytes(input);
            return by_image_crate(input, format, None, frame_bytes, parameters, limits);
        }
        Format::Pnm | Format::Qoi => {
            return by_image_crate(input, format, None, 0, parameters, limits);
        }
    };
    Ok(Decoded {
        gray,
        untouched: false,
    })
}

/// Decodes by the image crate, beside which `held` bytes are taken. The orientation is read before, as everywhere here: the crate knows none that is stored as a
/// LONG, or behind the pixels.
fn by_image_crate(
    input: &[u8],
    format: Format,
    orientation: Option<u8>,
    held: u64,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Decoded, Error> {
    let explain = |error| decoder_error::of_image(error, format, input.len());
    let mut reader = ImageReader::with_format(Cursor::new(input), codec(format));
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.memory_bytes);
    reader.limits(bounds);
    let decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::corrupt(
            format,
            format_args!("its size is {width}x{height}"),
        ));
    }
    let orientation = orientation
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms);
    let needed = predicted_bytes(&decoder).saturating_add(held);
    limits.check(format, (width, height), needed)?;
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
