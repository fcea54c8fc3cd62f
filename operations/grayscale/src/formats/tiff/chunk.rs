//! A strip or tile: from its bytes in the file to rows of samples.

use std::borrow::Cow;

use super::compression::{Decompressor, Fault, Method};
use super::page::Page;
use super::predictor;
use super::ycbcr;
use crate::formats::jpeg;
use crate::{Error, Format};

/// A strip or tile of one plane or all, decoded.
pub(super) struct Chunk<'a> {
    decompressor: Decompressor,
    pixels: Pixels<'a>,
    /// What was decompressed last, and was pixels or is to become some.
    spare: Vec<u8>,
    /// Samples side by side.
    pub(super) channels: usize,
    row_bytes: usize,
}

/// Rows of samples, in the file or of their own.
enum Pixels<'a> {
    Stored(&'a [u8]),
    Own(Vec<u8>),
}

impl<'a> Chunk<'a> {
    pub(super) fn new(reversed_bits: bool) -> Self {
        Self {
            decompressor: Decompressor::new(reversed_bits),
            pixels: Pixels::Stored(&[]),
            spare: Vec::new(),
            channels: 1,
            row_bytes: 0,
        }
    }

    pub(super) fn row(&self, row: usize) -> &[u8] {
        let pixels = match &self.pixels {
            Pixels::Stored(pixels) => pixels,
            Pixels::Own(pixels) => &pixels[..],
        };
        &pixels[row * self.row_bytes..][..self.row_bytes]
    }

    /// Decodes the strip or tile with this index, of which `rows` are on the page.
    pub(super) fn decode(&mut self, page: &Page<'a, '_>, index: usize, rows: u32) -> Result<(), Error> {
        let layout = &page.layout;
        let stored = layout.grid.stored(page.file, index)?;
        if let Method::Jpeg { tables } = &layout.method {
            let tables = &page.file.tiff.bytes()[tables.clone()];
            return self.decode_jpeg(page, &merged(tables, stored), index, rows);
        }
        let rows = if layout.grid.tiled {
            layout.grid.height
        } else {
            rows
        };
        self.channels = layout.interleaved();
        self.row_bytes = layout.row_bytes() as usize;
        let length = layout.chunk_bytes(rows) as usize;
        if layout.method == Method::None && !layout.reversed_bits && layout.units.is_none() {
            let pixels = stored.get(..length).ok_or_else(|| Fault::Short.of(index))?;
            self.pixels = Pixels::Stored(pixels);
            return Ok(());
        }
        let mut bytes = self.take_spare();
        bytes.resize(length, 0);
        self.decompressor
            .decompress(&layout.method, stored, layout.grid.width, &mut bytes)
            .map_err(|fault| fault.of(index))?;
        if let Some(units) = layout.units {
            let mut pixels = self.take_spare();
            ycbcr::take_apart(
                &bytes,
                units,
                (layout.grid.width, rows),
                layout.luma_alone,
                &mut pixels,
            );
            self.channels = if layout.luma_alone { 1 } else { 3 };
            self.row_bytes = layout.grid.width as usize * self.channels;
            self.spare = bytes;
            bytes = pixels;
        } else if layout.predictor && layout.bits == 8 {
            predictor::undo8(&mut bytes, self.row_bytes, self.channels);
        } else if layout.predictor {
            let little_endian = page.file.tiff.little_endian();
            predictor::undo16(&mut bytes, self.row_bytes, self.channels, little_endian);
        }
        self.pixels = Pixels::Own(bytes);
        Ok(())
    }

    /// A buffer that is not needed any more.
    fn take_spare(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.pixels, Pixels::Stored(&[])) {
            Pixels::Own(pixels) => pixels,
            Pixels::Stored(_) => std::mem::take(&mut self.spare),
        }
    }

    fn decode_jpeg(
        &mut self,
        page: &Page<'_, '_>,
        jpeg: &[u8],
        index: usize,
        rows: u32,
    ) -> Result<(), Error> {
        let layout = &page.layout;
        self.pixels = Pixels::Stored(&[]);
        let width = layout.grid.width;
        // A last strip may be as high as the others are, or end with a whole block (libtiff names scanners that do so).
        let most = if layout.grid.tiled {
            0
        } else {
            layout.blocks_height()
        };
        let heights = rows..=layout.grid.height.max(most);
        let damaged = |width, height, components| {
            Error::corrupt(
                Format::Tiff,
                format_args!(
                    "the JPEG in strip or tile {} has {width}x{height} pixels of {components} samples",
                    index + 1
                ),
            )
        };
        // Before anything is allocated: memory was predicted for a strip or tile.
        if let Ok(info) = jpeg_luma::inspect(jpeg)
            && (info.width != width || !heights.contains(&info.height))
        {
            return Err(damaged(info.width, info.height, info.components.into()));
        }
        let only_first = layout.luma_alone && layout.alpha.is_none();
        let samples = jpeg::samples(jpeg, only_first, page.lenient, &page.limits)
            .map_err(|error| in_tiff(error, index))?;
        let components = if only_first { 1 } else { layout.interleaved() };
        let fits = samples.width == width && heights.contains(&samples.height);
        if !fits || samples.components != components {
            return Err(damaged(samples.width, samples.height, samples.components));
        }
        self.channels = samples.components;
        self.row_bytes = samples.width as usize * samples.components;
        self.pixels = Pixels::Own(samples.data);
        Ok(())
    }
}

/// A JPEG, with the tables that all of a page's have in common (TIFF Technical Note 2): both begin with a marker of two bytes,
/// and the tables end with one.
fn merged<'a>(tables: &[u8], jpeg: &'a [u8]) -> Cow<'a, [u8]> {
    match (tables, jpeg) {
        ([0xFF, 0xD8, tables @ ..], [0xFF, 0xD8, rest @ ..]) if !tables.is_empty() => {
            let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
            [&[0xFF, 0xD8], tables, rest].concat().into()
        }
        _ => jpeg.into(),
    }
}

/// An error of a JPEG that is all in the file, as one of the file that it is in.
fn in_tiff(error: Error, index: usize) -> Error {
    let number = index + 1;
    match error {
        Error::UnsupportedFeature { feature, .. } => {
            Error::unsupported(Format::Tiff, format!("a JPEG with {feature}"))
        }
        Error::Corrupt { detail, .. } => Error::corrupt(
            Format::Tiff,
            format_args!("the JPEG in strip or tile {number}: {detail}"),
        ),
        Error::Truncated { .. } => Error::corrupt(
            Format::Tiff,
            format_args!("the JPEG in strip or tile {number} ends too early"),
        ),
        Error::TooLarge {
            width,
            height,
            needed_bytes,
            limit_bytes,
            ..
        } => Error::TooLarge {
            format: Format::Tiff,
            width,
            height,
            needed_bytes,
            limit_bytes,
        },
        other => other,
    }
}
