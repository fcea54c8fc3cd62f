//! A file of any format into gray pixels: of an animation the first frame, of a document the first page. An orientation tag
//! is applied, since the output may have no place for it.

use std::borrow::Cow;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::pnm::PnmDecoder;
use image::codecs::qoi::QoiDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult};

use crate::cancel::{self, File};
use crate::formats::{bmp, gif, jpeg, png, tiff, webp};
use crate::gray::Gray;
use crate::{Error, Format, Limits, Luma, Parameters, decoder_error};

/// A decoded picture.
pub(crate) struct Decoded {
    pub(crate) gray: Gray,
    /// It was gray and upright before.
    pub(crate) untouched: bool,
}

/// A file to decode, and how.
struct Input<'a> {
    bytes: &'a [u8],
    format: Format,
    luma: Luma,
    limits: &'a Limits,
}

/// Decodes one picture and makes it gray and upright.
pub(crate) fn decode(
    input: &[u8],
    format: Format,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Decoded, Error> {
    let whole = Input {
        bytes: input,
        format,
        luma: parameters.luma,
        limits,
    };
    let gray = match format {
        Format::Jpeg => jpeg::upright(input, parameters, limits)?,
        Format::WebP => webp::first_picture(input, parameters, limits)?,
        Format::Tiff => tiff::first_page(input, parameters, limits)?,
        Format::Png => {
            let orientation = png::orientation(input)?;
            let decoder = PngDecoder::with_limits(File::new(input), bounds(limits));
            return by_image_crate(decoder, &whole, orientation, 0);
        }
        Format::Bmp => {
            let bitmap = bmp::for_codec(input)?;
            let copied = if matches!(bitmap, Cow::Owned(_)) {
                bitmap.len()
            } else {
                0
            };
            let decoder = BmpDecoder::new(File::new(&bitmap));
            return by_image_crate(decoder, &whole, None, copied as u64);
        }
        Format::Gif => {
            let frame_bytes = gif::first_frame_bytes(input);
            return by_image_crate(GifDecoder::new(File::new(input)), &whole, None, frame_bytes);
        }
        Format::Pnm => return by_image_crate(PnmDecoder::new(File::new(input)), &whole, None, 0),
        Format::Qoi => return by_image_crate(QoiDecoder::new(File::new(input)), &whole, None, 0),
    };
    Ok(Decoded {
        gray,
        untouched: false,
    })
}

/// Decodes by a decoder of the image crate that was just opened, beside which `held` bytes are taken. The orientation is read
/// before, as everywhere here: the crate knows none that is stored as a LONG, or behind the pixels.
fn by_image_crate<D: ImageDecoder>(
    opened: ImageResult<D>,
    input: &Input,
    orientation: Option<u8>,
    held: u64,
) -> Result<Decoded, Error> {
    let Input { format, limits, .. } = *input;
    let explain = |error| {
        let canceled = cancel::check().err();
        canceled.unwrap_or_else(|| decoder_error::of_image(error, format, input.bytes.len()))
    };
    let mut decoder = opened.map_err(explain)?;
    decoder.set_limits(bounds(limits)).map_err(explain)?;
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
        gray: Gray::of(image, input.luma).upright(orientation),
        untouched,
    })
}

/// What a decoder of the image crate may allocate.
fn bounds(limits: &Limits) -> image::Limits {
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.memory_bytes);
    bounds
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
