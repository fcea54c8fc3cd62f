//! What a page's tags say of its pixels: how many, what they mean, and where and how they are stored.
//!
//! Everything that is not supported is refused here, by name, before anything is decoded.

use std::borrow::Cow;

use jpeg_luma::ifd::{Directory, Entry};

use super::compression::Method;
use super::fax::Rows;
use super::file::{
    BITS, COMPRESSION, EXTRA_SAMPLES, File, JPEG_TABLES, PHOTOMETRIC, SAMPLES, STRIP_BYTES, STRIP_OFFSETS,
    TILE_BYTES, TILE_OFFSETS,
};
use super::palette::Map;
use super::ycbcr::YCbCr;
use crate::{Error, Format, Limits, Luma};

const FILL_ORDER: u16 = 266;
pub(super) const ROWS_PER_STRIP: u16 = 278;
const PLANES: u16 = 284;
const FAX_OPTIONS: u16 = 292;
pub(super) const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
const INK_SET: u16 = 332;
const SAMPLE_FORMAT: u16 = 339;

/// More samples a pixel than any camera or press has: who says so is not believed.
const MOST_SAMPLES: u64 = 1_024;

/// What the color samples of a pixel mean.
#[derive(Clone, Debug)]
pub(super) enum Color {
    Gray {
        white_is_zero: bool,
    },
    /// An index, and the gray of each.
    Palette(Vec<u8>),
    Rgb,
    Cmyk,
    YCbCr(YCbCr),
}

impl Color {
    /// How many samples of a pixel are read for its gray.
    pub(super) fn channels(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr(_) => 3,
            Self::Cmyk => 4,
        }
    }
}

/// The first further sample that is an alpha channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alpha {
    /// Which sample of a pixel it is.
    pub(super) sample: usize,
    /// Whether colors are multiplied by it (TIFF 6.0, section 18).
    pub(super) associated: bool,
}

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
    /// Whether each sample has strips or tiles of its own.
    pub(super) planar: bool,
    /// Pixels across and down that have one Cb and one Cr in common, where they are stored together.
    pub(super) units: Option<(u32, u32)>,
    /// Size of a tile, or of a strip, of which the last is lower where the page ends.
    pub(super) chunk: (u32, u32),
    pub(super) tiled: bool,
    offsets: Entry,
    lengths: Option<Entry>,
}

