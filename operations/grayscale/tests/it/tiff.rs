//! TIFFs assembled by hand: palettes in each form, in both byte orders, in classic files and `BigTIFF`.

#![allow(
    clippy::cast_possible_truncation,
    reason = "files of a few hundred bytes throughout"
)]

use std::io::Cursor;

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};
use tiff::decoder::{Decoder, DecodingResult};

pub(crate) const BYTE: u16 = 1;
pub(crate) const ASCII: u16 = 2;
pub(crate) const SHORT: u16 = 3;
pub(crate) const LONG: u16 = 4;

/// How a file is written: the order of bytes, and whether it is a `BigTIFF`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) little: bool,
    pub(crate) big: bool,
}

pub(crate) const KINDS: [Kind; 4] = [
    Kind {
        little: true,
        big: false,
    },
    Kind {
        little: false,
        big: false,
    },
    Kind {
        little: true,
        big: true,
    },
    Kind {
        little: false,
        big: true,
    },
];

impl Kind {
    /// The last `size` bytes of a number.
    pub(crate) fn bytes(self, value: u64, size: usize) -> Vec<u8> {
        let mut bytes = value.to_be_bytes()[8 - size..].to_vec();
        if self.little {
            bytes.reverse();
        }
        bytes
    }

    fn word(self) -> usize {
        if self.big { 8 } else { 4 }
    }
}

/// One page: tags with their types and values, and its samples.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) tags: Vec<(u16, u16, Vec<u64>)>,
    pub(crate) samples: Vec<u8>,
}

/// Uncompressed, in one strip.
pub(crate) fn page(
    (width, height): (u64, u64),
    bits: u64,
    photometric: u64,
    channels: usize,
    samples: &[u8],
) -> Page {
    Page {
        tags: vec![
            (256, LONG, vec![width]),
            (257, LONG, vec![height]),
            (258, SHORT, vec![bits; channels]),
            (259, SHORT, vec![1]),
            (262, SHORT, vec![photometric]),
            (277, SHORT, vec![channels as u64]),
        ],
        samples: samples.to_vec(),
    }
}

pub(crate) fn palette_page(size: (u64, u64), bits: u64, palette: &[[u16; 3]], samples: &[u8]) -> Page {
    let mut page = page(size, bits, 3, 1, samples);
    let map = (0..3).flat_map(|channel| palette.iter().map(move |color| u64::from(color[channel])));
    page.tags.push((320, SHORT, map.collect()));
    page
}

pub(crate) fn file(kind: Kind, pages: &[Page]) -> Vec<u8> {
    let word = kind.word();
    let mut out = if kind.little {
        b"II".to_vec()
    } else {
        b"MM".to_vec()
    };
    if kind.big {
        out.extend([43, 8, 0].map(|value| kind.bytes(value, 2)).concat());
    } else {
        out.extend(kind.bytes(42, 2));
    }
    let mut link = out.len();
    out.extend(vec![0; word]);
    for page in pages {
        let strip = out.len();
        out.extend(&page.samples);
        let mut tags = page.tags.clone();
        tags.push((273, LONG, vec![strip as u64]));
        tags.push((279, LONG, vec![page.samples.len() as u64]));
        tags.sort_by_key(|tag| tag.0);
        let mut directory = kind.bytes(tags.len() as u64, if kind.big { 8 } else { 2 });
        for (tag, kind_of_values, values) in tags {
            let size = match kind_of_values {
                BYTE | ASCII => 1,
                SHORT => 2,
                _ => 4,
            };
            let mut data: Vec<u8> = values.iter().flat_map(|value| kind.bytes(*value, size)).collect();
            if data.len() > word {
                let at = out.len() as u64;
                out.extend(data);
                data = kind.bytes(at, word);
            }
            data.resize(word, 0);
            directory.extend(kind.bytes(tag.into(), 2));
            directory.extend(kind.bytes(kind_of_values.into(), 2));
            directory.extend(kind.bytes(values.len() as u64, word));
            directory.extend(data);
        }
        let here = kind.bytes(out.len() as u64, word);
        out[link..link + word].copy_from_slice(&here);
        out.extend(directory);
        link = out.len();
        out.extend(vec![0; word]);
    }
    out
}

fn with(format: Option<Format>) -> Parameters {
    Parameters {
        format,
        ..Parameters::default()
    }
}

/// The pixels of the first page, converted to a PGM.
pub(crate) fn pixels(tiff: &[u8], luma: Luma, count: usize) -> Vec<u8> {
    let parameters = Parameters {
        luma,
        ..with(Some(Format::Pnm))
    };
    let pgm = convert(tiff, &parameters, &Limits::default()).unwrap().bytes;
    pgm[pgm.len() - count..].to_vec()
}

