//! Every layout of a TIFF beside every other: the pixels that come out are those that were put in.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "samples are parts of wider numbers, and none is negative"
)]

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};

use crate::tiff_writer::{Compression, Picture};

/// Sizes that fill no tile and no byte.
const SIZE: (usize, usize) = (37, 21);

/// All pictures of the grid, of one kind of pixel. No byte order of samples of less than 16 bits but both of others.
pub(crate) fn grid(photometric: u64, bits: usize, extra: &[u64]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for compression in [
        Compression::None,
        Compression::Lzw,
        Compression::Deflate,
        Compression::OldDeflate,
        Compression::PackBits,
    ] {
        for number in 0..1 << 5 {
            let is = |bit: usize| number >> bit & 1 == 1;
            let mut picture = Picture {
                width: SIZE.0,
                height: SIZE.1,
                bits,
                photometric,
                extra: extra.to_vec(),
                tile: is(0).then_some((16, 16)),
                rows_per_strip: 8,
                planar: is(1),
                compression,
                predictor: is(2),
                reversed_bits: is(3),
                little_endian: is(4),
                samples: Vec::new(),
            };
            picture.fill();
            pictures.push(picture);
        }
    }
    pictures
}

/// Whether it is one of those that libtiff refuses as well.
pub(crate) fn is_refused(picture: &Picture) -> bool {
    picture.bits < 8 && picture.predictor && picture.has_differences()
}

/// Gray, or gray and alpha, of a picture's pixels as another format than TIFF has them.
fn expected(picture: &Picture, luma: Luma) -> Vec<u16> {
    let most = (1_u32 << picture.bits) - 1;
    // As 8 or 16 bits.
    let full = if picture.bits == 16 { 65_535 } else { 255 };
    let alpha = picture.extra.iter().position(|kind| *kind != 0);
    let mut gray = Vec::new();
    for pixel in picture.samples.chunks_exact(picture.channels()) {
        let pixel: Vec<u32> = pixel
            .iter()
            .map(|sample| u32::from(*sample) * full / most)
            .collect();
        let (colors, extra) = pixel.split_at(picture.colors());
        let associated = alpha
            .filter(|alpha| picture.extra[*alpha] == 1)
            .map(|alpha| extra[alpha]);
        let whole = |color: u32| match associated {
            None => color,
            Some(0) => 0,
            // Of white as 0, some that look random here are above alpha: they are cut off.
            Some(alpha) => ((f64::from(color) * f64::from(full) / f64::from(alpha)).round() as u32).min(full),
        };
        let formula = |color: [u32; 3]| match picture.bits {
            16 => luma.gray16(color[0] as u16, color[1] as u16, color[2] as u16),
            _ => luma.gray8(color[0] as u8, color[1] as u8, color[2] as u8).into(),
        };
        let value = match (picture.photometric, colors) {
            (0, [value]) => whole(full - value) as u16,
            (1, [value]) => whole(*value) as u16,
            (2, [red, green, blue]) => formula([*red, *green, *blue].map(whole)),
            (5, [inks @ .., black]) => {
                let light = |ink: u32| {
                    let (ink, black) = (full - whole(ink), full - whole(*black));
                    (f64::from(ink) * f64::from(black) / f64::from(full)).round() as u32
                };
                formula([light(inks[0]), light(inks[1]), light(inks[2])])
            }
            other => panic!("{other:?}"),
        };
        gray.push(value);
        gray.extend(alpha.map(|alpha| extra[alpha] as u16));
    }
    gray
}

/// The samples of a PGM or PAM that a TIFF was converted to.
fn found(tiff: &[u8], bits: usize, count: usize, luma: Luma) -> Result<Vec<u16>, String> {
    let parameters = Parameters {
        luma,
        format: Some(Format::Pnm),
        ..Parameters::default()
    };
    let pnm = convert(tiff, &parameters, &Limits::default())
        .map_err(|error| error.to_string())?
        .bytes;
    let bytes = if bits == 16 { 2 } else { 1 };
    let header = pnm.len().checked_sub(count * bytes).ok_or("too few samples")?;
    if !(10..80).contains(&header) {
        return Err(format!("{header} bytes before the samples"));
    }
    let samples = pnm[header..].chunks(bytes);
    Ok(samples
        .map(|sample| sample.iter().fold(0, |value, byte| value << 8 | u16::from(*byte)))
        .collect())
}

