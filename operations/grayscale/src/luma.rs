//! The three formulas that compute one gray value from red, green and blue.
//!
//! `bt601` and `bt709` weigh the values as they are stored (with their transfer curve, so it is luma, written Y');
//! `linear` undoes the curve first, weighs light, and applies the curve again. The weights are whole numbers over
//! 65,536 that add up to 65,536, so that a gray pixel keeps its value exactly.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "weighted means of samples are samples again"
)]

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::shortened;

/// The formula that computes one gray value from three color values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Luma {
    /// `0.299 R' + 0.587 G' + 0.114 B'` (ITU-R BT.601-7, section 2.5.1): what the luma of a JPEG or a WebP is, and
    /// what Pillow's `convert("L")` computes, with the very same rounding.
    #[default]
    Bt601,
    /// `0.2126 R' + 0.7152 G' + 0.0722 B'` (ITU-R BT.709-6, item 3.2): the luma of high-definition video.
    Bt709,
    /// BT.709's weights on linear light: the sRGB curve (IEC 61966-2-1) is undone, the light weighed, and the curve
    /// applied again. The gray is as bright as the color was; it is what libvips calls `b-w`.
    Linear,
}

impl Luma {
    /// The formula's lower-case name, as parameters and reports spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bt601 => "bt601",
            Self::Bt709 => "bt709",
            Self::Linear => "linear",
        }
    }

    /// The gray value of one 8-bit color.
    #[must_use]
    pub fn gray8(self, red: u8, green: u8, blue: u8) -> u8 {
        match self {
            Self::Bt601 => weigh8(BT601, red, green, blue),
            Self::Bt709 => weigh8(BT709, red, green, blue),
            Self::Linear => {
                let curves = &*CURVES;
                let light = |value: u8| curves.light[usize::from(value)];
                let light = light(red) * RED + light(green) * GREEN + light(blue) * BLUE;
                curves.value[(light * CURVE_STEPS).round() as usize]
            }
        }
    }

    /// The gray value of one 16-bit color.
    #[must_use]
    pub fn gray16(self, red: u16, green: u16, blue: u16) -> u16 {
        match self {
            Self::Bt601 => weigh16(BT601, red, green, blue),
            Self::Bt709 => weigh16(BT709, red, green, blue),
            Self::Linear if red == green && green == blue => red,
            Self::Linear => {
                let light = |value: u16| light_of(f32::from(value) / 65_535.0);
                let light = light(red) * RED + light(green) * GREEN + light(blue) * BLUE;
                (value_of(light) * 65_535.0).round() as u16
            }
        }
    }

    /// Writes the gray of `pixels` of `IN` channels, the first three of them colors, into `gray` of `OUT` channels:
    /// one, or two with the fourth channel copied into the second. Stops at the end of the shorter of the two.
    pub(crate) fn row8<const IN: usize, const OUT: usize>(self, pixels: &[u8], gray: &mut [u8]) {
        match self {
            Self::Bt601 => weigh_row8::<IN, OUT>(BT601, pixels, gray),
            Self::Bt709 => weigh_row8::<IN, OUT>(BT709, pixels, gray),
            Self::Linear => rows::<IN, OUT, u8>(pixels, gray, |r, g, b| self.gray8(r, g, b)),
        }
    }

    /// As [`row8`](Self::row8), for 16-bit samples in the machine's byte order.
    pub(crate) fn row16<const IN: usize, const OUT: usize>(self, pixels: &[u16], gray: &mut [u16]) {
        rows::<IN, OUT, u16>(pixels, gray, |r, g, b| self.gray16(r, g, b));
    }
}

impl fmt::Display for Luma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Luma {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Bt601, Self::Bt709, Self::Linear]
            .into_iter()
            .find(|luma| luma.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::UnknownLuma {
                name: shortened(text),
            })
    }
}

/// Weights of red, green and blue over 65,536: BT.601's, rounded as Pillow rounds them.
const BT601: [u32; 3] = [19_595, 38_470, 7_471];
/// Weights of red, green and blue over 65,536: BT.709's, rounded to the nearest.
const BT709: [u32; 3] = [13_933, 46_871, 4_732];

/// BT.709's weights, for linear light.
const RED: f32 = 0.2126;
const GREEN: f32 = 0.7152;
const BLUE: f32 = 0.0722;

/// Steps of linear light in the table that leads back to 8-bit values. The sRGB curve is steepest at black, 12.92:
/// a step is then a twentieth of an 8-bit value.
const CURVE_STEPS: f32 = 65_535.0;

/// The sRGB curve both ways, in tables.
struct Curves {
    light: [f32; 256],
    value: Vec<u8>,
}

static CURVES: LazyLock<Curves> = LazyLock::new(|| Curves {
    light: std::array::from_fn(|value| light_of(value as f32 / 255.0)),
    value: (0..=CURVE_STEPS as u32)
        .map(|light| (value_of(light as f32 / CURVE_STEPS) * 255.0).round() as u8)
        .collect(),
});

