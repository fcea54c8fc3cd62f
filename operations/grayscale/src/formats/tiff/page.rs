//! One page of a TIFF, decoded and made gray.

use std::io::Cursor;

use ::tiff::decoder::{Decoder, DecodingResult};
use ::tiff::tags::{ExtraSamples, PhotometricInterpretation, Tag};
use ::tiff::{ColorType, TiffResult};
use image::{GrayAlphaImage, GrayImage, ImageBuffer};

use crate::gray::Gray;
use crate::{Error, Format, Luma, cmyk, decoder_error};

/// The codec, on a file in memory.
pub(super) type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// A gray page.
pub(super) struct Page {
    pub(super) gray: Gray,
    /// What the second channel is, where there is one.
    pub(super) alpha: ExtraSamples,
}

/// Bytes that converting the current page takes: its samples, the same again where they are in separate planes or
/// rotated, and the gray.
pub(super) fn needed_bytes(reader: &mut Reader<'_>) -> TiffResult<u64> {
    let (width, height) = reader.dimensions()?;
    let color = reader.colortype()?;
    let samples = u64::from(width) * u64::from(height) * u64::from(color.num_samples());
    Ok(samples
        .saturating_mul(u64::from(color.bit_depth().div_ceil(8)))
        .saturating_mul(3))
}

/// Whether the current page is gray already.
pub(super) fn is_gray(reader: &mut Reader<'_>) -> TiffResult<bool> {
    Ok(match reader.colortype()? {
        ColorType::Gray(_) | ColorType::GrayA(_) => true,
        ColorType::Multiband { .. } => matches!(
            photometric(reader),
            Some(PhotometricInterpretation::BlackIsZero | PhotometricInterpretation::WhiteIsZero)
        ),
        _ => false,
    })
}

/// Whether every strip or tile of the current page lies within the file.
pub(super) fn data_is_there(reader: &mut Reader<'_>, length: usize) -> TiffResult<bool> {
    for (offsets, counts) in [
        (Tag::StripOffsets, Tag::StripByteCounts),
        (Tag::TileOffsets, Tag::TileByteCounts),
    ] {
        let offsets = reader.find_tag_unsigned_vec::<u64>(offsets)?.unwrap_or_default();
        let counts = reader.find_tag_unsigned_vec::<u64>(counts)?.unwrap_or_default();
        if offsets
            .iter()
            .zip(counts)
            .any(|(offset, count)| offset.saturating_add(count) > length as u64)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Decodes the current page of a file of `length` bytes and computes its gray. Where samples are indexes, `grays` are
/// what they stand for.
pub(super) fn read(
    reader: &mut Reader<'_>,
    luma: Luma,
    grays: Option<&[u8]>,
    length: usize,
) -> Result<Page, Error> {
    let explain = |error| decoder_error::of_tiff(&error, length);
    let (width, height) = reader.dimensions().map_err(explain)?;
    if width == 0 || height == 0 {
        return Err(Error::corrupt(
            Format::Tiff,
            format_args!("a page's size is {width}x{height}"),
        ));
    }
    let color = reader.colortype().map_err(explain)?;
    let photometric = photometric(reader);
    let extra = reader
        .find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)
        .map_err(explain)?
        .unwrap_or_default();
    let alpha = extra
        .first()
        .copied()
        .and_then(ExtraSamples::from_u16)
        .unwrap_or(ExtraSamples::UnassociatedAlpha);

    let mut samples = DecodingResult::U8(Vec::new());
    let layout = reader.read_image_to_buffer(&mut samples).map_err(explain)?;
    if layout.planes > 1 && samples.as_buffer(0).byte_len() < layout.complete_len {
        return Err(Error::unsupported(Format::Tiff, "separate planes of this size"));
    }
    let shape = Shape {
        width,
        height,
        channels: usize::from(color.num_samples()),
    };
    let refused = || {
        Error::unsupported(
            Format::Tiff,
            format!("pixels of the kind {color:?} ({photometric:?})"),
        )
    };
    let gray = match samples {
        DecodingResult::U8(samples) if grays.is_some() => {
            let indexes = match color {
                ColorType::Gray(8) => Some(samples),
                ColorType::Gray(bits) => shape.unpacked(&samples, bits),
                _ => None,
            };
            let grays = grays.unwrap_or_default();
            // An index beyond the palette is black, as in most viewers.
            let look_up = |index: u8| grays.get(usize::from(index)).copied().unwrap_or(0);
            let gray = indexes.map(|indexes| indexes.into_iter().map(look_up).collect());
            Gray::L8(gray.and_then(|gray| shape.image8(gray)).ok_or_else(refused)?)
        }
        _ if grays.is_some() => return Err(refused()),
        DecodingResult::U8(samples) if color.bit_depth() == 8 => {
            let samples = shape.interleaved(samples, layout.planes);
            gray8(shape, color, samples, luma).ok_or_else(refused)?
        }
        DecodingResult::U8(samples) if color.bit_depth() < 8 => {
            let bits = color.bit_depth();
            let unpacked = shape.unpacked(&samples, bits).ok_or_else(refused)?;
            if !matches!(color, ColorType::Gray(_)) {
                return Err(refused());
            }
            let highest = u16::from(u8::MAX >> (8 - bits));
            let wide = |value: u8| (u16::from(value) * 255 / highest) as u8;
            Gray::L8(
                shape
                    .image8(unpacked.into_iter().map(wide).collect())
                    .ok_or_else(refused)?,
            )
        }
        DecodingResult::U16(samples) if color.bit_depth() == 16 => {
            let samples = shape.interleaved(samples, layout.planes);
            gray16(shape, color, samples, luma).ok_or_else(refused)?
        }
        _ => return Err(refused()),
    };
    Ok(Page { gray, alpha })
}

fn photometric(reader: &mut Reader<'_>) -> Option<PhotometricInterpretation> {
    let value = reader
        .find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)
        .ok()??;
    PhotometricInterpretation::from_u16(value)
}

