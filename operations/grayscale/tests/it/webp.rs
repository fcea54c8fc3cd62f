//! Lossy WebP in the compressed domain: the luma plane that a decoder shows is the same to the last bit.

use std::io::Cursor;

use crate::test_images::image;
use errand_grayscale::{Limits, Luma, Parameters, convert};
use image_webp::WebPDecoder;
use image_webp::vp8::Vp8Decoder;

/// The `VP8 ` chunks of a file, those in an animation's frames included.
fn lossy_frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(header[4..].try_into().unwrap()) as usize;
        match &header[..4] {
            b"RIFF" => {
                bytes = &rest[4..];
                continue;
            }
            b"VP8 " => frames.push(&rest[..length]),
            b"ANMF" => frames.extend(lossy_frames(&rest[16..length])),
            _ => {}
        }
        bytes = rest.get(length + length % 2..).unwrap_or_default();
    }
    frames
}

#[test]
fn the_luma_plane_is_kept_to_the_last_bit_and_chroma_is_neutral() {
    for name in [
        "lossy.webp",
        "lossy-alpha.webp",
        "animated.webp",
        "animated-mixed.webp",
        "segments.webp",
    ] {
        let original = image(name);
        let gray = convert(&original, &Parameters::default(), &Limits::default()).unwrap();
        let (before, after) = (lossy_frames(&original), lossy_frames(&gray.bytes));
        assert_eq!(before.len(), after.len(), "{name}");
        for (before, after) in before.into_iter().zip(after) {
            let before = Vp8Decoder::decode_frame(Cursor::new(before)).unwrap();
            let after = Vp8Decoder::decode_frame(Cursor::new(after)).unwrap();
            assert!(before.ybuf == after.ybuf, "{name}: the luma changed");
            assert!(
                after.ubuf.iter().chain(&after.vbuf).all(|chroma| *chroma == 128),
                "{name}: chroma is left"
            );
        }
    }
}

#[test]
fn a_gray_image_comes_out_the_same_when_converted_again() {
    let once = convert(&image("lossy.webp"), &Parameters::default(), &Limits::default()).unwrap();
    let twice = convert(&once.bytes, &Parameters::default(), &Limits::default()).unwrap();
    assert!(once.bytes == twice.bytes);
}

/// The `ALPH` chunks of a still image.
fn alpha_of(webp: &[u8]) -> Option<&[u8]> {
    let mut rest = &webp[12..];
    while let Some((header, behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(header[4..].try_into().unwrap()) as usize;
        if &header[..4] == b"ALPH" {
            return Some(&behind[..length]);
        }
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    None
}

/// Red, green and blue of a frame.
fn colors(frame: &[u8]) -> Vec<[u8; 3]> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let file = [
        b"RIFF",
        &length(12 + frame.len())[..],
        b"WEBPVP8 ",
        &length(frame.len()),
        frame,
    ]
    .concat();
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut colors = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut colors).unwrap();
    colors.as_chunks().0.to_vec()
}

const LOSSY: [&str; 5] = [
    "lossy.webp",
    "lossy-alpha.webp",
    "animated.webp",
    "animated-mixed.webp",
    "segments.webp",
];

#[test]
fn lossy_stays_lossy_by_another_formula_and_the_gray_is_that_formulas() {
    for name in LOSSY {
        let original = image(name);
        let with_quality = |quality| {
            let parameters = Parameters {
                luma: Luma::Bt709,
                quality: Some(quality),
                ..Parameters::default()
            };
            convert(&original, &parameters, &Limits::default()).unwrap()
        };
        let (gray, coarse) = (with_quality(100), with_quality(10));
        assert_eq!(gray.report.route.to_string(), "pixels", "{name}");
        assert!(
            gray.bytes.len() > coarse.bytes.len(),
            "{name}: quality has no effect"
        );
        assert_eq!(
            alpha_of(&original),
            alpha_of(&gray.bytes),
            "{name}: alpha changed"
        );
        let (before, after) = (lossy_frames(&original), lossy_frames(&gray.bytes));
        assert_eq!(before.len(), after.len(), "{name}");
        for (before, after) in before.into_iter().zip(after) {
            let planes = Vp8Decoder::decode_frame(Cursor::new(after)).unwrap();
            let neutral = planes
                .ubuf
                .iter()
                .chain(&planes.vbuf)
                .all(|chroma| *chroma == 128);
            assert!(neutral, "{name}: chroma is left");
            let (before, after) = (colors(before), colors(after));
            // BT.709's weights (ITU-R BT.709-6, 3.2).
            let expected = before.iter().map(|&[red, green, blue]| {
                0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
            });
            let differences = expected
                .zip(&after)
                .map(|(gray, after)| (gray - f64::from(after[0])).abs());
            #[allow(clippy::cast_precision_loss, reason = "a few thousand pixels")]
            let mean = differences.sum::<f64>() / after.len() as f64;
            assert!(mean < 1.5, "{name}: {mean:.2} levels off in the mean");
        }
    }
}

#[test]
fn a_gray_lossy_image_is_not_encoded_again_by_any_formula() {
    for name in LOSSY {
        for luma in [Luma::Bt709, Luma::Linear] {
            let parameters = Parameters {
                luma,
                ..Parameters::default()
            };
            let once = convert(&image(name), &parameters, &Limits::default()).unwrap();
            let twice = convert(&once.bytes, &parameters, &Limits::default()).unwrap();
            assert!(once.bytes == twice.bytes, "{name}, {luma}");
            assert_eq!(twice.report.route.to_string(), "webp-luma-copy", "{name}, {luma}");
        }
    }
}