impl Layout {
    /// The layout of a page of which the gray by this formula is wanted.
    pub(super) fn of(file: &File<'_>, page: &Directory, luma: Luma) -> Result<Self, Error> {
        let (width, height) = file.checked_size(page)?;
        let number = |tag| file.number(page, tag);
        let samples = number(SAMPLES).unwrap_or(1);
        if samples > MOST_SAMPLES {
            return Err(unsupported(format!("{samples} samples a pixel")));
        }
        let samples = samples as usize;
        let planar = match number(PLANES).unwrap_or(1) {
            1 => false,
            2 => samples > 1,
            other => return Err(corrupt(format_args!("its planar configuration is {other}"))),
        };
        let bits = bits(file, page)?;
        let method = method(file, page)?;
        let stored = color(file, page, luma)?;
        if samples < stored.channels() {
            return Err(corrupt(format_args!(
                "its pixels have {samples} samples and need {}",
                stored.channels()
            )));
        }
        let alpha = alpha(file, page, &stored, samples);
        let (tiled, chunk, offsets, lengths) = chunks(file, page, (width, height))?;
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
            reversed_bits: number(FILL_ORDER) == Some(2) && method.has_fill_order(),
            predictor: predictor(file, page, &method)?,
            method,
            planar,
            units,
            chunk,
            tiled,
            offsets,
            lengths,
        };
        layout.check(file)?;
        Ok(layout)
    }

    /// Refuses what does not go together, and strips or tiles that are missing or not all in the file.
    fn check(&self, file: &File<'_>) -> Result<(), Error> {
        let is_ycbcr = self.luma_alone || matches!(self.color, Color::YCbCr(_));
        match self.method {
            Method::Fax(_) if self.bits != 1 || (self.samples > 1 && !self.planar) => {
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
        if self.units.is_some() && self.planar {
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
        let needed = self.chunks_across() as u64
            * self.chunks_down() as u64
            * if self.planar { self.samples as u64 } else { 1 };
        let there = self.lengths.map_or(self.offsets.count, |lengths| {
            lengths.count.min(self.offsets.count)
        });
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

    pub(super) fn chunks_across(&self) -> u32 {
        self.width.div_ceil(self.chunk.0)
    }

    pub(super) fn chunks_down(&self) -> u32 {
        self.height.div_ceil(self.chunk.1)
    }

    /// The bytes of a strip or tile as they are stored. Without a length they go to the end of the file.
    pub(super) fn stored<'a>(&self, file: &File<'a>, chunk: usize) -> Result<&'a [u8], Error> {
        let bytes = file.tiff.bytes();
        let truncated = || Error::truncated(Format::Tiff, bytes.len());
        let offset = file.value_at(&self.offsets, chunk).ok_or_else(truncated)?;
        let end = match &self.lengths {
            Some(lengths) => file
                .value_at(lengths, chunk)
                .and_then(|length| length.checked_add(offset)),
            None => Some(bytes.len() as u64),
        };
        let place = usize::try_from(offset)
            .ok()
            .zip(end.and_then(|end| usize::try_from(end).ok()));
        place
            .and_then(|(offset, end)| bytes.get(offset..end))
            .ok_or_else(truncated)
    }

    /// Which samples of a pixel are read: those of its color, then alpha.
    pub(super) fn read(&self) -> Vec<usize> {
        (0..self.color.channels())
            .chain(self.alpha.map(|alpha| alpha.sample))
            .collect()
    }

    /// Samples that a strip or tile has side by side.
    pub(super) fn interleaved(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Channels of the gray page.
    pub(super) fn gray_channels(&self) -> usize {
        1 + usize::from(self.alpha.is_some())
    }

    /// Bytes of a sample of the gray page.
    pub(super) fn gray_sample_bytes(&self) -> usize {
        if self.bits == 16 { 2 } else { 1 }
    }

    /// Bytes of the gray page.
    pub(super) fn gray_bytes(&self) -> u64 {
        u64::from(self.width)
            * u64::from(self.height)
            * (self.gray_channels() * self.gray_sample_bytes()) as u64
    }

    /// Bytes of a row of a strip or tile.
    pub(super) fn row_bytes(&self) -> u64 {
        (u64::from(self.chunk.0) * self.interleaved() as u64 * u64::from(self.bits)).div_ceil(8)
    }

    /// Bytes of a strip or tile of this many rows.
    pub(super) fn chunk_bytes(&self, rows: u32) -> u64 {
        match self.units {
            Some((across, down)) => {
                let units = u64::from(self.chunk.0.div_ceil(across)) * u64::from(rows.div_ceil(down));
                units * u64::from(across * down + 2)
            }
            None => self.row_bytes().saturating_mul(rows.into()),
        }
    }

    /// Bytes that decoding the page takes at most, the gray of one row of strips or tiles included.
    pub(super) fn needed_bytes(&self, file: &File<'_>) -> u64 {
        let rows = self.chunk.1;
        let pixels = u64::from(self.chunk.0).saturating_mul(rows.into());
        let planes = if self.planar { self.read().len() as u64 } else { 1 };
        let decoded = if self.method == Method::None {
            0
        } else {
            self.chunk_bytes(rows).saturating_mul(planes)
        };
        let copied = match &self.method {
            Method::Jpeg { tables } => tables.len() as u64 + self.longest(file),
            _ if self.reversed_bits => self.longest(file).saturating_mul(planes),
            _ => 0,
        };
        let apart = if self.units.is_some() {
            pixels.saturating_mul(3)
        } else {
            0
        };
        // A progressive JPEG has coefficients of two bytes besides its samples.
        let jpeg = match self.method {
            Method::Jpeg { .. } => pixels.saturating_mul(3 * self.interleaved() as u64) + (1 << 20),
            _ => 0,
        };
        let row = u64::from(self.width) * (self.read().len() * self.gray_sample_bytes()) as u64;
        let band = self.gray_bytes().div_ceil(self.height.into()) * u64::from(rows.min(self.height));
        [decoded, copied, apart, jpeg, row, band]
            .into_iter()
            .fold(1 << 12, u64::saturating_add)
    }

    /// The length of the longest strip or tile as it is stored.
    fn longest(&self, file: &File<'_>) -> u64 {
        let chunks = self.lengths.map_or(self.offsets.count, |lengths| {
            lengths.count.min(self.offsets.count)
        });
        let length = |chunk| self.stored(file, chunk).map_or(0, |bytes| bytes.len() as u64);
        (0..chunks).map(length).max().unwrap_or(0)
    }

    /// Bytes that all strips or tiles have together, once they are decompressed.
    pub(super) fn work_bytes(&self) -> u64 {
        let planes = if self.planar { self.samples as u64 } else { 1 };
        self.chunk_bytes(self.chunk.1)
            .saturating_mul(self.chunks_across().into())
            .saturating_mul(self.chunks_down().into())
            .saturating_mul(planes)
    }

    /// Refuses a page whose decoding and `more` take more than the limit.
    pub(super) fn check_memory(&self, file: &File<'_>, more: u64, limits: &Limits) -> Result<(), Error> {
        let needed = self.needed_bytes(file).saturating_add(more);
        limits.check(Format::Tiff, (self.width, self.height), needed)
    }
}

/// How many bits all samples have; a page that does not say has one.
fn bits(file: &File<'_>, page: &Directory) -> Result<u8, Error> {
    let formats = file.numbers(page, SAMPLE_FORMAT);
    let name = match formats.iter().find(|format| !matches!(format, 1 | 4)) {
        None => None,
        Some(2) => Some("signed samples"),
        Some(3) => Some("floating-point samples"),
        Some(5 | 6) => Some("complex samples"),
        Some(_) => Some("samples of an unknown format"),
    };
    if let Some(name) = name {
        return Err(unsupported(name));
    }
    // Some writers say it once for all samples, GIMP sometimes for more or fewer than there are.
    let bits = file.numbers(page, BITS);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|bits| *bits != first) {
        return Err(unsupported("samples of different numbers of bits"));
    }
    match first {
        1 | 2 | 4 | 8 | 16 => Ok(first as u8),
        other => Err(unsupported(format!("{other} bits a sample"))),
    }
}

fn method(file: &File<'_>, page: &Directory) -> Result<Method, Error> {
    let number = file.number(page, COMPRESSION).unwrap_or(1);
    let method = Method::of(number).map_err(unsupported)?;
    let options = file.number(page, FAX_OPTIONS).unwrap_or(0);
    Ok(match method {
        // Rows without compression announce themselves, if there are any.
        Method::Fax(Rows::Group3 { .. }) => Method::Fax(Rows::Group3 {
            mixed: options & 1 == 1,
        }),
        Method::Jpeg { .. } => {
            let tables = file.tiff.entry(page, JPEG_TABLES);
            let tables = tables.and_then(|tables| file.tiff.values(&tables));
            Method::Jpeg {
                tables: tables.unwrap_or(0..0),
            }
        }
        method => method,
    })
}

fn predictor(file: &File<'_>, page: &Directory, method: &Method) -> Result<bool, Error> {
    if !method.has_predictor() {
        return Ok(false);
    }
    match file.number(page, PREDICTOR).unwrap_or(1) {
        1 => Ok(false),
        2 => Ok(true),
        3 => Err(unsupported("a predictor for floating-point samples")),
        other => Err(corrupt(format_args!("its predictor is {other}"))),
    }
}

/// What a page's samples mean.
fn color(file: &File<'_>, page: &Directory, luma: Luma) -> Result<Color, Error> {
    let Some(photometric) = file.number(page, PHOTOMETRIC) else {
        return Err(corrupt("a page does not say what its samples mean"));
    };
    let name: Cow<'static, str> = match photometric {
        0 | 1 => {
            return Ok(Color::Gray {
                white_is_zero: photometric == 0,
            });
        }
        2 => return Ok(Color::Rgb),
        3 if file.number(page, BITS).is_some_and(|bits| bits > 8) => {
            "a palette of more than 256 colors".into()
        }
        3 => return Ok(Color::Palette(Map::of(file, page)?.grays(file, luma))),
        5 => match file.number(page, INK_SET).unwrap_or(1) {
            1 => return Ok(Color::Cmyk),
            other => format!("other inks than cyan, magenta, yellow and black (ink set {other})").into(),
        },
        6 => return YCbCr::of(file, page).map(Color::YCbCr),
        4 => "a transparency mask as a page".into(),
        8 => "L*a*b* colors".into(),
        9 => "L*a*b* colors as ICC has them".into(),
        10 => "L*a*b* colors as ITU has them".into(),
        32_844 | 32_845 => "colors in logarithms (LogLuv)".into(),
        other => format!("colors of the kind with the number {other}").into(),
    };
    Err(unsupported(name))
}

