//! Gray pixels into a file of any format, as far as the format goes: one that has no 16 bits gets 8, one that has no
//! alpha gets the picture on white paper.

use std::io::Cursor;

use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::qoi::QoiEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType};

use crate::gray::Gray;
use crate::{Error, Format, Parameters, gif, png, tiff};

/// A written file, and how many bits a sample has in it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) bit_depth: u8,
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
                BmpEncoder::new(&mut bytes).encode(&image, width, height, ExtendedColorType::L8)
            }
            // A bitmap has alpha only beside three colours.
            other => DynamicImage::from(DynamicImage::from(other).into_rgba8())
                .write_with_encoder(BmpEncoder::new(&mut bytes)),
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
        Format::Tiff => return tiff::encode(gray),
    };
    outcome.map_err(|error| Error::Encode {
        format,
        detail: error.to_string(),
    })?;
    Ok(Encoded { bytes, bit_depth })
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