/// The gray of 8-bit samples; `None` for a kind of pixel that is not supported.
fn gray8(shape: Shape, color: ColorType, samples: Vec<u8>, luma: Luma) -> Option<Gray> {
    let pixels = shape.pixels();
    Some(match color {
        ColorType::Gray(_) => Gray::L8(shape.image8(samples)?),
        ColorType::GrayA(_) | ColorType::Multiband { num_samples: 2, .. } => {
            Gray::La8(GrayAlphaImage::from_raw(shape.width, shape.height, samples)?)
        }
        ColorType::RGB(_) if shape.channels == 3 => {
            let mut gray = vec![0; pixels];
            luma.row8::<3, 1>(&samples, &mut gray);
            Gray::L8(shape.image8(gray)?)
        }
        ColorType::RGBA(_) if shape.channels == 4 => {
            let mut gray = vec![0; pixels * 2];
            luma.row8::<4, 2>(&samples, &mut gray);
            Gray::La8(GrayAlphaImage::from_raw(shape.width, shape.height, gray)?)
        }
        ColorType::CMYK(_) => {
            let gray = |inks: &[u8; 4]| {
                let [red, green, blue] = cmyk::rgb8(*inks);
                luma.gray8(red, green, blue)
            };
            Gray::L8(shape.image8(samples.as_chunks().0.iter().map(gray).collect())?)
        }
        _ => return None,
    })
}

/// As [`gray8`], for 16-bit samples.
fn gray16(shape: Shape, color: ColorType, samples: Vec<u16>, luma: Luma) -> Option<Gray> {
    let pixels = shape.pixels();
    let (width, height) = (shape.width, shape.height);
    Some(match color {
        ColorType::Gray(_) => Gray::L16(ImageBuffer::from_raw(width, height, samples)?),
        ColorType::GrayA(_) | ColorType::Multiband { num_samples: 2, .. } => {
            Gray::La16(ImageBuffer::from_raw(width, height, samples)?)
        }
        ColorType::RGB(_) if shape.channels == 3 => {
            let mut gray = vec![0; pixels];
            luma.row16::<3, 1>(&samples, &mut gray);
            Gray::L16(ImageBuffer::from_raw(width, height, gray)?)
        }
        ColorType::RGBA(_) if shape.channels == 4 => {
            let mut gray = vec![0; pixels * 2];
            luma.row16::<4, 2>(&samples, &mut gray);
            Gray::La16(ImageBuffer::from_raw(width, height, gray)?)
        }
        ColorType::CMYK(_) => {
            let gray = |inks: &[u16; 4]| {
                let [red, green, blue] = cmyk::rgb16(*inks);
                luma.gray16(red, green, blue)
            };
            let gray = samples.as_chunks().0.iter().map(gray).collect();
            Gray::L16(ImageBuffer::from_raw(width, height, gray)?)
        }
        _ => return None,
    })
}

/// A page's size and how many samples a pixel has.
#[derive(Clone, Copy)]
struct Shape {
    width: u32,
    height: u32,
    channels: usize,
}

impl Shape {
    fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }

    fn image8(self, samples: Vec<u8>) -> Option<GrayImage> {
        GrayImage::from_raw(self.width, self.height, samples)
    }

    /// Samples in pixel order, from samples in plane order.
    fn interleaved<Sample: Copy>(self, samples: Vec<Sample>, planes: usize) -> Vec<Sample> {
        let pixels = self.pixels();
        if planes < 2 || samples.len() < pixels * planes {
            return samples;
        }
        (0..pixels)
            .flat_map(|pixel| (0..planes).map(move |plane| plane * pixels + pixel))
            .map(|at| samples[at])
            .collect()
    }

    /// One byte per sample, from rows packed to whole bytes.
    fn unpacked(self, packed: &[u8], bits: u8) -> Option<Vec<u8>> {
        if self.channels != 1 || !matches!(bits, 1 | 2 | 4) {
            return None;
        }
        let row_bytes = (self.width as usize * usize::from(bits)).div_ceil(8);
        let per_byte = 8 / usize::from(bits);
        let row = |row: &[u8]| -> Vec<u8> {
            let sample = |at: usize| {
                let shift = 8 - bits - (at % per_byte) as u8 * bits;
                row[at / per_byte] >> shift & (u8::MAX >> (8 - bits))
            };
            (0..self.width as usize).map(sample).collect()
        };
        Some(packed.chunks_exact(row_bytes).flat_map(row).collect())
    }
}
