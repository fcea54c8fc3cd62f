//! The pages of a TIFF: which directories there are, the values of their tags, and whether what they point to is there.

use std::collections::HashSet;
use std::ops::Range;

use jpeg_luma::ifd::{Directory, Entry, Tiff};

use crate::{Error, Format, Limits};

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const SAMPLES: u16 = 277;
pub(super) const STRIP_BYTES: u16 = 279;
pub(super) const COLOR_MAP: u16 = 320;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTES: u16 = 325;
pub(super) const EXTRA_SAMPLES: u16 = 338;
pub(super) const JPEG_TABLES: u16 = 347;

/// Values of `PHOTOMETRIC`: gray, and indexes into a palette.
pub(super) const BLACK_IS_ZERO: u64 = 1;
pub(super) const PALETTE: u64 = 3;

/// Tags whose values are read: size, bits, compression, photometric interpretation, strips, tiles, planes, predictor,
/// further samples, the format of samples, JPEG tables, subsampling, orientation.
const READ: [u16; 20] = [
    256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339, 347, 530,
];

/// What a value may take while it is looked at.
const BYTES_PER_VALUE: u64 = 8;

/// How often a byte of the file may be a value. Pages may have short lists in common.
const MOST_SHARES: u64 = 16;

/// Types of values of one byte, and of two numbers of which one is divided by the other.
const BYTE: u16 = 1;
const RATIONAL: u16 = 5;

/// How the chain of directories ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With the last one.
    Whole,
    /// Within a directory, since the file ends there.
    Cut,
    /// With one that was there before.
    Circle,
}

/// A TIFF with the directories of its pages.
pub(super) struct File<'a> {
    pub(super) tiff: Tiff<'a>,
    /// The pages' directories, as far as they are whole.
    pub(super) pages: Vec<Directory>,
    pub(super) end: End,
    /// Whether no directory overlaps the header.
    header_is_free: bool,
    /// Where the header and the directories are, in the order of their beginnings; each ends where it or one before it
    /// ends, whichever is later.
    structure: Vec<Range<usize>>,
}

