//! What a TIFF may say in its tags: taken as libtiff takes it, or refused by name.

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::tiff::{ASCII, BYTE, KINDS, Kind, LONG, Page, SHORT, file, page, palette_page, pixels};

const RATIONAL: u16 = 5;

/// Two pixels: red, and a gray one.
const RGB: [u8; 6] = [255, 0, 0, 7, 7, 7];

fn rgb() -> Page {
    page((2, 1), 8, 2, 3, &RGB)
}

/// The page with other values of a tag.
fn with(mut page: Page, tag: u16, kind: u16, values: &[u64]) -> Page {
    page.tags.retain(|one| one.0 != tag);
    page.tags.push((tag, kind, values.to_vec()));
    page
}

/// The message of a refusal, to TIFF and to PNG, both the same.
fn refusal(tiff: &[u8]) -> String {
    let [one, other] = [None, Some(Format::Png)].map(|format| {
        let parameters = Parameters {
            format,
            ..Parameters::default()
        };
        let error = convert(tiff, &parameters, &Limits::default()).unwrap_err();
        // Camera raw is another format, though its structure is that of a TIFF.
        let code = if error.to_string().contains("raw") {
            "unsupported_format"
        } else {
            "unsupported_feature"
        };
        assert_eq!(error.code(), code, "{error}");
        error.to_string()
    });
    assert_eq!(one, other);
    one
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_shortly() {
    let all = [
        (with(rgb(), 339, SHORT, &[2; 3]), "signed samples"),
        (with(rgb(), 339, SHORT, &[3; 3]), "floating-point samples"),
        (with(rgb(), 339, SHORT, &[6]), "complex samples"),
        (with(rgb(), 258, SHORT, &[10; 3]), "10 bits a sample"),
        (with(rgb(), 258, SHORT, &[12; 3]), "12 bits a sample"),
        (with(rgb(), 258, SHORT, &[14; 3]), "14 bits a sample"),
        (with(rgb(), 258, SHORT, &[32; 3]), "32 bits a sample"),
        (
            with(rgb(), 258, SHORT, &[5, 6, 5]),
            "samples of different numbers of bits",
        ),
        (with(rgb(), 259, SHORT, &[6]), "old-style JPEG compression (6)"),
        (
            with(rgb(), 259, SHORT, &[34_712]),
            "JPEG 2000 compression (34712)",
        ),
        (with(rgb(), 259, SHORT, &[34_925]), "LZMA compression (34925)"),
        (
            with(rgb(), 259, SHORT, &[50_000]),
            "Zstandard compression (50000)",
        ),
        (with(rgb(), 259, SHORT, &[50_001]), "WebP compression (50001)"),
        (
            with(rgb(), 259, SHORT, &[12_345]),
            "the compression with the number 12345",
        ),
        (with(rgb(), 262, SHORT, &[8]), "L*a*b* colors"),
        (
            with(rgb(), 262, SHORT, &[32_845]),
            "colors in logarithms (LogLuv)",
        ),
        (with(rgb(), 262, SHORT, &[4]), "a transparency mask as a page"),
        (
            with(rgb(), 262, SHORT, &[99]),
            "colors of the kind with the number 99",
        ),
        (
            with(page((1, 1), 8, 5, 4, &[0; 4]), 332, SHORT, &[2]),
            "other inks than cyan, magenta, yellow and black (ink set 2)",
        ),
        (
            with(with(rgb(), 259, SHORT, &[5]), 317, SHORT, &[3]),
            "a predictor for floating-point samples",
        ),
        (with(rgb(), 277, SHORT, &[2_000]), "2000 samples a pixel"),
    ];
    for (page, feature) in all {
        for kind in KINDS {
            let message = refusal(&file(kind, std::slice::from_ref(&page)));
            assert_eq!(
                message,
                format!("this tiff image uses {feature}, which is not supported; save it again without")
            );
            assert!(message.len() <= 300);
        }
    }
}

#[test]
fn bits_may_be_said_once_for_all_samples_or_too_often_and_formats_too() {
    for bits in [&[8][..], &[8, 8], &[8; 3], &[8; 4]] {
        for formats in [&[1][..], &[1; 3], &[4; 3], &[1; 5]] {
            let page = with(with(rgb(), 258, SHORT, bits), 339, SHORT, formats);
            for kind in KINDS {
                let found = pixels(&file(kind, std::slice::from_ref(&page)), Luma::Bt601, 2);
                assert_eq!(found, [76, 7], "{bits:?} {formats:?}");
            }
        }
    }
}

#[test]
fn tags_in_bytes_instead_of_words_are_read() {
    let page = with(with(rgb(), 262, BYTE, &[2]), 277, BYTE, &[3]);
    for kind in KINDS {
        assert_eq!(
            pixels(&file(kind, std::slice::from_ref(&page)), Luma::Bt601, 2),
            [76, 7]
        );
    }
}

#[test]
fn alpha_is_said_by_a_tag_or_is_a_fourth_sample_that_none_speaks_of() {
    let four = page((1, 1), 8, 2, 4, &[255, 0, 0, 9]);
    for (extra, expected) in [
        (None, &[76, 9][..]),
        (Some(&[2][..]), &[76, 9]),
        (Some(&[0]), &[76]),
    ] {
        let page = extra.map_or(four.clone(), |extra| with(four.clone(), 338, SHORT, extra));
        for kind in KINDS {
            let tiff = file(kind, std::slice::from_ref(&page));
            assert_eq!(pixels(&tiff, Luma::Bt601, expected.len()), expected, "{extra:?}");
            let parameters = Parameters {
                format: Some(Format::Pnm),
                ..Parameters::default()
            };
            let pnm = convert(&tiff, &parameters, &Limits::default()).unwrap().bytes;
            assert_eq!(pnm.starts_with(b"P7"), expected.len() == 2, "{extra:?}");
        }
    }
}

#[test]
fn of_indexes_further_samples_are_alpha_or_left_out() {
    let palette = [[65_535; 3], [0; 3], [257 * 50; 3], [257 * 9; 3]];
    let mut page = palette_page((2, 1), 8, &palette, &[2, 200, 3, 100]);
    page = with(with(page, 277, SHORT, &[2]), 258, SHORT, &[8, 8]);
    for (kind_of_sample, expected) in [(0, &[50, 9][..]), (2, &[50, 200, 9, 100])] {
        let page = with(page.clone(), 338, SHORT, &[kind_of_sample]);
        for kind in KINDS {
            let tiff = file(kind, std::slice::from_ref(&page));
            assert_eq!(pixels(&tiff, Luma::Bt601, expected.len()), expected);
        }
    }
}

/// 3 x 3 pixels in units of 2 x 2, the last column and row of which are half filled.
fn ycbcr() -> (Page, [u8; 9]) {
    let units: [[u8; 6]; 4] = [
        [10, 20, 40, 50, 90, 200],
        [30, 0, 60, 0, 90, 200],
        [70, 80, 0, 0, 140, 100],
        [99, 0, 0, 0, 140, 100],
    ];
    let mut page = page((3, 3), 8, 6, 3, &units.concat());
    page = with(page, 530, SHORT, &[2, 2]);
    (page, [10, 20, 30, 40, 50, 60, 70, 80, 99])
}

#[test]
fn luma_of_subsampled_colors_is_copied_and_by_another_formula_computed() {
    let (page, luma) = ycbcr();
    let without = {
        let mut page = page.clone();
        page.tags.retain(|tag| tag.0 != 530);
        page
    };
    for kind in KINDS {
        // Without a word on it, two by two is what it is (TIFF 6.0, section 21).
        for page in [&page, &without] {
            assert_eq!(
                pixels(&file(kind, std::slice::from_ref(page)), Luma::Bt601, 9),
                luma
            );
        }
        // ITU-T T.871, clause 7, of the first pixel: 10, 90, 200.
        let color = [
            10.0 + 1.402 * 72.0,
            10.0 + 0.344_136 * 38.0 - 0.714_136 * 72.0,
            10.0 - 1.772 * 38.0,
        ];
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cut off at the ends of a byte"
        )]
        let [red, green, blue] = color.map(|value: f64| value.round() as u8);
        let found = pixels(&file(kind, std::slice::from_ref(&page)), Luma::Bt709, 9)[0];
        let expected = Luma::Bt709.gray8(red, green, blue);
        // libtiff's range of color is 127 to either side.
        assert!(found.abs_diff(expected) <= 1, "{found}, not {expected}");
    }
}

