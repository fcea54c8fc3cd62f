//! Compressed lists: recognized, exact, and refused when damaged, cut short or too large.

use std::io::Write as _;

use errand_stats::{Accumulator, Error, Limits, Parameters, Summary};
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

fn in_chunks(bytes: &[u8], length: usize, limits: Limits) -> Result<Summary, Error> {
    let mut accumulator = Accumulator::new(&Parameters::default()).with_limits(limits);
    for chunk in bytes.chunks(length) {
        accumulator.push(chunk)?;
    }
    accumulator.finish()
}

fn of(bytes: &[u8]) -> Result<Summary, Error> {
    in_chunks(bytes, usize::MAX, Limits::default())
}

fn list() -> Vec<u8> {
    let tokens: Vec<String> = (0..50_000_i64)
        .map(|index| (index * index % 10_007 - 5_000).to_string())
        .collect();
    tokens.join("\n").into_bytes()
}

#[test]
fn a_compressed_list_gives_what_the_plain_one_gives_however_it_is_cut() {
    let list = list();
    let plain = of(&list).unwrap();
    for packed in [gzip(&list), zstd(&list)] {
        assert_eq!(of(&packed).unwrap(), plain);
        for length in [1, 7, 1_000, 200_000] {
            assert_eq!(
                in_chunks(&packed, length, Limits::default()).unwrap(),
                plain,
                "{length}"
            );
        }
    }
}

#[test]
fn members_and_frames_follow_one_another() {
    for pack in [gzip, zstd] {
        let packed = [pack(b"1 2"), pack(b"3 4 "), pack(b""), pack(b"5")].concat();
        assert_eq!(
            of(&packed).unwrap().sum.unwrap().to_string(),
            "33",
            "1, 23, 4 and 5"
        );
    }
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9][..], &zstd(b"7")].concat();
    let frames = [zstd(b"1 "), skippable].concat();
    assert_eq!(of(&frames).unwrap().count, 2);
}

#[test]
fn zstd_may_begin_with_skippable_frames_however_it_is_cut() {
    let skippable = |kind: u8, length: usize| {
        let mut frame = vec![0x50 | kind, 0x2a, 0x4d, 0x18];
        frame.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
        frame.extend((0..length).map(|index| u8::try_from(index % 251).unwrap()));
        frame
    };
    for (first, between, last) in [(4, 0, 0), (0, 300_000, 1), (70_000, 4, 200_000)] {
        let parts = [
            skippable(0, first),
            zstd(b"1 2"),
            skippable(7, between),
            zstd(b"3 4"),
            skippable(15, last),
        ];
        let packed = parts.concat();
        for length in [1, 2, 5, 8, 9, 1_000, packed.len()] {
            let summary = in_chunks(&packed, length, Limits::default()).unwrap();
            assert_eq!(summary.sum.unwrap().to_string(), "28", "1, 23 and 4, by {length}");
        }
        let cut = &packed[..first + 7];
        assert_eq!(of(cut).unwrap_err().code(), "damaged_compression");
    }
    let nothing = [skippable(0, 3), skippable(1, 0)].concat();
    assert_eq!(of(&nothing).unwrap_err().code(), "empty_input");
    // Any of its sixteen numbers, and what is none of them.
    assert_eq!(
        of(&[skippable(0, 3), b"1 2 3".to_vec()].concat())
            .unwrap_err()
            .code(),
        "damaged_compression"
    );
}

#[test]
fn zero_bytes_after_gzip_are_padding_and_anything_else_is_damage() {
    for padding in [1, 7, 511, 100_000] {
        let zeros = vec![0; padding];
        let padded = [gzip(b"1 2"), zeros.clone(), gzip(b"3 4"), zeros].concat();
        for length in [1, 2, 100, padded.len()] {
            let summary = in_chunks(&padded, length, Limits::default()).unwrap();
            assert_eq!(summary.sum.unwrap().to_string(), "28", "1, 23 and 4, by {length}");
        }
    }
    for rest in [
        &b"x"[..],
        b"\0\0x",
        b"\x1f",
        b"\x1f\x8b\x08",
        b"\0\0\x1f\x8b",
        b"\x1f\x8b\x09\0",
    ] {
        for length in [1, 1_000] {
            let packed = [&gzip(b"1 2 3")[..], rest].concat();
            let error = in_chunks(&packed, length, Limits::default()).unwrap_err();
            assert_eq!(error.code(), "damaged_compression", "{rest:x?}: {error}");
        }
    }
}

#[test]
fn damage_and_cuts_are_found() {
    for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
        let packed = pack(&list());
        for length in [4, 5, 20, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
            let error = of(&packed[..length]).expect_err("cut short");
            assert_eq!(error.code(), "damaged_compression", "{name} {length}: {error}");
            assert!(
                error.to_string().starts_with(&format!("damaged {name} data: ")),
                "{error}"
            );
        }
        let mut found = 0;
        for place in (8..packed.len()).step_by(packed.len() / 97) {
            let mut damaged = packed.clone();
            damaged[place] ^= 0x10;
            found += i32::from(of(&damaged).is_err());
        }
        assert!(found > 90, "{name}: {found}");
    }
}

#[test]
fn an_error_in_the_text_inside_is_that_error() {
    for pack in [gzip, zstd] {
        let error = of(&pack(b"1 2\n3 x")).unwrap_err();
        assert!(error.to_string().contains("`x` at line 2, column 3"), "{error}");
        assert_eq!(of(&pack(b"")).unwrap_err().code(), "empty_input");
    }
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    let mut limits = Limits::default();
    limits.memory_bytes = 1 << 20;
    let ones = gzip(&b"1 ".repeat(10_000_000));
    assert!(ones.len() < 50_000);
    assert_eq!(
        in_chunks(&ones, 4_096, limits).unwrap_err().code(),
        "memory_budget_exceeded"
    );

    let mut limits = Limits::default();
    limits.decompressed_bytes = 1 << 20;
    let spaces = gzip(&b" ".repeat(20_000_000));
    assert_eq!(
        in_chunks(&spaces, 4_096, limits).unwrap_err().code(),
        "decompressed_too_large"
    );

    // A frame of a thousand blocks of 128 KiB each: descriptor 0, a window of 128 KiB, blocks of one byte repeated.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    for _ in 0..1_000 {
        frame.extend_from_slice(&[2, 0, 0x10, b' ']);
    }
    assert_eq!(of(&frame).unwrap_err().code(), "damaged_compression");
    frame.extend_from_slice(&[3, 0, 0x10, b' ']);
    assert_eq!(
        of(&frame).map(|summary| summary.count).unwrap_err().code(),
        "empty_input"
    );
    assert_eq!(
        in_chunks(&frame, 100, limits).unwrap_err().code(),
        "decompressed_too_large"
    );
}
