//! Damaged files: never a panic, a hang or memory beyond the budget; a typed error with a place, or in lenient mode
//! what is there.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use std::time::{Duration, Instant};

use crate::support::{Image, Random, Table, decode_gray, segment};
use jpeg_luma::metadata::{segments, splice};
use jpeg_luma::{Error, Options, Outcome, component, grayscale, inspect};

/// What no file may take; generous, because the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rounds of the mutation test for each of the files it begins with.
const ROUNDS: u64 = 1500;

fn every_option() -> impl Iterator<Item = Options> {
    (0..4).map(|bits| {
        Options::default()
            .optimize(bits & 1 != 0)
            .lenient(bits & 2 != 0)
            .strip(bits == 3)
            .memory_budget(8 << 20)
    })
}

fn exif_with_thumbnail() -> Vec<u8> {
    let thumbnail = Image::random(&mut Random(4), (16, 16), &[(2, 2), (1, 1), (1, 1)]).sequential(0);
    let mut tiff = b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x1A\0\0\0\x02\0".to_vec();
    tiff.extend(b"\x01\x02\x04\0\x01\0\0\0\x38\0\0\0\x02\x02\x04\0\x01\0\0\0");
    tiff.extend((thumbnail.len() as u32).to_le_bytes());
    tiff.extend([0; 4]);
    assert_eq!(tiff.len(), 0x38);
    [b"Exif\0\0".as_slice(), &tiff, &thumbnail].concat()
}

/// Files of every kind that is handled, small so that each damaged byte counts.
fn files() -> Vec<Vec<u8>> {
    let mut random = Random(0x0123_4567_89AB_CDEF);
    let mut image = Image::random(&mut random, (35, 37), &[(2, 2), (1, 1), (1, 1)]);
    let mut files = vec![
        image.sequential(0),
        image.sequential(2),
        image.progressive(0),
        image.progressive(3),
    ];
    let mut apart = image.head(0xC1);
    image.scan(&mut apart, &[0], None, 3);
    image.scan(&mut apart, &[1, 2], None, 0);
    apart.extend([0xFF, 0xD9]);
    files.push(apart);
    image.ac = Table::steep_ac();
    files.push(image.sequential(5));
    files.push(Image::random(&mut random, (20, 9), &[(1, 1)]).sequential(0));
    let photo = image::RgbImage::from_fn(40, 24, |x, y| {
        image::Rgb([x as u8 * 6, y as u8 * 9, (x * y) as u8])
    });
    let mut jpeg = Vec::new();
    photo
        .write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
        .unwrap();
    files.push(jpeg);
    let mut with_metadata = files[0][..2].to_vec();
    segment(&mut with_metadata, 0xE1, &exif_with_thumbnail());
    segment(
        &mut with_metadata,
        0xED,
        b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x02ab8BIM\x04\x0C\0\0\0\0\0\x01a\0",
    );
    with_metadata.extend(&files[0][2..]);
    files.push(with_metadata);
    files
}

fn mutate(random: &mut Random, file: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut damaged = file.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(damaged.len() as u64) as usize;
        let rest = damaged.len() - at;
        match random.below(8) {
            0 => damaged[at] = random.next() as u8,
            1 => damaged[at] ^= 1 << random.below(8),
            2 => damaged[at] = [0, 0xFF, 0x7F, 0x80][random.below(4) as usize],
            3 => damaged.truncate(at.max(1)),
            4 => drop(damaged.drain(at..at + (random.below(20) as usize).min(rest))),
            5 => {
                let other = &others[random.below(others.len() as u64) as usize];
                let from = random.below(other.len() as u64) as usize;
                let part = &other[from..(from + random.below(100) as usize).min(other.len())];
                damaged.splice(at..at, part.iter().copied());
            }
            6 => {
                let marker = [0xD0, 0xD3, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD, 0xC2, 0xDC][random.below(9) as usize];
                damaged.splice(at..at, [0xFF, marker]);
            }
            _ => {
                let part = damaged[at..at + (random.below(60) as usize).min(rest)].to_vec();
                damaged.splice(at..at, part);
            }
        }
        if damaged.is_empty() {
            damaged.push(0xFF);
        }
    }
    damaged
}