#[test]
fn a_reference_of_black_and_white_stretches_luma() {
    // Video's range, of gray: 16 is black and 235 white.
    let mut page = page(
        (4, 1),
        8,
        6,
        3,
        &[16, 128, 128, 235, 128, 128, 125, 128, 128, 5, 128, 128],
    );
    page = with(page, 530, SHORT, &[1, 1]);
    page.samples.resize(12 + 48, 0);
    for kind in [KINDS[0], KINDS[1]] {
        let mut tiff = file(
            kind,
            std::slice::from_ref(&with(page.clone(), 532, LONG, &[0; 12])),
        );
        // The tag's values are fractions: six pairs, not twelve numbers.
        let mark = [kind.bytes(532, 2), kind.bytes(LONG.into(), 2), kind.bytes(12, 4)].concat();
        let at = tiff.windows(8).position(|bytes| bytes == mark).unwrap();
        tiff[at + 2..at + 4].copy_from_slice(&kind.bytes(RATIONAL.into(), 2));
        tiff[at + 4..at + 8].copy_from_slice(&kind.bytes(6, 4));
        let place: [u8; 4] = tiff[at + 8..at + 12].try_into().unwrap();
        let place = if kind.little {
            u32::from_le_bytes(place)
        } else {
            u32::from_be_bytes(place)
        } as usize;
        for (index, value) in [16, 235, 128, 240, 128, 240].into_iter().enumerate() {
            let fraction = [kind.bytes(value * 3, 4), kind.bytes(3, 4)].concat();
            tiff[place + index * 8..][..8].copy_from_slice(&fraction);
        }
        assert_eq!(pixels(&tiff, Luma::Bt601, 4), [0, 255, 127, 0]);
    }
}

