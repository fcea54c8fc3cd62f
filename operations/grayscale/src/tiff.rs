//! TIFF.

use std::io::Cursor;
use std::marker::PhantomData;

use ::tiff::encoder::colortype::{ColorType, Gray8, Gray16};
use ::tiff::encoder::{Compression, Predictor, TiffEncoder};
use ::tiff::tags::{ExtraSamples, PhotometricInterpretation, SampleFormat, Tag};

use crate::encode::Encoded;
use crate::gray::Gray;
use crate::{Error, Format};

/// Writes a still gray image as a TIFF of one page, LZW-compressed, which every reader knows.
pub(crate) fn encode(gray: Gray) -> Result<Encoded, Error> {
    let bit_depth = gray.bit_depth();
    let (width, height) = gray.dimensions();
    let mut bytes = Cursor::new(Vec::new());
    let outcome = TiffEncoder::new(&mut bytes).and_then(|encoder| {
        let mut encoder = encoder
            .with_compression(Compression::Lzw)
            .with_predictor(Predictor::Horizontal);
        match &gray {
            Gray::L8(image) => encoder.write_image::<Gray8>(width, height, image),
            Gray::L16(image) => encoder.write_image::<Gray16>(width, height, image),
            Gray::La8(image) => {
                let mut page = encoder.new_image::<GrayAlpha<u8>>(width, height)?;
                page.encoder()
                    .write_tag(Tag::ExtraSamples, ExtraSamples::UnassociatedAlpha.to_u16())?;
                page.write_data(image)
            }
            Gray::La16(image) => {
                let mut page = encoder.new_image::<GrayAlpha<u16>>(width, height)?;
                page.encoder()
                    .write_tag(Tag::ExtraSamples, ExtraSamples::UnassociatedAlpha.to_u16())?;
                page.write_data(image)
            }
        }
    });
    outcome.map_err(|error| Error::Encode {
        format: Format::Tiff,
        detail: error.to_string(),
    })?;
    Ok(Encoded {
        bytes: bytes.into_inner(),
        bit_depth,
    })
}

/// Gray and alpha, a pair that the codec has no type for.
struct GrayAlpha<Sample>(PhantomData<Sample>);

impl ColorType for GrayAlpha<u8> {
    type Inner = u8;
    const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
    const BITS_PER_SAMPLE: &'static [u16] = &[8, 8];
    const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::Uint; 2];

    fn horizontal_predict(row: &[u8], result: &mut Vec<u8>) {
        result.extend_from_slice(&row[..row.len().min(2)]);
        result.extend(
            row.iter()
                .zip(row.iter().skip(2))
                .map(|(left, here)| here.wrapping_sub(*left)),
        );
    }
}

impl ColorType for GrayAlpha<u16> {
    type Inner = u16;
    const TIFF_VALUE: PhotometricInterpretation = PhotometricInterpretation::BlackIsZero;
    const BITS_PER_SAMPLE: &'static [u16] = &[16, 16];
    const SAMPLE_FORMAT: &'static [SampleFormat] = &[SampleFormat::Uint; 2];

    fn horizontal_predict(row: &[u16], result: &mut Vec<u16>) {
        result.extend_from_slice(&row[..row.len().min(2)]);
        result.extend(
            row.iter()
                .zip(row.iter().skip(2))
                .map(|(left, here)| here.wrapping_sub(*left)),
        );
    }
}
