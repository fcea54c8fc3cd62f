//! What is said of a file that was cut short, which fetching it again mends, and of one that is damaged, which it does not:
//! on the most direct route of every format, and on those through the decoders of other crates.

use crate::test_images::{self, image};
use errand_grayscale::{Error, Format, Limits, Luma, Parameters, convert};

/// Parameters for which each format takes its own route, computes luma anew, or is decoded whole.
fn routes() -> [Parameters; 3] {
    let own = Parameters::default();
    let other_luma = Parameters {
        luma: Luma::Bt709,
        ..Parameters::default()
    };
    let other_format = Parameters {
        format: Some(Format::Pnm),
        ..Parameters::default()
    };
    [own, other_luma, other_format]
}

#[test]
fn a_file_that_is_cut_short_is_said_to_end_too_early() {
    // Of an animation or of several pages, the first alone is needed for a format that holds one.
    const SEVERAL: [&str; 2] = ["animated.gif", "pages.tif"];
    let mut formats = Vec::new();
    for (name, whole) in test_images::all() {
        for parameters in routes() {
            for percent in [10, 30, 50, 70, 90, 98] {
                let length = whole.len() * percent / 100;
                let error = match convert(&whole[..length], &parameters, &Limits::default()) {
                    Err(error) => error,
                    Ok(_) if SEVERAL.contains(&name.as_str()) && parameters.format.is_some() => continue,
                    Ok(_) => panic!("{percent} % of {name} were converted, with {parameters:?}"),
                };
                let context = format!("{percent} % of {name}, with {parameters:?}: {error}");
                let Error::Truncated { offset, .. } = error else {
                    panic!("{context}");
                };
                assert!(offset <= length as u64, "{context}");
                assert!(error.to_string().contains("ends too early"), "{context}");
            }
        }
        formats.push(Format::detect(&whole).unwrap());
    }
    assert!(Format::ALL.iter().all(|format| formats.contains(format)));
}

/// `bytes` with `damage` over what begins `after` bytes from the first `mark`.
fn damaged(mut bytes: Vec<u8>, mark: &[u8], after: usize, damage: &[u8]) -> Vec<u8> {
    let mark = bytes.windows(mark.len()).position(|window| window == mark);
    let at = mark.expect("the mark is in the file") + after;
    bytes[at..at + damage.len()].copy_from_slice(damage);
    bytes
}

/// `png` with right checksums.
fn with_checksums(mut png: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        let end = at + 8 + length;
        let checksum = crc32fast::hash(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
        at = end + 4;
    }
    png
}

#[test]
fn a_file_that_is_damaged_is_said_to_be_damaged() {
    let over = |name: &str, mark: &[u8], after: usize, damage: &[u8]| {
        (name.to_owned(), damaged(image(name), mark, after, damage))
    };
    let png = |name: &str| {
        // The first block of deflate is of the kind that does not exist (RFC 1951, 3.2.3).
        let (name, bytes) = over(name, b"IDAT", 6, &[0x07]);
        (name, with_checksums(bytes))
    };
    for (name, bytes) in [
        png("rgb.png"),
        png("rgb16.png"),
        png("interlaced.png"),
        over("rgb.png", b"IDAT", 6, &[0x07]),
        // A comment that begins no block, and codes of an impossible size (GIF89a, 20 and 22).
        over("still.gif", b"\x2C\0\0\0\0", 0, &[0x77]),
        // A code table whose counts are more than fit (ITU-T T.81, C.2).
        over("rgb.jpg", b"\xFF\xC4", 5, &[0xFF; 8]),
        over("progressive.jpg", b"\xFF\xC4", 5, &[0xFF; 8]),
        over("cmyk.jpg", b"\xFF\xC4", 5, &[0xFF; 8]),
        // No key frame (RFC 6386, 9.1), and no signature of a lossless frame.
        over("lossy.webp", b"VP8 ", 11, b"???"),
        over("lossless.webp", b"VP8L", 8, b"?"),
        over("lossless.webp", b"VP8L", 13, &[0xFF; 64]),
        over("rgb.bmp", b"BM", 28, &[77]),
        over("palette8.bmp", b"BM", 28, &[77]),
        over("rgb.ppm", b"P6", 3, b"x"),
        over("gray.pgm", b"P5", 3, b"x"),
        over("rgb.qoi", b"qoif", 12, &[9]),
        // LZW codes that were never given out (TIFF 6.0, section 13).
        over("rgb.tif", b"II", 8, &[0xFF; 64]),
    ] {
        for parameters in routes() {
            let context = format!("{name}, with {parameters:?}");
            match convert(&bytes, &parameters, &Limits::default()) {
                Err(Error::Corrupt { format, detail, .. }) => {
                    assert_eq!(Some(format), Format::detect(&bytes).ok(), "{context}: {detail}");
                }
                Err(other) => panic!("{context}: {other}"),
                Ok(_) => panic!("{context}: it was converted"),
            }
        }
    }
}

#[test]
fn a_webp_frame_that_is_shorter_than_its_pixels_is_damage_in_a_file_that_is_whole() {
    let whole = image("lossless.webp");
    let at = whole.windows(4).position(|window| window == b"VP8L").unwrap();
    let data = &whole[at + 8..];
    let short = &data[..data.len() / 4 * 2];
    let mut file = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    file.extend(u32::try_from(short.len()).unwrap().to_le_bytes());
    file.extend(short);
    let length = u32::try_from(file.len() - 8).unwrap();
    file[4..8].copy_from_slice(&length.to_le_bytes());
    let error = convert(&file, &Parameters::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "corrupt_image", "{error}");
}
