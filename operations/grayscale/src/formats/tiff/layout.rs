//! What a page's tags say of its pixels: how many, what they mean, and where and how they are stored.
//!
//! Everything that is not supported is refused here, by name, before anything is decoded.

use jpeg_luma::ifd::Directory;

use super::compression::Method;
use super::file::{File, SAMPLES};
use super::grid::Grid;
use super::tags::{self, Alpha, Color, corrupt, unsupported};
use crate::{Error, Format, Limits, Luma};

const FILL_ORDER: u16 = 266;

/// More samples a pixel than any camera or press has: who says so is not believed.
const MOST_SAMPLES: u64 = 1_024;

/// A page's layout.
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits a sample: 1, 2, 4, 8 or 16.
    pub(super) bits: u8,
    /// Samples a pixel, further ones included.
    pub(super) samples: usize,
    /// What the samples mean that are read. Where the luma of Y, Cb and Cr is wanted as it is stored, that is gray.
    pub(super) color: Color,
    /// Whether they are Y of Y, Cb and Cr.
    pub(super) luma_alone: bool,
    pub(super) alpha: Option<Alpha>,
    pub(super) method: Method,
    pub(super) reversed_bits: bool,
    pub(super) predictor: bool,
    /// Pixels across and down that have one Cb and one Cr in common, where they are stored together.
    pub(super) units: Option<(u32, u32)>,
    pub(super) grid: Grid,
}

impl Layout {
    /// The layout of a page of which the gray by this formula is wanted.
    pub(super) fn of(file: &File<'_>, page: &Directory, luma: Luma) -> Result<Self, Error> {
        let (width, height) = file.checked_size(page)?;
        let samples = file.number(page, SAMPLES).unwrap_or(1);
        if samples > MOST_SAMPLES {
            return Err(unsupported(format!("{samples} samples a pixel")));
        }
        let samples = samples as usize;
        let bits = tags::bits(file, page)?;
        let method = tags::method(file, page)?;
        let stored = tags::color(file, page, luma)?;
        if samples < stored.channels() {
            return Err(corrupt(format_args!(
                "its pixels have {samples} samples and need {}",
                stored.channels()
            )));
        }
        let alpha = tags::alpha(file, page, &stored, samples);
        let units = match &stored {
            Color::YCbCr(ycbcr) if !matches!(method, Method::Jpeg { .. }) => ycbcr.units(),
            _ => None,
        };
        let luma_alone =
            luma == Luma::Bt601 && matches!(&stored, Color::YCbCr(ycbcr) if ycbcr.luma_is_gray());
        let color = if luma_alone {
            Color::Gray { white_is_zero: false }
        } else {
            stored
        };
        let layout = Self {
            width,
            height,
            bits,
            samples,
            color,
            luma_alone,
            alpha,
            reversed_bits: file.number(page, FILL_ORDER) == Some(2) && method.has_fill_order(),
            predictor: tags::predictor(file, page, &method)?,
            method,
            units,
            grid: Grid::of(file, page, samples)?,
        };
        layout.check()?;
        Ok(layout)
    }

    /// Refuses what does not go together.
    fn check(&self) -> Result<(), Error> {
        let is_ycbcr = self.luma_alone || matches!(self.color, Color::YCbCr(_));
        match self.method {
            Method::Fax(_) if self.bits != 1 || self.interleaved() > 1 => {
                return Err(corrupt(
                    "CCITT codes are of one bit a pixel, and its pixels have more",
                ));
            }
            Method::Jpeg { .. } if self.bits != 8 => {
                return Err(unsupported(format!("JPEG of {} bits a sample", self.bits)));
            }
            _ => {}
        }
        if is_ycbcr && self.bits != 8 {
            return Err(unsupported(format!("YCbCr of {} bits a sample", self.bits)));
        }
        if self.units.is_some() && self.grid.planar {
            return Err(unsupported("subsampled YCbCr in separate planes"));
        }
        if self.units.is_some() && self.samples > 3 {
            return Err(unsupported("subsampled YCbCr with further samples"));
        }
        if self.units.is_some() && self.predictor {
            return Err(unsupported("a predictor over subsampled YCbCr"));
        }
        if self.predictor && self.bits < 8 {
            return Err(unsupported(format!(
                "a predictor over samples of {} bits",
                self.bits
            )));
        }
        Ok(())
    }