/// Converts a TIFF to a gray TIFF, through pixels.
fn gray_tiff(tiff: &[u8], luma: Luma) -> Vec<u8> {
    let parameters = Parameters {
        luma,
        strip: true,
        ..Parameters::default()
    };
    let conversion = convert(tiff, &parameters, &Limits::default()).unwrap();
    assert_eq!(conversion.report.route.to_string(), "pixels");
    conversion.bytes
}

fn check(photometric: u64, bits: usize, extra: &[u64], luma: Luma) {
    for picture in grid(photometric, bits, extra) {
        let context = || {
            let mut picture = picture.clone();
            picture.samples.clear();
            format!("{picture:?}, {luma}")
        };
        let file = picture.file();
        let expected = expected(&picture, luma);
        let direct = found(&file, bits, expected.len(), luma);
        if is_refused(&picture) {
            let error = direct.unwrap_err();
            assert!(error.contains("a predictor over samples of"), "{error}");
            continue;
        }
        assert_eq!(direct.as_ref(), Ok(&expected), "{}", context());
        let gray = gray_tiff(&file, luma);
        let by_tiff = found(&gray, bits, expected.len(), luma).unwrap();
        if !extra.contains(&1) {
            assert_eq!(by_tiff, expected, "{}, as TIFF", context());
            continue;
        }
        // Multiplied by alpha once more, rounded: half a level, times what alpha divides it by.
        let most = if bits == 16 { 65_535.0 } else { 255.0 };
        for (there, here) in by_tiff.as_chunks::<2>().0.iter().zip(expected.as_chunks::<2>().0) {
            assert_eq!(there[1], here[1], "{}", context());
            let tolerance = 1.0 + 1.5 * most / f64::from(here[1].max(1));
            assert!(
                f64::from(there[0].abs_diff(here[0])) <= tolerance,
                "{there:?}, not {here:?}: {}",
                context()
            );
        }
    }
}

#[test]
fn gray_of_every_depth_and_layout_is_what_was_put_in() {
    for bits in [1, 2, 4, 8, 16] {
        for photometric in [0, 1] {
            check(photometric, bits, &[], Luma::Bt601);
        }
    }
}

#[test]
fn gray_with_further_samples_in_every_layout_is_what_was_put_in() {
    for bits in [1, 4, 8, 16] {
        for extra in [&[0][..], &[1], &[2], &[0, 0], &[0, 2]] {
            check(1, bits, extra, Luma::Bt601);
        }
    }
    check(0, 8, &[1], Luma::Bt601);
}

#[test]
fn rgb_of_every_depth_and_layout_is_what_was_put_in() {
    for bits in [1, 2, 4, 8, 16] {
        check(2, bits, &[], Luma::Bt601);
    }
    check(2, 8, &[], Luma::Linear);
    check(2, 16, &[], Luma::Bt709);
}

#[test]
fn rgb_with_further_samples_in_every_layout_is_what_was_put_in() {
    for bits in [1, 8, 16] {
        for extra in [&[0][..], &[1], &[2], &[0, 0, 0], &[0, 2, 0]] {
            check(2, bits, extra, Luma::Bt601);
        }
    }
    check(2, 8, &[1], Luma::Linear);
    check(2, 8, &[0, 1], Luma::Bt709);
}

#[test]
fn inks_with_and_without_further_samples_in_every_layout_are_what_was_put_in() {
    for bits in [1, 8, 16] {
        for extra in [&[][..], &[0], &[2], &[0, 0]] {
            check(5, bits, extra, Luma::Bt601);
        }
    }
    check(5, 8, &[1], Luma::Bt709);
}
