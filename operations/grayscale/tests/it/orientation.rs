//! An orientation means the same wherever it is read: whether it is all that stripping leaves, or applied to the pixels.
//!
//! There was a reader of it for each, of which one did not accept an orientation that is stored as a LONG.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use crate::exif_in::{exif_of_png, exif_of_webp, png_with, png_with_late, webp_with};
use crate::jpeg_support::{Image, Random, segment};
use errand_grayscale::{Conversion, Format, Limits, Parameters, convert};
use jpeg_luma::ifd::{LONG, SHORT, Tiff};
use jpeg_luma::{exif, metadata};

/// Turned by a right angle, so that width and height change places.
const TURNED: u32 = 6;

/// EXIF with nothing but an orientation of this type.
fn block(kind: u16, value: u32, big_endian: bool) -> Vec<u8> {
    let mut block = Vec::new();
    let mut put = |length: usize, value: u32| {
        let bytes = value.to_be_bytes();
        let mut bytes = bytes[4 - length..].to_vec();
        if !big_endian {
            bytes.reverse();
        }
        block.extend(bytes);
    };
    put(2, if big_endian { 0x4D4D } else { 0x4949 });
    put(2, 42);
    put(4, 8);
    put(2, 1);
    put(2, 0x0112);
    put(2, kind.into());
    put(4, 1);
    if kind == SHORT {
        put(2, value);
        put(2, 0);
    } else {
        put(4, value);
    }
    put(4, 0);
    block
}

/// A JPEG of 40 x 24 with this EXIF.
fn jpeg_with(block: &[u8]) -> Vec<u8> {
    let jpeg = Image::random(&mut Random(51), (40, 24), &[(2, 2), (1, 1), (1, 1)]).sequential(0);
    let mut out = jpeg[..2].to_vec();
    segment(&mut out, 0xE1, &[exif::SIGNATURE, block].concat());
    out.extend(&jpeg[2..]);
    out
}

/// A TIFF of three gray samples by two with this orientation.
fn tiff_with(kind: u16, value: u32) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entries = [
        (256, SHORT, 3),
        (257, SHORT, 2),
        (258, SHORT, 8),
        (259, SHORT, 1),
        (262, SHORT, 1),
        (273, LONG, 8 + 2 + 10 * 12 + 4),
        (274, kind, value),
        (277, SHORT, 1),
        (278, SHORT, 2),
        (279, LONG, 6),
    ];
    tiff.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        tiff.extend(u16::to_le_bytes(tag));
        tiff.extend(kind.to_le_bytes());
        tiff.extend(1_u32.to_le_bytes());
        tiff.extend(u32::to_le_bytes(value));
    }
    tiff.extend([0; 4]);
    tiff.extend([10, 60, 110, 160, 210, 250]);
    tiff
}

fn converted(input: &[u8], strip: bool, format: Option<Format>) -> Conversion {
    let parameters = Parameters {
        strip,
        format,
        ..Parameters::default()
    };
    convert(input, &parameters, &Limits::default()).unwrap()
}

fn tiff_orientation(bytes: &[u8]) -> Option<u8> {
    let tiff = Tiff::new(bytes)?;
    tiff.orientation(&tiff.first()?)
}

/// A file, and what reads the orientation of its kind.
type Case = (Vec<u8>, fn(&[u8]) -> Option<u8>);

/// Files of every format that can say it, with this orientation.
fn files(kind: u16, value: u32) -> Vec<Case> {
    let mut files: Vec<Case> = vec![(tiff_with(kind, value), tiff_orientation)];
    for big_endian in [false, true] {
        let block = block(kind, value, big_endian);
        files.push((jpeg_with(&block), metadata::orientation));
        for signature in [b"".as_slice(), exif::SIGNATURE] {
            let block = [signature, &block].concat();
            for png in [png_with("rgb.png", &block), png_with_late("rgb.png", &block)] {
                files.push((png, |png| exif::orientation(&exif_of_png(png))));
            }
            files.push((webp_with("lossy.webp", &block), |webp| {
                exif::orientation(&exif_of_webp(webp))
            }));
        }
    }
    files
}

#[test]
fn an_orientation_stored_as_a_long_counts_as_one_stored_as_a_short() {
    for kind in [SHORT, LONG] {
        for (input, orientation) in files(kind, TURNED) {
            let stripped = converted(&input, true, None);
            let case = format!("{}, type {kind}", stripped.report.format);
            assert_eq!(
                orientation(&stripped.bytes),
                Some(6),
                "{case}: what stripping leaves"
            );
            let kept = &stripped.report;
            for from in [&input, &stripped.bytes] {
                let upright = converted(from, false, Some(Format::Qoi)).report;
                assert_eq!(
                    (upright.width, upright.height),
                    (kept.height, kept.width),
                    "{case}: the pixels are turned"
                );
            }
        }
    }
}

#[test]
fn of_several_exif_chunks_in_a_webp_the_first_one_counts() {
    let mut webp = webp_with("lossy.webp", &block(SHORT, TURNED, true));
    let upright = block(SHORT, 1, true);
    webp.extend(b"EXIF");
    webp.extend((upright.len() as u32).to_le_bytes());
    webp.extend(&upright);
    let length = (webp.len() as u32 - 8).to_le_bytes();
    webp[4..8].copy_from_slice(&length);
    let stripped = converted(&webp, true, None);
    assert_eq!(exif::orientation(&exif_of_webp(&stripped.bytes)), Some(6));
    let upright = converted(&webp, false, Some(Format::Qoi)).report;
    let kept = &stripped.report;
    assert_eq!((upright.width, upright.height), (kept.height, kept.width));
}

#[test]
fn pixels_are_turned_alike_whether_the_file_was_stripped_before_or_not() {
    for kind in [SHORT, LONG] {
        for (input, _) in files(kind, TURNED) {
            let stripped = converted(&input, true, None);
            // The luma of a WebP cannot be read without the colors that went.
            if stripped.report.format != Format::WebP {
                let pixels = |file: &[u8]| converted(file, false, Some(Format::Pnm)).bytes;
                assert_eq!(pixels(&input), pixels(&stripped.bytes), "{}", stripped.report);
            }
        }
    }
}

#[test]
fn a_number_that_is_no_orientation_turns_nothing() {
    for (kind, value) in [(SHORT, 0), (SHORT, 9), (LONG, 0), (LONG, 9), (LONG, 0x1_0006)] {
        for (input, _) in files(kind, value) {
            let upright = converted(&input, false, Some(Format::Qoi)).report;
            let same = converted(&input, true, None).report;
            assert_eq!(
                (upright.width, upright.height),
                (same.width, same.height),
                "{same}, type {kind}, value {value}"
            );
        }
    }
}
