//! A TIFF's structure: the directories of its pages, and where their values are (TIFF 6.0, section 2; Adobe's `BigTIFF`
//! has words of eight bytes instead of four).
//!
//! The walk is done here as well as in the codec, for the codec reads no palettes, and believes what a directory says
//! about the number of values before it knows about limits: a file of a kilobyte can make it reserve 256 megabytes.

use std::collections::HashSet;
use std::ops::Range;

use crate::{Error, Format, Limits};

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const STRIP_BYTES: u16 = 279;
pub(super) const COLOR_MAP: u16 = 320;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTES: u16 = 325;

/// What `PHOTOMETRIC` says of a page: gray, and indexes into a palette.
pub(super) const BLACK_IS_ZERO: u64 = 1;
pub(super) const PALETTE: u64 = 3;

/// Tags whose values the codec, or this module through it, reads one by one: size, bits, kind, strips, tiles, planes,
/// predictor, further samples, the format of samples, JPEG tables, subsampling, orientation.
const READ: [u16; 20] = [
    256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339, 347, 530,
];

/// What the codec holds for each value while it reads a tag: the value itself, twice while its vector grows, and the
/// number that comes of it.
const BYTES_PER_VALUE: u64 = 80;

/// Types of values.
pub(super) const SHORT: u16 = 3;
const LONG: u16 = 4;
const LONG8: u16 = 16;

/// A TIFF in either byte order.
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    little: bool,
    /// Bytes of an offset and of a number of values.
    word: usize,
    /// The pages' directories, as far as they are whole.
    pub(super) pages: Vec<Directory>,
    /// Whether the chain of directories ends as it should, and none overlaps the header.
    pub(super) sound: bool,
    /// Where the header and the directories are, in the order of their beginnings; each ends where it or one before it
    /// ends, whichever is later.
    structure: Vec<Range<usize>>,
}

/// One page's directory: where its first entry is, how many there are, and where the next directory's place is said.
pub(super) struct Directory {
    at: usize,
    entries: usize,
    next: usize,
}

/// An entry's type, how many values it has, and where they are.
pub(super) struct Entry {
    pub(super) kind: u16,
    pub(super) count: usize,
    pub(super) at: usize,
}

impl<'a> File<'a> {
    /// Walks over the directories.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut file =
            Self::walk(bytes).ok_or_else(|| Error::corrupt(Format::Tiff, "its header is damaged"))?;
        // Directories over one another could make a small file's pages and entries as many as one likes.
        let directories = file.structure.iter().map(Range::len).sum::<usize>();
        if directories > bytes.len() + file.header_bytes() {
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

    /// `None` for what has no TIFF's header.
    fn walk(bytes: &'a [u8]) -> Option<Self> {
        let (little, word) = match bytes {
            [b'I', b'I', 42, 0, ..] => (true, 4),
            [b'M', b'M', 0, 42, ..] => (false, 4),
            [b'I', b'I', 43, 0, 8, 0, 0, 0, ..] => (true, 8),
            [b'M', b'M', 0, 43, 0, 8, 0, 0, ..] => (false, 8),
            _ => return None,
        };
        let mut file = Self {
            bytes,
            little,
            word,
            pages: Vec::new(),
            sound: true,
            structure: vec![Range {
                start: 0,
                end: word * 2,
            }],
        };
        let mut seen = HashSet::new();
        let mut at = file.word(word)?;
        while at != 0 {
            let Some((page, next)) = file.directory(at).filter(|_| seen.insert(at)) else {
                file.sound = false;
                break;
            };
            file.sound &= at >= file.header_bytes();
            file.structure.push(at..page.next + word);
            file.pages.push(page);
            at = next;
        }
        Some(file)
    }

    /// Byte order, version and the first directory's place. What overlaps them is no directory and no palette.
    pub(super) fn header_bytes(&self) -> usize {
        self.word * 2
    }

    fn entry_bytes(&self) -> usize {
        4 + self.word * 2
    }

    /// Bytes of the number of entries before a directory.
    fn count_bytes(&self) -> usize {
        if self.word == 4 { 2 } else { 8 }
    }

    fn directory(&self, at: usize) -> Option<(Directory, usize)> {
        let entries = if self.word == 4 {
            usize::from(self.short(at)?)
        } else {
            self.word(at)?
        };
        let at = at.checked_add(self.count_bytes())?;
        let next = at.checked_add(entries.checked_mul(self.entry_bytes())?)?;
        Some((Directory { at, entries, next }, self.word(next)?))
    }

    pub(super) fn short(&self, at: usize) -> Option<u16> {
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

    fn long8(&self, at: usize) -> Option<u64> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little {
            u64::from_le_bytes(bytes)
        } else {
            u64::from_be_bytes(bytes)
        })
    }

    /// An offset or a number of values.
    fn word(&self, at: usize) -> Option<usize> {
        if self.word == 4 {
            self.long(at).map(|word| word as usize)
        } else {
            usize::try_from(self.long8(at)?).ok()
        }
    }

