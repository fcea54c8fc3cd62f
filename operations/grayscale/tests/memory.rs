//! No conversion takes more memory than its limit, however small the file is and whatever it claims.

#![allow(
    clippy::cast_possible_truncation,
    reason = "samples are parts of wider numbers"
)]

#[path = "../../../jpeg-luma/tests/it/support.rs"]
mod jpeg_support;

use std::io::Cursor;
use std::sync::{Mutex, MutexGuard, PoisonError};

use errand_grayscale::{Conversion, Error, Format, Limits, Luma, Parameters, convert};
use image::{ColorType, DynamicImage, ImageBuffer, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_support::Random;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;
/// The allocator counts for the whole process: tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// What a conversion may take in addition to its limit: threads, tables and the like, which do not grow with the image.
const BESIDE: usize = 4 << 20;

fn my_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came of a file within a limit, and how many bytes were taken at most.
fn measured(input: &[u8], limit: usize) -> (Result<Conversion, Error>, usize) {
    measured_with(input, &Parameters::default(), limit)
}

fn measured_with(input: &[u8], parameters: &Parameters, limit: usize) -> (Result<Conversion, Error>, usize) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let outcome = convert(input, parameters, &Limits::new(limit as u64));
    (outcome, ALLOCATOR.peak_usage() - before)
}

#[test]
fn every_image_is_converted_or_refused_within_its_limit() {
    let _turn = my_turn();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let files = ["images", "cases"].map(|name| std::fs::read_dir(format!("{folder}/{name}")).unwrap());
    for entry in files.into_iter().flatten() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        for format in [None].into_iter().chain(Format::ALL.map(Some)) {
            let parameters = Parameters {
                format,
                ..Parameters::default()
            };
            for limit in [1 << 12, 1 << 16, 1 << 20, 1 << 24] {
                let (_, taken) = measured_with(&input, &parameters, limit);
                assert!(
                    taken <= limit + BESIDE,
                    "{taken} bytes for {} to {format:?}",
                    path.display()
                );
            }
        }
    }
}

/// An entry of a classic, little-endian TIFF.
fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [
        &tag.to_le_bytes()[..],
        &kind.to_le_bytes(),
        &count.to_le_bytes(),
        &value.to_le_bytes(),
    ]
    .concat()
}

#[test]
fn a_tiff_that_claims_millions_of_values_for_a_tag_takes_no_memory_for_them() {
    let _turn = my_turn();
    for (tag, kind) in [(256, 4), (258, 3), (273, 4), (338, 3), (347, 7)] {
        let mut tiff = b"II*\0\x08\0\0\0\x08\0".to_vec();
        for (number, value) in [
            (256, 19),
            (257, 13),
            (258, 8),
            (259, 7),
            (262, 1),
            (273, 8),
            (279, 247),
            (347, 8),
        ] {
            let (kind, count) = if number == tag { (kind, 2_424_833) } else { (4, 1) };
            tiff.extend(entry(number, kind, count, value));
        }
        if tag == 338 {
            tiff[8] = 9;
            tiff.extend(entry(tag, kind, 2_424_833, 8));
        }
        tiff.extend([0; 512]);
        let (outcome, taken) = measured(&tiff, 16 << 20);
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "truncated_image", "tag {tag}: {error}");
        assert!(taken < 1 << 20, "{taken} bytes for tag {tag}");
        // Where the values are there, they are held against the limit.
        tiff.extend(vec![0; 10 << 20]);
        let (outcome, taken) = measured(&tiff, 16 << 20);
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "image_too_large", "tag {tag}: {error}");
        assert!(taken < 1 << 20, "{taken} bytes for tag {tag}");
    }
}

#[test]
fn a_thumbnail_that_claims_to_be_huge_takes_no_memory() {
    let _turn = my_turn();
    // In color, 65,500 x 65,500, and cut off in its first block.
    let mut thumbnail = b"\xFF\xD8\xFF\xDB\0\x43\0".to_vec();
    thumbnail.extend([1; 64]);
    thumbnail.extend(b"\xFF\xC0\0\x11\x08\xFF\xDC\xFF\xDC\x03\x01\x11\0\x02\x11\0\x03\x11\0");
    for class in [0x00, 0x10] {
        // One code of one bit, for no difference and for the end of the block.
        thumbnail.extend([0xFF, 0xC4, 0, 0x14, class, 1]);
        thumbnail.extend([0; 16]);
    }
    thumbnail.extend(b"\xFF\xDA\0\x0C\x03\x01\0\x02\0\x03\0\0\x3F\0\x12");
    let mut block = b"Exif\0\0II*\0\x08\0\0\0\0\0\x0E\0\0\0\x02\0".to_vec();
    block.extend(entry(0x0201, 4, 1, 44));
    block.extend(entry(0x0202, 4, 1, u32::try_from(thumbnail.len()).unwrap()));
    block.extend([0; 4]);
    block.extend(&thumbnail);
    let name = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/progressive.jpg");
    let jpeg = std::fs::read(name).unwrap();
    let mut input = b"\xFF\xD8\xFF\xE1".to_vec();
    input.extend(u16::try_from(block.len() + 2).unwrap().to_be_bytes());
    input.extend(&block);
    input.extend(&jpeg[2..]);
    let (outcome, taken) = measured(&input, 16 << 20);
    assert!(outcome.is_ok());
    assert!(taken < BESIDE, "{taken} bytes");
}

