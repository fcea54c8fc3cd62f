//! BMP with a palette: only the palette is rewritten.
//!
//! Bitmaps in true color go through pixels. References are to Microsoft's "Bitmap Storage" (Win32, GDI).

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

/// `LCS_sRGB`, little-endian.
const SRGB: &[u8; 4] = b"BGRs";
/// The size of the file header before the bitmap's own (`BITMAPFILEHEADER`).
const FILE_HEADER_BYTES: usize = 14;
/// The oldest header (`BITMAPCOREHEADER`), with 16-bit sizes and three bytes a palette entry.
const CORE_HEADER_BYTES: usize = 12;
/// The one that nearly all have (`BITMAPINFOHEADER`), and where its pixels per meter are, across and down.
const INFO_HEADER_BYTES: usize = 40;
const DENSITY: std::ops::Range<usize> = FILE_HEADER_BYTES + 24..FILE_HEADER_BYTES + 32;
/// The newest (`BITMAPV5HEADER`), and where the fourth version's kind of color space is in it.
const V4_HEADER_BYTES: usize = 108;
const COLOR_SPACE: usize = FILE_HEADER_BYTES + 56;

struct Header {
    width: u32,
    height: u32,
    bits: u8,
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
        let (compression, used) = if core { (0, 0) } else { (long(30)?, long(46)?) };
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
            // The palette ends where the pixels begin at the latest, whatever length the header claims.
            palette.end = (palette_at + entries * entry_bytes)
                .min(pixels_at)
                .max(palette_at);
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
            palette,
            entry_bytes,
            own_bytes: header_bytes,
        })
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
