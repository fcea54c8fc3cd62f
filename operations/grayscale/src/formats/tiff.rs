//! TIFF, of one page or several, 1 to 16 bits.
//!
//! Pages are decoded one at a time and written as gray pages, compressed by the same method where there is one without loss
//! for gray. Where all pages have palettes, only those are rewritten. Resolution, orientation, place and texts stay; a color
//! profile goes. A file whose pages are all gray comes back as it is. References are to TIFF 6.0.
//!
//! From the ground up: `file` reads directories, `layout`, with `tags` and `grid`, what they say of a page and what of it is not
//! supported,
//! `compression`, with `fax`, gets bytes out of a strip or tile, `chunk`, with `predictor` and `ycbcr`, samples out of bytes, and
//! `page` gray rows out of samples, which `writer`, with `compressor`, writes. `raw` tells camera raw files.

#![allow(
    clippy::cast_possible_truncation,
    reason = "parts of wider samples, counts of entries and lengths within the file or the limits fit by construction"
)]

mod chunk;
mod compression;
mod compressor;
mod fax;
mod file;
mod grid;
mod layout;
mod page;
mod palette;
mod predictor;
mod raw;
mod samples;
mod tags;
mod writer;
mod ycbcr;

use image::metadata::Orientation;
use image::{GrayAlphaImage, GrayImage, ImageBuffer};

pub(crate) use writer::encode;

use crate::gray::Gray;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Parameters};
use file::File;
use page::{Associated, Page};
use samples::Sample;
use writer::FileWriter;

/// All pages together may take this many times the memory limit, one after another: a file can name the same pixels
/// on many pages, and would keep a processor busy for hours.
const TOTAL_FACTOR: u64 = 16;

/// Converts a TIFF to a gray TIFF.
pub(crate) fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let file = File::open(input)?;
    raw::refuse(&file)?;
    file.check_values(limits)?;
    if let Some(conversion) = palette::convert(&file, parameters, limits)? {
        return Ok(conversion);
    }
    let first = file.first()?;
    let (size, pages) = (file.checked_size(first)?, file.all()?);
    let gray = pages.iter().all(|page| file.is_gray(page));
    let (route, bit_depth, bytes) = if gray && !parameters.strip {
        limits.check(Format::Tiff, size, input.len() as u64)?;
        for page in pages {
            file.checked_size(page)?;
            if !file.has_data(page) {
                return Err(Error::truncated(Format::Tiff, input.len()));
            }
        }
        (Route::AsIs, file.bit_depth(first), input.to_vec())
    } else {
        let (bit_depth, bytes) = gray_pages(&file, parameters, limits)?;
        (Route::Pixels, bit_depth, bytes)
    };
    let report = Report::new(Format::Tiff, route, parameters.luma, size)
        .with_bit_depth(bit_depth)
        .with_sizes(input.len() as u64, bytes.len() as u64)
        .with_pages(u32::try_from(pages.len()).ok().filter(|pages| *pages > 1));
    Ok(Conversion { bytes, report })
}

/// A file of the gray of all pages, and how many bits the first one has.
fn gray_pages(file: &File<'_>, parameters: &Parameters, limits: &Limits) -> Result<(u8, Vec<u8>), Error> {
    let pages = file.all()?;
    let most = Limits::new(limits.memory_bytes.saturating_mul(TOTAL_FACTOR));
    let mut total = 0_u64;
    for directory in pages {
        let layout = Page::new(file, directory, parameters, limits)?.layout;
        total = total.saturating_add(layout.work_bytes());
        most.check(Format::Tiff, (layout.width, layout.height), total)?;
    }
    let mut writer = FileWriter::new(file.tiff.little_endian());
    let mut bit_depth = 8;
    for (number, directory) in pages.iter().enumerate() {
        let page = Page::new(file, directory, parameters, limits)?;
        if number == 0 {
            bit_depth = page.layout.gray_sample_bytes() as u8 * 8;
        }
        let gray = writer::Page::of(file, directory, &page.layout, parameters.strip);
        page.layout
            .check_memory(file, writer.needed_bytes(&gray), limits)?;
        let mut gray = writer.page(gray);
        if page.layout.bits == 16 {
            page.read(Associated::Kept, |rows: &[u16]| gray.rows(rows))?;
        } else {
            page.read(Associated::Kept, |rows: &[u8]| gray.rows(rows))?;
        }
        gray.finish()?;
    }
    Ok((bit_depth, writer.finish()))
}

/// The gray of the first page, upright.
pub(crate) fn first_page(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Gray, Error> {
    let file = File::open(input)?;
    raw::refuse(&file)?;
    file.check_values(limits)?;
    let first = file.first()?;
    let page = Page::new(&file, first, parameters, limits)?;
    // The page, and the same again if it is turned.
    page.layout
        .check_memory(&file, page.layout.gray_bytes().saturating_mul(2), limits)?;
    let (width, height) = (page.layout.width, page.layout.height);
    let gray = match (page.layout.bits, page.layout.alpha) {
        (16, None) => ImageBuffer::from_raw(width, height, whole(&page)?).map(Gray::L16),
        (16, Some(_)) => ImageBuffer::from_raw(width, height, whole(&page)?).map(Gray::La16),
        (_, None) => GrayImage::from_raw(width, height, whole(&page)?).map(Gray::L8),
        (_, Some(_)) => GrayAlphaImage::from_raw(width, height, whole(&page)?).map(Gray::La8),
    };
    let orientation = file.tiff.orientation(first).and_then(Orientation::from_exif);
    Ok(gray
        .expect("a page has as many samples as its layout says")
        .upright(orientation.unwrap_or(Orientation::NoTransforms)))
}

/// All samples of a gray page.
fn whole<S: Sample>(page: &Page<'_, '_>) -> Result<Vec<S>, Error> {
    let layout = &page.layout;
    let mut samples =
        Vec::with_capacity(layout.width as usize * layout.height as usize * layout.gray_channels());
    page.read(Associated::Divided, |rows| {
        samples.extend_from_slice(rows);
        Ok(())
    })?;
    Ok(samples)
}
