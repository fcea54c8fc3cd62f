//! One row of color into one row of gray, for every layout that a color PNG can have.

use ::png::ColorType;

use super::chunks::Summary;
use crate::Luma;

/// What has to be done to a row.
pub(super) enum RowConverter {
    Rgb8(Luma),
    Rgba8(Luma),
    Rgb16(Luma),
    Rgba16(Luma),
    /// Alpha is assumed to be opaque everywhere, and dropped.
    Opaque8(Luma),
    Opaque16(Luma),
    /// One color is transparent: two colors may have the same gray, so it becomes an alpha channel.
    Keyed8(Luma, [u8; 3]),
    Keyed16(Luma, [u16; 3]),
    /// Indexes of `bits` bits, and each entry's gray and alpha.
    Indexed {
        bits: u8,
        entries: Box<[[u8; 2]; 256]>,
        alpha: bool,
    },
}

impl RowConverter {
    /// The converter for a file. `opaque` assumes that an alpha channel is opaque everywhere.
    pub(super) fn new(summary: &Summary<'_>, luma: Luma, opaque: bool) -> Self {
        let key = match (summary.header.color, summary.transparency) {
            (ColorType::Rgb, Some(&[r0, r1, g0, g1, b0, b1])) => {
                Some([[r0, r1], [g0, g1], [b0, b1]].map(u16::from_be_bytes))
            }
            _ => None,
        };
        match (summary.header.color, summary.header.depth, key) {
            (ColorType::Rgb, 8, Some(key)) => Self::Keyed8(luma, key.map(|value| value as u8)),
            (ColorType::Rgb, _, Some(key)) => Self::Keyed16(luma, key),
            (ColorType::Rgb, 8, None) => Self::Rgb8(luma),
            (ColorType::Rgb, _, None) => Self::Rgb16(luma),
            (ColorType::Rgba, 8, _) if opaque => Self::Opaque8(luma),
            (ColorType::Rgba, _, _) if opaque => Self::Opaque16(luma),
            (ColorType::Rgba, 8, _) => Self::Rgba8(luma),
            (ColorType::Rgba, _, _) => Self::Rgba16(luma),
            (_, bits, _) => {
                // An index beyond the palette is an error that decoders show as opaque black.
                let mut entries = Box::new([[0, 255]; 256]);
                for (entry, &[red, green, blue]) in entries.iter_mut().zip(summary.palette.as_chunks().0) {
                    entry[0] = luma.gray8(red, green, blue);
                }
                for (entry, &alpha) in entries.iter_mut().zip(summary.transparency.unwrap_or_default()) {
                    entry[1] = alpha;
                }
                let alpha = entries.iter().any(|entry| entry[1] != 255);
                Self::Indexed { bits, entries, alpha }
            }
        }
    }

    /// Whether the gray row has an alpha channel.
    pub(super) fn has_alpha(&self) -> bool {
        match self {
            Self::Rgb8(_) | Self::Rgb16(_) | Self::Opaque8(_) | Self::Opaque16(_) => false,
            Self::Rgba8(_) | Self::Rgba16(_) | Self::Keyed8(..) | Self::Keyed16(..) => true,
            Self::Indexed { alpha, .. } => *alpha,
        }
    }

    /// Fills `gray`, which has the gray row's length, from a row as the PNG holds it. Returns whether that was possible:
    /// it is not where alpha was assumed to be opaque and is not.
    pub(super) fn convert(&self, row: &[u8], gray: &mut [u8]) -> bool {
        match self {
            Self::Opaque8(luma) => {
                if row
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .fold(u8::MAX, |all, pixel| all & pixel[3])
                    != u8::MAX
                {
                    return false;
                }
                luma.row8::<4, 1>(row, gray);
            }
            Self::Opaque16(luma) => {
                for (out, &[r0, r1, g0, g1, b0, b1, a0, a1]) in
                    gray.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    if a0 & a1 != u8::MAX {
                        return false;
                    }
                    *out = wide(*luma, [[r0, r1], [g0, g1], [b0, b1]]);
                }
            }
            Self::Rgb8(luma) => luma.row8::<3, 1>(row, gray),
            Self::Rgba8(luma) => luma.row8::<4, 2>(row, gray),
            Self::Rgb16(luma) => {
                for (out, &[r0, r1, g0, g1, b0, b1]) in
                    gray.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    *out = wide(*luma, [[r0, r1], [g0, g1], [b0, b1]]);
                }
            }
            Self::Rgba16(luma) => {
                for (out, &[r0, r1, g0, g1, b0, b1, a0, a1]) in
                    gray.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    let [high, low] = wide(*luma, [[r0, r1], [g0, g1], [b0, b1]]);
                    *out = [high, low, a0, a1];
                }
            }
            Self::Keyed8(luma, key) => {
                for (out, pixel) in gray.as_chunks_mut().0.iter_mut().zip(row.as_chunks::<3>().0) {
                    let alpha = if pixel == key { 0 } else { 255 };
                    *out = [luma.gray8(pixel[0], pixel[1], pixel[2]), alpha];
                }
            }
            Self::Keyed16(luma, key) => {
                for (out, &[r0, r1, g0, g1, b0, b1]) in
                    gray.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    let pixel = [[r0, r1], [g0, g1], [b0, b1]];
                    let alpha = if pixel.map(u16::from_be_bytes) == *key {
                        0
                    } else {
                        255
                    };
                    let [high, low] = wide(*luma, pixel);
                    *out = [high, low, alpha, alpha];
                }
            }
            Self::Indexed { bits, entries, alpha } => {
                let per_byte = 8 / usize::from(*bits);
                let mask = 0xFF >> (8 - bits);
                let entry = |position: usize| {
                    let shift = 8 - bits - (position % per_byte) as u8 * bits;
                    entries[usize::from((row[position / per_byte] >> shift) & mask)]
                };
                if *alpha {
                    for (position, out) in gray.as_chunks_mut().0.iter_mut().enumerate() {
                        *out = entry(position);
                    }
                } else {
                    for (position, out) in gray.iter_mut().enumerate() {
                        *out = entry(position)[0];
                    }
                }
            }
        }
        true
    }
}

/// The gray of one 16-bit pixel, in the file's byte order.
fn wide(luma: Luma, pixel: [[u8; 2]; 3]) -> [u8; 2] {
    let [red, green, blue] = pixel.map(u16::from_be_bytes);
    luma.gray16(red, green, blue).to_be_bytes()
}
