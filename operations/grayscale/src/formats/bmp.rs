//! BMP with a palette: only the palette is rewritten.
//!
//! Bitmaps in true color go through pixels. References are to Microsoft's "Bitmap Storage" (Win32, GDI) and, for headers of
//! OS/2 2, to `BITMAPINFOHEADER2` in IBM's "OS/2 2.0 Presentation Manager Programming".

use std::borrow::Cow;

use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters};
use jpeg_luma::Rope;

/// Converts a bitmap that has a palette to a gray bitmap; `None` where pixels are needed, for one in true color or one that
/// is to be truly gray.
///
/// A bitmap's gray *is* a palette: one of all grays in order is what "true gray" means here, and what a bitmap in
/// true color becomes.
pub(crate) fn convert<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Option<Conversion<Rope<'a>>>, Error> {
    let header = Header::read(input)?;
    if !(1..=8).contains(&header.bits) || parameters.true_gray {
        return Ok(None);
    }
    let (top, pixels) = input.split_at(header.palette.end);
    limits.check(Format::Bmp, (header.width, header.height), top.len() as u64)?;
    let mut gray = top.to_vec();
    gray_palette(
        &mut gray[header.palette.clone()],
        header.entry_bytes,
        parameters.luma,
    );
    if let Some(kind) = header.profile_kind(input) {
        // A color profile on a gray image is invalid: the values are declared to be sRGB instead.
        gray[kind..kind + 4].copy_from_slice(SRGB);
    }
    let route = if gray == top { Route::AsIs } else { Route::Palette };
    let report = Report::new(Format::Bmp, route, parameters.luma, (header.width, header.height))
        .with_bit_depth(header.bits)
        .with_sizes(input.len() as u64, input.len() as u64);
    let mut bytes = Rope::from(gray);
    bytes.push_borrowed(pixels);
    Ok(Some(Conversion { bytes, report }))
}

/// Copies the density of a bitmap, if its header is new enough to have one, to the bitmap that was made of it.
pub(crate) fn copy_density(input: &[u8], output: &mut [u8]) {
    if Header::read(input).is_ok_and(|header| header.own_bytes >= INFO_HEADER_BYTES)
        && let (Some(density), Some(target)) = (input.get(DENSITY), output.get_mut(DENSITY))
    {
        target.copy_from_slice(density);
    }
}

/// A bitmap that the codec reads: the same file, or one whose OS/2 2 header is a `BITMAPINFOHEADER`.
///
/// # Errors
///
/// What is wrong with the header, or which of its features is not supported.
pub(crate) fn for_codec(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let header = Header::read(input)?;
    if !header.is_os2() {
        return Ok(Cow::Borrowed(input));
    }
    if header.own_bytes > INFO_HEADER_BYTES && matches!(header.compression, OS2_HUFFMAN | OS2_RLE24) {
        return Err(Error::unsupported(Format::Bmp, "a compression of OS/2"));
    }
    // The longer header is the same up to there, and the shorter one leaves out what is zero by default. What was behind
    // it keeps its distance from the palette.
    let end = FILE_HEADER_BYTES + header.own_bytes;
    let same = header.own_bytes.min(INFO_HEADER_BYTES);
    let (Some(fields), Some(rest)) = (input.get(..FILE_HEADER_BYTES + same), input.get(end..)) else {
        return Err(Error::truncated(Format::Bmp, input.len()));
    };
    let mut bitmap = Vec::with_capacity(FILE_HEADER_BYTES + INFO_HEADER_BYTES + rest.len());
    bitmap.extend_from_slice(fields);
    bitmap.resize(FILE_HEADER_BYTES + INFO_HEADER_BYTES, 0);
    bitmap.extend_from_slice(rest);
    let pixels_at = (header.pixels_at + INFO_HEADER_BYTES).saturating_sub(header.own_bytes);
    let short = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
    bitmap[PIXELS_AT].copy_from_slice(&short(pixels_at));
    bitmap[OWN_BYTES].copy_from_slice(&short(INFO_HEADER_BYTES));
    Ok(Cow::Owned(bitmap))
}

/// `LCS_sRGB`, little-endian.
const SRGB: &[u8; 4] = b"BGRs";
/// The size of the file header before the bitmap's own (`BITMAPFILEHEADER`).
const FILE_HEADER_BYTES: usize = 14;
/// The oldest header (`BITMAPCOREHEADER`), with 16-bit sizes and three bytes a palette entry.
const CORE_HEADER_BYTES: usize = 12;
/// The one that nearly all have (`BITMAPINFOHEADER`), and where its pixels per meter are, across and down.
const INFO_HEADER_BYTES: usize = 40;
const DENSITY: std::ops::Range<usize> = FILE_HEADER_BYTES + 24..FILE_HEADER_BYTES + 32;
/// Where the file header says where the pixels are, and the header behind it how long it is.
const PIXELS_AT: std::ops::Range<usize> = 10..14;
const OWN_BYTES: std::ops::Range<usize> = 14..18;
/// The two lengths that OS/2 2 gives its header, which may end after any field: common are all of it, and the least.
const OS2_HEADERS: [usize; 2] = [16, 64];
/// Compressions of that header alone; in others, 3 means masks of bits and 4 a JPEG.
const OS2_HUFFMAN: u32 = 3;
const OS2_RLE24: u32 = 4;
/// The newest (`BITMAPV5HEADER`), and where the fourth version's kind of color space is in it.
const V4_HEADER_BYTES: usize = 108;
const COLOR_SPACE: usize = FILE_HEADER_BYTES + 56;