/// The first alpha channel among the samples after the color's.
fn alpha(file: &File<'_>, page: &Directory, color: &Color, samples: usize) -> Option<Alpha> {
    let colors = color.channels();
    let Some(entry) = file.tiff.entry(page, EXTRA_SAMPLES) else {
        // One more sample than gray or RGB, and no word on it: alpha, as Pillow and ImageMagick have it.
        let alone = samples == colors + 1 && matches!(color, Color::Gray { .. } | Color::Rgb);
        return alone.then_some(Alpha {
            sample: colors,
            associated: false,
        });
    };
    (colors..samples).find_map(|sample| match file.value_at(&entry, sample - colors)? {
        kind @ (1 | 2) => Some(Alpha {
            sample,
            associated: kind == 1,
        }),
        _ => None,
    })
}

/// Whether a page has tiles, their size or that of its strips, and where they are.
#[allow(
    clippy::type_complexity,
    reason = "four parts of one layout, taken apart at once"
)]
fn chunks(
    file: &File<'_>,
    page: &Directory,
    (width, height): (u32, u32),
) -> Result<(bool, (u32, u32), Entry, Option<Entry>), Error> {
    let entry = |first, second| {
        file.tiff
            .entry(page, first)
            .or_else(|| file.tiff.entry(page, second))
    };
    let offsets = entry(TILE_OFFSETS, STRIP_OFFSETS)
        .ok_or_else(|| corrupt("a page does not say where its pixels are"))?;
    let lengths = entry(TILE_BYTES, STRIP_BYTES);
    let sides = (file.number(page, TILE_WIDTH), file.number(page, TILE_HEIGHT));
    let tiled = sides != (None, None);
    let chunk = if tiled {
        let side = |side: Option<u64>| side.and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
        (side(sides.0), side(sides.1))
    } else {
        let rows = file.number(page, ROWS_PER_STRIP);
        let rows = rows.and_then(|rows| u32::try_from(rows).ok()).unwrap_or(height);
        (width, rows.min(height))
    };
    if chunk.0 == 0 || chunk.1 == 0 {
        return Err(corrupt(format_args!(
            "its strips or tiles are {}x{}",
            chunk.0, chunk.1
        )));
    }
    Ok((tiled, chunk, offsets, lengths))
}

fn corrupt(what: impl std::fmt::Display) -> Error {
    Error::corrupt(Format::Tiff, what)
}

fn unsupported(feature: impl Into<String>) -> Error {
    Error::unsupported(Format::Tiff, feature)
}
