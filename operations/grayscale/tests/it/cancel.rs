//! Conversions that are given up.
#![allow(
    clippy::cast_possible_truncation,
    reason = "sizes of files that are made here"
)]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use errand_grayscale::{Error, Format, Limits, Parameters, cancelable, convert};
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Converts, and gives it up after a moment; tells how long it went on from then.
fn given_up(name: &str, input: &[u8], parameters: &Parameters) {
    let canceled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&canceled);
    let (ended, went_on) = thread::scope(|scope| {
        let work = scope.spawn(|| {
            let ended = cancelable(flag, || {
                convert(input, parameters, &Limits::new(4 << 30)).map(drop)
            });
            (ended, Instant::now())
        });
        thread::sleep(Duration::from_millis(200));
        assert!(!work.is_finished(), "{name} is too small to be given up");
        let begun = Instant::now();
        canceled.store(true, Ordering::Relaxed);
        let (ended, end) = work.join().unwrap();
        (ended, end - begun)
    });
    assert!(matches!(ended, Err(Error::Canceled)), "{name}: {ended:?}");
    assert!(went_on < Duration::from_secs(2), "{name} went on for {went_on:?}");
}

/// A PNG in colors of which a few megabytes are gigabytes of pixels.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        file.extend((data.len() as u32).to_be_bytes());
        let mut checksum = flate2::Crc::new();
        checksum.update(name);
        checksum.update(data);
        file.extend(name);
        file.extend(data);
        file.extend(checksum.sum().to_be_bytes());
    };
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    chunk(b"IHDR", &header);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    let row: Vec<u8> = (0..=width * 3)
        .map(|place| if place == 0 { 0 } else { (place / 500) as u8 })
        .collect();
    for _ in 0..height {
        rows.write_all(&row).unwrap();
    }
    chunk(b"IDAT", &rows.finish().unwrap());
    chunk(b"IEND", &[]);
    file
}

#[test]
fn a_png_that_unpacks_to_gigabytes_ends_soon_after_it_is_given_up() {
    let png = huge_png(20_000, 20_000);
    assert!(png.len() < 32 << 20, "{} bytes", png.len());
    for (optimize, format) in [(false, None), (true, None), (true, Some(Format::Tiff))] {
        let parameters = Parameters {
            optimize,
            format,
            ..Parameters::default()
        };
        given_up(&format!("{format:?}, optimized: {optimize}"), &png, &parameters);
    }
}

/// A TIFF all of whose pages show the same strips.
fn many_pages(pages: u32) -> Vec<u8> {
    let (width, height, rows) = (2_000_u32, 2_000_u32, 100_u32);
    let strips = height / rows;
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    let mut strip = ZlibEncoder::new(Vec::new(), Compression::best());
    strip.write_all(&vec![7; (width * rows * 3) as usize]).unwrap();
    let strip = strip.finish().unwrap();
    let at = file.len() as u32;
    file.extend(&strip);
    file.resize(file.len().next_multiple_of(4), 0);
    let places = file.len() as u32;
    (0..strips).for_each(|_| file.extend(at.to_le_bytes()));
    let lengths = file.len() as u32;
    (0..strips).for_each(|_| file.extend((strip.len() as u32).to_le_bytes()));
    let bits = file.len() as u32;
    file.extend([8, 0, 8, 0, 8, 0, 0, 0]);
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, bits),
        (259, 3, 1, 8),
        (262, 3, 1, 2),
        (273, 4, strips, places),
        (277, 3, 1, 3),
        (278, 4, 1, rows),
        (279, 4, strips, lengths),
    ];
    let length = 2 + entries.len() as u32 * 12 + 4;
    let first = file.len() as u32;
    file[4..8].copy_from_slice(&first.to_le_bytes());
    for page in 0..pages {
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(u32::to_le_bytes(count));
            file.extend(value.to_le_bytes());
        }
        let next = if page + 1 < pages {
            first + (page + 1) * length
        } else {
            0
        };
        file.extend(next.to_le_bytes());
    }
    file
}

#[test]
fn a_tiff_of_many_pages_ends_soon_after_it_is_given_up() {
    given_up("TIFF", &many_pages(1_000), &Parameters::default());
}
