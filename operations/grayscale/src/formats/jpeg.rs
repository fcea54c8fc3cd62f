//! JPEG: luma is copied in the compressed domain where it can be ([`jpeg_luma`]), and else computed from pixels.
//!
//! Through pixels go other formulas than BT.601, other output formats, and files whose components are not luma and
//! two color differences, or whose luma has fewer samples than those. The components are decoded as they are stored
//! ([`samples()`]), since what they mean is decided here, from the same markers as in the compressed domain. Gray of
//! BT.601 is luma alone, and the rest of the file is not decoded.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "color conversions saturate at the ends of a byte"
)]

mod errors;
mod samples;
mod upsample;

use std::io::Write;

use image::metadata::Orientation;
use image::{GrayImage, codecs::jpeg::JpegEncoder};
use jpeg_luma::{Color, GrayJpeg, Method, Options, Outcome, Rope, WriteError};

pub(crate) use samples::samples;

use crate::gray::Gray;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters, StreamError, cmyk};
use errors::{advise, explain};
use samples::Samples;

/// Converts a JPEG to a gray JPEG.
pub(crate) fn convert<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Rope<'a>>, Error> {
    let advised = |error| advise(error, input, parameters.lenient, limits);
    if parameters.luma == Luma::Bt601
        && let Outcome::Gray(gray) = jpeg_luma::grayscale_rope(input, &options(parameters, limits))
            .map_err(|error| advised(explain(&error, input)))?
    {
        let report = report(&gray, input, gray.bytes.len() as u64);
        let bytes = gray.bytes;
        return Ok(Conversion { bytes, report });
    }
    through_pixels(input, parameters, limits)
        .map(Into::into)
        .map_err(advised)
}

