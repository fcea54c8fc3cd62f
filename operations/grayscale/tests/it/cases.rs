//! Files that once came out wrong, each with what is right. They are made by hand, small, and named for what is special about
//! them. More of them: `jpeg_cases.rs`, `tiff_cases.rs`.

use crate::test_images::{case, image};
use errand_grayscale::{Conversion, Error, Format, Limits, Luma, Parameters, convert};

fn gray(image: &[u8], format: Option<Format>) -> Result<Conversion, Error> {
    let parameters = Parameters {
        format,
        ..Parameters::default()
    };
    convert(image, &parameters, &Limits::default())
}

/// The samples of an image, as a PGM has them.
fn samples(image: &[u8]) -> Vec<u8> {
    let pgm = gray(image, Some(Format::Pnm)).unwrap();
    let size = pgm.report.width as usize * pgm.report.height as usize;
    pgm.bytes[pgm.bytes.len() - size..].to_vec()
}

/// A bitmap with the same pixels behind another header: `own_bytes` long, made of a Windows header's first fields.
fn with_os2_header(bitmap: &[u8], own_bytes: usize) -> Vec<u8> {
    let pixels_at = u32::from_le_bytes(bitmap[10..14].try_into().unwrap());
    let mut os2 = bitmap[..14 + own_bytes.min(40)].to_vec();
    os2.resize(14 + own_bytes, 0);
    os2.extend_from_slice(&bitmap[54..]);
    let own_bytes = u32::try_from(own_bytes).unwrap();
    os2[10..14].copy_from_slice(&(pixels_at - 40 + own_bytes).to_le_bytes());
    os2[14..18].copy_from_slice(&own_bytes.to_le_bytes());
    os2
}

#[test]
fn a_bitmap_of_os2_is_the_same_picture() {
    let os2 = case("bmp-os2v2-64-byte-header-24bit.bmp");
    let pixels = &os2[78..];
    let expected: Vec<u8> = pixels
        .chunks_exact(64 * 3)
        .rev()
        .flat_map(|row| row.as_chunks::<3>().0)
        .map(|&[blue, green, red]| Luma::Bt601.gray8(red, green, blue))
        .collect();
    assert_eq!(samples(&os2), expected);
    // To a bitmap as well.
    assert_eq!(samples(&gray(&os2, None).unwrap().bytes), expected);
}

#[test]
fn a_bitmap_of_os2_with_a_palette_is_the_same_picture_on_each_route() {
    for name in ["palette1.bmp", "palette8.bmp"] {
        let bitmap = image(name);
        assert_eq!(bitmap[14], 40, "{name}");
        for own_bytes in [16, 64] {
            let mut os2 = with_os2_header(&bitmap, own_bytes);
            // The short header cannot say that there are fewer colors: there are all.
            if own_bytes == 16 {
                let used = u32::from_le_bytes(bitmap[46..50].try_into().unwrap()) as usize;
                let all = 1 << bitmap[28];
                let missing = 4 * (all - if used == 0 { all } else { used });
                let at = os2.len()
                    - (bitmap.len() - u32::from_le_bytes(bitmap[10..14].try_into().unwrap()) as usize);
                os2.splice(at..at, vec![0; missing]);
                let pixels_at = u32::try_from(at + missing).unwrap();
                os2[10..14].copy_from_slice(&pixels_at.to_le_bytes());
            }
            assert_eq!(samples(&os2), samples(&bitmap), "{name} with {own_bytes}");
            let in_place = gray(&os2, None).unwrap();
            assert_eq!(
                samples(&in_place.bytes),
                samples(&bitmap),
                "{name} with {own_bytes}"
            );
        }
    }
}

#[test]
fn a_compression_that_only_os2_has_is_refused_by_name() {
    let mut bitmap = case("bmp-os2v2-64-byte-header-24bit.bmp");
    bitmap[30] = 4;
    let error = gray(&bitmap, Some(Format::Png)).unwrap_err();
    assert_eq!(error.code(), "unsupported_feature", "{error}");
    assert!(error.to_string().contains("OS/2"), "{error}");
}

#[test]
fn a_bitmap_whose_pixels_begin_inside_its_palette_is_refused() {
    for format in [None, Some(Format::Png)] {
        let error = gray(&case("bmp-pixel-offset-inside-palette.bmp"), format).unwrap_err();
        assert_eq!(error.code(), "corrupt_image");
        assert!(error.to_string().contains("inside its palette"), "{error}");
    }
}

#[test]
fn a_gif_without_any_color_table_is_an_error_that_says_so() {
    for format in [None, Some(Format::Png)] {
        let error = gray(&case("gif-without-color-table.gif"), format).unwrap_err();
        assert_eq!(error.code(), "corrupt_image", "{error}");
        assert!(error.to_string().contains("no color table"), "{error}");
    }
}

/// The names of a PNG's chunks, each of which must have a right checksum.
fn chunks(png: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        let content = &png[at + 4..at + 8 + length];
        let checksum = crc32fast::hash(content).to_be_bytes();
        let name = String::from_utf8(content[..4].to_vec()).unwrap();
        assert_eq!(checksum, png[at + 8 + length..at + 12 + length], "{name}");
        names.push(name);
        at += length + 12;
    }
    names
}

#[test]
fn a_damaged_ancillary_chunk_of_a_png_is_left_out() {
    let damaged = case("png-gamma-chunk-with-wrong-checksum.png");
    assert!(damaged.windows(4).any(|name| name == b"gAMA"));
    let conversion = gray(&damaged, None).unwrap();
    let names = chunks(&conversion.bytes);
    assert!(!names.contains(&"gAMA".to_owned()), "{names:?}");
}

#[test]
fn damage_in_a_chunk_of_a_gray_or_a_palette_png_is_left_out_too() {
    for name in [
        "gray8.png",
        "gray-alpha.png",
        "palette8.png",
        "rgb.png",
        "rgba16.png",
    ] {
        let png = image(name);
        let whole = chunks(&gray(&png, None).unwrap().bytes);
        for wrong in [b"tEXt", b"gAMA", b"eXIf", b"pHYs"] {
            let mut damaged = png[..33].to_vec();
            damaged.extend_from_slice(&[0, 0, 0, 4]);
            damaged.extend_from_slice(wrong);
            damaged.extend_from_slice(b"\0\0\0\x01\xDE\xAD\xBE\xEF");
            damaged.extend_from_slice(&png[33..]);
            let conversion = gray(&damaged, None).unwrap();
            assert_eq!(chunks(&conversion.bytes), whole, "{name}");
            assert_eq!(samples(&damaged), samples(&png), "{name}");
        }
    }
}

#[test]
fn damage_that_would_change_the_picture_is_an_error() {
    let mut keyed = image("keyed.png");
    let at = keyed.windows(4).position(|name| name == b"tRNS").unwrap();
    keyed[at + 5] ^= 1;
    for format in [None, Some(Format::Pnm)] {
        let error = gray(&keyed, format).unwrap_err();
        assert!(error.to_string().contains("tRNS"), "{error}");
    }
}
