//! Metadata for a gray image that was not made by this crate: where gray has to be computed from pixels, a new JPEG is
//! encoded, and the metadata of the old one moves into it by [`segments`] and [`splice`]. EXIF in other formats is what
//! [`with_gray_thumbnail`] is for.

use std::borrow::Cow;

use crate::app_segments::{JFIF, for_gray, is_metadata};
use crate::error::Error;
use crate::exif;
use crate::grayscale::{gray_thumbnail, keep};
use crate::marker::{APP0, APP1, EOI, SOI, SOS, Segment, write_segment};

/// The metadata of a JPEG as segments for a gray one: each with marker and length, in the order of the file.
///
/// For a JPEG that goes through pixels; see [`splice`]. Reading stops without an error where the data is damaged.
///
/// # Errors
///
/// [`Error::NotJpeg`].
pub fn segments(input: &[u8], strip: bool) -> Result<Vec<Vec<u8>>, Error> {
    if input.get(..2) != Some(&[0xFF, SOI]) {
        return Err(Error::NotJpeg);
    }
    let mut segments = Vec::new();
    for segment in header_segments(input).filter(|segment| is_metadata(segment.marker)) {
        if let Some(payload) = for_gray(&segment, keep(strip)) {
            let mut bytes = Vec::with_capacity(payload.len() + 4);
            write_segment(&mut bytes, segment.marker, &payload);
            segments.push(bytes);
        }
    }
    Ok(segments)
}

/// Puts metadata segments into a newly encoded JPEG. A JFIF segment among them takes the place of the encoder's own.
///
/// # Errors
///
/// [`Error::NotJpeg`], or [`Error::Truncated`] if `encoded` ends within its first segments.
pub fn splice(encoded: &[u8], segments: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
    if encoded.get(..2) != Some(&[0xFF, SOI]) {
        return Err(Error::NotJpeg);
    }
    let first = Segment::read(encoded, 2, false)?;
    let encoder_jfif = first.marker == APP0 && first.payload.starts_with(JFIF);
    let is_jfif = |segment: &Vec<u8>| {
        segment.starts_with(&[0xFF, APP0]) && segment.get(4..).is_some_and(|rest| rest.starts_with(JFIF))
    };
    let (own, rest) = encoded[2..].split_at(if encoder_jfif { first.end - 2 } else { 0 });
    let jfif = segments
        .iter()
        .find(|segment| is_jfif(segment))
        .map_or(own, Vec::as_slice);
    let added: usize = segments.iter().map(Vec::len).sum();
    let mut bytes = Vec::with_capacity(encoded.len() + added);
    bytes.extend_from_slice(&encoded[..2]);
    // JFIF's segment comes first by its own rule (T.871, 10.1).
    bytes.extend_from_slice(jfif);
    for segment in segments.iter().filter(|segment| !is_jfif(segment)) {
        bytes.extend_from_slice(segment);
    }
    bytes.extend_from_slice(rest);
    Ok(bytes)
}

/// How the image of a JPEG is to be turned, 1 (as stored) to 8, by its EXIF; `None` if that does not say.
///
/// Reading stops without an error where the data is damaged.
#[must_use]
pub fn orientation(input: &[u8]) -> Option<u8> {
    header_segments(input)
        .filter(|segment| segment.marker == APP1)
        .filter(|segment| segment.payload.starts_with(exif::SIGNATURE))
        .find_map(|segment| exif::orientation(segment.payload))
}

/// A block of EXIF, behind [its signature](exif::SIGNATURE) or without one, with its thumbnail made gray in place, or
/// without it where that is not possible. A block without a thumbnail that can be found comes back as it is.
#[must_use]
pub fn with_gray_thumbnail(block: &[u8]) -> Cow<'_, [u8]> {
    exif::with_thumbnail(block, gray_thumbnail)
}

/// The segments before the first scan, as far as they can be read.
fn header_segments(input: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let segment = Segment::read(input, at, true).ok()?;
        at = segment.end;
        (!matches!(segment.marker, SOS | EOI)).then_some(segment)
    })
}