/// A palette of `count` colors, and its gray by BT.601 and BT.709 (ITU-R BT.601-7 and BT.709-6) to the nearest level.
fn palette(count: u16) -> (Vec<[u16; 3]>, Vec<u8>, Vec<u8>) {
    let color = |index: u16| [index * 37 % 256, 255 - index * 11 % 256, index * 91 % 256];
    let weighted = |weights: [f64; 3]| {
        let gray = |index| -> f64 {
            let color = color(index).map(f64::from);
            color
                .iter()
                .zip(weights)
                .map(|(value, weight)| value * weight)
                .sum()
        };
        #[allow(clippy::cast_sign_loss, reason = "weights and colors are positive")]
        (0..count).map(|index| gray(index).round() as u8).collect()
    };
    let wide = (0..count)
        .map(|index| color(index).map(|value| value * 257))
        .collect();
    (
        wide,
        weighted([0.299, 0.587, 0.114]),
        weighted([0.2126, 0.7152, 0.0722]),
    )
}

fn assert_near(found: &[u8], expected: &[u8], context: &str) {
    let near = found
        .iter()
        .zip(expected)
        .all(|(one, other)| one.abs_diff(*other) <= 1);
    assert!(
        near && found.len() == expected.len(),
        "{context}: {found:?}, not {expected:?}"
    );
}

#[test]
fn the_indexes_of_a_palette_page_are_looked_up_where_the_format_changes() {
    // Five pixels in a row, packed to whole bytes, twice.
    for (bits, indexes, packed) in [
        (1, [0, 1, 1, 0, 1], vec![0b0110_1000; 2]),
        (2, [0, 3, 2, 1, 2], [[0b0011_1001, 0b1000_0000]; 2].concat()),
        (4, [0, 15, 7, 3, 9], [[0x0F, 0x73, 0x90]; 2].concat()),
        (8, [0, 255, 99, 3, 200], [[0, 255, 99, 3, 200]; 2].concat()),
    ] {
        let (map, bt601, bt709) = palette(1 << bits);
        for kind in KINDS {
            let tiff = file(kind, &[palette_page((5, 2), bits, &map, &packed)]);
            for (luma, grays) in [(Luma::Bt601, &bt601), (Luma::Bt709, &bt709)] {
                let expected: Vec<u8> = [indexes, indexes]
                    .concat()
                    .iter()
                    .map(|index| grays[*index])
                    .collect();
                assert_near(
                    &pixels(&tiff, luma, 10),
                    &expected,
                    &format!("{bits} bits, {kind:?}"),
                );
            }
            for format in Format::ALL {
                let conversion = convert(&tiff, &with(Some(format)), &Limits::default()).unwrap();
                assert_eq!(Format::detect(&conversion.bytes).unwrap(), format);
                let path = if format == Format::Tiff {
                    "palette"
                } else {
                    "pixels"
                };
                assert_eq!(conversion.report.route.to_string(), path, "{format}");
            }
        }
    }
}

#[test]
fn a_palette_that_is_rewritten_shows_the_same_gray_as_one_that_is_looked_up() {
    let (map, ..) = palette(256);
    let indexes: Vec<u8> = (0..=255).collect();
    for kind in KINDS {
        let tiff = file(kind, &[palette_page((16, 16), 8, &map, &indexes)]);
        let rewritten = convert(&tiff, &with(None), &Limits::default()).unwrap();
        assert_eq!(rewritten.bytes.len(), tiff.len());
        let (one, other) = (
            pixels(&tiff, Luma::Bt601, 256),
            pixels(&rewritten.bytes, Luma::Bt601, 256),
        );
        assert_near(&one, &other, &format!("{kind:?}"));
    }
}

#[test]
fn palettes_scaled_by_256_and_palettes_not_scaled_at_all_mean_the_same_colors() {
    let (map, grays, _) = palette(16);
    let indexes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
    for scale in [257, 256, 1] {
        let map: Vec<_> = map
            .iter()
            .map(|color| color.map(|value| value / 257 * scale))
            .collect();
        let tiff = file(KINDS[0], &[palette_page((16, 1), 4, &map, &indexes)]);
        assert_near(&pixels(&tiff, Luma::Bt601, 16), &grays, &format!("times {scale}"));
    }
}

#[test]
fn an_index_beyond_the_palette_is_black() {
    let tiff = file(KINDS[0], &[palette_page((2, 1), 8, &[[65_535; 3]; 4], &[3, 4])]);
    assert_eq!(pixels(&tiff, Luma::Bt601, 2), [255, 0]);
}

#[test]
fn pages_with_palettes_and_pages_in_true_color_may_be_mixed() {
    let (map, grays, _) = palette(256);
    let indexed = palette_page((3, 1), 8, &map, &[7, 77, 177]);
    let colored = page((3, 1), 8, 2, 3, &[255, 0, 0, 0, 255, 0, 0, 0, 255]);
    let expected = [vec![grays[7], grays[77], grays[177]], vec![76, 150, 29]];
    for kind in KINDS {
        for (pages, expected) in [
            ([indexed.clone(), colored.clone()], expected.clone()),
            (
                [colored.clone(), indexed.clone()],
                [expected[1].clone(), expected[0].clone()],
            ),
        ] {
            let conversion = convert(&file(kind, &pages), &with(None), &Limits::default()).unwrap();
            assert_eq!(conversion.report.pages, Some(2));
            assert_eq!(conversion.report.route.to_string(), "pixels");
            let mut reader = Decoder::new(Cursor::new(&conversion.bytes)).unwrap();
            for (page, expected) in expected.iter().enumerate() {
                if page > 0 {
                    reader.next_image().unwrap();
                }
                let DecodingResult::U8(gray) = reader.read_image().unwrap() else {
                    panic!("a page has not 8 bits");
                };
                assert_near(&gray, expected, &format!("page {page}, {kind:?}"));
            }
        }
    }
}