/// Linear light of a stored value, both from 0 to 1 (IEC 61966-2-1, 5.2).
fn light_of(value: f32) -> f32 {
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// Stored value of linear light, both from 0 to 1 (IEC 61966-2-1, 5.3).
fn value_of(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

fn weigh8([red_weight, green_weight, blue_weight]: [u32; 3], red: u8, green: u8, blue: u8) -> u8 {
    let sum = u32::from(red) * red_weight + u32::from(green) * green_weight + u32::from(blue) * blue_weight;
    ((sum + 0x8000) >> 16) as u8
}

/// [`weigh8`] for a row, as [`Luma::row8`] has them.
///
/// A pixel of four bytes is read as one number, and green's weight is taken apart: into red's (for red and green
/// together), blue's (for green and blue), and the rest. All factors then fit 15 bits, and a compiler does several
/// pixels at once with the multiplication that every processor has for vectors.
fn weigh_row8<const IN: usize, const OUT: usize>(weights: [u32; 3], pixels: &[u8], gray: &mut [u8]) {
    if IN != 4 {
        return rows::<IN, OUT, u8>(pixels, gray, |r, g, b| weigh8(weights, r, g, b));
    }
    let [red_weight, green_weight, blue_weight] = weights;
    let rest = green_weight - red_weight - blue_weight;
    let (pixels, gray) = (pixels.as_chunks::<4>().0, gray.as_chunks_mut::<OUT>().0);
    for (gray, pixel) in gray.iter_mut().zip(pixels) {
        let pixel = u32::from_le_bytes(*pixel);
        let (red, green, blue) = (pixel & 0xFF, pixel >> 8 & 0xFF, pixel >> 16 & 0xFF);
        let sum = (red + green) * red_weight + (green + blue) * blue_weight + green * rest;
        let both = (sum + 0x8000) >> 16 | pixel >> 24 << 8;
        gray.copy_from_slice(&both.to_le_bytes()[..OUT]);
    }
}

/// At most 65,535 * 65,536 + 32,768, which still fits 32 bits.
fn weigh16([red_weight, green_weight, blue_weight]: [u32; 3], red: u16, green: u16, blue: u16) -> u16 {
    let sum = u32::from(red) * red_weight + u32::from(green) * green_weight + u32::from(blue) * blue_weight;
    ((sum + 0x8000) >> 16) as u16
}

fn rows<const IN: usize, const OUT: usize, Sample: Copy>(
    pixels: &[Sample],
    gray: &mut [Sample],
    formula: impl Fn(Sample, Sample, Sample) -> Sample,
) {
    let (pixels, gray) = (pixels.as_chunks::<IN>().0, gray.as_chunks_mut::<OUT>().0);
    for (gray, pixel) in gray.iter_mut().zip(pixels) {
        gray[0] = formula(pixel[0], pixel[1], pixel[2]);
        if OUT == 2 {
            gray[1] = pixel[3];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_keeps_its_value_under_every_formula() {
        for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
            for value in 0..=255 {
                assert_eq!(luma.gray8(value, value, value), value, "{luma}");
            }
            for value in 0..=u16::MAX {
                assert_eq!(luma.gray16(value, value, value), value, "{luma}");
            }
        }
    }

    #[test]
    fn the_primaries_are_as_pillow_and_libvips_have_them() {
        let primaries = |luma: Luma| {
            [
                luma.gray8(255, 0, 0),
                luma.gray8(0, 255, 0),
                luma.gray8(0, 0, 255),
            ]
        };
        assert_eq!(primaries(Luma::Bt601), [76, 150, 29]);
        assert_eq!(primaries(Luma::Bt709), [54, 182, 18]);
        assert_eq!(primaries(Luma::Linear), [127, 220, 76]);
    }

    #[test]
    fn a_row_is_its_pixels_one_by_one() {
        let pixels: Vec<u8> = (0..4 * 3 * 1_000_u32)
            .map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
            let one = |pixel: &[u8]| luma.gray8(pixel[0], pixel[1], pixel[2]);
            let mut gray = vec![0; pixels.len() / 3];
            luma.row8::<3, 1>(&pixels, &mut gray);
            assert!(gray.iter().copied().eq(pixels.chunks(3).map(one)), "{luma}");
            let mut gray = vec![0; pixels.len() / 4];
            luma.row8::<4, 1>(&pixels, &mut gray);
            assert!(gray.iter().copied().eq(pixels.chunks(4).map(one)), "{luma}");
            let mut gray = vec![0; pixels.len() / 2];
            luma.row8::<4, 2>(&pixels, &mut gray);
            let expected = pixels.chunks(4).flat_map(|pixel| [one(pixel), pixel[3]]);
            assert!(gray.iter().copied().eq(expected), "{luma}");
        }
    }

    #[test]
    fn sixteen_bits_follow_eight() {
        for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
            for [red, green, blue] in [[12_u8, 200, 99], [255, 0, 3], [1, 2, 3]] {
                let wide = luma.gray16(
                    u16::from(red) * 257,
                    u16::from(green) * 257,
                    u16::from(blue) * 257,
                );
                let narrow = luma.gray8(red, green, blue);
                assert!(
                    (i32::from(wide) - i32::from(narrow) * 257).abs() <= 257,
                    "{luma} {wide} {narrow}"
                );
            }
        }
    }
}
