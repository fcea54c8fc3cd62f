//! The colored thumbnail inside EXIF, wherever a format keeps EXIF: gray in the output, or gone.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

#[path = "../../../jpeg-luma/tests/it/support.rs"]
mod jpeg_support;
mod test_images;

use errand_grayscale::{Limits, Luma, Parameters, convert};
use jpeg_luma::inspect;
use jpeg_support::{Image, Random, segment};
use test_images::image;

/// Where the thumbnail is in [`exif`].
const THUMBNAIL: usize = 56;

/// A TIFF structure: an orientation, then a second directory with two tags that place the thumbnail, then the thumbnail.
fn exif((offset_tag, length_tag): (u16, u16), thumbnail: &[u8]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, value: u32| -> Vec<u8> {
        let (tag, kind, count) = (tag.to_le_bytes(), kind.to_le_bytes(), 1_u32.to_le_bytes());
        [&tag[..], &kind, &count, &value.to_le_bytes()].concat()
    };
    let block = [
        b"II*\0\x08\0\0\0\x01\0".to_vec(),
        entry(0x0112, 3, 6),
        26_u32.to_le_bytes().to_vec(),
        vec![2, 0],
        entry(offset_tag, 4, THUMBNAIL as u32),
        entry(length_tag, 4, thumbnail.len() as u32),
        vec![0; 4],
        thumbnail.to_vec(),
    ]
    .concat();
    assert_eq!(block.len(), THUMBNAIL + thumbnail.len());
    block
}

const JPEG_TAGS: (u16, u16) = (0x0201, 0x0202);
const STRIP_TAGS: (u16, u16) = (0x0111, 0x0117);

fn colored_jpeg() -> Vec<u8> {
    Image::random(&mut Random(7), (24, 16), &[(2, 2), (1, 1), (1, 1)]).sequential(0)
}

/// A PNG with an `eXIf` after its header.
fn png_with(name: &str, exif: &[u8]) -> Vec<u8> {
    let mut png = image(name);
    let body = [b"eXIf", exif].concat();
    let mut chunk = (exif.len() as u32).to_be_bytes().to_vec();
    chunk.extend(&body);
    chunk.extend(crc32fast::hash(&body).to_be_bytes());
    // Behind the signature and the header, and in the place of one that is there already.
    let mut at = 33;
    while &png[at + 4..at + 8] != b"IDAT" {
        let end = at + 12 + u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == b"eXIf" {
            png.drain(at..end);
        } else {
            at = end;
        }
    }
    png.splice(33..33, chunk);
    png
}

fn exif_of_png(png: &[u8]) -> Vec<u8> {
    let mut at = 8;
    while &png[at + 4..at + 8] != b"eXIf" {
        at += 12 + u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    }
    let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    png[at + 8..at + 8 + length].to_vec()
}

/// A WebP in the extended form with an `EXIF` in the place of the one it has.
fn webp_with(name: &str, exif: &[u8]) -> Vec<u8> {
    let webp = image(name);
    let mut out = webp[..12].to_vec();
    let mut at = 12;
    while at < webp.len() {
        let length = u32::from_le_bytes(webp[at + 4..at + 8].try_into().unwrap()) as usize;
        let end = at + 8 + length + length % 2;
        if &webp[at..at + 4] != b"EXIF" {
            out.extend(&webp[at..end]);
        }
        at = end;
    }
    out.extend(b"EXIF");
    out.extend((exif.len() as u32).to_le_bytes());
    out.extend(exif);
    out.extend(vec![0; exif.len() % 2]);
    let length = (out.len() as u32 - 8).to_le_bytes();
    out[4..8].copy_from_slice(&length);
    out
}

fn exif_of_webp(webp: &[u8]) -> Vec<u8> {
    let mut at = 12;
    loop {
        let length = u32::from_le_bytes(webp[at + 4..at + 8].try_into().unwrap()) as usize;
        if &webp[at..at + 4] == b"EXIF" {
            return webp[at + 8..at + 8 + length].to_vec();
        }
        at += 8 + length + length % 2;
    }
}

/// The EXIF that is left of a block in each format that keeps one, by each route.
fn left_of(block: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut left = Vec::new();
    for luma in [Luma::Bt601, Luma::Linear] {
        let parameters = Parameters {
            luma,
            ..Parameters::default()
        };
        for name in ["rgb.png", "palette8.png", "interlaced.png", "animated.png"] {
            let gray = convert(&png_with(name, block), &parameters, &Limits::default()).unwrap();
            left.push((format!("{name}, {luma}"), exif_of_png(&gray.bytes)));
        }
        let gray = convert(&webp_with("lossy.webp", block), &parameters, &Limits::default()).unwrap();
        left.push((format!("lossy.webp, {luma}"), exif_of_webp(&gray.bytes)));
    }
    left
}

#[test]
fn a_thumbnail_in_a_png_or_webp_becomes_gray() {
    let thumbnail = colored_jpeg();
    let block = exif(JPEG_TAGS, &thumbnail);
    // Some writers put JPEG's signature in front.
    for signature in [b"".as_slice(), b"Exif\0\0"] {
        for (case, left) in left_of(&[signature, &block].concat()) {
            let left = left.strip_prefix(signature).expect(&case);
            assert_eq!(left[..48], block[..48], "{case}: all but the length stays");
            let length = u32::from_le_bytes(left[48..52].try_into().unwrap()) as usize;
            let gray = &left[THUMBNAIL..THUMBNAIL + length];
            let info = inspect(gray).unwrap();
            assert_eq!((info.components, info.width, info.height), (1, 24, 16), "{case}");
            assert!(length < thumbnail.len(), "{case}");
            assert_eq!(
                left.len(),
                THUMBNAIL + length,
                "{case}: nothing of the old one is left"
            );
        }
    }
}

#[test]
fn a_thumbnail_that_cannot_be_made_gray_is_removed() {
    let pixels = [200, 10, 60].repeat(12);
    for block in [
        exif(STRIP_TAGS, &pixels),
        exif(JPEG_TAGS, b"\xFF\xD8 no JPEG after all"),
    ] {
        for (case, left) in left_of(&block) {
            assert_eq!(left[22..26], [0; 4], "{case}: the directory is still linked");
            assert_eq!(left.len(), THUMBNAIL, "{case}: the thumbnail is still there");
            assert_eq!(left[..22], block[..22], "{case}: the orientation changed");
        }
    }
}

#[test]
fn a_block_of_exif_that_is_none_is_kept_as_it_is() {
    for block in [
        b"II*\0\xFF\xFF\xFF\xFF".as_slice(),
        b"",
        b"Exif\0\0",
        b"not a TIFF",
    ] {
        for (case, left) in left_of(block) {
            assert_eq!(left, block, "{case}");
        }
    }
}

#[test]
fn a_thumbnail_that_claims_to_be_huge_is_removed_from_a_jpeg_too() {
    let mut thumbnail = colored_jpeg();
    let frame = thumbnail
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    thumbnail[frame + 5..frame + 9].fill(0xFF);
    let block = [b"Exif\0\0".as_slice(), &exif(JPEG_TAGS, &thumbnail)].concat();
    let jpeg = colored_jpeg();
    let mut with_exif = jpeg[..2].to_vec();
    segment(&mut with_exif, 0xE1, &block);
    with_exif.extend(&jpeg[2..]);
    let gray = convert(&with_exif, &Parameters::default(), &Limits::default()).unwrap();
    assert!(gray.bytes.len() < jpeg.len() + 200, "{} bytes", gray.bytes.len());
}
