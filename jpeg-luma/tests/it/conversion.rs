//! Luma comes out coefficient for coefficient. The JPEGs are made here, so that no other tool is needed.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "small numbers throughout"
)]

use crate::support::{Image, Random, Table, decode_gray, segment};
use jpeg_luma::{Color, Error, GrayJpeg, Method, Options, Outcome, Reason, grayscale, inspect};

const SAMPLINGS: [&[(usize, usize)]; 12] = [
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (1, 1)],
    &[(4, 2), (1, 1), (1, 1)],
    &[(1, 4), (1, 2), (1, 1)],
    &[(3, 1), (1, 1), (1, 1)],
    &[(3, 2), (1, 1), (1, 1)],
    &[(3, 1), (2, 1), (1, 1)],
    &[(2, 2), (2, 1), (1, 2)],
    &[(2, 2), (2, 2), (2, 2)],
];

const SIZES: [(usize, usize); 9] = [
    (1, 1),
    (8, 8),
    (9, 7),
    (16, 16),
    (17, 33),
    (31, 5),
    (33, 17),
    (64, 40),
    (65, 66),
];

fn convert(jpeg: &[u8], options: &Options) -> GrayJpeg {
    match grayscale(jpeg, options) {
        Ok(Outcome::Gray(converted)) => converted,
        other => panic!("{other:?}"),
    }
}

fn luma_is_exact(image: &Image, jpeg: &[u8]) {
    for optimize in [false, true] {
        let converted = convert(jpeg, &Options::default().optimize(optimize));
        assert_eq!(
            (converted.width as usize, converted.height as usize),
            (image.width, image.height)
        );
        assert_eq!((converted.method, converted.bit_depth), (Method::LumaCopy, 8));
        let gray = decode_gray(&converted.bytes);
        assert_eq!((gray.width, gray.height), (image.width, image.height));
        assert_eq!(gray.quantization[1..], (1..=64).collect::<Vec<u8>>());
        assert!(
            gray.blocks == image.visible(0),
            "{:?}, optimize {optimize}",
            (image.width, image.height)
        );
    }
}

fn every_image(mut test: impl FnMut(&mut Random, &mut Image)) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for sampling in SAMPLINGS {
        for size in SIZES {
            let mut image = Image::random(&mut random, size, sampling);
            test(&mut random, &mut image);
        }
    }
}

#[test]
fn luma_of_an_interleaved_sequential_scan_is_exact_for_every_sampling() {
    every_image(|_, image| luma_is_exact(image, &image.sequential(0)));
}

#[test]
fn luma_is_exact_with_codes_longer_than_the_lookup_tables() {
    every_image(|_, image| {
        image.ac = Table::steep_ac();
        luma_is_exact(image, &image.sequential(0));
    });
}

#[test]
fn restart_intervals_of_any_length_leave_luma_exact() {
    every_image(|random, image| {
        let interval = 1 + random.below(7) as u16;
        luma_is_exact(image, &image.sequential(interval));
    });
}

#[test]
fn luma_of_a_progressive_image_is_exact_with_and_without_restart_intervals() {
    every_image(|random, image| {
        luma_is_exact(image, &image.progressive(0));
        let interval = 1 + random.below(7) as u16;
        luma_is_exact(image, &image.progressive(interval));
    });
}

#[test]
fn a_sequential_scan_of_luma_alone_keeps_its_restart_markers() {
    every_image(|_, image| {
        let mut jpeg = image.head(0xC1);
        image.scan(&mut jpeg, &[1, 2], None, 3);
        image.scan(&mut jpeg, &[0], None, 2);
        jpeg.extend([0xFF, 0xD9]);
        luma_is_exact(image, &jpeg);
    });
}

#[test]
fn luma_interleaved_with_one_of_the_others_is_exact_in_any_order() {
    every_image(|_, image| {
        let mut jpeg = image.head(0xC1);
        image.scan(&mut jpeg, &[1], None, 0);
        image.scan(&mut jpeg, &[2, 0], None, 5);
        jpeg.extend([0xFF, 0xD9]);
        luma_is_exact(image, &jpeg);
    });
}