/// As [`convert`], written to `target` while it is made, wherever luma can be copied.
pub(crate) fn convert_to(
    input: &[u8],
    target: &mut impl Write,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Report, StreamError> {
    let advised = |error| advise(error, input, parameters.lenient, limits);
    if parameters.luma == Luma::Bt601 {
        match jpeg_luma::grayscale_to(input, &options(parameters, limits), target) {
            Ok(Outcome::Gray(gray)) => return Ok(report(&gray, input, gray.bytes)),
            Ok(Outcome::NeedsPixels(..)) => {}
            Err(WriteError::Jpeg(error)) => return Err(advised(explain(&error, input)).into()),
            Err(WriteError::Io(error)) => return Err(StreamError::Write(error)),
        }
    }
    let gray = through_pixels(input, parameters, limits).map_err(advised)?;
    target.write_all(&gray.bytes).map_err(StreamError::Write)?;
    Ok(gray.report)
}

fn options(parameters: &Parameters, limits: &Limits) -> Options {
    Options::default()
        .optimize(parameters.optimize)
        .lenient(parameters.lenient)
        .strip(parameters.strip)
        .memory_budget(limits.memory_bytes)
}

/// What was done to a JPEG whose luma is its gray.
fn report<B>(gray: &GrayJpeg<B>, input: &[u8], output_bytes: u64) -> Report {
    let route = match gray.method {
        Method::LumaCopy | Method::ComponentCopy => Route::JpegLumaCopy,
        Method::AsIs => Route::AsIs,
    };
    Report::new(Format::Jpeg, route, Luma::Bt601, (gray.width, gray.height))
        .with_bit_depth(gray.bit_depth)
        .with_sizes(input.len() as u64, output_bytes)
}

/// Computes gray from pixels.
fn through_pixels(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let gray = decode(input, parameters, limits)?;
    let (width, height) = gray.dimensions();
    let mut encoded = Vec::new();
    JpegEncoder::new_with_quality(&mut encoded, parameters.checked_quality()?)
        .encode(&gray, width, height, image::ExtendedColorType::L8)
        .map_err(|error| Error::encode(Format::Jpeg, error))?;
    drop(gray);
    let explain = |error: jpeg_luma::Error| explain(&error, input);
    let metadata = jpeg_luma::metadata::segments(input, parameters.strip).map_err(explain)?;
    let bytes = jpeg_luma::metadata::splice(&encoded, &metadata).map_err(explain)?;
    let report = Report::new(Format::Jpeg, Route::Pixels, parameters.luma, (width, height))
        .with_sizes(input.len() as u64, bytes.len() as u64);
    Ok(Conversion { bytes, report })
}

/// The gray of a JPEG's pixels, upright.
pub(crate) fn upright(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Gray, Error> {
    let gray = decode(input, parameters, limits)
        .map_err(|error| advise(error, input, parameters.lenient, limits))?;
    let gray = Gray::L8(gray);
    let orientation = jpeg_luma::metadata::orientation(input).and_then(Orientation::from_exif);
    Ok(gray.upright(orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Decodes a JPEG and computes its gray.
fn decode(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<GrayImage, Error> {
    let info = jpeg_luma::inspect(input).map_err(|error| explain(&error, input))?;
    let luma = parameters.luma;
    let luma_alone = match info.color {
        Color::Gray => true,
        Color::YCbCr => luma == Luma::Bt601,
        Color::Rgb | Color::Cmyk | Color::Ycck => false,
        _ => {
            return Err(Error::unsupported(
                Format::Jpeg,
                "other than 1, 3 or 4 components",
            ));
        }
    };
    // All components and the gray that is made of them.
    let pixels = u64::from(info.width) * u64::from(info.height);
    let held = if luma_alone {
        1
    } else {
        u64::from(info.components) + 1
    };
    limits.check(Format::Jpeg, (info.width, info.height), pixels * held)?;
    let samples = samples(input, luma_alone, parameters.lenient, limits)?;
    let gray = if luma_alone {
        samples.data
    } else {
        gray_of(&samples, info.color, luma)
    };
    GrayImage::from_raw(samples.width, samples.height, gray)
        .ok_or_else(|| Error::corrupt(Format::Jpeg, "it decodes to another size than its header says"))
}

/// The gray of three or four components that mean `color`.
fn gray_of(samples: &Samples, color: Color, luma: Luma) -> Vec<u8> {
    let three = || samples.data.as_chunks::<3>().0.iter();
    let four = || samples.data.as_chunks::<4>().0.iter();
    match color {
        Color::YCbCr => {
            let gray = |&sample: &[u8; 3]| {
                let [red, green, blue] = rgb_of(sample);
                luma.gray8(red, green, blue)
            };
            three().map(gray).collect()
        }
        Color::Cmyk => four().map(|&inks| gray_of_inks(luma, inks)).collect(),
        Color::Ycck => {
            let gray = |&[y, cb, cr, black]: &[u8; 4]| {
                // The transform was made on 255 less the samples.
                let [cyan, magenta, yellow] = rgb_of([y, cb, cr]).map(|value| 255 - value);
                gray_of_inks(luma, [cyan, magenta, yellow, black])
            };
            four().map(gray).collect()
        }
        _ => {
            let mut gray = vec![0; samples.data.len() / samples.components];
            luma.row8::<3, 1>(&samples.data, &mut gray);
            gray
        }
    }
}

/// Red, green and blue of luma and two color differences (ITU-T T.871, clause 7).
fn rgb_of([luma, blue_difference, red_difference]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (
        f32::from(luma),
        f32::from(blue_difference) - 128.0,
        f32::from(red_difference) - 128.0,
    );
    // A conversion from float saturates.
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
    .map(|value| (value + 0.5) as u8)
}

/// The gray of three inks and black on white paper, as JPEGs store them: 255 means no ink.
fn gray_of_inks(luma: Luma, inks: [u8; 4]) -> u8 {
    let [red, green, blue] = cmyk::rgb8(inks.map(|sample| 255 - sample));
    luma.gray8(red, green, blue)
}
