//! EXIF: the orientation, and the thumbnail, which is a JPEG of its own in color. In a JPEG it is an APP1 segment with a
//! signature; PNG and WebP hold the same block in a chunk, most without the signature.
//!
//! EXIF is a TIFF file: a header, then directories of entries with 12 bytes each. The first directory describes the
//! image, the second one the thumbnail (CIPA DC-008, 4.5 and 4.6).

use std::borrow::Cow;
use std::ops::Range;

use crate::{Options, Outcome, grayscale};

const SIGNATURE: &[u8] = b"Exif\0\0";
const ORIENTATION: u16 = 0x0112;
const STRIP_OFFSETS: u16 = 0x0111;
const STRIP_BYTE_COUNTS: u16 = 0x0117;
const JPEG_OFFSET: u16 = 0x0201;
const JPEG_LENGTH: u16 = 0x0202;
/// What converting any thumbnail may take, beside eight times its length.
const MEMORY_BESIDE: u64 = 2 << 20;
/// The orientation of an image that is shown as it is stored.
const UPRIGHT: u16 = 1;

/// The orientation that an EXIF segment names.
pub(crate) fn orientation(payload: &[u8]) -> Option<u16> {
    let tiff = Tiff::new(payload.strip_prefix(SIGNATURE)?)?;
    let value = tiff.value(&tiff.first_directory()?, ORIENTATION)?;
    u16::try_from(value).ok()
}

/// An EXIF segment with nothing but an orientation; nothing if it is the usual one, or no valid one.
pub(crate) fn orientation_alone(orientation: u16) -> Option<Vec<u8>> {
    if !(UPRIGHT + 1..=8).contains(&orientation) {
        return None;
    }
    let mut payload = SIGNATURE.to_vec();
    // Big-endian, first directory at 8 with one entry: one SHORT. No second directory.
    payload.extend_from_slice(b"MM\0\x2A\0\0\0\x08\0\x01");
    payload.extend_from_slice(b"\x01\x12\0\x03\0\0\0\x01");
    payload.extend_from_slice(&orientation.to_be_bytes());
    payload.extend_from_slice(&[0; 6]);
    Some(payload)
}

/// The block, behind its signature or without one, with its thumbnail made gray in place, or without it where that is
/// not possible.
pub fn with_gray_thumbnail(block: &[u8]) -> Cow<'_, [u8]> {
    convert_thumbnail(block).map_or(Cow::Borrowed(block), Cow::Owned)
}

/// Nothing if there is no thumbnail, or none that can be found.
fn convert_thumbnail(block: &[u8]) -> Option<Vec<u8>> {
    let data = block.strip_prefix(SIGNATURE).unwrap_or(block);
    let signature = &block[..block.len() - data.len()];
    let tiff = Tiff::new(data)?;
    let first = tiff.first_directory()?;
    let second = tiff.directory(tiff.u32(first.next)? as usize)?;
    let jpeg = tiff.range(&second, JPEG_OFFSET, JPEG_LENGTH);
    let pixels = tiff.range(&second, STRIP_OFFSETS, STRIP_BYTE_COUNTS);
    let mut changed = tiff.data.to_vec();
    let mut end = changed.len();
    let gray = jpeg.clone().and_then(|range| gray_jpeg(&tiff.data[range]));
    if let (Some(gray), Some(range)) = (&gray, &jpeg) {
        changed[range.start..range.start + gray.len()].copy_from_slice(gray);
        tiff.set_value(
            &mut changed,
            &second,
            JPEG_LENGTH,
            u32::try_from(gray.len()).ok()?,
        )?;
        changed[range.start + gray.len()..range.end].fill(0);
        if range.end == end {
            end = range.start + gray.len();
        }
    } else {
        changed[first.next..first.next + 4].fill(0);
        for range in [jpeg, pixels].into_iter().flatten() {
            // A range that reaches into the directories would be a trap.
            if range.start < first.next + 4 {
                continue;
            }
            changed[range.clone()].fill(0);
            if range.end == end {
                end = range.start;
            }
        }
    }
    changed.truncate(end);
    Some([signature, &changed].concat())
}

/// The thumbnail in gray, if it takes no more room than before.
fn gray_jpeg(thumbnail: &[u8]) -> Option<Vec<u8>> {
    // With `strip`, a thumbnail's own EXIF is not looked into, so this does not recur. What is longer than the thumbnail is
    // of no use, so that one which claims to be huge need not be made.
    let options = Options {
        lenient: true,
        strip: true,
        memory_budget: Some(MEMORY_BESIDE + 8 * thumbnail.len() as u64),
        ..Options::default()
    };
    match grayscale(thumbnail, &options).ok()? {
        Outcome::Gray(gray) if gray.bytes.len() <= thumbnail.len() => Some(gray.bytes),
        _ => None,
    }
}

/// A TIFF file within an EXIF segment.
struct Tiff<'a> {
    data: &'a [u8],
    big_endian: bool,
}

/// A directory that lies within the data.
struct Directory {
    /// Where its entries begin, and how many there are.
    start: usize,
    count: usize,
    /// Where the offset of the next directory stands.
    next: usize,
}

impl<'a> Tiff<'a> {
    fn new(data: &'a [u8]) -> Option<Self> {
        let big_endian = match data.get(..4)? {
            b"MM\0\x2A" => true,
            b"II\x2A\0" => false,
            _ => return None,
        };
        Some(Self { data, big_endian })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.data.get(at..)?.first_chunk()?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.data.get(at..)?.first_chunk()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn first_directory(&self) -> Option<Directory> {
        self.directory(self.u32(4)? as usize)
    }

    fn directory(&self, at: usize) -> Option<Directory> {
        if at == 0 {
            return None;
        }
        let count = usize::from(self.u16(at)?);
        let start = at + 2;
        let next = start + 12 * count;
        (next + 4 <= self.data.len()).then_some(Directory { start, count, next })
    }

    fn entry(&self, directory: &Directory, tag: u16) -> Option<usize> {
        let entries = (0..directory.count).map(|index| directory.start + 12 * index);
        entries.into_iter().find(|&entry| self.u16(entry) == Some(tag))
    }

    /// The value of an entry that holds one SHORT or one LONG.
    fn value(&self, directory: &Directory, tag: u16) -> Option<u32> {
        let entry = self.entry(directory, tag)?;
        match (self.u16(entry + 2)?, self.u32(entry + 4)?) {
            (3, 1) => self.u16(entry + 8).map(u32::from),
            (4, 1) => self.u32(entry + 8),
            _ => None,
        }
    }

    /// Sets such a value in a copy of the data.
    fn set_value(&self, copy: &mut [u8], directory: &Directory, tag: u16, value: u32) -> Option<()> {
        let entry = self.entry(directory, tag)?;
        let place = copy.get_mut(entry + 2..entry + 12)?;
        let long = if self.big_endian {
            4u16.to_be_bytes()
        } else {
            4u16.to_le_bytes()
        };
        let value = if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        place[..2].copy_from_slice(&long);
        place[6..].copy_from_slice(&value);
        Some(())
    }

    /// The data that an offset and a length in a directory point to.
    fn range(&self, directory: &Directory, offset: u16, length: u16) -> Option<Range<usize>> {
        let start = self.value(directory, offset)? as usize;
        let range = start..start.checked_add(self.value(directory, length)? as usize)?;
        self.data.get(range.clone()).map(|_| range)
    }
}