    pub(super) fn short_bytes(&self, value: u16) -> [u8; 2] {
        if self.little {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    /// The entry of a tag.
    pub(super) fn entry(&self, page: &Directory, tag: u16) -> Option<Entry> {
        let at = (0..page.entries)
            .map(|entry| page.at + entry * self.entry_bytes())
            .find(|at| self.short(*at) == Some(tag))?;
        self.entry_at(at)
    }

    fn entry_at(&self, at: usize) -> Option<Entry> {
        let (kind, count) = (self.short(at + 2)?, self.word(at + 4)?);
        let values = at + 4 + self.word;
        // Values that fit into a word are in the entry itself.
        let inside = count.checked_mul(size_of(kind))? <= self.word;
        let at = if inside { values } else { self.word(values)? };
        Some(Entry { kind, count, at })
    }

    /// The first value of a tag, if it is a whole number.
    pub(super) fn value(&self, page: &Directory, tag: u16) -> Option<u64> {
        let entry = self.entry(page, tag)?;
        self.number(&entry, 0)
    }

    fn number(&self, entry: &Entry, index: usize) -> Option<u64> {
        let at = entry.at.checked_add(index.checked_mul(size_of(entry.kind))?)?;
        match entry.kind {
            SHORT => self.short(at).map(u64::from),
            LONG => self.long(at).map(u64::from),
            LONG8 => self.long8(at),
            _ => None,
        }
    }

    /// A page's width and height, 0 where it does not say.
    pub(super) fn size(&self, page: &Directory) -> (u32, u32) {
        let side = |tag| self.value(page, tag).and_then(|value| u32::try_from(value).ok());
        (side(WIDTH).unwrap_or(0), side(HEIGHT).unwrap_or(0))
    }

    /// Whether the page's strips or tiles are all within the file.
    pub(super) fn has_data(&self, page: &Directory) -> bool {
        [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)]
            .into_iter()
            .any(|(offsets, lengths)| {
                let (Some(offsets), Some(lengths)) = (self.entry(page, offsets), self.entry(page, lengths))
                else {
                    return false;
                };
                (0..offsets.count.min(lengths.count)).all(|index| {
                    let (offset, length) = (self.number(&offsets, index), self.number(&lengths, index));
                    let end = offset
                        .zip(length)
                        .and_then(|(offset, length)| offset.checked_add(length));
                    end.is_some_and(|end| end <= self.bytes.len() as u64)
                })
            })
    }

    /// Bytes that the codec takes for the values of the page that has most of them. A page whose values are not all in
    /// the file is an error.
    pub(super) fn values_bytes(&self, limits: &Limits) -> Result<u64, Error> {
        let mut most = 0;
        for page in &self.pages {
            let mut values = 0_u64;
            for entry in 0..page.entries {
                let at = page.at + entry * self.entry_bytes();
                if !self.short(at).is_some_and(|tag| READ.contains(&tag)) {
                    continue;
                }
                let whole = |entry: &Entry| {
                    let bytes = entry.count.checked_mul(size_of(entry.kind));
                    let end = bytes.and_then(|bytes| bytes.checked_add(entry.at));
                    end.is_some_and(|end| end <= self.bytes.len())
                };
                let Some(entry) = self.entry_at(at).filter(whole) else {
                    return Err(Error::truncated(Format::Tiff, self.bytes.len()));
                };
                values = values.saturating_add(entry.count as u64);
            }
            let needed = values.saturating_mul(BYTES_PER_VALUE);
            limits.check(Format::Tiff, self.size(page), needed)?;
            most = needed.max(most);
        }
        Ok(most)
    }

    /// Takes entries out of a directory.
    pub(super) fn remove(&self, output: &mut [u8], page: &Directory, gone: impl Fn(u16) -> bool) {
        let mut kept = page.at;
        for entry in 0..page.entries {
            let at = page.at + entry * self.entry_bytes();
            if !self.short(at).is_some_and(&gone) {
                output.copy_within(at..at + self.entry_bytes(), kept);
                kept += self.entry_bytes();
            }
        }
        output.copy_within(page.next..page.next + self.word, kept);
        let count = (kept - page.at) / self.entry_bytes();
        let place = &mut output[page.at - self.count_bytes()..page.at];
        if self.word == 4 {
            place.copy_from_slice(&self.short_bytes(count as u16));
        } else if self.little {
            place.copy_from_slice(&(count as u64).to_le_bytes());
        } else {
            place.copy_from_slice(&(count as u64).to_be_bytes());
        }
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

/// Bytes of a value of this type (TIFF 6.0, section 2; 16 to 18 are `BigTIFF`'s). An unknown type counts as bytes.
fn size_of(kind: u16) -> usize {
    match kind {
        SHORT | 8 => 2,
        LONG | 9 | 11 | 13 => 4,
        5 | 10 | 12 | LONG8 | 17 | 18 => 8,
        _ => 1,
    }
}
