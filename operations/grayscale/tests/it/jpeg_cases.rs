//! JPEGs that were once converted wrongly, refused without need or a cause of panics: `tests/cases`, made by hand in
//! November 2026.

#![allow(clippy::cast_precision_loss, reason = "sums of a few thousand samples")]

use crate::jpeg_support::{Image, Random, segment};
use crate::test_images::case;
use errand_grayscale::{Error, Format, Limits, Luma, Parameters, convert};

fn pnm() -> Parameters {
    Parameters {
        format: Some(Format::Pnm),
        ..Parameters::default()
    }
}

/// Width, height and samples of a PGM.
fn samples(pgm: &[u8]) -> (usize, usize, &[u8]) {
    let mut parts = pgm.splitn(4, |&byte| byte == b'\n');
    assert_eq!(parts.next(), Some(&b"P5"[..]));
    let size = str::from_utf8(parts.next().unwrap()).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    assert_eq!(parts.next(), Some(&b"255"[..]));
    (
        width.parse().unwrap(),
        height.parse().unwrap(),
        parts.next().unwrap(),
    )
}

/// Name, size, mean, and samples in the four corners, in the middle, and at a third of the width and a fifth of the height.
type Case = (&'static str, (usize, usize), f64, [u8; 6]);

/// By libjpeg-turbo (imagecodecs 2026.3.6, 2026-11-29); of four inks, of the products of each of three and black.
const CASES: [Case; 12] = [
    (
        "jpeg-cmyk-without-adobe-marker.jpg",
        (64, 48),
        110.52,
        [0, 83, 137, 220, 112, 53],
    ),
    (
        "jpeg-luma-subsampled-baseline.jpg",
        (97, 61),
        132.24,
        [187, 79, 155, 200, 170, 209],
    ),
    (
        "jpeg-luma-subsampled-non-interleaved-panics.jpg",
        (97, 61),
        132.24,
        [187, 77, 154, 201, 170, 212],
    ),
    (
        "jpeg-luma-subsampled-progressive.jpg",
        (97, 61),
        132.24,
        [187, 79, 155, 200, 170, 209],
    ),
    (
        "jpeg-non-interleaved-420.jpg",
        (97, 61),
        132.25,
        [185, 80, 157, 201, 172, 212],
    ),
    (
        "jpeg-non-interleaved-440-panics.jpg",
        (97, 61),
        132.25,
        [185, 80, 157, 201, 172, 212],
    ),
    (
        "jpeg-progressive-440.jpg",
        (97, 61),
        132.25,
        [185, 80, 157, 201, 172, 212],
    ),
    (
        "jpeg-rgb-non-interleaved-2x2.jpg",
        (97, 61),
        132.29,
        [187, 77, 154, 201, 171, 211],
    ),
    (
        "jpeg-sampling-2x1-1x2.jpg",
        (97, 61),
        132.50,
        [186, 79, 155, 201, 173, 213],
    ),
    (
        "jpeg-sampling-3x1.jpg",
        (97, 61),
        132.25,
        [185, 80, 157, 201, 172, 212],
    ),
    (
        "jpeg-ultrahdr-xmp-left-behind.jpg",
        (64, 48),
        119.93,
        [0, 90, 149, 238, 121, 58],
    ),
    (
        "jpeg-ycck-non-interleaved-2x2.jpg",
        (97, 61),
        116.65,
        [164, 71, 138, 177, 151, 187],
    ),
];

#[test]
fn pixels_are_those_of_libjpeg_turbo() {
    for (name, size, mean, places) in CASES {
        let converted = convert(&case(name), &pnm(), &Limits::default());
        let converted = converted.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (width, height, gray) = samples(&converted.bytes);
        assert_eq!((width, height), size, "{name}");
        let sum: f64 = gray.iter().copied().map(f64::from).sum();
        let found = sum / gray.len() as f64;
        assert!((found - mean).abs() < 0.2, "{name}: {found}");
        let at = |x: usize, y: usize| gray[y * width + x];
        let corners = [
            at(0, 0),
            at(width - 1, 0),
            at(0, height - 1),
            at(width - 1, height - 1),
        ];
        let within = [at(width / 2, height / 2), at(width / 3, height / 5)];
        for (found, expected) in corners.iter().chain(&within).zip(places) {
            assert!(
                found.abs_diff(expected) <= 2,
                "{name}: {found} in place of {expected}"
            );
        }
    }
}

#[test]
fn every_case_becomes_every_format_by_every_formula() {
    for (name, ..) in CASES {
        for format in Format::ALL {
            for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
                let parameters = Parameters {
                    format: Some(format),
                    luma,
                    ..Parameters::default()
                };
                let converted = convert(&case(name), &parameters, &Limits::default());
                let converted = converted.unwrap_or_else(|error| panic!("{name} to {format}: {error}"));
                assert_eq!(Format::detect(&converted.bytes).unwrap(), format);
            }
        }
    }
}

