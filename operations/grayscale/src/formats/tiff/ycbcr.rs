//! Luma and two color differences (TIFF 6.0, sections 20 and 21).

use jpeg_luma::ifd::Directory;

use super::file::File;
use crate::{Error, Format};

const COEFFICIENTS: u16 = 529;
const SUBSAMPLING: u16 = 530;
const REFERENCE: u16 = 532;

/// Shares of red, green and blue in luma, unless the file says otherwise (TIFF 6.0, section 21): ITU-R BT.601's.
const BT601: [f32; 3] = [0.299, 0.587, 0.114];
/// Values of no light and of full light, or color, for each of Y, Cb and Cr. The default of the standard is for RGB; libtiff
/// takes the full range, as JPEG has it.
const FULL_RANGE: [f32; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];

/// What a page says of its Y, Cb and Cr of 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct YCbCr {
    coefficients: [f32; 3],
    reference: [f32; 6],
    /// Pixels across and down that have one Cb and one Cr in common: 1, 2 or 4.
    subsampling: (u32, u32),
}

impl YCbCr {
    pub(super) fn of(file: &File<'_>, page: &Directory) -> Result<Self, Error> {
        let subsampling = match file.numbers(page, SUBSAMPLING)[..] {
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4), ..] => (across as u32, down as u32),
            [] => (2, 2),
            _ => {
                return Err(Error::corrupt(
                    Format::Tiff,
                    "its YCbCr subsampling is not 1, 2 or 4",
                ));
            }
        };
        let coefficients = file.fractions(page, COEFFICIENTS).unwrap_or(BT601);
        if coefficients[1] <= 0.0 {
            return Err(Error::corrupt(
                Format::Tiff,
                "its YCbCr coefficients are impossible",
            ));
        }
        Ok(Self {
            coefficients,
            reference: file.fractions(page, REFERENCE).unwrap_or(FULL_RANGE),
            subsampling,
        })
    }

    /// The size of a data unit, if that is not one pixel.
    pub(super) fn units(&self) -> Option<(u32, u32)> {
        (self.subsampling != (1, 1)).then_some(self.subsampling)
    }

    /// Whether Y is the gray by BT.601 as it is.
    pub(super) fn luma_is_gray(&self) -> bool {
        let near = |one: &[f32], other: &[f32], by: f32| {
            one.iter().zip(other).all(|(one, other)| (one - other).abs() < by)
        };
        near(&self.coefficients, &BT601, 0.000_5) && near(&self.reference[..2], &FULL_RANGE[..2], 0.5)
    }

    /// Red, green and blue (TIFF 6.0, section 21).
    pub(super) fn rgb(&self, [luma, blue_difference, red_difference]: [u8; 3]) -> [u8; 3] {
        let [black, white, blue_zero, blue_full, red_zero, red_full] = self.reference;
        let scaled = |value: u8, zero: f32, full: f32, range: f32| {
            let distance = full - zero;
            (f32::from(value) - zero) * range / if distance == 0.0 { 1.0 } else { distance }
        };
        let luma = scaled(luma, black, white, 255.0);
        let [red_share, green_share, blue_share] = self.coefficients;
        let red = luma + scaled(red_difference, red_zero, red_full, 127.0) * (2.0 - 2.0 * red_share);
        let blue = luma + scaled(blue_difference, blue_zero, blue_full, 127.0) * (2.0 - 2.0 * blue_share);
        let green = (luma - blue_share * blue - red_share * red) / green_share;
        #[allow(
            clippy::cast_sign_loss,
            reason = "what is beyond a byte does not exist as a color, and saturates"
        )]
        [red, green, blue].map(|value| (value + 0.5) as u8)
    }
}

/// Pixels from data units of `across` x `down` Y, one Cb and one Cr, in rows of `width` pixels: all three of each, or
/// only Y.
pub(super) fn take_apart(
    units: &[u8],
    (across, down): (u32, u32),
    (width, rows): (u32, u32),
    only_luma: bool,
    pixels: &mut Vec<u8>,
) {
    let (across, down, width) = (across as usize, down as usize, width as usize);
    let channels = if only_luma { 1 } else { 3 };
    let unit_bytes = across * down + 2;
    let row_bytes = width.div_ceil(across) * unit_bytes;
    pixels.clear();
    pixels.reserve_exact(width * rows as usize * channels);
    for row in 0..rows as usize {
        let units = &units[row / down * row_bytes..][..row_bytes];
        for (number, unit) in units.chunks_exact(unit_bytes).enumerate() {
            let here = across.min(width - number * across);
            for luma in &unit[row % down * across..][..here] {
                if only_luma {
                    pixels.push(*luma);
                } else {
                    pixels.extend([*luma, unit[unit_bytes - 2], unit[unit_bytes - 1]]);
                }
            }
        }
    }
}