#[test]
fn strips_without_lengths_reach_as_far_as_they_must() {
    for kind in KINDS {
        let tiff = file(kind, &[rgb()]);
        // The tag of lengths becomes one that is not known.
        let mark = [kind.bytes(279, 2), kind.bytes(LONG.into(), 2)].concat();
        let at = tiff.windows(4).position(|bytes| bytes == mark).unwrap();
        let mut without = tiff.clone();
        without[at..at + 2].copy_from_slice(&kind.bytes(65_000, 2));
        assert_eq!(pixels(&without, Luma::Bt601, 2), [76, 7]);
    }
}

#[test]
fn strips_that_are_too_few_or_too_short_are_damage() {
    let short = page((2, 2), 8, 2, 3, &[1; 11]);
    let few = with(page((2, 2), 8, 2, 3, &[1; 12]), 278, LONG, &[1]);
    for (page, words) in [
        (short, "has fewer pixels than it should"),
        (few, "1 strips or tiles and needs 2"),
    ] {
        for kind in KINDS {
            let tiff = file(kind, std::slice::from_ref(&page));
            let error = convert(&tiff, &Parameters::default(), &Limits::default()).unwrap_err();
            assert_eq!(error.code(), "corrupt_image", "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn camera_raw_is_told_by_its_tags_and_not_by_its_maker() {
    let maker = |page: Page, name: &str| {
        let text: Vec<u64> = name.bytes().chain([0]).map(u64::from).collect();
        with(page, 271, ASCII, &text)
    };
    let mosaic = with(page((2, 1), 8, 1, 1, &[1, 2]), 262, SHORT, &[32_803]);
    let pentax = with(page((2, 1), 8, 2, 3, &RGB), 259, SHORT, &[65_535]);
    for kind in [KINDS[0], KINDS[1]] {
        for (pages, name) in [
            (vec![with(rgb(), 50_706, BYTE, &[1])], "DNG camera raw"),
            (vec![with(rgb(), 262, SHORT, &[34_892])], "camera raw"),
            (vec![mosaic.clone()], "camera raw"),
            (vec![rgb(), mosaic.clone()], "camera raw"),
            (
                vec![maker(pentax.clone(), "PENTAX Corporation")],
                "PEF camera raw",
            ),
        ] {
            let message = refusal(&file(kind, &pages));
            assert!(
                message.starts_with(&format!("{name} is not supported")),
                "{message}"
            );
        }
        // A thumbnail, and the mosaic in a directory below it, as Nikon has it: the second page's, out of the chain.
        let thumbnail = maker(with(rgb(), 330, LONG, &[0]), "NIKON CORPORATION");
        let mut nef = file(kind, &[thumbnail, mosaic.clone()]);
        let first = number(kind, &nef[4..8]);
        let entries = usize::from(nef[first + usize::from(!kind.little)]);
        let link = first + 2 + entries * 12;
        let second = nef[link..link + 4].to_vec();
        nef[link..link + 4].fill(0);
        let mark = [kind.bytes(330, 2), kind.bytes(LONG.into(), 2)].concat();
        let at = nef.windows(4).position(|bytes| bytes == mark).unwrap();
        nef[at + 8..at + 12].copy_from_slice(&second);
        assert!(refusal(&nef).starts_with("NEF camera raw"));
        // A scanner's file has a maker too.
        let scan = file(kind, &[maker(rgb(), "NIKON")]);
        assert_eq!(pixels(&scan, Luma::Bt601, 2), [76, 7]);
    }
    let mut canon = file(KINDS[0], &[rgb()]);
    // Canon's mark follows the header: the file's strip was there.
    canon[8..11].copy_from_slice(b"CR\x02");
    assert!(refusal(&canon).starts_with("CR2 camera raw"));
}

fn number(kind: Kind, bytes: &[u8]) -> usize {
    let bytes = bytes.try_into().unwrap();
    let value = if kind.little {
        u32::from_le_bytes(bytes)
    } else {
        u32::from_be_bytes(bytes)
    };
    value as usize
}

#[test]
fn pages_in_a_circle_are_damage() {
    let mut tiff = file(KINDS[0], &[rgb()]);
    let first = number(KINDS[0], &tiff[4..8]);
    let link = tiff.len() - 4;
    tiff[link..].copy_from_slice(&u32::try_from(first).unwrap().to_le_bytes());
    let error = convert(&tiff, &Parameters::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "corrupt_image", "{error}");
}

#[test]
fn a_jpeg_of_another_size_than_its_strip_is_damage() {
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg)
        .encode(&[99; 64 * 48], 64, 48, ExtendedColorType::L8)
        .unwrap();
    let strip = |size| with(page(size, 8, 0, 1, &jpeg), 259, SHORT, &[7]);
    for kind in KINDS {
        // A last block may be whole where the page ends within it.
        for size in [(64, 48), (64, 47), (64, 33)] {
            assert_eq!(pixels(&file(kind, &[strip(size)]), Luma::Bt601, 1), [156]);
        }
        for size in [(63, 48), (64, 32), (64, 49), (640, 480)] {
            let tiff = file(kind, &[strip(size)]);
            let parameters = Parameters {
                format: Some(Format::Pnm),
                ..Parameters::default()
            };
            let error = convert(&tiff, &parameters, &Limits::default()).unwrap_err();
            assert_eq!(error.code(), "corrupt_image", "{error}");
            assert!(error.to_string().contains("has 64x48 pixels"), "{error}");
        }
    }
}
