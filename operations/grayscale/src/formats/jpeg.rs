//! JPEG: luma is copied in the compressed domain where it can be ([`jpeg_luma`]), and else computed from pixels.
//!
//! Through pixels go other formulas than BT.601, other output formats, and files whose components are not luma and
//! two color differences. The decoder is asked for the components as they are stored, since what they mean is
//! decided here, from the same markers as in the compressed domain.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "color conversions saturate at the ends of a byte"
)]

mod samples;

use image::metadata::Orientation;
use image::{GrayImage, codecs::jpeg::JpegEncoder};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

pub(crate) use samples::samples;

use crate::gray::Gray;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters, cmyk, decoder_error};
use jpeg_luma::{Color, FrameInfo, Kind, Method, Options, Outcome, Rope};

/// Converts a JPEG to a gray JPEG.
pub(crate) fn convert<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Rope<'a>>, Error> {
    if parameters.luma == Luma::Bt601 {
        let options = Options::default()
            .optimize(parameters.optimize)
            .lenient(parameters.lenient)
            .strip(parameters.strip)
            .memory_budget(limits.memory_bytes);
        if let Outcome::Gray(converted) =
            jpeg_luma::grayscale_rope(input, &options).map_err(|error| explain(&error, input))?
        {
            let route = match converted.method {
                Method::LumaCopy => Route::JpegLumaCopy,
                Method::AsIs => Route::AsIs,
            };
            let dimensions = (converted.width, converted.height);
            let report = Report::new(Format::Jpeg, route, parameters.luma, dimensions)
                .with_bit_depth(converted.bit_depth)
                .with_sizes(input.len() as u64, converted.bytes.len() as u64);
            return Ok(Conversion {
                bytes: converted.bytes,
                report,
            });
        }
    }
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
    Ok(Conversion {
        bytes: bytes.into(),
        report,
    })
}

/// The gray of a JPEG's pixels, upright.
pub(crate) fn upright(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Gray, Error> {
    let gray = Gray::L8(decode(input, parameters, limits)?);
    let orientation = jpeg_luma::metadata::orientation(input).and_then(Orientation::from_exif);
    Ok(gray.upright(orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Decodes a JPEG and computes its gray.
fn decode(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<GrayImage, Error> {
    let info = jpeg_luma::inspect(input).map_err(|error| explain(&error, input))?;
    check_supported(&info)?;
    let (width, height) = (info.width, info.height);
    let explain = |error| decoder_error::of_jpeg(&error, input.len());
    // Samples as bytes, once more as 16-bit coefficients where the file is progressive, and the gray.
    let pixels = u64::from(width) * u64::from(height);
    let held = if info.kind == Kind::Progressive { 3 } else { 1 };
    limits.check(
        Format::Jpeg,
        (width, height),
        pixels * (u64::from(info.components) * held + 1) + (1 << 20),
    )?;

    let options = DecoderOptions::default()
        .set_strict_mode(!parameters.lenient)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(input), options);
    decoder.decode_headers().map_err(explain)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let luma_alone =
        info.color == Color::YCbCr && stored == ColorSpace::YCbCr && parameters.luma == Luma::Bt601;
    let wanted = if luma_alone { ColorSpace::Luma } else { stored };
    let options = decoder.options().jpeg_set_out_colorspace(wanted);
    decoder.set_options(options);
    let samples = decoder.decode().map_err(explain)?;

    let luma = parameters.luma;
    let gray: Vec<u8> = match (info.color, wanted.num_components()) {
        (Color::Gray | Color::YCbCr, 1) => samples,
        (Color::Rgb, 3) => {
            let mut gray = vec![0; samples.len() / 3];
            luma.row8::<3, 1>(&samples, &mut gray);
            gray
        }
        (Color::YCbCr, 3) => {
            let gray = |&sample: &[u8; 3]| {
                let [red, green, blue] = rgb_of(sample);
                luma.gray8(red, green, blue)
            };
            samples.as_chunks().0.iter().map(gray).collect()
        }
        (Color::Cmyk { inverted }, 4) => {
            let gray = |inks: &[u8; 4]| gray_of_inks(luma, *inks, inverted);
            samples.as_chunks().0.iter().map(gray).collect()
        }
        (Color::Ycck { inverted }, 4) => {
            let gray = |&[y, cb, cr, black]: &[u8; 4]| {
                // The transform was made on 255 less the samples.
                let [cyan, magenta, yellow] = rgb_of([y, cb, cr]).map(|value| 255 - value);
                gray_of_inks(luma, [cyan, magenta, yellow, black], inverted)
            };
            samples.as_chunks().0.iter().map(gray).collect()
        }
        (color, components) => {
            let feature = format!("{components} components of the kind {color:?}");
            return Err(Error::unsupported(Format::Jpeg, feature));
        }
    };
    GrayImage::from_raw(width, height, gray)
        .ok_or_else(|| Error::corrupt(Format::Jpeg, "it decodes to another size than its header says"))
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

/// The gray of three inks and black on white paper. Where `inverted`, 255 means no ink.
fn gray_of_inks(luma: Luma, inks: [u8; 4], inverted: bool) -> u8 {
    let [red, green, blue] = cmyk::rgb8(if inverted {
        inks.map(|sample| 255 - sample)
    } else {
        inks
    });
    luma.gray8(red, green, blue)
}

fn check_supported(info: &FrameInfo) -> Result<(), Error> {
    let feature = match (info.kind, info.precision) {
        (Kind::Baseline | Kind::Extended | Kind::Progressive, 8) => return Ok(()),
        (Kind::Arithmetic, _) => "arithmetic coding",
        (Kind::Lossless, _) => "lossless coding",
        (Kind::Hierarchical, _) => "hierarchical coding",
        (Kind::JpegLs, _) => "JPEG-LS",
        _ => "other than 8 bits a sample",
    };
    Err(Error::unsupported(Format::Jpeg, feature))
}

/// Says in this crate's terms what is wrong with a JPEG.
fn explain(error: &jpeg_luma::Error, input: &[u8]) -> Error {
    match error {
        jpeg_luma::Error::Truncated { offset, .. } => Error::Truncated {
            format: Some(Format::Jpeg),
            offset: *offset as u64,
        },
        jpeg_luma::Error::Unsupported { feature } => Error::unsupported(Format::Jpeg, *feature),
        jpeg_luma::Error::MemoryBudget { needed, budget } => {
            let (width, height) = jpeg_luma::inspect(input).map_or((0, 0), |info| (info.width, info.height));
            Error::TooLarge {
                format: Format::Jpeg,
                width,
                height,
                needed_bytes: *needed,
                limit_bytes: *budget,
            }
        }
        jpeg_luma::Error::Corrupt { offset, what } => {
            Error::corrupt(Format::Jpeg, format_args!("{what}, at byte {offset}"))
        }
        other => Error::corrupt(Format::Jpeg, other),
    }
}
