//! Application segments and comments: what stays on a gray image, what goes, and what is made right.
//!
//! They stay, in their order, unless they would be wrong on a gray image:
//!
//! | segment | content | on a gray image |
//! |---|---|---|
//! | APP0 `JFIF` | density | stays, without its color thumbnail |
//! | APP0 `JFXX` | color thumbnail | goes |
//! | APP1 `Exif` | EXIF, orientation | stays, its thumbnail made gray or removed |
//! | APP1 XMP | properties | stays, without those that point to pictures or a video behind the image |
//! | APP2 `ICC_PROFILE` | profile of the color space | goes: a color profile is invalid for one component |
//! | APP2 `MPF` | index of further pictures after this one | goes, as those pictures do |
//! | APP2 ISO 21496-1 | gain map, a further picture | goes |
//! | APP11 `JP` | JPEG XT residuals, or a signed manifest of the file | goes: it describes other data |
//! | APP13 `Photoshop` | IPTC | stays, without thumbnails and color profile |
//! | APP14 `Adobe` | color transform | goes |

use std::borrow::Cow;

use crate::exif::{self, ThumbnailConverter};
use crate::marker::{APP0, APP1, APP2, APP11, APP13, APP14, APP15, COM, Segment};
use crate::xmp;

/// What the segment of that name begins with (ITU-T T.871, 10.1).
pub(crate) const JFIF: &[u8] = b"JFIF\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
/// Bytes of a JFIF segment without a thumbnail (ITU-T T.871, 10.1).
const JFIF_LENGTH: usize = 14;

/// Whether a marker opens an application segment or a comment.
pub(crate) fn is_metadata(marker: u8) -> bool {
    matches!(marker, APP0..=APP15 | COM)
}

/// Which metadata a gray image keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep {
    /// None at all.
    Nothing,
    /// Only what decides how the image is shown: density, and an orientation if that is not the usual one.
    Display,
    /// All that is right on a gray image, with thumbnails made gray by this function.
    All(ThumbnailConverter),
}

/// What a metadata segment becomes on a gray image; nothing if it goes.
pub(crate) fn for_gray<'a>(segment: &Segment<'a>, keep: Keep) -> Option<Cow<'a, [u8]>> {
    let payload = segment.payload;
    if matches!(keep, Keep::Nothing) {
        return None;
    }
    if segment.marker == APP0 && payload.starts_with(JFIF) {
        return Some(without_jfif_thumbnail(payload));
    }
    let is_exif = segment.marker == APP1 && payload.starts_with(exif::SIGNATURE);
    let convert_thumbnail = match keep {
        Keep::All(convert) => convert,
        Keep::Display if is_exif => {
            let minimal = exif::orientation_only(payload)?;
            return Some(Cow::Owned([exif::SIGNATURE, &minimal].concat()));
        }
        Keep::Display | Keep::Nothing => return None,
    };
    match segment.marker {
        APP1 if is_exif => return Some(exif::with_thumbnail(payload, convert_thumbnail)),
        APP1 => return xmp::without_removed_pictures(payload),
        APP0 if payload.starts_with(b"JFXX\0") => return None,
        APP2 if [b"ICC_PROFILE\0", b"MPF\0".as_slice(), b"urn:iso:std:iso:ts:21496"]
            .iter()
            .any(|start| payload.starts_with(start)) =>
        {
            return None;
        }
        APP11 if payload.starts_with(b"JP") => return None,
        APP14 if payload.starts_with(b"Adobe") => return None,
        APP13 if payload.starts_with(PHOTOSHOP) => return Some(without_color_resources(payload)),
        _ => {}
    }
    Some(Cow::Borrowed(payload))
}

fn without_jfif_thumbnail(payload: &[u8]) -> Cow<'_, [u8]> {
    match payload.first_chunk::<JFIF_LENGTH>() {
        Some(head) if payload.len() > JFIF_LENGTH || head[12..] != [0, 0] => {
            let mut head = *head;
            head[12..].fill(0);
            Cow::Owned(head.to_vec())
        }
        _ => Cow::Borrowed(payload),
    }
}

/// Drops the image resources that hold thumbnails and a color profile (Adobe Photoshop File Formats Specification,
/// image resource blocks). A segment that cannot be read to its end stays as it is: it may go on in the next.
fn without_color_resources(payload: &[u8]) -> Cow<'_, [u8]> {
    const THUMBNAILS_AND_PROFILE: [u16; 3] = [0x0409, 0x040C, 0x040F];
    let mut kept = PHOTOSHOP.to_vec();
    let mut rest = &payload[PHOTOSHOP.len()..];
    while !rest.is_empty() {
        let Some((id, length)) = image_resource(rest) else {
            return Cow::Borrowed(payload);
        };
        let (resource, after) = rest.split_at(length);
        if !THUMBNAILS_AND_PROFILE.contains(&id) {
            kept.extend_from_slice(resource);
        }
        rest = after;
    }
    if kept.len() == payload.len() {
        Cow::Borrowed(payload)
    } else {
        Cow::Owned(kept)
    }
}

/// The identifier and the length of the image resource block that `data` begins with.
fn image_resource(data: &[u8]) -> Option<(u16, usize)> {
    let rest = data.strip_prefix(b"8BIM")?;
    let (id, rest) = rest.split_first_chunk::<2>()?;
    // A name with its length in front, padded to an even number of bytes, then the size of the data.
    let name = (usize::from(*rest.first()?) + 2) & !1;
    let (size, rest) = rest.get(name..)?.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let padded = size.checked_add(size & 1)?;
    (padded <= rest.len()).then(|| (u16::from_be_bytes(*id), data.len() - rest.len() + padded))
}
