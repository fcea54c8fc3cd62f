//! EXIF: how the image is to be turned, and the thumbnail, which is a JPEG of its own in color.
//!
//! A JPEG has it in an APP1 segment behind a [signature](SIGNATURE); PNG and WebP hold the same block in a chunk, most
//! without the signature. The block is a TIFF structure: its first directory describes the image, the second one the
//! thumbnail (CIPA DC-008, 4.5 and 4.6).

use std::borrow::Cow;
use std::ops::Range;

use crate::ifd::{Directory, ORIENTATION, SHORT, Tiff};

/// What a block begins with in a JPEG, and in other formats where a writer took it from one.
pub const SIGNATURE: &[u8] = b"Exif\0\0";

const STRIP_OFFSETS: u16 = 0x0111;
const STRIP_BYTE_COUNTS: u16 = 0x0117;
const JPEG_OFFSET: u16 = 0x0201;
const JPEG_LENGTH: u16 = 0x0202;
/// The orientation of an image that is shown as it is stored.
const UPRIGHT: u8 = 1;

/// The orientation that a block of EXIF, behind its signature or without one, asks for: 1 (as stored) to 8, or `None` if
/// it asks for nothing valid.
#[must_use]
pub fn orientation(block: &[u8]) -> Option<u8> {
    let tiff = Tiff::new(block.strip_prefix(SIGNATURE).unwrap_or(block))?;
    tiff.orientation(&tiff.first()?)
}

/// A block of EXIF, without a signature, that says nothing but the orientation of `block`; `None` where the image is to
/// be shown as it is stored anyway.
#[must_use]
pub fn orientation_only(block: &[u8]) -> Option<Vec<u8>> {
    let value = orientation(block).filter(|value| *value != UPRIGHT)?;
    // Big-endian, the first directory at 8 with one entry: one SHORT. No second directory.
    let mut minimal = b"MM\0\x2A\0\0\0\x08\0\x01".to_vec();
    minimal.extend_from_slice(&ORIENTATION.to_be_bytes());
    minimal.extend_from_slice(&SHORT.to_be_bytes());
    minimal.extend_from_slice(&1_u32.to_be_bytes());
    minimal.extend_from_slice(&[0, value, 0, 0]);
    minimal.extend_from_slice(&0_u32.to_be_bytes());
    Some(minimal)
}

/// Makes a JPEG gray in no more bytes than it has, if it can. Handed in, because this module is below the conversion,
/// which calls this module.
pub(crate) type ThumbnailConverter = fn(&[u8]) -> Option<Vec<u8>>;

/// The block, behind its signature or without one, with its thumbnail converted in place, or without it where that is
/// not possible.
pub(crate) fn with_thumbnail(block: &[u8], convert: ThumbnailConverter) -> Cow<'_, [u8]> {
    convert_thumbnail(block, convert).map_or(Cow::Borrowed(block), Cow::Owned)
}

/// Nothing if there is no thumbnail, or none that can be found.
fn convert_thumbnail(block: &[u8], convert: ThumbnailConverter) -> Option<Vec<u8>> {
    let data = block.strip_prefix(SIGNATURE).unwrap_or(block);
    let signature = &block[..block.len() - data.len()];
    let tiff = Tiff::new(data)?;
    let first = tiff.first()?;
    let directories = tiff.range(&first)?;
    let second = tiff.directory(tiff.next_offset(&first)?)?;
    tiff.range(&second)?;
    let jpeg = range(&tiff, &second, JPEG_OFFSET, JPEG_LENGTH);
    let pixels = range(&tiff, &second, STRIP_OFFSETS, STRIP_BYTE_COUNTS);
    let mut changed = data.to_vec();
    let mut end = changed.len();
    let gray = jpeg.clone().and_then(|range| convert(&data[range]));
    if let (Some(gray), Some(range)) = (&gray, &jpeg) {
        let gray_end = range.start + gray.len();
        changed[range.start..gray_end].copy_from_slice(gray);
        let length = tiff.entry(&second, JPEG_LENGTH)?;
        tiff.set_long(&mut changed, &length, u32::try_from(gray.len()).ok()?);
        changed[gray_end..range.end].fill(0);
        if range.end == end {
            end = gray_end;
        }
    } else {
        tiff.end_chain(&mut changed, &first);
        for range in [jpeg, pixels].into_iter().flatten() {
            // A range that reaches into the directories could overwrite the directories.
            if range.start < directories.end {
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

/// The bytes that an offset and a length in a directory point to, if each is one number and they are there.
fn range(tiff: &Tiff, directory: &Directory, offset: u16, length: u16) -> Option<Range<usize>> {
    let number = |tag| {
        let entry = tiff.entry(directory, tag).filter(|entry| entry.count == 1)?;
        usize::try_from(tiff.number(&entry, 0)?).ok()
    };
    let start = number(offset)?;
    let range = start..start.checked_add(number(length)?)?;
    tiff.bytes().get(range.clone()).map(|_| range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_survives_being_alone() {
        let short = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let long = b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        for block in [short.as_slice(), long] {
            assert_eq!(orientation(block), Some(6));
            assert_eq!(orientation(&orientation_only(block).unwrap()), Some(6));
        }
        assert_eq!(orientation_only(b"II*\0\x08\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(orientation(b"II*\0\xFF\xFF\xFF\xFF"), None);
    }
}
