//! Lossy WebP in the compressed domain: the luma plane that a decoder shows is the same to the last bit.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use errand_grayscale::{Limits, Luma, Parameters, convert};
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

fn image(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/images")
            .join(name),
    )
    .unwrap()
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

#[test]
fn another_formula_goes_through_pixels_without_further_loss() {
    let parameters = Parameters {
        luma: Luma::Linear,
        ..Parameters::default()
    };
    for name in ["lossy.webp", "lossy-alpha.webp", "animated.webp"] {
        let conversion = convert(&image(name), &parameters, &Limits::default()).unwrap();
        assert_eq!(conversion.report.path.to_string(), "pixels");
        assert!(lossy_frames(&conversion.bytes).is_empty());
    }
}
