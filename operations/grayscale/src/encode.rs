//! Gray pixels into a file of any format, as far as the format goes: one that has no 16 bits gets 8, one that has no
//! alpha gets the picture on a white background.

use std::io::Cursor;

use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::qoi::QoiEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType};

use crate::encoded::Encoded;
use crate::formats::{gif, png, tiff};
use crate::gray::Gray;
use crate::{Error, Format, Parameters};

/// Bytes that writing `gray` as a file of `format` takes at most, the gray pixels and the file included: what the encoder
/// makes of the pixels, and the file three times where it grows by doubling while its length is not known. Noise
/// compresses to as many bytes as it has, with LZW to half as many more.
pub(crate) fn needed_bytes(gray: &Gray, format: Format) -> u64 {
    let alpha = matches!(gray, Gray::La8(_) | Gray::La16(_));
    let narrow = match (format, alpha) {
        (Format::Bmp | Format::Pnm, false) => 3,
        (Format::Jpeg | Format::Png, false) | (Format::Pnm, true) => 5,
        (Format::Gif | Format::Tiff, false) | (Format::Jpeg, true) => 7,
        (Format::Gif, true) => 8,
        (Format::WebP, false) | (Format::Png, true) => 9,
        (Format::Bmp | Format::Tiff, true) => 11,
        (Format::Qoi, false) => 12,
        (Format::WebP, true) => 13,
        (Format::Qoi, true) => 16,
    };
    let per_pixel = match (gray.bit_depth(), format) {
        (8, _) => narrow,
        (_, Format::Png | Format::Pnm | Format::Tiff) => narrow * 2,
        // Wide samples, until they are narrow.
        _ => narrow + if alpha { 4 } else { 2 },
    };
    let (width, height) = gray.dimensions();
    u64::from(width) * u64::from(height) * per_pixel
}

/// Writes `gray` as a file of `format`.
pub(crate) fn encode(gray: Gray, format: Format, parameters: &Parameters) -> Result<Encoded, Error> {
    let quality = parameters.checked_quality()?;
    let mut bytes = Vec::new();
    let bit_depth = 8;
    let outcome = match format {
        Format::Jpeg => {
            let image = gray.flattened_8_bits();
            let (width, height) = image.dimensions();
            JpegEncoder::new_with_quality(&mut bytes, quality).encode(
                &image,
                width,
                height,
                ExtendedColorType::L8,
            )
        }
        Format::WebP => {
            DynamicImage::from(gray.into_8_bits()).write_with_encoder(WebPEncoder::new_lossless(&mut bytes))
        }
        Format::Bmp => match gray.into_8_bits() {
            Gray::L8(image) => {
                let (width, height) = image.dimensions();
                bytes.reserve_exact(bitmap_bytes(width, height, 1));
                BmpEncoder::new(&mut bytes).encode(&image, width, height, ExtendedColorType::L8)
            }
            // A bitmap has alpha only together with three colors.
            other => {
                let (width, height) = other.dimensions();
                let image = DynamicImage::from(DynamicImage::from(other).into_rgba8());
                bytes.reserve_exact(bitmap_bytes(width, height, 4));
                image.write_with_encoder(BmpEncoder::new(&mut bytes))
            }
        },
        Format::Qoi => {
            // The format has three channels or four: gray is three equal ones.
            let image = DynamicImage::from(gray.into_8_bits());
            let image = if image.color().has_alpha() {
                DynamicImage::from(image.into_rgba8())
            } else {
                DynamicImage::from(image.into_rgb8())
            };
            image.write_with_encoder(QoiEncoder::new(Cursor::new(&mut bytes)))
        }
        Format::Pnm => return Ok(pnm(&gray)),
        Format::Png => return png::encode(&gray, parameters),
        Format::Gif => return gif::encode(gray),
        Format::Tiff => return tiff::encode(&gray),
    };
    outcome.map_err(|error| Error::encode(format, error))?;
    Ok(Encoded { bytes, bit_depth })
}

/// The length of a bitmap, or a little more: headers, a palette, and rows padded to four bytes.
fn bitmap_bytes(width: u32, height: u32, pixel_bytes: usize) -> usize {
    (width as usize * pixel_bytes + 3) * height as usize + 2_048
}

/// A PGM, which every reader of the Netpbm family knows, or a PAM where there is alpha. Samples of 16 bits come high
/// byte first.
fn pnm(gray: &Gray) -> Encoded {
    let (width, height) = gray.dimensions();
    let bit_depth = gray.bit_depth();
    let highest = u16::MAX >> (16 - bit_depth);
    let header = if matches!(gray, Gray::La8(_) | Gray::La16(_)) {
        format!(
            "P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 2\nMAXVAL {highest}\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"
        )
    } else {
        format!("P5\n{width} {height}\n{highest}\n")
    };
    let mut bytes = header.into_bytes();
    let mut wide = |samples: &[u16]| bytes.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    match gray {
        Gray::L16(image) => wide(image),
        Gray::La16(image) => wide(image),
        Gray::L8(image) => bytes.extend_from_slice(image),
        Gray::La8(image) => bytes.extend_from_slice(image),
    }
    Encoded { bytes, bit_depth }
}
