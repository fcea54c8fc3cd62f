//! The TIFFs of `tests/cases`: each failed once, or is of a kind that libtiff writes (`tiff_oracle.py make`, and tiffcp 4.5.0
//! `-c jpeg:90 -t -w 32 -l 16`; 2026-11-29).

use crate::test_images::case;
use errand_grayscale::{Error, Format, Limits, Parameters, convert};

/// The samples of a case's gray, of so many bytes.
fn gray(tiff: &[u8], bytes: usize) -> Vec<u8> {
    let parameters = Parameters {
        format: Some(Format::Pnm),
        ..Parameters::default()
    };
    let pnm = convert(tiff, &parameters, &Limits::default()).unwrap().bytes;
    pnm[pnm.len() - bytes..].to_vec()
}

/// Bytes of the gray samples, of 16 bits the high byte first, and their CRC-32. The samples are what libtiff 4.7.1 decodes
/// (`imagecodecs.tiff_decode`, and tifffile for inks), the gray is BT.601's; alpha that colors are multiplied by is divided out
/// to the nearest.
const CASES: [(&str, usize, u32); 17] = [
    ("tiff-associated-alpha.tif", 6_144, 0x0C58_20F9),
    ("tiff-cmyk-plus-spot-lzw-predictor.tif", 3_072, 0x497F_B746),
    ("tiff-fax-group3-mixed.tif", 12_383, 0x62A7_F899),
    ("tiff-fax-group3.tif", 12_383, 0x62A7_F899),
    ("tiff-fax-group4.tif", 12_383, 0x62A7_F899),
    ("tiff-fax-huffman.tif", 12_383, 0x62A7_F899),
    ("tiff-fillorder-2-bilevel.tif", 3_072, 0x48C1_467A),
    ("tiff-fillorder-2-g4.tif", 3_072, 0x48C1_467A),
    ("tiff-fillorder-2-rgb-lzw.tif", 3_072, 0x7385_51F9),
    ("tiff-fillorder-2-rgb.tif", 3_072, 0x7385_51F9),
    ("tiff-gray-plus-unspecified-extra.tif", 3_072, 0x7385_51F9),
    ("tiff-lzw-tiled-by-libtiff.tif", 2_400, 0x0A20_7D57),
    ("tiff-planar-tiled-edge-rgb.tif", 2_000, 0x8FC0_D69E),
    ("tiff-planar-tiled-edge-rgb16.tif", 4_000, 0x8CA7_2598),
    (
        "tiff-rgb-plus-extra-sample-deflate-predictor.tif",
        3_072,
        0x7385_51F9,
    ),
    ("tiff-rgb-plus-extra-sample-lzw-predictor.tif", 3_072, 0x7385_51F9),
    (
        "tiff-rgb16-plus-extra-sample-lzw-predictor.tif",
        6_144,
        0xF7CC_26F1,
    ),
];

#[test]
fn each_case_has_the_gray_of_what_libtiff_decodes() {
    for (name, bytes, checksum) in CASES {
        let samples = gray(&case(name), bytes);
        assert_eq!(crc32fast::hash(&samples), checksum, "{name}");
    }
}

#[test]
fn each_case_is_the_same_picture_as_a_gray_tiff() {
    let strip = Parameters {
        strip: true,
        ..Parameters::default()
    };
    for (name, bytes, checksum) in CASES {
        let tiff = convert(&case(name), &strip, &Limits::default()).unwrap().bytes;
        let samples = gray(&tiff, bytes);
        if name == "tiff-associated-alpha.tif" {
            // Gray that is multiplied by alpha cannot be divided to what it was.
            let alpha = |samples: &[u8]| -> Vec<u8> { samples.iter().skip(1).step_by(2).copied().collect() };
            assert_eq!(alpha(&samples), alpha(&gray(&case(name), bytes)));
        } else {
            assert_eq!(crc32fast::hash(&samples), checksum, "{name}");
        }
    }
}

/// The mean of libtiff's gray: two decoders round a JPEG in their own way.
#[test]
fn jpeg_in_tiff_is_as_bright_as_libtiff_has_it() {
    for (name, bytes, mean) in [
        ("tiff-jpeg-rgb-strips.tif", 3_750, 126.302),
        ("tiff-jpeg-ycbcr-tiles.tif", 3_750, 126.290),
        ("tiff-ycbcr-2x2.tif", 3_750, 125.592),
    ] {
        let sum: f64 = gray(&case(name), bytes).into_iter().map(f64::from).sum();
        let found = sum / 3_750.0;
        assert!((found - mean).abs() < 0.1, "{name}: {found}");
    }
}

#[test]
fn a_raw_file_with_a_thumbnail_is_refused_as_what_it_is() {
    for format in [None, Some(Format::Png)] {
        let parameters = Parameters {
            format,
            ..Parameters::default()
        };
        let error = convert(
            &case("tiff-dng-raw-with-thumbnail-page.dng"),
            &parameters,
            &Limits::default(),
        )
        .unwrap_err();
        assert!(matches!(error, Error::UnsupportedFormat { .. }), "{error}");
        assert!(error.to_string().starts_with("DNG camera raw"), "{error}");
    }
}

#[test]
fn twenty_thousand_samples_a_pixel_are_refused_in_a_line() {
    let error = convert(
        &case("tiff-20000-samples-long-message.tif"),
        &Parameters::default(),
        &Limits::default(),
    )
    .unwrap_err()
    .to_string();
    assert_eq!(
        error,
        "this tiff image uses 20000 samples a pixel, which is not supported; save it again without"
    );
}