impl<'a> File<'a> {
    /// Walks over the directories.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let tiff = Tiff::new(bytes).ok_or_else(|| Error::corrupt(Format::Tiff, "its header is damaged"))?;
        let mut file = Self::walk(tiff);
        // Directories over one another could make a small file's pages and entries as many as one likes.
        let directories = file.structure.iter().map(Range::len).sum::<usize>();
        if directories > bytes.len() + tiff.header_bytes() {
            return Err(Error::corrupt(
                Format::Tiff,
                "its directories overlap one another",
            ));
        }
        file.structure.sort_by_key(|place| place.start);
        let mut end = 0;
        for place in &mut file.structure {
            end = end.max(place.end);
            place.end = end;
        }
        Ok(file)
    }

    fn walk(tiff: Tiff<'a>) -> Self {
        let header = 0..tiff.header_bytes();
        let mut file = Self {
            tiff,
            pages: Vec::new(),
            end: End::Whole,
            header_is_free: true,
            structure: vec![header.clone()],
        };
        let mut seen = HashSet::new();
        let mut at = tiff.first_offset();
        while at != 0 {
            if !seen.insert(at) {
                file.end = End::Circle;
                break;
            }
            let page = tiff.directory(at);
            let Some((page, place)) = page.and_then(|page| Some((page, tiff.range(&page)?))) else {
                file.end = End::Cut;
                break;
            };
            file.header_is_free &= at >= header.end;
            file.structure.push(place);
            at = tiff.next_offset(&page).unwrap_or(0);
            file.pages.push(page);
        }
        file
    }

    /// The first page; an error if there is none.
    pub(super) fn first(&self) -> Result<&Directory, Error> {
        self.pages.first().ok_or_else(|| match self.end {
            End::Whole => Error::corrupt(Format::Tiff, "it has no page"),
            End::Cut | End::Circle => Error::truncated(Format::Tiff, self.tiff.bytes().len()),
        })
    }

    /// All pages; an error if there are none, or perhaps more.
    pub(super) fn all(&self) -> Result<&[Directory], Error> {
        self.first()?;
        match self.end {
            End::Whole => Ok(&self.pages),
            End::Cut => Err(Error::truncated(Format::Tiff, self.tiff.bytes().len())),
            End::Circle => Err(Error::corrupt(
                Format::Tiff,
                "a page is followed by one before it",
            )),
        }
    }

    /// Whether a page is gray already.
    pub(super) fn is_gray(&self, page: &Directory) -> bool {
        matches!(self.number(page, PHOTOMETRIC), Some(0 | BLACK_IS_ZERO))
    }

    /// The bits of a page's first sample; of 256 and more, which there are not, 255.
    pub(super) fn bit_depth(&self, page: &Directory) -> u8 {
        u8::try_from(self.number(page, BITS).unwrap_or(1)).unwrap_or(u8::MAX)
    }

    /// Whether the chain of directories ends as it should, and none overlaps the header.
    pub(super) fn is_sound(&self) -> bool {
        self.end == End::Whole && self.header_is_free
    }

    /// A value by its index, if it is a whole number without a sign. Some writers store a byte where the standard asks for
    /// two.
    pub(super) fn value_at(&self, entry: &Entry, index: usize) -> Option<u64> {
        if entry.kind == BYTE && index < entry.count {
            return self
                .tiff
                .bytes()
                .get(entry.at.checked_add(index)?)
                .map(|byte| u64::from(*byte));
        }
        self.tiff.number(entry, index)
    }

    /// The first value of a tag.
    pub(super) fn number(&self, page: &Directory, tag: u16) -> Option<u64> {
        self.value_at(&self.tiff.entry(page, tag)?, 0)
    }

    /// The values of a tag, as far as they are numbers.
    pub(super) fn numbers(&self, page: &Directory, tag: u16) -> Vec<u64> {
        let Some(entry) = self.tiff.entry(page, tag) else {
            return Vec::new();
        };
        (0..entry.count)
            .map_while(|index| self.value_at(&entry, index))
            .collect()
    }

    /// The values of a tag, if they are `N` fractions.
    pub(super) fn fractions<const N: usize>(&self, page: &Directory, tag: u16) -> Option<[f32; N]> {
        let entry = self.tiff.entry(page, tag).filter(|entry| entry.count >= N)?;
        let mut values = [0.0; N];
        let read = if self.tiff.little_endian() {
            u32::from_le_bytes
        } else {
            u32::from_be_bytes
        };
        if entry.kind == RATIONAL {
            let bytes = self.tiff.bytes().get(self.tiff.values(&entry)?)?;
            for (value, parts) in values.iter_mut().zip(bytes.as_chunks::<4>().0.as_chunks::<2>().0) {
                let [over, under] = parts.map(|part| f64::from(read(part)));
                *value = if under == 0.0 { 0.0 } else { (over / under) as f32 };
            }
        } else {
            for (index, value) in values.iter_mut().enumerate() {
                let number = u32::try_from(self.value_at(&entry, index)?).ok()?;
                *value = f64::from(number) as f32;
            }
        }
        Some(values)
    }

    /// A page's width and height, 0 where it does not say.
    pub(super) fn size(&self, page: &Directory) -> (u32, u32) {
        let side = |tag| self.number(page, tag).and_then(|value| u32::try_from(value).ok());
        (side(WIDTH).unwrap_or(0), side(HEIGHT).unwrap_or(0))
    }

    /// A page's width and height, of which none is 0.
    pub(super) fn checked_size(&self, page: &Directory) -> Result<(u32, u32), Error> {
        match self.size(page) {
            (width, height) if width > 0 && height > 0 => Ok((width, height)),
            (width, height) => Err(Error::corrupt(
                Format::Tiff,
                format_args!("a page's size is {width}x{height}"),
            )),
        }
    }

    /// Whether the page's strips or tiles are all within the file.
    pub(super) fn has_data(&self, page: &Directory) -> bool {
        let length = self.tiff.bytes().len() as u64;
        [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)]
            .into_iter()
            .filter_map(|(offsets, lengths)| Some((self.tiff.entry(page, offsets)?, lengths)))
            .any(|(offsets, lengths)| {
                let lengths = self.tiff.entry(page, lengths);
                let count = lengths.map_or(offsets.count, |lengths| lengths.count.min(offsets.count));
                (0..count).all(|index| {
                    let offset = self.value_at(&offsets, index);
                    // Without a length there is at least one byte.
                    let bytes = lengths.map_or(Some(1), |lengths| self.value_at(&lengths, index));
                    let end = offset
                        .zip(bytes)
                        .and_then(|(offset, bytes)| offset.checked_add(bytes));
                    end.is_some_and(|end| end <= length)
                })
            })
    }

    /// Refuses a page whose values are not all in the file, or too many for the limit, and pages that have the same ones
    /// again and again: a small file could have more of them than can be looked at.
    pub(super) fn check_values(&self, limits: &Limits) -> Result<(), Error> {
        let tiff = &self.tiff;
        let most = (tiff.bytes().len() as u64).saturating_mul(MOST_SHARES);
        let mut total = 0_u64;
        for page in &self.pages {
            let mut values = 0_u64;
            for entry in tiff.entries(page).filter(|entry| READ.contains(&entry.tag)) {
                if tiff.values(&entry).is_none() {
                    return Err(Error::truncated(Format::Tiff, tiff.bytes().len()));
                }
                values = values.saturating_add(entry.count as u64);
            }
            let needed = values.saturating_mul(BYTES_PER_VALUE);
            limits.check(Format::Tiff, self.size(page), needed)?;
            total = total.saturating_add(values);
            if total > most {
                return Err(Error::corrupt(
                    Format::Tiff,
                    "its pages have more values than the file could hold",
                ));
            }
        }
        Ok(())
    }

    /// Whether bytes at this place would run into the header or a directory.
    pub(super) fn is_structure(&self, place: &Range<usize>) -> bool {
        let before_its_end = self
            .structure
            .partition_point(|structure| structure.start < place.end);
        self.structure[..before_its_end]
            .last()
            .is_some_and(|structure| structure.end > place.start)
    }
}