#[test]
fn palettes_that_are_missing_cut_or_over_the_structure_are_errors_in_every_format() {
    let (map, ..) = palette(256);
    let whole = palette_page((2, 1), 8, &map, &[1, 2]);
    let mut missing = whole.clone();
    missing.tags.retain(|tag| tag.0 != 320);
    for kind in KINDS {
        let tiff = file(kind, std::slice::from_ref(&whole));
        // The number of values of the palette's entry, and where they are.
        let tag = [kind.bytes(320, 2), kind.bytes(SHORT.into(), 2)].concat();
        let count = tiff.windows(4).position(|bytes| bytes == tag).unwrap() + 4;
        let mut over_header = tiff.clone();
        over_header[count + kind.word()..count + 2 * kind.word()]
            .copy_from_slice(&kind.bytes(4, kind.word()));
        let mut cut = tiff.clone();
        cut[count..count + kind.word()].copy_from_slice(&kind.bytes(1 << 30, kind.word()));
        for damaged in [over_header, cut, file(kind, std::slice::from_ref(&missing))] {
            for format in Format::ALL {
                let error = convert(&damaged, &with(Some(format)), &Limits::default()).unwrap_err();
                let code = error.code();
                assert!(
                    ["corrupt_image", "truncated_image"].contains(&code),
                    "{kind:?} to {format}: {error}"
                );
            }
        }
    }
}

#[test]
fn directories_over_one_another_are_refused_before_they_are_counted() {
    // Each of 250 directories begins four bytes after the one before, and claims a hundred entries.
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.resize(3_000, 0);
    for directory in 0..250_u32 {
        let at = 8 + 4 * directory;
        let link = at as usize + 2 + 100 * 12;
        tiff[at as usize] = 100;
        tiff[link..link + 4].copy_from_slice(&(at + 4).to_le_bytes());
    }
    let error = convert(&tiff, &with(None), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("overlap one another"), "{error}");
}

#[test]
fn a_palette_page_loses_its_colored_thumbnails_and_keeps_its_texts() {
    let (map, ..) = palette(16);
    let mut page = palette_page((2, 1), 8, &map, &[1, 2]);
    // A description, a directory of its own, and Photoshop's resources.
    for tag in [270, 330, 34_377] {
        page.tags.push((tag, LONG, vec![8]));
    }
    for kind in KINDS {
        let gray = convert(
            &file(kind, std::slice::from_ref(&page)),
            &with(None),
            &Limits::default(),
        )
        .unwrap();
        assert_eq!(gray.report.route.to_string(), "palette");
        let mut reader = Decoder::new(Cursor::new(&gray.bytes)).unwrap();
        let kept = [270, 330, 34_377].map(|tag| {
            let tag = tiff::tags::Tag::from_u16_exhaustive(tag);
            reader.find_tag(tag).unwrap().is_some()
        });
        assert_eq!(kept, [true, false, false], "{kind:?}");
    }
}

#[test]
fn inks_of_sixteen_bits_are_mixed_to_the_nearest_level() {
    // Cyan, magenta, yellow and black. Of the first two, cutting off instead of rounding loses a level.
    let inks: [[u16; 4]; 6] = [
        [1, 1, 1, 32_768],
        [10_000, 20_000, 30_000, 65_000],
        [0, 0, 0, 0],
        [65_535, 65_535, 65_535, 65_535],
        [65_535, 0, 0, 1],
        [12_345, 54_321, 1, 33_333],
    ];
    // The light that ink and black let through, exactly, then rounded.
    let light = |ink: u16, black: u16| {
        let product = (65_535 - u64::from(ink)) * (65_535 - u64::from(black));
        u16::try_from((product * 2 + 65_535) / (2 * 65_535)).unwrap()
    };
    for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
        let expected = inks.map(|[cyan, magenta, yellow, black]| {
            luma.gray16(light(cyan, black), light(magenta, black), light(yellow, black))
        });
        assert_eq!(expected[0], 32_767);
        for kind in KINDS {
            let samples: Vec<u8> = inks
                .iter()
                .flatten()
                .flat_map(|ink| kind.bytes(u64::from(*ink), 2))
                .collect();
            let tiff = file(kind, &[page((6, 1), 16, 5, 4, &samples)]);
            let found: Vec<u16> = pixels(&tiff, luma, 12)
                .as_chunks()
                .0
                .iter()
                .map(|sample| u16::from_be_bytes(*sample))
                .collect();
            assert_eq!(found, expected, "{luma}, {kind:?}");
        }
    }
}
