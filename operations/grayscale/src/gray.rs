//! The gray image between a decoder and an encoder, on routes that go through pixels.

#![allow(
    clippy::cast_possible_truncation,
    reason = "rounded means of samples are samples again"
)]

use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, Luma as LumaPixel, LumaA};

use crate::Luma;

/// A still gray image: 8 or 16 bits, with or without alpha.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Gray {
    L8(GrayImage),
    La8(GrayAlphaImage),
    L16(ImageBuffer<LumaPixel<u16>, Vec<u16>>),
    La16(ImageBuffer<LumaA<u16>, Vec<u16>>),
}

impl Gray {
    /// The gray of an image of any kind. Gray images pass through untouched; alpha is kept as it is, color under
    /// full transparency included in the formula like any other.
    pub(crate) fn of(image: DynamicImage, luma: Luma) -> Self {
        let (width, height) = (image.width(), image.height());
        let pixels = width as usize * height as usize;
        match image {
            DynamicImage::ImageLuma8(gray) => Self::L8(gray),
            DynamicImage::ImageLumaA8(gray) => Self::La8(gray),
            DynamicImage::ImageLuma16(gray) => Self::L16(gray),
            DynamicImage::ImageLumaA16(gray) => Self::La16(gray),
            DynamicImage::ImageRgb8(color) => {
                let mut gray = vec![0; pixels];
                luma.row8::<3, 1>(&color, &mut gray);
                Self::L8(whole(width, height, gray))
            }
            DynamicImage::ImageRgba8(color) => {
                let mut gray = vec![0; pixels * 2];
                luma.row8::<4, 2>(&color, &mut gray);
                Self::La8(whole(width, height, gray))
            }
            DynamicImage::ImageRgba16(color) => {
                let mut gray = vec![0; pixels * 2];
                luma.row16::<4, 2>(&color, &mut gray);
                Self::La16(whole(width, height, gray))
            }
            // Only HDR formats decode to floating point, and none of them is supported: 16 bits hold the rest.
            other => {
                let color = other.into_rgb16();
                let mut gray = vec![0; pixels];
                luma.row16::<3, 1>(&color, &mut gray);
                Self::L16(whole(width, height, gray))
            }
        }
    }

    pub(crate) fn dimensions(&self) -> (u32, u32) {
        match self {
            Self::L8(image) => image.dimensions(),
            Self::La8(image) => image.dimensions(),
            Self::L16(image) => image.dimensions(),
            Self::La16(image) => image.dimensions(),
        }
    }

    /// Bits per sample: 8 or 16.
    pub(crate) fn bit_depth(&self) -> u8 {
        match self {
            Self::L8(_) | Self::La8(_) => 8,
            Self::L16(_) | Self::La16(_) => 16,
        }
    }

    /// The image rotated and mirrored so that it is upright without an orientation tag.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        let mut image = DynamicImage::from(self);
        image.apply_orientation(orientation);
        Self::of(image, Luma::default())
    }

    /// With 8 bits per sample, rounded to the nearest.
    pub(crate) fn into_8_bits(self) -> Self {
        let narrow = |samples: Vec<u16>| samples.into_iter().map(nearest_8_bits).collect();
        match self {
            Self::L16(image) => {
                let (width, height) = image.dimensions();
                Self::L8(whole(width, height, narrow(image.into_raw())))
            }
            Self::La16(image) => {
                let (width, height) = image.dimensions();
                Self::La8(whole(width, height, narrow(image.into_raw())))
            }
            narrow => narrow,
        }
    }

    /// With 8 bits per sample and no alpha: what is transparent shows white paper behind it.
    pub(crate) fn flattened_8_bits(self) -> GrayImage {
        match self.into_8_bits() {
            Self::L8(image) => image,
            Self::La8(image) => {
                let (width, height) = image.dimensions();
                let over_white = |&[gray, alpha]: &[u8; 2]| {
                    let (gray, alpha) = (u32::from(gray), u32::from(alpha));
                    ((gray * alpha + 255 * (255 - alpha) + 127) / 255) as u8
                };
                let flat = image.as_raw().as_chunks().0.iter().map(over_white).collect();
                whole(width, height, flat)
            }
            Self::L16(_) | Self::La16(_) => unreachable!("into_8_bits gives 8 bits"),
        }
    }
}

impl From<Gray> for DynamicImage {
    fn from(gray: Gray) -> Self {
        match gray {
            Gray::L8(image) => image.into(),
            Gray::La8(image) => image.into(),
            Gray::L16(image) => image.into(),
            Gray::La16(image) => image.into(),
        }
    }
}

/// The nearest 8-bit value to a 16-bit one: 65,535 is 255 times 257.
pub(crate) fn nearest_8_bits(sample: u16) -> u8 {
    ((u32::from(sample) + 128) / 257) as u8
}

/// An image from exactly as many samples as it has.
fn whole<P: image::Pixel>(
    width: u32,
    height: u32,
    samples: Vec<P::Subpixel>,
) -> ImageBuffer<P, Vec<P::Subpixel>> {
    ImageBuffer::from_raw(width, height, samples).expect("the buffer was made for these dimensions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowing_is_exact_on_widened_values() {
        for value in 0..=255_u8 {
            assert_eq!(nearest_8_bits(u16::from(value) * 257), value);
        }
        assert_eq!(nearest_8_bits(u16::MAX), 255);
    }

    #[test]
    fn what_is_transparent_becomes_white_where_there_is_no_alpha() {
        let image = GrayAlphaImage::from_raw(3, 1, vec![0, 0, 0, 255, 0, 128]).unwrap();
        assert_eq!(Gray::La8(image).flattened_8_bits().into_raw(), [255, 0, 127]);
    }
}
