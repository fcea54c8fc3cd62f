//! The pages of a TIFF: which directories there are, whether what they point to is there, and what the codec would take
//! for it.
//!
//! The walk is done here as well as in the codec, because the codec reads no palettes and believes the number of values
//! that a directory claims before it knows about limits: a file of a kilobyte can make it reserve 256 megabytes.

use std::collections::HashSet;
use std::ops::Range;

use jpeg_luma::ifd::{Directory, Tiff};

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

/// Values of `PHOTOMETRIC`: gray, and indexes into a palette.
pub(super) const BLACK_IS_ZERO: u64 = 1;
pub(super) const PALETTE: u64 = 3;

/// Tags whose values the codec, or this module through it, reads one by one: size, bits, photometric interpretation,
/// strips, tiles, planes, predictor, further samples, the format of samples, JPEG tables, subsampling, orientation.
const READ: [u16; 20] = [
    256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339, 347, 530,
];

/// What the codec holds for each value while it reads a tag: the value itself, twice while its vector grows, and the
/// number that comes of it.
const BYTES_PER_VALUE: u64 = 80;

/// A TIFF with the directories of its pages.
pub(super) struct File<'a> {
    pub(super) tiff: Tiff<'a>,
    /// The pages' directories, as far as they are whole.
    pub(super) pages: Vec<Directory>,
    /// Whether the chain of directories ends as it should, and none overlaps the header.
    pub(super) sound: bool,
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
            sound: true,
            structure: vec![header.clone()],
        };
        let mut seen = HashSet::new();
        let mut at = tiff.first_offset();
        while at != 0 {
            let page = tiff.directory(at).filter(|_| seen.insert(at));
            let Some((page, place)) = page.and_then(|page| Some((page, tiff.range(&page)?))) else {
                file.sound = false;
                break;
            };
            file.sound &= at >= header.end;
            file.structure.push(place);
            at = tiff.next_offset(&page).unwrap_or(0);
            file.pages.push(page);
        }
        file
    }

    /// A page's width and height, 0 where it does not say.
    pub(super) fn size(&self, page: &Directory) -> (u32, u32) {
        let side = |tag| {
            self.tiff
                .value(page, tag)
                .and_then(|value| u32::try_from(value).ok())
        };
        (side(WIDTH).unwrap_or(0), side(HEIGHT).unwrap_or(0))
    }

    /// Whether the page's strips or tiles are all within the file.
    pub(super) fn has_data(&self, page: &Directory) -> bool {
        let tiff = &self.tiff;
        [(STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)]
            .into_iter()
            .any(|(offsets, lengths)| {
                let (Some(offsets), Some(lengths)) = (tiff.entry(page, offsets), tiff.entry(page, lengths))
                else {
                    return false;
                };
                (0..offsets.count.min(lengths.count)).all(|index| {
                    let (offset, length) = (tiff.number(&offsets, index), tiff.number(&lengths, index));
                    let end = offset
                        .zip(length)
                        .and_then(|(offset, length)| offset.checked_add(length));
                    end.is_some_and(|end| end <= tiff.bytes().len() as u64)
                })
            })
    }

    /// Bytes that the codec takes for the values of the page that has most of them. A page whose values are not all in
    /// the file is an error.
    pub(super) fn values_bytes(&self, limits: &Limits) -> Result<u64, Error> {
        let tiff = &self.tiff;
        let mut most = 0;
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
            most = needed.max(most);
        }
        Ok(most)
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