#[test]
fn thousands_of_damaged_files_end_in_a_result_or_a_typed_error() {
    let files = files();
    let mut random = Random(0xFEED_5EED);
    let mut slowest = Duration::ZERO;
    let (mut converted, mut refused) = (0, 0);
    for file in &files {
        for _ in 0..ROUNDS {
            let damaged = mutate(&mut random, file, &files);
            let start = Instant::now();
            for options in every_option() {
                match grayscale(&damaged, &options) {
                    Ok(Outcome::Gray(gray)) => {
                        converted += 1;
                        // What came out is a JPEG that this library reads as gray.
                        assert_eq!(inspect(&gray.bytes).map(|info| info.components), Ok(1));
                    }
                    Ok(Outcome::NeedsPixels(..)) => {}
                    Err(Error::Corrupt { offset, .. } | Error::Truncated { offset, .. }) => {
                        refused += 1;
                        assert!(offset <= damaged.len());
                    }
                    Err(error) => assert!(!error.code().is_empty()),
                }
            }
            for options in every_option() {
                for index in 0..2 {
                    if let Ok(copy) = component(&damaged, index, &options) {
                        let size = inspect(&copy.bytes).map(|info| (info.width, info.height));
                        assert_eq!(size, Ok((copy.width, copy.height)));
                    }
                }
            }
            _ = inspect(&damaged);
            for strip in [false, true] {
                if let Ok(segments) = segments(&damaged, strip) {
                    _ = splice(&damaged, &segments);
                }
            }
            slowest = slowest.max(start.elapsed());
        }
    }
    assert!(
        converted > 1000 && refused > 1000,
        "the damage is of every degree: {converted}, {refused}"
    );
    assert!(slowest < PATIENCE, "{slowest:?}");
}

#[test]
fn every_truncation_is_an_error_at_the_end_and_lenient_mode_decodes_it() {
    for file in files().iter().take(6) {
        let scan = file.windows(2).position(|bytes| bytes == [0xFF, 0xDA]).unwrap();
        for length in 2..file.len() {
            match grayscale(&file[..length], &Options::default()) {
                Err(Error::Truncated { offset, .. }) => assert!(offset <= length),
                other => panic!("{length}: {other:?}"),
            }
            let lenient = Options::default().lenient(true);
            if length > scan + 14 {
                assert!(grayscale(&file[..length], &lenient).is_ok(), "{length}");
            }
        }
    }
}

#[test]
fn a_truncated_scan_keeps_its_blocks_and_the_rest_is_mid_gray() {
    let image = Image::random(&mut Random(21), (64, 64), &[(2, 2), (1, 1), (1, 1)]);
    let jpeg = image.sequential(0);
    let lenient = Options::default().lenient(true);
    let Ok(Outcome::Gray(gray)) = grayscale(&jpeg[..jpeg.len() * 3 / 4], &lenient) else {
        panic!()
    };
    let (gray, whole) = (decode_gray(&gray.bytes), image.visible(0));
    assert!(gray.blocks[..16] == whole[..16]);
    assert!(gray.blocks[56..].iter().all(|block| *block == [0; 64]));
}

#[test]
fn a_lost_restart_marker_costs_its_interval_and_no_more() {
    let image = Image::random(&mut Random(23), (128, 32), &[(1, 1), (1, 1), (1, 1)]);
    let mut jpeg = image.sequential(4);
    let second = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xD1]).unwrap();
    let third = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xD2]).unwrap();
    jpeg.drain(second..third);
    let error = grayscale(&jpeg, &Options::default()).unwrap_err();
    assert!(
        matches!(error, Error::Corrupt { offset, .. } if offset.abs_diff(second) < 8),
        "{error}"
    );
    let lenient = Options::default().lenient(true);
    let Ok(Outcome::Gray(gray)) = grayscale(&jpeg, &lenient) else {
        panic!()
    };
    let (gray, whole) = (decode_gray(&gray.bytes), image.visible(0));
    assert!(gray.blocks[..8] == whole[..8]);
    assert!(gray.blocks[12..] == whole[12..]);
}

#[test]
fn an_image_of_the_largest_size_with_hardly_any_data_is_quick_and_within_its_budget() {
    let image = Image::random(&mut Random(25), (16, 16), &[(2, 2), (1, 1), (1, 1)]);
    for mut jpeg in [image.sequential(0), image.progressive(0)] {
        let frame = jpeg
            .windows(2)
            .position(|bytes| bytes[0] == 0xFF && bytes[1] & 0xFC == 0xC0)
            .unwrap();
        jpeg[frame + 5..frame + 9].fill(0xFF);
        for options in every_option() {
            let start = Instant::now();
            let result = grayscale(&jpeg, &options);
            assert!(start.elapsed() < PATIENCE, "{options:?}");
            assert!(result.is_err(), "{options:?}");
        }
    }
}
