//! EXIF put into the test images, and taken out of what became of them.

#![allow(clippy::cast_possible_truncation, reason = "small numbers throughout")]

use crate::test_images::image;

/// A PNG with an `eXIf` after its header.
pub(crate) fn png_with(name: &str, exif: &[u8]) -> Vec<u8> {
    let mut png = image(name);
    let body = [b"eXIf", exif].concat();
    let mut chunk = (exif.len() as u32).to_be_bytes().to_vec();
    chunk.extend(&body);
    chunk.extend(crc32fast::hash(&body).to_be_bytes());
    // Behind the signature and the header, and in the place of one that is there already.
    let mut at = 33;
    while &png[at + 4..at + 8] != b"IDAT" {
        let end = at + 12 + u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == b"eXIf" {
            png.drain(at..end);
        } else {
            at = end;
        }
    }
    png.splice(33..33, chunk);
    png
}

/// The same, with the `eXIf` behind the image data.
pub(crate) fn png_with_late(name: &str, exif: &[u8]) -> Vec<u8> {
    let mut png = png_with(name, exif);
    let chunk: Vec<u8> = png.drain(33..33 + 12 + exif.len()).collect();
    let end = png.len() - 12;
    png.splice(end..end, chunk);
    png
}

pub(crate) fn exif_of_png(png: &[u8]) -> Vec<u8> {
    let mut at = 8;
    while &png[at + 4..at + 8] != b"eXIf" {
        at += 12 + u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    }
    let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    png[at + 8..at + 8 + length].to_vec()
}

/// A WebP in the extended form with an `EXIF` in the place of the one it has.
pub(crate) fn webp_with(name: &str, exif: &[u8]) -> Vec<u8> {
    let webp = image(name);
    let mut out = webp[..12].to_vec();
    let mut at = 12;
    while at < webp.len() {
        let length = u32::from_le_bytes(webp[at + 4..at + 8].try_into().unwrap()) as usize;
        let end = at + 8 + length + length % 2;
        if &webp[at..at + 4] != b"EXIF" {
            out.extend(&webp[at..end]);
        }
        at = end;
    }
    out.extend(b"EXIF");
    out.extend((exif.len() as u32).to_le_bytes());
    out.extend(exif);
    out.extend(vec![0; exif.len() % 2]);
    let length = (out.len() as u32 - 8).to_le_bytes();
    out[4..8].copy_from_slice(&length);
    out
}

pub(crate) fn exif_of_webp(webp: &[u8]) -> Vec<u8> {
    let mut at = 12;
    loop {
        let length = u32::from_le_bytes(webp[at + 4..at + 8].try_into().unwrap()) as usize;
        if &webp[at..at + 4] == b"EXIF" {
            return webp[at + 8..at + 8 + length].to_vec();
        }
        at += 8 + length + length % 2;
    }
}