    /// Which samples of a pixel are read: those of its color, then alpha.
    pub(super) fn read(&self) -> Vec<usize> {
        (0..self.color.channels())
            .chain(self.alpha.map(|alpha| alpha.sample))
            .collect()
    }

    /// Samples that a strip or tile has side by side.
    pub(super) fn interleaved(&self) -> usize {
        if self.grid.planar { 1 } else { self.samples }
    }

    /// Channels of the gray page.
    pub(super) fn gray_channels(&self) -> usize {
        1 + usize::from(self.alpha.is_some())
    }

    /// Bytes of a sample of the gray page.
    pub(super) fn gray_sample_bytes(&self) -> usize {
        if self.bits == 16 { 2 } else { 1 }
    }

    /// Bytes of a row of the gray page.
    fn gray_row_bytes(&self) -> u64 {
        u64::from(self.width) * (self.gray_channels() * self.gray_sample_bytes()) as u64
    }

    /// Bytes of the gray page.
    pub(super) fn gray_bytes(&self) -> u64 {
        self.gray_row_bytes().saturating_mul(self.height.into())
    }

    /// Bytes of a row of a strip or tile.
    pub(super) fn row_bytes(&self) -> u64 {
        (u64::from(self.grid.width) * self.interleaved() as u64 * u64::from(self.bits)).div_ceil(8)
    }

    /// Bytes of a strip or tile of this many rows.
    pub(super) fn chunk_bytes(&self, rows: u32) -> u64 {
        match self.units {
            Some((across, down)) => {
                let units = u64::from(self.grid.width.div_ceil(across)) * u64::from(rows.div_ceil(down));
                units.saturating_mul(u64::from(across * down + 2))
            }
            None => self.row_bytes().saturating_mul(rows.into()),
        }
    }

    /// Rows of a strip or tile with those that fill the last blocks of a JPEG, which are of 16 rows at most, mostly.
    pub(super) fn blocks_height(&self) -> u32 {
        self.grid.height.div_ceil(16).saturating_mul(16)
    }

    /// Bytes that decoding the page takes at most, the gray of one row of strips or tiles included.
    pub(super) fn needed_bytes(&self, file: &File<'_>) -> u64 {
        let rows = self.grid.height;
        let pixels = u64::from(self.grid.width).saturating_mul(rows.into());
        let read = self.read().len() as u64;
        let planes = if self.grid.planar { read } else { 1 };
        let (decoded, copied) = match &self.method {
            // A progressive JPEG has coefficients of two bytes besides its samples.
            Method::Jpeg { tables } => (
                u64::from(self.grid.width)
                    .saturating_mul(self.blocks_height().into())
                    .saturating_mul(4 * self.interleaved() as u64 * planes)
                    .saturating_add(1 << 20),
                tables.len() as u64 + self.grid.longest(file),
            ),
            Method::None if !self.reversed_bits => (0, 0),
            _ => {
                let copied = if self.reversed_bits {
                    self.grid.longest(file)
                } else {
                    0
                };
                let decoded = self.chunk_bytes(rows);
                (decoded.saturating_mul(planes), copied.saturating_mul(planes))
            }
        };
        // Units, and pixels taken out of them.
        let apart = match self.units {
            Some(_) => pixels.saturating_mul(3).saturating_add(self.chunk_bytes(rows)),
            None => 0,
        };
        let row = u64::from(self.width) * read * self.gray_sample_bytes() as u64;
        let band = self.gray_row_bytes().saturating_mul(rows.min(self.height).into());
        [decoded, copied, apart, row, band]
            .into_iter()
            .fold(1 << 12, u64::saturating_add)
    }

    /// Bytes that all strips or tiles have together, once they are decompressed.
    pub(super) fn work_bytes(&self) -> u64 {
        self.chunk_bytes(self.grid.height)
            .saturating_mul(self.grid.count(self.samples))
    }

    /// Refuses a page whose decoding and `more` take more than the limit.
    pub(super) fn check_memory(&self, file: &File<'_>, more: u64, limits: &Limits) -> Result<(), Error> {
        let needed = self.needed_bytes(file).saturating_add(more);
        limits.check(Format::Tiff, (self.width, self.height), needed)
    }
}