#[test]
fn damage_that_lenient_mode_makes_good_is_said_to_be_so_and_only_then() {
    const ADVICE: &str = "or pass --lenient (\"lenient\": true) to keep what can be read";
    let junk = case("jpeg-junk-between-segments.jpg");
    let whole = case("jpeg-progressive-440.jpg");
    let cut = &whole[..whole.len() * 2 / 3];
    for strict in [Parameters::default(), pnm()] {
        let lenient = Parameters {
            lenient: true,
            ..strict.clone()
        };
        for input in [&junk, cut] {
            let error = convert(input, &strict, &Limits::default()).unwrap_err();
            assert!(error.to_string().ends_with(ADVICE), "{error}");
            assert!(error.to_string().len() <= 300, "{error}");
            assert!(convert(input, &lenient, &Limits::default()).is_ok());
        }
        // Nothing of the picture is there.
        for input in [&whole[..100], &whole[..30]] {
            for parameters in [&strict, &lenient] {
                let error = convert(input, parameters, &Limits::default()).unwrap_err();
                assert!(!error.to_string().contains("lenient"), "{error}");
            }
        }
        let arithmetic = convert(&with_frame(&whole, 0xCA), &strict, &Limits::default()).unwrap_err();
        assert!(!arithmetic.to_string().contains("lenient"), "{arithmetic}");
    }
    let png = convert(b"\x89PNG\r\n\x1A\n", &Parameters::default(), &Limits::default()).unwrap_err();
    assert!(!png.to_string().contains("lenient"), "{png}");
}

/// The same file with another marker for its frame.
fn with_frame(jpeg: &[u8], marker: u8) -> Vec<u8> {
    let at = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC2]).unwrap();
    let mut jpeg = jpeg.to_vec();
    jpeg[at + 1] = marker;
    jpeg
}

#[test]
fn a_component_that_is_lost_is_mid_gray_in_lenient_mode() {
    let sampling = [(1, 1); 3];
    let image = Image::random(&mut Random(5), (24, 24), &sampling);
    let mut jpeg = image.head(0xC0);
    image.scan(&mut jpeg, &[0], None, 0);
    let parameters = Parameters {
        lenient: true,
        luma: Luma::Bt709,
        ..pnm()
    };
    let found = convert(&jpeg, &parameters, &Limits::default()).unwrap().bytes;
    // Without color differences, any formula gives luma.
    let luma = Parameters {
        luma: Luma::Bt601,
        ..parameters
    };
    assert!(convert(&jpeg, &luma, &Limits::default()).unwrap().bytes == found);
    jpeg.truncate(image.head(0xC0).len());
    assert!(convert(&jpeg, &luma, &Limits::default()).is_err());
}

#[test]
fn a_sampling_that_is_no_whole_share_is_refused_by_name_unless_luma_alone_is_needed() {
    for (sampling, name) in [
        ([(3, 1), (2, 1), (1, 1)], "2x1 beside 3x1"),
        ([(1, 4), (1, 3), (1, 1)], "1x3 beside 1x4"),
    ] {
        let jpeg = Image::random(&mut Random(5), (24, 24), &sampling).sequential(0);
        assert!(convert(&jpeg, &pnm(), &Limits::default()).is_ok());
        let parameters = Parameters {
            luma: Luma::Linear,
            ..pnm()
        };
        let error = convert(&jpeg, &parameters, &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::UnsupportedFeature { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// An Ultra HDR image: XMP and MPF in front point to a gain map behind the image.
#[test]
fn nothing_points_to_a_gain_map_that_is_gone() {
    let input = case("jpeg-ultrahdr-xmp-left-behind.jpg");
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for luma in [Luma::Bt601, Luma::Bt709] {
        let parameters = Parameters {
            luma,
            ..Parameters::default()
        };
        let gray = convert(&input, &parameters, &Limits::default()).unwrap().bytes;
        for text in ["hdrgm", "hdr-gain-map", "GainMap", "container", "MPF\0"] {
            assert!(has(&input, text) && !has(&gray, text), "{text}, {luma}");
        }
    }
}

#[test]
fn a_preview_in_a_maker_note_goes_with_strip() {
    let preview = Image::random(&mut Random(5), (24, 16), &[(2, 2), (1, 1), (1, 1)]).sequential(0);
    // An orientation, and a directory of EXIF (tag 0x8769) with a maker note (0x927C) that is a color JPEG (CIPA DC-008, 4.6).
    let entry = |tag: u16, kind: u16, count: usize, value: u32| {
        let (tag, kind) = (tag.to_be_bytes(), kind.to_be_bytes());
        let count = u32::try_from(count).unwrap().to_be_bytes();
        [&tag[..], &kind, &count, &value.to_be_bytes()].concat()
    };
    let exif = [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec(),
        entry(0x0112, 3, 1, 6 << 16),
        entry(0x8769, 4, 1, 38),
        vec![0; 4],
        vec![0, 1],
        entry(0x927C, 7, preview.len(), 56),
        vec![0; 4],
        preview.clone(),
    ]
    .concat();
    let jpeg = Image::random(&mut Random(6), (24, 16), &[(2, 2), (1, 1), (1, 1)]).sequential(0);
    let mut input = jpeg[..2].to_vec();
    segment(&mut input, 0xE1, &exif);
    // A thumbnail in JFIF's extension (ITU-T T.871, 10.2).
    segment(&mut input, 0xE0, &[b"JFXX\0\x10".as_slice(), &preview].concat());
    input.extend(&jpeg[2..]);
    let times = |bytes: &[u8]| {
        bytes
            .windows(preview.len())
            .filter(|window| *window == preview)
            .count()
    };
    assert_eq!(times(&input), 2);
    for (strip, left) in [(false, 1), (true, 0)] {
        for luma in [Luma::Bt601, Luma::Linear] {
            let parameters = Parameters {
                strip,
                luma,
                ..Parameters::default()
            };
            let gray = convert(&input, &parameters, &Limits::default()).unwrap().bytes;
            assert_eq!(times(&gray), left, "strip {strip}, {luma}");
            assert_eq!(jpeg_luma::metadata::orientation(&gray), Some(6));
        }
    }
}
