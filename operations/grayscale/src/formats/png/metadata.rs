//! Which ancillary chunks a gray image keeps, and what they become (PNG, 11.3).

use ::png::ColorType;
use jpeg_luma::exif;
use jpeg_luma::metadata::with_gray_thumbnail;

use super::chunks::{self, Chunk, Chunks, Summary};
use crate::{Error, Luma, Parameters};

/// Chunks that say how bright a value is, or where and how large the image is shown: always kept.
const SHOWN: [[u8; 4]; 8] = [
    *b"gAMA", *b"sRGB", *b"cICP", *b"mDCV", *b"cLLI", *b"pHYs", *b"sCAL", *b"oFFs",
];

/// Decides about ancillary chunks.
pub(super) struct Keeper<'a> {
    palette: &'a [u8],
    /// The color types of the input and of the output.
    from: ColorType,
    to: ColorType,
    wide: bool,
    luma: Luma,
    strip: bool,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(summary: &Summary<'a>, parameters: &Parameters, to: ColorType) -> Self {
        let (palette, from) = (summary.palette, summary.header.color);
        let wide = summary.header.depth == 16;
        Self {
            palette,
            from,
            to,
            wide,
            luma: parameters.luma,
            strip: parameters.strip,
        }
    }

    /// The chunks to keep from before the image data, and those from after it.
    pub(super) fn split(&self, input: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut in_front = true;
        for chunk in Chunks::new(input) {
            let chunk = chunk?;
            in_front &= chunk.name != *b"IDAT";
            if chunk.name == *b"acTL" && in_front {
                before.extend_from_slice(chunk.whole);
            } else if !chunk.is_critical() && !chunk.is_animation() {
                self.keep(if in_front { &mut before } else { &mut after }, &chunk);
            }
        }
        Ok((before, after))
    }

    /// Writes an ancillary chunk as it is, changed, or not at all.
    pub(super) fn keep(&self, output: &mut Vec<u8>, chunk: &Chunk<'_>) {
        // With a new checksum, a damaged value would pass for what someone wrote.
        if !chunk.decides_pixels() && !chunk.is_whole() {
            return;
        }
        let same_kind = self.from == self.to;
        let was_gray = matches!(self.from, ColorType::Grayscale | ColorType::GrayscaleAlpha);
        if SHOWN.contains(&chunk.name) {
            return copy(output, chunk);
        }
        match &chunk.name {
            // A gray image keeps its profile, which describes gray; on one that had color, a profile is invalid and
            // primaries say nothing.
            b"iCCP" | b"cHRM" | b"sBIT" if was_gray => copy(output, chunk),
            // Indexes mean the same entries as before.
            b"tRNS" | b"hIST" | b"bKGD" if same_kind => copy(output, chunk),
            b"sBIT" => self.significant_bits(output, chunk.data),
            b"bKGD" => {
                if let Some(gray) = self.gray_background(chunk.data) {
                    chunks::write(output, chunk.name, &gray.to_be_bytes());
                }
            }
            b"iCCP" | b"cHRM" | b"sPLT" | b"tRNS" | b"hIST" => {}
            b"eXIf" if self.strip => {
                // An orientation is not decoration: without it the image lies on its side.
                if let Some(minimal) = exif::orientation_only(chunk.data) {
                    chunks::write(output, chunk.name, &minimal);
                }
            }
            _ if self.strip => {}
            b"eXIf" => chunks::write(output, chunk.name, &with_gray_thumbnail(chunk.data)),
            // Text and time; others if their name's last letter says that they are safe to copy (PNG, 5.4).
            name if name[3] & 0x20 != 0 || name == b"tIME" => copy(output, chunk),
            _ => {}
        }
    }

    fn gray_background(&self, data: &[u8]) -> Option<u16> {
        match (self.from, data) {
            (ColorType::Indexed, &[index]) => {
                let entry = self.palette.as_chunks::<3>().0.get(usize::from(index))?;
                Some(u16::from(self.luma.gray8(entry[0], entry[1], entry[2])))
            }
            (_, &[r0, r1, g0, g1, b0, b1]) => {
                let [red, green, blue] = [[r0, r1], [g0, g1], [b0, b1]].map(u16::from_be_bytes);
                if self.wide {
                    return Some(self.luma.gray16(red, green, blue));
                }
                Some(u16::from(self.luma.gray8(red as u8, green as u8, blue as u8)))
            }
            _ => None,
        }
    }

    /// Gray is as precise as the most precise of its colors.
    fn significant_bits(&self, output: &mut Vec<u8>, data: &[u8]) {
        let (Some(colors), alpha) = (data.first_chunk::<3>(), data.get(3)) else {
            return;
        };
        let gray = colors.iter().copied().max().unwrap_or(8);
        match (self.to, alpha) {
            (ColorType::Indexed, _) => chunks::write(output, *b"sBIT", &[gray; 3]),
            (ColorType::Grayscale, _) => chunks::write(output, *b"sBIT", &[gray]),
            (_, Some(&alpha)) => chunks::write(output, *b"sBIT", &[gray, alpha]),
            // Alpha that stands for a transparent color has all its bits.
            (_, None) => chunks::write(output, *b"sBIT", &[gray, if self.wide { 16 } else { 8 }]),
        }
    }
}

fn copy(output: &mut Vec<u8>, chunk: &Chunk<'_>) {
    output.extend_from_slice(chunk.whole);
}