#[test]
fn dc_differences_without_a_code_in_the_input_get_one() {
    // In pairs of lines, DC coefficients rise by one from block to block; line by line they jump.
    let mut random = Random(7);
    let mut image = Image::random(&mut random, (64, 16), &[(2, 2), (1, 1), (1, 1)]);
    for plane in &mut image.planes {
        plane.blocks.fill([0; 64]);
    }
    for (index, block) in image.planes[0].blocks.iter_mut().enumerate() {
        let (x, y) = (index % 8, index / 8);
        block[0] = (x / 2 * 4 + y * 2 + x % 2) as i32;
    }
    image.dc = Table::dc(1);
    luma_is_exact(&image, &image.sequential(0));
    let mut full = Table::dc(1);
    full.counts = [0; 16];
    full.counts[0] = 2;
    image.dc = full;
    luma_is_exact(&image, &image.sequential(0));
}

#[test]
fn tables_defined_anew_between_scans_are_those_of_their_scan() {
    let mut random = Random(11);
    let image = Image::random(&mut random, (40, 24), &[(2, 1), (1, 1), (1, 1)]);
    let steep = Image {
        ac: Table::steep_ac(),
        ..image.clone()
    };
    let mut jpeg = image.head(0xC0);
    image.scan(&mut jpeg, &[1], None, 0);
    // The head again, without start of image and frame: quantization tables and Huffman tables.
    let head = steep.head(0xC0);
    jpeg.extend(&head[2..2 + 2 * 69]);
    jpeg.extend(&head[2 + 2 * 69 + 19..]);
    steep.scan(&mut jpeg, &[0], None, 0);
    jpeg.extend(&image.head(0xC0)[2 + 2 * 69 + 19..]);
    image.scan(&mut jpeg, &[2], None, 0);
    jpeg.extend([0xFF, 0xD9]);
    luma_is_exact(&image, &jpeg);
}

#[test]
fn missing_huffman_tables_are_those_of_annex_k() {
    let source = image::RgbImage::from_fn(50, 30, |x, y| image::Rgb([x as u8 * 5, y as u8 * 8, 99]));
    let mut jpeg = Vec::new();
    source
        .write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
        .unwrap();
    let mut without = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xC4 {
            without.extend(&jpeg[at..end]);
        }
        at = end;
    }
    without.extend(&jpeg[at..]);
    let decode = |jpeg: &[u8]| image::load_from_memory(jpeg).unwrap().to_luma8();
    let expected = decode(&convert(&jpeg, &Options::default()).bytes);
    assert_eq!(decode(&convert(&without, &Options::default()).bytes), expected);
}

#[test]
fn a_height_that_follows_the_first_scan_goes_into_the_frame_header() {
    let mut random = Random(3);
    let image = Image::random(&mut random, (33, 21), &[(2, 2), (1, 1), (1, 1)]);
    let mut jpeg = image.sequential(0);
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].fill(0);
    let without = jpeg.clone();
    jpeg.truncate(jpeg.len() - 2);
    segment(&mut jpeg, 0xDC, &[0, 21]);
    jpeg.extend([0xFF, 0xD9]);
    luma_is_exact(&image, &jpeg);
    assert!(matches!(
        grayscale(&without, &Options::default()),
        Err(Error::Corrupt { .. })
    ));
}

#[test]
fn fill_bytes_and_data_after_the_end_are_passed_over() {
    let mut random = Random(5);
    let image = Image::random(&mut random, (30, 30), &[(2, 2), (1, 1), (1, 1)]);
    let mut jpeg = image.sequential(2);
    jpeg.splice(2..2, [0xFF, 0xFF, 0xFF]);
    let restart = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xD0]).unwrap();
    jpeg.splice(restart..restart, [0xFF, 0xFF]);
    let end = jpeg.len() - 2;
    jpeg.splice(end..end, [0xFF]);
    jpeg.extend(b"and more");
    luma_is_exact(&image, &jpeg);
}

#[test]
fn a_gray_jpeg_comes_back_byte_for_byte() {
    let mut random = Random(9);
    let image = Image::random(&mut random, (30, 30), &[(2, 2)]);
    let mut jpeg = image.sequential(2);
    jpeg.extend(b"and more");
    let converted = convert(&jpeg, &Options::default());
    assert_eq!((converted.bytes, converted.method), (jpeg, Method::AsIs));
}

