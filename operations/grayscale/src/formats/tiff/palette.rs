//! A TIFF of palette pages (TIFF 6.0, section 5): their palettes are rewritten in place, or, where pixels are needed, give
//! the gray of each index.

use jpeg_luma::ifd::{Directory, SHORT};

use super::file::{BLACK_IS_ZERO, COLOR_MAP, File, PALETTE, PHOTOMETRIC};
use super::writer::TEXTS;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters};

/// Tags that do not belong on a gray page: sub-directories, where thumbnails are; Photoshop's resources, with a
/// thumbnail; a color profile; and Photoshop's layers.
const COLORED: [u16; 4] = [330, 34_377, 34_675, 37_724];

/// The file with gray palettes; `None` unless every page has a palette or is gray, and one has a palette.
pub(super) fn convert(
    file: &File<'_>,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Option<Conversion>, Error> {
    let (input, pages) = (file.tiff.bytes(), &file.pages);
    let kind = |page: &Directory| file.number(page, PHOTOMETRIC);
    let gray_or_palette = |page: &Directory| matches!(kind(page), Some(0 | BLACK_IS_ZERO | PALETTE));
    let (Some(first), true) = (pages.first(), pages.iter().any(|page| has_palette(file, page))) else {
        return Ok(None);
    };
    if !file.is_sound() || !pages.iter().all(gray_or_palette) {
        return Ok(None);
    }
    let (width, height) = file.checked_size(first)?;
    limits.check(Format::Tiff, (width, height), input.len() as u64)?;

    let mut output = input.to_vec();
    for page in pages {
        if !file.has_data(page) {
            return Err(Error::truncated(Format::Tiff, input.len()));
        }
        if has_palette(file, page) {
            let map = Map::of(file, page)?;
            map.make_gray(file, &mut output, parameters.luma);
        }
    }
    for page in pages {
        let gone = |tag: u16| COLORED.contains(&tag) || (parameters.strip && TEXTS.contains(&tag));
        file.tiff.remove_entries(&mut output, page, gone);
    }
    let report = Report::new(Format::Tiff, Route::Palette, parameters.luma, (width, height))
        .with_bit_depth(file.bit_depth(first))
        .with_sizes(input.len() as u64, output.len() as u64)
        .with_pages(u32::try_from(pages.len()).ok().filter(|pages| *pages > 1));
    Ok(Some(Conversion {
        bytes: output,
        report,
    }))
}

fn has_palette(file: &File<'_>, page: &Directory) -> bool {
    file.number(page, PHOTOMETRIC) == Some(PALETTE)
}

/// Where a palette is: all reds, then all greens, then all blues, in 16 bits.
pub(super) struct Map {
    at: usize,
    entries: usize,
}

impl Map {
    /// The palette of a page; an error if it is missing, not whole, or where the file's structure is.
    pub(super) fn of(file: &File<'_>, page: &Directory) -> Result<Self, Error> {
        let entry = file
            .tiff
            .entry(page, COLOR_MAP)
            .filter(|entry| entry.kind == SHORT)
            .ok_or_else(|| Error::corrupt(Format::Tiff, "a page's palette is missing"))?;
        let place = entry.at..entry.at.saturating_add(entry.count.saturating_mul(2));
        if file.is_structure(&place) {
            return Err(Error::corrupt(
                Format::Tiff,
                format_args!(
                    "a page's palette, at byte {}, overlaps the file's structure",
                    entry.at
                ),
            ));
        }
        if place.end > file.tiff.bytes().len() {
            return Err(Error::truncated(Format::Tiff, file.tiff.bytes().len()));
        }
        Ok(Self {
            at: entry.at,
            entries: entry.count / 3,
        })
    }

    /// Where red, green and blue of an entry are.
    fn places(&self, entry: usize) -> [usize; 3] {
        [entry, self.entries + entry, 2 * self.entries + entry].map(|value| self.at + value * 2)
    }

    fn color(&self, file: &File<'_>, entry: usize) -> [u16; 3] {
        self.places(entry)
            .map(|at| file.tiff.short(at).expect("the palette lies within the file"))
    }

    fn make_gray(&self, file: &File<'_>, output: &mut [u8], luma: Luma) {
        for entry in 0..self.entries {
            let [red, green, blue] = self.color(file, entry);
            let gray = file.tiff.short_bytes(luma.gray16(red, green, blue));
            for at in self.places(entry) {
                output[at..at + 2].copy_from_slice(&gray);
            }
        }
    }

    /// The gray of each index in 8 bits. Writers scale 8 bits to 16 by 256 or by 257, so that the high byte is what was
    /// meant, and a few do not scale at all: the same is assumed as by libtiff.
    pub(super) fn grays(&self, file: &File<'_>, luma: Luma) -> Vec<u8> {
        let colors: Vec<_> = (0..self.entries.min(256))
            .map(|entry| self.color(file, entry))
            .collect();
        let scaled = colors.iter().flatten().any(|value| *value > 255);
        let narrow = |value: u16| (if scaled { value >> 8 } else { value }) as u8;
        let gray = |color: [u16; 3]| {
            let [red, green, blue] = color.map(narrow);
            luma.gray8(red, green, blue)
        };
        colors.into_iter().map(gray).collect()
    }
}
