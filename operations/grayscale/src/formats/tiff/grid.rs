//! Where a page's strips or tiles are, and how they lie on it.

use jpeg_luma::ifd::{Directory, Entry};

use super::file::{File, STRIP_BYTES, STRIP_OFFSETS, TILE_BYTES, TILE_OFFSETS};
use super::tags::corrupt;
use crate::{Error, Format};

pub(super) const ROWS_PER_STRIP: u16 = 278;
const PLANES: u16 = 284;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;

/// A page's strips or tiles: left to right, top to bottom, plane after plane.
pub(super) struct Grid {
    /// Of a tile, or of a strip, of which the last is lower where the page ends.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) tiled: bool,
    /// Whether each sample has strips or tiles of its own.
    pub(super) planar: bool,
    pub(super) across: u32,
    pub(super) down: u32,
    offsets: Entry,
    lengths: Option<Entry>,
}

impl Grid {
    /// The strips or tiles of a page with so many samples a pixel; an error if some are missing, or not all in the file.
    pub(super) fn of(file: &File<'_>, page: &Directory, samples: usize) -> Result<Self, Error> {
        let (page_width, page_height) = file.checked_size(page)?;
        let number = |tag| file.number(page, tag);
        let planar = match number(PLANES).unwrap_or(1) {
            1 => false,
            2 => samples > 1,
            other => return Err(corrupt(format_args!("its planar configuration is {other}"))),
        };
        let sides = (number(TILE_WIDTH), number(TILE_HEIGHT));
        let tiled = sides != (None, None);
        let side = |side: Option<u64>| side.and_then(|side| u32::try_from(side).ok());
        let (width, height) = if tiled {
            (side(sides.0).unwrap_or(0), side(sides.1).unwrap_or(0))
        } else {
            let rows = side(number(ROWS_PER_STRIP)).unwrap_or(page_height);
            (page_width, rows.min(page_height))
        };
        if width == 0 || height == 0 {
            return Err(corrupt(format_args!("its strips or tiles are {width}x{height}")));
        }
        let entry = |first, second| {
            let entry = file.tiff.entry(page, first);
            entry.or_else(|| file.tiff.entry(page, second))
        };
        let grid = Self {
            width,
            height,
            tiled,
            planar,
            across: page_width.div_ceil(width),
            down: page_height.div_ceil(height),
            offsets: entry(TILE_OFFSETS, STRIP_OFFSETS)
                .ok_or_else(|| corrupt("a page does not say where its pixels are"))?,
            lengths: entry(TILE_BYTES, STRIP_BYTES),
        };
        grid.check(file, samples)?;
        Ok(grid)
    }

    fn check(&self, file: &File<'_>, samples: usize) -> Result<(), Error> {
        let needed = self.count(samples);
        let there = self.there();
        if (there as u64) < needed {
            return Err(corrupt(format_args!(
                "a page has {there} strips or tiles and needs {needed}"
            )));
        }
        for chunk in 0..needed as usize {
            self.stored(file, chunk)?;
        }
        Ok(())
    }

    /// How many strips or tiles a page of so many samples a pixel has.
    pub(super) fn count(&self, samples: usize) -> u64 {
        let planes = if self.planar { samples as u64 } else { 1 };
        u64::from(self.across)
            .saturating_mul(self.down.into())
            .saturating_mul(planes)
    }

    /// How many there are.
    fn there(&self) -> usize {
        self.lengths.map_or(self.offsets.count, |lengths| {
            lengths.count.min(self.offsets.count)
        })
    }

    /// The bytes of a strip or tile as they are stored. Without a length they go to the end of the file.
    pub(super) fn stored<'a>(&self, file: &File<'a>, chunk: usize) -> Result<&'a [u8], Error> {
        let bytes = file.tiff.bytes();
        let offset = file.value_at(&self.offsets, chunk);
        let end = match &self.lengths {
            Some(lengths) => file
                .value_at(lengths, chunk)
                .zip(offset)
                .and_then(|(length, offset)| length.checked_add(offset)),
            None => Some(bytes.len() as u64),
        };
        let place = |at: Option<u64>| usize::try_from(at?).ok();
        place(offset)
            .zip(place(end))
            .and_then(|(offset, end)| bytes.get(offset..end))
            .ok_or_else(|| Error::truncated(Format::Tiff, bytes.len()))
    }

    /// The length of the longest strip or tile as it is stored.
    pub(super) fn longest(&self, file: &File<'_>) -> u64 {
        let length = |chunk| self.stored(file, chunk).map_or(0, |bytes| bytes.len() as u64);
        (0..self.there()).map(length).max().unwrap_or(0)
    }
}
