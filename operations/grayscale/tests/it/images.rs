//! What is kept, dropped and refused, format by format.

use crate::test_images::{self, image};
use errand_grayscale::{Conversion, Error, Format, Limits, Luma, Parameters, convert, convert_to_rope};

fn converted(name: &str, parameters: &Parameters) -> Conversion {
    convert(&image(name), parameters, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn path_of(name: &str) -> String {
    converted(name, &Parameters::default()).report.route.to_string()
}

/// Names and data of a PNG's chunks.
fn chunks(png: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut rest = &png[8..];
    let mut chunks = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        chunks.push((
            String::from_utf8(behind[..4].to_vec()).unwrap(),
            behind[4..4 + length].to_vec(),
        ));
        rest = &behind[8 + length..];
    }
    chunks
}

fn chunk(png: &[u8], name: &str) -> Option<Vec<u8>> {
    chunks(png)
        .into_iter()
        .find(|(other, _)| other == name)
        .map(|(_, data)| data)
}

#[test]
fn each_image_takes_the_most_direct_way() {
    for (name, path) in [
        ("rgb.png", "pixels"),
        ("palette4.png", "palette"),
        ("palette8.png", "palette"),
        ("gray1.png", "as-is"),
        ("gray-alpha.png", "as-is"),
        ("animated.gif", "palette"),
        ("palette1.bmp", "as-is"),
        ("palette8.bmp", "palette"),
        ("rgb.bmp", "pixels"),
        ("palette.tif", "palette"),
        ("pages.tif", "pixels"),
        ("gray.tif", "as-is"),
        ("gray.pgm", "as-is"),
        ("rgb.qoi", "pixels"),
        ("lossy-alpha.webp", "webp-luma-copy"),
        ("lossless.webp", "pixels"),
        ("rgb.jpg", "jpeg-luma-copy"),
        ("cmyk.jpg", "pixels"),
        ("ycck.jpg", "pixels"),
    ] {
        assert_eq!(path_of(name), path, "{name}");
    }
}

#[test]
fn a_converted_image_is_gray_and_comes_back_untouched_the_next_time() {
    for (name, original) in test_images::all() {
        let once = convert(&original, &Parameters::default(), &Limits::default()).unwrap();
        let twice = convert(&once.bytes, &Parameters::default(), &Limits::default()).unwrap();
        // QOI has no gray; a bitmap with alpha neither; a palette stays one.
        if once.report.format != Format::Qoi {
            assert!(
                once.bytes == twice.bytes,
                "{name} by way of {}",
                twice.report.route
            );
        }
    }
}

#[test]
fn every_image_becomes_every_format() {
    for (name, original) in test_images::all() {
        for format in Format::ALL {
            let parameters = Parameters {
                format: Some(format),
                ..Parameters::default()
            };
            let conversion = convert(&original, &parameters, &Limits::default())
                .unwrap_or_else(|error| panic!("{name} to {format}: {error}"));
            assert_eq!(Format::detect(&conversion.bytes).unwrap(), format, "{name}");
            assert_eq!(conversion.report.format, format);
        }
    }
}

#[test]
fn the_rope_of_a_gray_image_is_the_same_file() {
    for (name, bytes) in test_images::all() {
        for strip in [false, true] {
            let parameters = Parameters {
                strip,
                ..Parameters::default()
            };
            let whole = convert(&bytes, &parameters, &Limits::default()).unwrap();
            let rope = convert_to_rope(&bytes, &parameters, &Limits::default()).unwrap();
            assert_eq!(rope.report, whole.report, "{name}");
            assert_eq!(rope.bytes.len(), whole.bytes.len(), "{name}");
            let joined: Vec<u8> = rope.bytes.slices().flatten().copied().collect();
            assert!(joined == whole.bytes, "{name}");
        }
    }
}

#[test]
fn a_gif_that_has_local_palettes_only_tells_the_bits_of_the_largest() {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, 4, 4, &[]).unwrap();
    for entries in [2, 16] {
        let palette = [10, 20, 30].repeat(entries);
        let frame = gif::Frame::from_palette_pixels(4, 4, [0; 16], palette, None);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    let report = convert(&bytes, &Parameters::default(), &Limits::default())
        .unwrap()
        .report;
    assert_eq!((report.bit_depth, report.frames), (4, Some(2)));
}

#[test]
fn half_an_image_is_refused() {
    for (name, original) in test_images::all() {
        let half = &original[..original.len() / 2];
        let error = convert(half, &Parameters::default(), &Limits::default()).expect_err(&name);
        assert!(
            ["truncated_image", "corrupt_image"].contains(&error.code()),
            "{name}: {} {error}",
            error.code()
        );
    }
}

#[test]
fn a_palette_png_keeps_its_compressed_pixels() {
    for name in ["palette4.png", "palette8.png"] {
        let (before, after) = (image(name), converted(name, &Parameters::default()).bytes);
        assert_eq!(chunk(&before, "IDAT"), chunk(&after, "IDAT"), "{name}");
        assert_eq!(chunk(&before, "tRNS"), chunk(&after, "tRNS"), "{name}");
        let palette = chunk(&after, "PLTE").unwrap();
        assert!(
            palette
                .chunks(3)
                .all(|entry| entry[0] == entry[1] && entry[1] == entry[2]),
            "{name}"
        );
    }
}

/// A PNG of these chunks.
fn png_of(chunks: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1A\n".to_vec();
    for (name, data) in chunks {
        let content = [name.as_bytes(), data].concat();
        png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        png.extend(&content);
        png.extend(crc32fast::hash(&content).to_be_bytes());
    }
    png
}

#[test]
fn a_palette_that_is_cut_late_or_there_twice_is_an_error_on_every_path() {
    let original = chunks(&image("palette8.png"));
    let at = original.iter().position(|(name, _)| name == "PLTE").unwrap();
    let data_at = original.iter().position(|(name, _)| name == "IDAT").unwrap();
    let palette = &original[at].1;
    let cut = |length: usize| ("PLTE".to_owned(), palette[..length].to_vec());
    let mut damaged = Vec::new();
    for length in [0, 1, 2, 4, palette.len() - 1] {
        let mut only = original.clone();
        only[at] = cut(length);
        let mut whole_behind = only.clone();
        whole_behind.insert(data_at + 1, original[at].clone());
        let mut cut_behind = original.clone();
        cut_behind.insert(data_at + 1, cut(length));
        damaged.extend([only, whole_behind, cut_behind]);
    }
    let mut late = original.clone();
    late.swap(at, data_at);
    damaged.push(late);
    let mut missing = original.clone();
    missing.remove(at);
    damaged.push(missing);
    for (index, damaged) in damaged.iter().enumerate() {
        let damaged = png_of(damaged);
        for true_gray in [false, true] {
            for format in Format::ALL {
                let parameters = Parameters {
                    format: Some(format),
                    true_gray,
                    ..Parameters::default()
                };
                match convert(&damaged, &parameters, &Limits::default()) {
                    Err(error) => assert_eq!(error.code(), "corrupt_image", "{index} to {format}: {error}"),
                    Ok(_) => panic!("{index} to {format} was converted"),
                }
            }
        }
    }
}

#[test]
fn true_gray_gives_a_palette_png_a_gray_channel() {
    let parameters = Parameters {
        true_gray: true,
        ..Parameters::default()
    };
    assert_eq!(
        chunk(&converted("palette4.png", &parameters).bytes, "IHDR").unwrap()[8..10],
        [8, 0]
    );
    assert_eq!(
        chunk(&converted("palette8.png", &parameters).bytes, "IHDR").unwrap()[8..10],
        [8, 4]
    );
}

#[test]
fn a_png_keeps_text_density_and_exif() {
    let (before, after) = (
        image("rgb.png"),
        converted("rgb.png", &Parameters::default()).bytes,
    );
    for name in ["tEXt", "iTXt", "pHYs", "eXIf"] {
        assert!(
            chunk(&before, name).is_some() && chunk(&before, name) == chunk(&after, name),
            "{name}"
        );
    }
    let after = converted("interlaced.png", &Parameters::default()).bytes;
    assert_eq!(chunk(&after, "tEXt").unwrap(), b"Late\0behind the image");
}

#[test]
fn a_stripped_png_keeps_density_and_orientation() {
    let after = converted(
        "rgb.png",
        &Parameters {
            strip: true,
            ..Parameters::default()
        },
    )
    .bytes;
    assert_eq!(chunk(&after, "tEXt"), None);
    assert!(chunk(&after, "pHYs").is_some());
    let exif = chunk(&after, "eXIf").unwrap();
    assert!(exif.len() < 32 && exif.windows(2).any(|pair| pair == [6, 0]));
}

#[test]
fn a_color_profile_does_not_survive_on_gray() {
    let mut png = image("rgb.png");
    // A profile's name, how it is compressed, and something compressed; after the header.
    let body = b"iCCPsRGB\0\0not a profile";
    let mut profile = (u32::try_from(body.len()).unwrap() - 4).to_be_bytes().to_vec();
    profile.extend_from_slice(body);
    profile.extend_from_slice(&crc32fast::hash(body).to_be_bytes());
    png.splice(33..33, profile);
    let after = convert(&png, &Parameters::default(), &Limits::default())
        .unwrap()
        .bytes;
    assert_eq!(chunk(&after, "iCCP"), None);
}

#[test]
fn depth_alpha_and_interlacing_of_a_png_stay() {
    // Depth, color type (0 is gray, 4 gray with alpha), then compression, filter and interlacing.
    for (name, header) in [
        ("rgb.png", [8, 0, 0, 0, 0]),
        ("rgba.png", [8, 4, 0, 0, 0]),
        ("rgb16.png", [16, 0, 0, 0, 0]),
        ("rgba16.png", [16, 4, 0, 0, 0]),
        ("keyed.png", [8, 4, 0, 0, 0]),
        ("interlaced.png", [8, 0, 0, 0, 1]),
    ] {
        let after = converted(name, &Parameters::default()).bytes;
        assert_eq!(chunk(&after, "IHDR").unwrap()[8..], header, "{name}");
    }
    let after = converted("rgb16.png", &Parameters::default()).bytes;
    assert_eq!(
        chunk(&after, "sBIT").unwrap(),
        [12],
        "as precise as the most precise color"
    );
    assert!(chunk(&after, "gAMA").is_some());
}

#[test]
fn an_animated_png_stays_animated() {
    let conversion = converted("animated.png", &Parameters::default());
    assert_eq!(conversion.report.frames, Some(3));
    let (before, after) = (chunks(&image("animated.png")), chunks(&conversion.bytes));
    let controls = |chunks: &[(String, Vec<u8>)]| -> Vec<Vec<u8>> {
        chunks
            .iter()
            .filter(|(name, _)| name == "fcTL")
            .map(|(_, data)| data[4..].to_vec())
            .collect()
    };
    assert_eq!(controls(&before), controls(&after), "places, times and blending");
    let numbered = after.iter().filter(|(name, _)| name == "fcTL" || name == "fdAT");
    let numbers = numbered.map(|(_, data)| u32::from_be_bytes(data[..4].try_into().unwrap()));
    assert!(
        numbers.zip(0..).all(|(number, wanted)| number == wanted),
        "chunks are numbered from zero"
    );
}

#[test]
fn a_gif_differs_from_its_original_in_color_tables_only() {
    for name in ["animated.gif", "still.gif"] {
        let (before, after) = (image(name), converted(name, &Parameters::default()).bytes);
        assert_eq!(before.len(), after.len());
        let table = 13..13 + (3 << ((before[10] & 7) + 1));
        assert!(
            after[table]
                .chunks(3)
                .all(|entry| entry[0] == entry[1] && entry[1] == entry[2])
        );
        let differing = before
            .iter()
            .zip(&after)
            .filter(|(one, other)| one != other)
            .count();
        assert!(
            differing > 0 && differing <= 3 * (3 << 8),
            "{differing} bytes differ"
        );
    }
}

/// A TIFF's palette entry points to the palette by its last four bytes; this file has one page.
fn palette_pointer(tiff: &[u8]) -> usize {
    let directory = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(tiff[directory]);
    (0..entries)
        .map(|entry| directory + 2 + entry * 12)
        .find(|&entry| tiff[entry..entry + 2] == 320_u16.to_le_bytes())
        .unwrap()
        + 8
}

#[test]
fn a_tiff_palette_over_the_files_header_or_directory_is_refused_and_not_rewritten() {
    let original = image("palette.tif");
    let directory = u32::from_le_bytes(original[4..8].try_into().unwrap());
    for place in [0, 4, 7, directory, directory + 40, directory - 1_000] {
        let mut damaged = original.clone();
        let pointer = palette_pointer(&original);
        damaged[pointer..pointer + 4].copy_from_slice(&place.to_le_bytes());
        let error = convert(&damaged, &Parameters::default(), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "corrupt_image", "{place}: {error}");
    }
}

#[test]
fn a_tiff_directory_over_the_files_header_does_not_spoil_it() {
    // The version, 42, is the number of entries of a directory at byte 2; the first of them is a profile, to be removed.
    let mut damaged = image("palette.tif");
    let directory = u32::from_le_bytes(damaged[4..8].try_into().unwrap()) as usize;
    let entries = damaged[directory + 2..directory + 122].to_vec();
    damaged[4..8].copy_from_slice(&2_u32.to_le_bytes());
    damaged[16..136].copy_from_slice(&entries);
    damaged[4 + 42 * 12..8 + 42 * 12].fill(0);
    damaged[136..138].copy_from_slice(&34_675_u16.to_le_bytes());
    if let Ok(conversion) = convert(&damaged, &Parameters::default(), &Limits::default()) {
        assert_eq!(Format::detect(&conversion.bytes).unwrap(), Format::Tiff);
    }
}

#[test]
fn an_image_over_the_budget_is_refused_with_the_figures_before_it_is_decoded() {
    let mut bitmap = image("rgb.bmp");
    bitmap[18..22].copy_from_slice(&30_000_u32.to_le_bytes());
    bitmap[22..26].copy_from_slice(&30_000_u32.to_le_bytes());
    let error = convert(&bitmap, &Parameters::default(), &Limits::default()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooLarge {
                width: 30_000,
                height: 30_000,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("30000x30000") && error.to_string().contains("1073741824"),
        "{error}"
    );
    for name in [
        "rgb.png",
        "rgb.tif",
        "lossless.webp",
        "lossy.webp",
        "rgb.qoi",
        "rgb.ppm",
        "animated.gif",
    ] {
        let error = convert(&image(name), &Parameters::default(), &Limits::new(500)).unwrap_err();
        assert_eq!(error.code(), "image_too_large", "{name}");
    }
}

#[test]
fn each_formula_gives_its_own_gray() {
    let gray = |luma| {
        let parameters = Parameters {
            luma,
            format: Some(Format::Pnm),
            ..Parameters::default()
        };
        converted("rgb.png", &parameters).bytes
    };
    let (bt601, bt709, linear) = (gray(Luma::Bt601), gray(Luma::Bt709), gray(Luma::Linear));
    assert!(bt601 != bt709 && bt709 != linear && linear != bt601);
}

#[test]
fn parameters_and_reports_have_stable_names() {
    let parameters: Parameters =
        serde_json::from_str(r#"{"format":"webp","luma":"bt709","quality":80,"strip":true}"#).unwrap();
    assert_eq!(
        (parameters.format, parameters.luma),
        (Some(Format::WebP), Luma::Bt709)
    );
    assert!(serde_json::from_str::<Parameters>(r#"{"color":1}"#).is_err());
    let report = serde_json::to_value(converted("animated.gif", &Parameters::default()).report).unwrap();
    assert_eq!(report["input_format"], "gif");
    assert_eq!(report["path"], "palette");
    assert_eq!(report["frames"], 3);
    assert!(report.get("pages").is_none());
}