fn jpeg_with(components: usize, sampling: (usize, usize), extra: &[(u8, &[u8])]) -> Vec<u8> {
    let mut factors = vec![sampling];
    factors.resize(components, (1, 1));
    let image = Image::random(&mut Random(1), (20, 20), &factors);
    let jpeg = image.sequential(0);
    let mut out = jpeg[..2].to_vec();
    for (marker, payload) in extra {
        segment(&mut out, *marker, payload);
    }
    out.extend(&jpeg[2..]);
    out
}

const JFIF: (u8, &[u8]) = (0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
const ADOBE_NONE: (u8, &[u8]) = (0xEE, b"Adobe\0\x64\0\0\0\0\0");
const ADOBE_YCCK: (u8, &[u8]) = (0xEE, b"Adobe\0\x64\0\0\0\0\x02");

#[test]
fn what_is_not_luma_and_color_differences_needs_pixels() {
    let reason = |jpeg: &[u8]| match grayscale(jpeg, &Options::default()) {
        Ok(Outcome::NeedsPixels(reason, info)) => (reason, info.color),
        other => panic!("{other:?}"),
    };
    let mut rgb = jpeg_with(3, (1, 1), &[]);
    for (id, letter) in (1..=3u8).zip(*b"RGB") {
        for place in 0..rgb.len() - 2 {
            if rgb[place] == id && rgb[place + 1] == 0x11 && rgb[place + 2] == u8::from(id > 1) {
                rgb[place] = letter;
            }
        }
    }
    assert_eq!(inspect(&rgb).unwrap().color, Color::Rgb);
    assert_eq!(
        reason(&jpeg_with(3, (1, 1), &[ADOBE_NONE])),
        (Reason::Rgb, Color::Rgb)
    );
    assert_eq!(reason(&jpeg_with(4, (1, 1), &[])), (Reason::Cmyk, Color::Cmyk));
    let adobe = jpeg_with(4, (1, 1), &[ADOBE_NONE]);
    assert_eq!(reason(&adobe), (Reason::Cmyk, Color::Cmyk));
    let ycck = jpeg_with(4, (1, 1), &[ADOBE_YCCK]);
    assert_eq!(reason(&ycck), (Reason::Ycck, Color::Ycck));
    let image = Image::random(&mut Random(1), (20, 20), &[(1, 1), (2, 1), (1, 1)]);
    assert_eq!(
        reason(&image.sequential(0)),
        (Reason::LumaSubsampled, Color::YCbCr)
    );
}

#[test]
fn jfif_outranks_an_adobe_marker() {
    let jpeg = jpeg_with(3, (2, 2), &[JFIF, ADOBE_NONE]);
    assert_eq!(inspect(&jpeg).unwrap().color, Color::YCbCr);
    assert_eq!(convert(&jpeg, &Options::default()).method, Method::LumaCopy);
}

#[test]
fn unsupported_processes_are_named() {
    let jpeg = jpeg_with(3, (2, 2), &[]);
    let frame = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    for (code, feature) in [
        (0xC9, "arithmetic coding"),
        (0xCA, "arithmetic coding"),
        (0xC3, "lossless coding"),
        (0xC5, "hierarchical coding"),
        (0xF7, "JPEG-LS"),
    ] {
        let mut jpeg = jpeg.clone();
        jpeg[frame + 1] = code;
        assert_eq!(
            grayscale(&jpeg, &Options::default()),
            Err(Error::Unsupported { feature })
        );
    }
    let mut deep = jpeg;
    (deep[frame + 1], deep[frame + 4]) = (0xC1, 12);
    let feature = "12 bits a sample";
    assert_eq!(
        grayscale(&deep, &Options::default()),
        Err(Error::Unsupported { feature })
    );
    let two = jpeg_with(2, (1, 1), &[]);
    assert!(matches!(
        grayscale(&two, &Options::default()),
        Err(Error::Unsupported { .. })
    ));
}

#[test]
fn a_budget_that_is_too_small_is_refused_with_the_figures_and_those_suffice() {
    every_image(|_, image| {
        for jpeg in [image.sequential(0), image.progressive(0)] {
            for optimize in [false, true] {
                let with_budget =
                    |memory_budget| Options::default().optimize(optimize).memory_budget(memory_budget);
                let refused = grayscale(&jpeg, &with_budget(1000));
                let Err(Error::MemoryBudget { needed, budget: 1000 }) = refused else {
                    panic!()
                };
                convert(&jpeg, &with_budget(needed));
            }
        }
    });
}
