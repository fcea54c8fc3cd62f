//! TIFF, of one page or several, 1 to 16 bits.
//!
//! Pages are decoded one at a time and written as gray pages, compressed by the same method where the encoder knows it.
//! Where all pages have palettes, only those are rewritten. Resolution, orientation, place and texts stay; a color profile
//! goes. A file whose pages are all gray comes back as it is. References are to TIFF 6.0.

#![allow(
    clippy::cast_possible_truncation,
    reason = "parts of wider samples and counts of entries fit by construction"
)]

mod file;
mod page;
mod palette;
mod writer;

use std::io::Cursor;

use ::tiff::decoder::Decoder;
use image::metadata::Orientation;

pub(crate) use writer::encode;

use crate::gray::Gray;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Parameters, decoder_error};
use file::File;
use page::Reader;
use palette::Decodable;
use writer::PageWriter;

/// All pages together may take this many times the memory limit, one after another: a file can name the same pixels
/// on many pages, and would keep a processor busy for hours.
const TOTAL_FACTOR: u64 = 16;

/// Converts a TIFF to a gray TIFF.
pub(crate) fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let file = File::open(input)?;
    if let Some(conversion) = palette::convert(&file, parameters, limits)? {
        return Ok(conversion);
    }
    let decodable = Decodable::new(&file, parameters.luma, limits)?;
    let first = Survey::of(&decodable, limits)?;
    let (route, bytes) = if first.gray && !parameters.strip {
        limits.check(Format::Tiff, (first.width, first.height), input.len() as u64)?;
        (Route::AsIs, input.to_vec())
    } else {
        let explain = |error| decoder_error::of_tiff(&error, input.len());
        let mut reader = open(&decodable.bytes, limits)?;
        let mut writer = PageWriter::new().map_err(explain)?;
        for number in 0.. {
            let needed = page::needed_bytes(&mut reader).map_err(explain)?;
            let dimensions = reader.dimensions().map_err(explain)?;
            limits.check(
                Format::Tiff,
                dimensions,
                needed + decodable.held_bytes + writer.len(),
            )?;
            let grays = decodable.grays_of(number);
            let page = page::read(&mut reader, parameters.luma, grays, input.len())?;
            writer.write(&mut reader, &page, parameters.strip)?;
            if !reader.more_images() {
                break;
            }
            reader.next_image().map_err(explain)?;
        }
        (Route::Pixels, writer.finish())
    };
    let report = Report::new(Format::Tiff, route, parameters.luma, (first.width, first.height))
        .with_bit_depth(first.bit_depth)
        .with_sizes(input.len() as u64, bytes.len() as u64)
        .with_pages((first.pages > 1).then_some(first.pages));
    Ok(Conversion { bytes, report })
}

/// The gray of the first page, upright.
pub(crate) fn first_page(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Gray, Error> {
    let explain = |error| decoder_error::of_tiff(&error, input.len());
    let file = File::open(input)?;
    let decodable = Decodable::new(&file, parameters.luma, limits)?;
    let mut reader = open(&decodable.bytes, limits)?;
    let needed = page::needed_bytes(&mut reader).map_err(explain)?;
    let dimensions = reader.dimensions().map_err(explain)?;
    limits.check(Format::Tiff, dimensions, needed + decodable.held_bytes)?;
    let page = page::read(&mut reader, parameters.luma, decodable.grays_of(0), input.len())?;
    let first = file.pages.first();
    let orientation = first
        .and_then(|page| file.tiff.orientation(page))
        .and_then(Orientation::from_exif);
    Ok(page
        .gray
        .upright(orientation.unwrap_or(Orientation::NoTransforms)))
}

/// What every page's tags say.
struct Survey {
    width: u32,
    height: u32,
    bit_depth: u8,
    pages: u32,
    /// Whether every page is gray.
    gray: bool,
}

impl Survey {
    fn of(decodable: &Decodable<'_>, limits: &Limits) -> Result<Self, Error> {
        let length = decodable.bytes.len();
        let explain = |error| decoder_error::of_tiff(&error, length);
        let mut reader = open(&decodable.bytes, limits)?;
        let (width, height) = reader.dimensions().map_err(explain)?;
        let mut survey = Self {
            width,
            height,
            bit_depth: 8,
            pages: 0,
            gray: true,
        };
        let mut total = 0_u64;
        loop {
            let depth = reader.colortype().map_err(explain)?.bit_depth();
            let palette = decodable.grays_of(survey.pages as usize).is_some();
            let gray = page::is_gray(&mut reader).map_err(explain)? && !palette;
            survey.gray &= gray;
            if survey.pages == 0 {
                survey.bit_depth = if gray || depth == 16 { depth } else { 8 };
            }
            if !page::data_is_there(&mut reader, length).map_err(explain)? {
                return Err(Error::truncated(Format::Tiff, length));
            }
            survey.pages += 1;
            total = total.saturating_add(page::needed_bytes(&mut reader).map_err(explain)?);
            let dimensions = reader.dimensions().map_err(explain)?;
            let most = limits.memory_bytes.saturating_mul(TOTAL_FACTOR);
            Limits::new(most).check(Format::Tiff, dimensions, total)?;
            if !reader.more_images() {
                return Ok(survey);
            }
            reader.next_image().map_err(explain)?;
        }
    }
}

fn open<'a>(input: &'a [u8], limits: &Limits) -> Result<Reader<'a>, Error> {
    let budget = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let mut bounds = ::tiff::decoder::Limits::default();
    bounds.decoding_buffer_size = budget;
    bounds.intermediate_buffer_size = budget;
    bounds.ifd_value_size = input.len().min(budget);
    let decoder =
        Decoder::new(Cursor::new(input)).map_err(|error| decoder_error::of_tiff(&error, input.len()))?;
    Ok(decoder.with_limits(bounds))
}
