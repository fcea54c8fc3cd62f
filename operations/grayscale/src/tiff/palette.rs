//! A TIFF of palette pages: only the palettes are rewritten, in place (TIFF 6.0, section 5).
//!
//! The walk over the directories is done here, for the codec does not read palettes.

use std::collections::HashSet;
use std::ops::Range;

use super::writer::TEXTS;
use crate::report::{Path, Report};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters};

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTES: u16 = 279;
const COLOR_MAP: u16 = 320;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;
const PROFILE: u16 = 34_675;

/// Byte order, version and the first directory's place. What overlaps them is no directory and no palette.
const HEADER_BYTES: usize = 8;
/// Types of values, and the bytes of an entry.
const SHORT: u16 = 3;
const LONG: u16 = 4;
const ENTRY_BYTES: usize = 12;

/// The file with gray palettes; `None` unless every page has a palette or is gray, and one has a palette.
pub(super) fn convert(
    input: &[u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Option<Conversion>, Error> {
    let Some(file) = File::open(input) else {
        return Ok(None);
    };
    let Some(pages) = file.pages() else {
        return Ok(None);
    };
    let kind = |page: &Directory| file.value(page, PHOTOMETRIC);
    let (Some(first), true) = (pages.first(), pages.iter().any(|page| kind(page) == Some(3))) else {
        return Ok(None);
    };
    if !pages.iter().all(|page| matches!(kind(page), Some(0 | 1 | 3))) {
        return Ok(None);
    }
    let truncated = || Error::truncated(Format::Tiff, input.len());
    let (width, height) = (
        file.value(first, WIDTH).unwrap_or(0),
        file.value(first, HEIGHT).unwrap_or(0),
    );
    if width == 0 || height == 0 {
        return Err(Error::corrupt(
            Format::Tiff,
            format_args!("a page's size is {width}x{height}"),
        ));
    }
    limits.check(Format::Tiff, (width, height), input.len() as u64)?;

    let mut output = input.to_vec();
    for page in &pages {
        if !file.has_data(page) {
            return Err(truncated());
        }
        if kind(page) == Some(3) {
            let (_, count, at) = file
                .entry(page, COLOR_MAP)
                .filter(|(kind, ..)| *kind == SHORT)
                .ok_or_else(|| Error::corrupt(Format::Tiff, "a page's palette is missing"))?;
            let place = at..at.saturating_add(count.saturating_mul(2));
            if place.start < HEADER_BYTES || pages.iter().any(|page| page.overlaps(&place)) {
                return Err(Error::corrupt(
                    Format::Tiff,
                    format_args!("a page's palette, at byte {at}, overlaps the file's structure"),
                ));
            }
            let map = output.get_mut(place).ok_or_else(truncated)?;
            file.gray_map(map, parameters.luma);
        }
    }
    for page in &pages {
        let gone = |tag: u16| tag == PROFILE || (parameters.strip && TEXTS.contains(&tag));
        file.remove(&mut output, page, gone);
    }
    let report = Report {
        input_format: Format::Tiff,
        format: Format::Tiff,
        path: Path::Palette,
        luma: parameters.luma,
        width,
        height,
        bit_depth: file
            .value(first, BITS)
            .and_then(|bits| u8::try_from(bits).ok())
            .unwrap_or(1),
        input_bytes: input.len() as u64,
        output_bytes: output.len() as u64,
        frames: None,
        pages: u32::try_from(pages.len()).ok().filter(|pages| *pages > 1),
    };
    Ok(Some(Conversion {
        bytes: output,
        report,
    }))
}

/// A classic TIFF, in either byte order.
struct File<'a> {
    bytes: &'a [u8],
    little: bool,
}

/// One page's directory: where its entries are, and how many.
struct Directory {
    at: usize,
    entries: usize,
}

impl Directory {
    /// Whether a palette at this place would run into the directory: its count, its entries or what links the next.
    fn overlaps(&self, place: &Range<usize>) -> bool {
        let end = self.at + self.entries * ENTRY_BYTES + 4;
        place.start < end && self.at - 2 < place.end
    }
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        match bytes {
            [b'I', b'I', 42, 0, ..] => Some(Self { bytes, little: true }),
            [b'M', b'M', 0, 42, ..] => Some(Self { bytes, little: false }),
            _ => None,
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// Every page's directory; `None` where one is not whole or overlaps the header, or they go round in circles.
    fn pages(&self) -> Option<Vec<Directory>> {
        let mut seen = HashSet::new();
        let mut pages = Vec::new();
        let mut at = self.long(4)? as usize;
        while at != 0 {
            if at < HEADER_BYTES || !seen.insert(at) {
                return None;
            }
            let page = Directory {
                at: at + 2,
                entries: usize::from(self.short(at)?),
            };
            at = self.long(page.at + page.entries * ENTRY_BYTES)? as usize;
            pages.push(page);
        }
        Some(pages)
    }

    /// An entry's type, how many values it has, and where they are.
    fn entry(&self, page: &Directory, tag: u16) -> Option<(u16, usize, usize)> {
        let at = (0..page.entries)
            .map(|entry| page.at + entry * ENTRY_BYTES)
            .find(|at| self.short(*at) == Some(tag))?;
        let (kind, count) = (self.short(at + 2)?, self.long(at + 4)? as usize);
        let size = match kind {
            SHORT => 2,
            LONG => 4,
            _ => return None,
        };
        // Values of four bytes or fewer are in the entry itself.
        let inside = count.checked_mul(size)? <= 4;
        Some((
            kind,
            count,
            if inside {
                at + 8
            } else {
                self.long(at + 8)? as usize
            },
        ))
    }

    fn value(&self, page: &Directory, tag: u16) -> Option<u32> {
        let (kind, _, at) = self.entry(page, tag)?;
        if kind == SHORT {
            self.short(at).map(u32::from)
        } else {
            self.long(at)
        }
    }

    fn values(&self, page: &Directory, tag: u16) -> Option<impl Iterator<Item = Option<u32>> + '_> {
        let (kind, count, at) = self.entry(page, tag)?;
        Some((0..count).map(move |index| {
            if kind == SHORT {
                self.short(at + index * 2).map(u32::from)
            } else {
                self.long(at + index * 4)
            }
        }))
    }

    /// Whether the page's strips or tiles are all within the file.
    fn has_data(&self, page: &Directory) -> bool {
        [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)]
            .into_iter()
            .any(|(offsets, counts)| {
                let (Some(offsets), Some(counts)) = (self.values(page, offsets), self.values(page, counts))
                else {
                    return false;
                };
                offsets.zip(counts).all(|(offset, count)| {
                    let end = offset
                        .zip(count)
                        .map(|(offset, count)| u64::from(offset) + u64::from(count));
                    end.is_some_and(|end| end <= self.bytes.len() as u64)
                })
            })
    }

    /// A palette is all reds, then all greens, then all blues, in 16 bits.
    fn gray_map(&self, map: &mut [u8], luma: Luma) {
        let entries = map.len() / 6;
        let value_of = |bytes: [u8; 2]| {
            if self.little {
                u16::from_le_bytes(bytes)
            } else {
                u16::from_be_bytes(bytes)
            }
        };
        for entry in 0..entries {
            let places = [entry, entries + entry, 2 * entries + entry].map(|value| value * 2);
            let [red, green, blue] = places.map(|at| value_of([map[at], map[at + 1]]));
            let gray = luma.gray16(red, green, blue);
            let gray = if self.little {
                gray.to_le_bytes()
            } else {
                gray.to_be_bytes()
            };
            for at in places {
                map[at..at + 2].copy_from_slice(&gray);
            }
        }
    }

    /// Takes entries out of a directory.
    fn remove(&self, output: &mut [u8], page: &Directory, gone: impl Fn(u16) -> bool) {
        let mut kept = page.at;
        for entry in 0..page.entries {
            let at = page.at + entry * ENTRY_BYTES;
            if !self.short(at).is_some_and(&gone) {
                output.copy_within(at..at + ENTRY_BYTES, kept);
                kept += ENTRY_BYTES;
            }
        }
        let next = page.at + page.entries * ENTRY_BYTES;
        output.copy_within(next..next + 4, kept);
        let count = ((kept - page.at) / ENTRY_BYTES) as u16;
        let count = if self.little {
            count.to_le_bytes()
        } else {
            count.to_be_bytes()
        };
        output[page.at - 2..page.at].copy_from_slice(&count);
    }
}
