//! The colored thumbnail inside EXIF, wherever a format keeps EXIF: gray in the output, or gone.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use crate::exif_in::{exif_of_png, exif_of_webp, png_with, webp_with};
use crate::jpeg_support::{Image, Random, segment};
use errand_grayscale::{Limits, Luma, Parameters, convert};
use jpeg_luma::inspect;

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