struct Header {
    width: u32,
    height: u32,
    bits: u8,
    compression: u32,
    pixels_at: usize,
    palette: std::ops::Range<usize>,
    entry_bytes: usize,
    own_bytes: usize,
}

impl Header {
    fn read(input: &[u8]) -> Result<Self, Error> {
        let truncated = || Error::truncated(Format::Bmp, input.len());
        let short = |offset: usize| -> Result<u16, Error> {
            let bytes = input
                .get(offset..)
                .and_then(|rest| rest.first_chunk())
                .ok_or_else(truncated)?;
            Ok(u16::from_le_bytes(*bytes))
        };
        let long = |offset: usize| -> Result<u32, Error> {
            let bytes = input
                .get(offset..)
                .and_then(|rest| rest.first_chunk())
                .ok_or_else(truncated)?;
            Ok(u32::from_le_bytes(*bytes))
        };
        let index = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);

        let pixels_at = index(long(10)?);
        let header_bytes = index(long(14)?);
        let core = header_bytes == CORE_HEADER_BYTES;
        let (width, height, bits) = if core {
            (u32::from(short(18)?), u32::from(short(20)?), short(24)?)
        } else {
            // A negative height means that rows go from top to bottom.
            (long(18)?, long(22)?.cast_signed().unsigned_abs(), short(28)?)
        };
        let (compression, used) = if header_bytes < INFO_HEADER_BYTES {
            (0, 0)
        } else {
            (long(30)?, long(46)?)
        };
        let bits = u8::try_from(bits)
            .ok()
            .filter(|bits| matches!(bits, 0 | 1 | 2 | 4 | 8 | 16 | 24 | 32))
            .ok_or_else(|| {
                Error::corrupt(Format::Bmp, format_args!("its header says {bits} bits a pixel"))
            })?;
        if width == 0 || height == 0 || width > i32::MAX as u32 {
            return Err(Error::corrupt(
                Format::Bmp,
                format_args!("its size is {width}x{height}"),
            ));
        }
        let entry_bytes = if core { 3 } else { 4 };
        let palette_at = FILE_HEADER_BYTES.saturating_add(header_bytes);
        let mut palette = palette_at..palette_at;
        if (1..=8).contains(&bits) {
            let all = 1_usize << bits;
            let entries = if used == 0 { all } else { index(used).min(all) };
            palette.end = palette_at.saturating_add(entries * entry_bytes);
            if pixels_at < palette.end {
                let detail = format_args!(
                    "its pixels begin at byte {pixels_at}, inside its palette, which ends at byte {}",
                    palette.end
                );
                return Err(Error::corrupt(Format::Bmp, detail));
            }
            let row_bytes = (u64::from(width) * u64::from(bits)).div_ceil(32) * 4;
            let data_bytes = if compression == 0 {
                row_bytes * u64::from(height)
            } else {
                0
            };
            let end = (pixels_at as u64).saturating_add(data_bytes);
            if palette.end > input.len() || end > input.len() as u64 {
                return Err(truncated());
            }
        }
        Ok(Self {
            width,
            height,
            bits,
            compression,
            pixels_at,
            palette,
            entry_bytes,
            own_bytes: header_bytes,
        })
    }

    /// Whether it is a header of OS/2 2.
    fn is_os2(&self) -> bool {
        OS2_HEADERS.contains(&self.own_bytes)
    }

    /// Where the header says that a color profile is embedded or linked.
    fn profile_kind(&self, input: &[u8]) -> Option<usize> {
        let kind = input.get(COLOR_SPACE..COLOR_SPACE + 4)?;
        (self.own_bytes > V4_HEADER_BYTES && (kind == b"DEBM" || kind == b"KNIL")).then_some(COLOR_SPACE)
    }
}

/// Makes entries of blue, green and red gray, and leaves a fourth byte alone.
fn gray_palette(palette: &mut [u8], entry_bytes: usize, luma: Luma) {
    for entry in palette.chunks_exact_mut(entry_bytes) {
        let gray = luma.gray8(entry[2], entry[1], entry[0]);
        entry[..3].fill(gray);
    }
}