#[test]
fn a_lossy_webp_that_claims_long_partitions_takes_no_memory_for_them() {
    let _turn = my_turn();
    // A key frame of 16 x 16 with ones throughout: eight partitions, each of which claims to have 16 MiB.
    for (first_partition, name) in [((1 << 19) - 1, "the first"), (64, "another")] {
        let mut frame = (u32::to_le_bytes(first_partition << 5 | 1 << 4))[..3].to_vec();
        frame.extend(b"\x9D\x01\x2A\x10\0\x10\0");
        frame.extend([0xFF; 64]);
        frame.extend([0xFF; 64]);
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
        let mut input = [
            b"RIFF",
            &length(12 + frame.len())[..],
            b"WEBPVP8 ",
            &length(frame.len()),
        ]
        .concat();
        input.extend(&frame);
        for format in [None, Some(Format::Png)] {
            for luma in [Luma::Bt601, Luma::Linear] {
                let parameters = Parameters {
                    format,
                    luma,
                    ..Parameters::default()
                };
                let (outcome, taken) = measured_with(&input, &parameters, 16 << 20);
                assert_eq!(outcome.unwrap_err().code(), "corrupt_image", "{name}");
                assert!(taken < 256 << 10, "{name}: {taken} bytes");
            }
        }
    }
}

/// One color model, sampling and process each: all components at once, luma alone, and luma with fewer samples.
#[test]
fn the_limit_holds_for_a_jpeg_that_goes_through_pixels() {
    let _turn = my_turn();
    let size = (1_700, 1_100);
    let four = [(2, 2), (1, 1), (1, 1), (2, 2)];
    for sampling in [&four[..], &four[..3], &[(1, 1), (2, 2), (2, 1)], &[(1, 1); 3]] {
        let image = jpeg_support::Image::random(&mut Random(3), size, sampling);
        for input in [image.sequential(0), image.progressive(0)] {
            for (luma, format) in [
                (Luma::Bt601, Format::Pnm),
                (Luma::Bt709, Format::Pnm),
                (Luma::Bt709, Format::Jpeg),
            ] {
                let parameters = Parameters {
                    luma,
                    format: Some(format),
                    ..Parameters::default()
                };
                let (limit, taken) = least(&input, &parameters);
                assert!(
                    taken <= limit + BESIDE,
                    "{sampling:?} by {luma} to {format}: {taken} bytes within {limit}"
                );
                // The figure is no wild guess: it would be no help to whoever has to raise a limit.
                assert!(
                    limit <= 2 * taken + BESIDE,
                    "{sampling:?}: {limit} for {taken} bytes"
                );
            }
        }
    }
}

/// The least limit within which a file is converted, as refusals tell it, and what was taken within it.
fn least(input: &[u8], parameters: &Parameters) -> (usize, usize) {
    // What a decoder takes before it tells the size of the image.
    let mut limit = 1 << 16;
    loop {
        match measured_with(input, parameters, limit) {
            (Ok(_), taken) => return (limit, taken),
            (Err(Error::TooLarge { needed_bytes, .. }), taken) => {
                assert!(taken <= limit + BESIDE, "{taken} bytes until it was refused");
                let needed = usize::try_from(needed_bytes).unwrap();
                assert!(needed > limit, "{needed} bytes are refused within {limit}");
                limit = needed;
            }
            (Err(error), _) => panic!("{error}"),
        }
    }
}

/// Noise, which compresses worst.
fn noise(color: ColorType, (width, height): (u32, u32)) -> DynamicImage {
    let mut state = 1_u32;
    let samples = (width * height) as usize * usize::from(color.channel_count());
    let mut sample = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16
    };
    let wide: Vec<u16> = (0..samples).map(|_| sample()).collect();
    let narrow = || wide.iter().map(|sample| (sample >> 8) as u8).collect();
    let image = match color {
        ColorType::Rgb8 => RgbImage::from_raw(width, height, narrow()).map(DynamicImage::from),
        ColorType::Rgba8 => RgbaImage::from_raw(width, height, narrow()).map(DynamicImage::from),
        ColorType::Rgb16 => ImageBuffer::<Rgb<u16>, _>::from_raw(width, height, wide).map(DynamicImage::from),
        _ => ImageBuffer::<Rgba<u16>, _>::from_raw(width, height, wide).map(DynamicImage::from),
    };
    image.unwrap()
}

#[test]
fn the_limit_holds_where_a_format_changes_to_any_other() {
    let _turn = my_turn();
    for (color, from) in [
        (ColorType::Rgb8, ImageFormat::Qoi),
        (ColorType::Rgba8, ImageFormat::Qoi),
        (ColorType::Rgb16, ImageFormat::Tiff),
        (ColorType::Rgba16, ImageFormat::Tiff),
        (ColorType::Rgb8, ImageFormat::WebP),
        (ColorType::Rgba8, ImageFormat::WebP),
        (ColorType::Rgb16, ImageFormat::Png),
    ] {
        let mut input = Vec::new();
        let image = noise(color, (1_500, 1_700));
        image.write_to(&mut Cursor::new(&mut input), from).unwrap();
        for to in Format::ALL {
            let parameters = Parameters {
                format: Some(to),
                ..Parameters::default()
            };
            let (limit, taken) = least(&input, &parameters);
            assert!(
                taken <= limit + BESIDE,
                "{color:?} of {from:?} to {to}: {taken} bytes within {limit}"
            );
        }
    }
}

#[test]
fn the_color_of_a_tiff_in_strips_is_never_whole_in_memory() {
    let _turn = my_turn();
    let (width, height) = (2_000, 2_000);
    let mut input = Vec::new();
    noise(ColorType::Rgba16, (width, height))
        .write_to(&mut Cursor::new(&mut input), ImageFormat::Tiff)
        .unwrap();
    let (outcome, taken) = measured(&input, 1 << 30);
    let output = outcome.unwrap().bytes.len();
    // Eight bytes a pixel are four of gray and alpha, held twice while the file of them grows.
    assert!(output > 16_000_000, "{output}");
    assert!(taken < 30_000_000 + BESIDE, "{taken} bytes");
}
