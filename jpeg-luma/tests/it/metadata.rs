//! What happens to metadata when a JPEG turns gray.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use crate::support::{Image, Random, decode_gray, segment};
use jpeg_luma::metadata::{segments, splice};
use jpeg_luma::{Options, Outcome, grayscale, inspect};

const JFIF: &[u8] = b"JFIF\0\x01\x02\x01\0\x96\0\x96\0\0";

fn color_jpeg() -> Vec<u8> {
    Image::random(&mut Random(31), (24, 24), &[(2, 2), (1, 1), (1, 1)]).sequential(0)
}

fn with(jpeg: &[u8], segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    for (marker, payload) in segments {
        segment(&mut out, *marker, payload);
    }
    out.extend(&jpeg[2..]);
    out
}

/// Marker and payload of all metadata after the conversion.
fn kept(segments: &[(u8, &[u8])], strip: bool) -> Vec<(u8, Vec<u8>)> {
    let jpeg = with(&color_jpeg(), segments);
    match grayscale(&jpeg, &Options::default().strip(strip)) {
        Ok(Outcome::Gray(gray)) => decode_gray(&gray.bytes).others,
        other => panic!("{other:?}"),
    }
}

/// EXIF with an orientation, and a thumbnail as the last thing in it.
fn exif(orientation: u8, thumbnail: &[u8], big_endian: bool) -> Vec<u8> {
    let mut tiff = Vec::new();
    let short = |tiff: &mut Vec<u8>, value: u16| {
        tiff.extend(if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    };
    let long = |tiff: &mut Vec<u8>, value: u32| {
        tiff.extend(if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    };
    tiff.extend(if big_endian { b"MM" } else { b"II" });
    short(&mut tiff, 42);
    long(&mut tiff, 8);
    short(&mut tiff, 1);
    short(&mut tiff, 0x0112);
    short(&mut tiff, 3);
    long(&mut tiff, 1);
    short(&mut tiff, orientation.into());
    short(&mut tiff, 0);
    long(&mut tiff, 26);
    short(&mut tiff, 2);
    for (tag, value) in [(0x0201, 56), (0x0202, thumbnail.len() as u32)] {
        short(&mut tiff, tag);
        short(&mut tiff, 4);
        long(&mut tiff, 1);
        long(&mut tiff, value);
    }
    long(&mut tiff, 0);
    assert_eq!(tiff.len(), 56);
    [b"Exif\0\0".as_slice(), &tiff, thumbnail].concat()
}

#[test]
fn density_exif_xmp_iptc_and_comments_survive_in_their_order() {
    let plain_exif = exif(6, &[], true);
    let iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x02ab";
    let segments: [(u8, &[u8]); 5] = [
        (0xE0, JFIF),
        (0xFE, b"a comment"),
        (0xE1, &plain_exif),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
        (0xED, iptc),
    ];
    let expected: Vec<_> = segments
        .iter()
        .map(|&(marker, payload)| (marker, payload.to_vec()))
        .collect();
    let mut without_thumbnail = plain_exif.clone();
    // No thumbnail can be found, so the directory that promised one is unlinked.
    without_thumbnail[6 + 22..6 + 26].fill(0);
    let mut expected = expected;
    expected[2].1 = without_thumbnail;
    assert_eq!(kept(&segments, false), expected);
}

#[test]
fn profiles_adobe_markers_and_further_pictures_go() {
    let segments: [(u8, &[u8]); 6] = [
        (0xE0, JFIF),
        (0xE0, b"JFXX\0\x10thumbnail"),
        (0xE2, b"ICC_PROFILE\0\x01\x01profile"),
        (0xE2, b"MPF\0II"),
        (0xEB, b"JP\0\x01"),
        (0xEE, b"Adobe\0\x64\0\0\0\0\x01"),
    ];
    assert_eq!(kept(&segments, false), [(0xE0, JFIF.to_vec())]);
}

#[test]
fn a_color_thumbnail_inside_jfif_goes_and_the_density_stays() {
    let mut jfif = JFIF.to_vec();
    jfif[12..].fill(1);
    jfif.extend([255, 0, 0]);
    assert_eq!(kept(&[(0xE0, &jfif)], false), [(0xE0, JFIF.to_vec())]);
}

#[test]
fn thumbnails_and_profiles_among_photoshop_resources_go() {
    let resources = b"Photoshop 3.0\08BIM\x04\x0C\0\0\0\0\0\x03abc\08BIM\x04\x04\x03cap\0\0\0\x02ab8BIM\x04\x0F\0\0\0\0\0\0";
    let iptc = b"Photoshop 3.0\08BIM\x04\x04\x03cap\0\0\0\x02ab";
    assert_eq!(kept(&[(0xED, resources)], false), [(0xED, iptc.to_vec())]);
}

#[test]
fn the_thumbnail_inside_exif_turns_gray_and_the_orientation_stays() {
    let source = Image::random(&mut Random(33), (32, 16), &[(2, 1), (1, 1), (1, 1)]);
    for big_endian in [false, true] {
        let payload = exif(8, &source.sequential(0), big_endian);
        let kept = kept(&[(0xE1, &payload)], false);
        let tiff = &kept[0].1[6..];
        assert_eq!(tiff[..44], payload[6..50], "all but the thumbnail's length");
        let length: [u8; 4] = tiff[48..52].try_into().unwrap();
        let length = if big_endian {
            u32::from_be_bytes(length)
        } else {
            u32::from_le_bytes(length)
        };
        assert_eq!(tiff.len(), 56 + length as usize);
        assert!(decode_gray(&tiff[56..]).blocks == source.visible(0));
    }
}

#[test]
fn a_thumbnail_that_cannot_be_copied_is_removed() {
    let rgb = with(&color_jpeg(), &[(0xEE, b"Adobe\0\x64\0\0\0\0\0")]);
    let kept = kept(&[(0xE1, &exif(3, &rgb, false))], false);
    let tiff = &kept[0].1[6..];
    assert_eq!((tiff.len(), &tiff[22..26]), (56, [0; 4].as_slice()));
}

#[test]
fn stripping_leaves_density_and_an_unusual_orientation() {
    let turned = exif(6, &color_jpeg(), true);
    let segments: [(u8, &[u8]); 4] = [
        (0xE0, JFIF),
        (0xE1, &turned),
        (0xFE, b"a comment"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
    ];
    let left = kept(&segments, true);
    assert_eq!(left.len(), 2);
    assert_eq!(left[0], (0xE0, JFIF.to_vec()));
    assert_eq!((left[1].0, left[1].1.len()), (0xE1, 32));
    assert_eq!(left[1].1[6 + 18..6 + 20], [0, 6]);
    assert_eq!(kept(&[(0xE1, &exif(1, &[], true))], true), []);
}

#[test]
fn a_stripped_gray_image_loses_its_metadata_and_keeps_its_scans() {
    let gray = Image::random(&mut Random(35), (24, 24), &[(1, 1)]).sequential(3);
    let input = with(
        &gray,
        &[(0xFE, b"a comment"), (0xE2, b"ICC_PROFILE\0\x01\x01gray")],
    );
    let Ok(Outcome::Gray(as_is)) = grayscale(&input, &Options::default()) else {
        panic!()
    };
    assert_eq!(as_is.bytes, input);
    let strip = Options::default().strip(true);
    let Ok(Outcome::Gray(stripped)) = grayscale(&input, &strip) else {
        panic!()
    };
    assert_eq!(stripped.bytes, gray);
}

#[test]
fn metadata_moves_into_a_newly_encoded_jpeg_with_the_density_in_place_of_the_encoders() {
    let plain_exif = exif(6, &[], true);
    let source = with(
        &color_jpeg(),
        &[
            (0xFE, b"a comment"),
            (0xE0, JFIF),
            (0xE1, &plain_exif),
            (0xE2, b"ICC_PROFILE\0\x01\x01profile"),
        ],
    );
    let pixels = image::GrayImage::from_fn(20, 10, |x, y| image::Luma([(x * 9 + y) as u8]));
    let mut encoded = Vec::new();
    pixels
        .write_to(&mut std::io::Cursor::new(&mut encoded), image::ImageFormat::Jpeg)
        .unwrap();
    let moved = segments(&source, false).unwrap();
    let spliced = splice(&encoded, &moved).unwrap();
    assert_eq!(inspect(&spliced).unwrap().width, 20);
    let decode = |jpeg: &[u8]| image::load_from_memory(jpeg).unwrap().to_luma8();
    assert_eq!(decode(&spliced), decode(&encoded));
    let moved: Vec<_> = segments(&spliced, false).unwrap();
    assert_eq!(
        moved.iter().map(|segment| segment[1]).collect::<Vec<_>>(),
        [0xE0, 0xFE, 0xE1]
    );
    assert_eq!(moved[0][4..], *JFIF);
}

#[test]
fn xmp_that_points_to_removed_pictures_goes_and_other_xmp_stays() {
    const SIGNATURE: &str = "http://ns.adobe.com/xap/1.0/\0";
    let packet = |properties: &str| {
        format!(
            "{SIGNATURE}<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
             xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:dc='http://purl.org/dc/elements/1.1/'{properties}/></rdf:RDF></x:xmpmeta>"
        )
    };
    let gain_map = " xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/' h:Version='1.0'";
    let title = " dc:title='a title'";
    let both = packet(&format!("{gain_map}{title}"));
    let kept_of = |payload: &str| kept(&[(0xE1, payload.as_bytes())], false);
    assert_eq!(kept_of(&packet(gain_map)), []);
    assert_eq!(kept_of(&both), [(0xE1, packet(title).into_bytes())]);
    assert_eq!(kept_of(&packet(title)), [(0xE1, packet(title).into_bytes())]);
    // A new JPEG gets the same.
    let input = with(&color_jpeg(), &[(0xE1, both.as_bytes())]);
    let moved = segments(&input, false).unwrap();
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0][4..], *packet(title).as_bytes());
}
