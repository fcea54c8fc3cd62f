//! Frames into pixels. The codec gets each frame as a file of its own.

use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage};
use image_webp::WebPDecoder;
use jpeg_luma::exif;

use super::riff::{self, Chunk, Chunks, HAS_ALPHA, damaged};
use super::vp8;
use crate::gray::Gray;
use crate::{Error, Format, Limits, Luma, Parameters, cancel, decoder_error};

/// The gray of the first picture, upright: a still image, or an animation's first frame where it is on the canvas.
pub(crate) fn first_picture(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Gray, Error> {
    let orientation = riff::exif(input)?
        .and_then(exif::orientation)
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms);
    let mut canvas = None;
    let mut alpha = None;
    let mut picture = None;
    for chunk in Chunks::of_file(input)? {
        let chunk = chunk?;
        match (&chunk.name, chunk.data) {
            (b"VP8X", &[_, _, _, _, w0, w1, w2, h0, h1, h2]) => {
                canvas = Some((1 + three_bytes(w0, w1, w2), 1 + three_bytes(h0, h1, h2)));
            }
            (b"ALPH", data) => alpha = Some(data),
            (b"VP8 " | b"VP8L", data) if picture.is_none() => picture = Some((chunk.name, data, (0, 0))),
            (
                b"ANMF",
                &[
                    x0,
                    x1,
                    x2,
                    y0,
                    y1,
                    y2,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    ref body @ ..,
                ],
            ) if picture.is_none() => {
                // Offsets are stored halved.
                let place = (2 * three_bytes(x0, x1, x2), 2 * three_bytes(y0, y1, y2));
                for chunk in Chunks::within(body) {
                    let chunk = chunk?;
                    match &chunk.name {
                        b"ALPH" => alpha = Some(chunk.data),
                        b"VP8 " | b"VP8L" => picture = Some((chunk.name, chunk.data, place)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    let (name, data, place) = picture.ok_or_else(|| damaged("it has no frames"))?;
    let lossless = name == *b"VP8L";
    let dimensions = if lossless {
        lossless_dimensions(data)?
    } else {
        vp8::dimensions(data)?
    };
    let canvas = canvas.unwrap_or(dimensions);
    // The canvas with alpha, and once more for turning it; the frame's gray, and once more with alpha.
    let area = |(width, height)| u64::from(width) * u64::from(height) * 4;
    limits.check(Format::WebP, canvas, area(canvas) + area(dimensions))?;
    let frame = [(*b"ALPH", alpha.filter(|_| !lossless)), (name, Some(data))];
    let (color, alpha) = decode(&frame, dimensions, 0, limits)?;
    let gray = gray_of(&color, alpha, parameters.luma);
    drop(color);
    let broken = || damaged("it decodes to another size than its header says");
    let gray = if alpha {
        Gray::La8(GrayAlphaImage::from_raw(dimensions.0, dimensions.1, gray).ok_or_else(broken)?)
    } else {
        Gray::L8(GrayImage::from_raw(dimensions.0, dimensions.1, gray).ok_or_else(broken)?)
    };
    if canvas == dimensions {
        return Ok(gray.upright(orientation));
    }
    let mut whole = GrayAlphaImage::new(canvas.0, canvas.1);
    let frame = DynamicImage::from(gray).into_luma_alpha8();
    image::imageops::replace(&mut whole, &frame, place.0.into(), place.1.into());
    Ok(Gray::La8(whole).upright(orientation))
}

/// The size of the image, if a chunk tells it.
pub(super) fn size_of(chunk: &Chunk<'_>) -> Option<(u32, u32)> {
    match (&chunk.name, chunk.data) {
        (b"VP8X", &[_, _, _, _, w0, w1, w2, h0, h1, h2]) => {
            Some((1 + three_bytes(w0, w1, w2), 1 + three_bytes(h0, h1, h2)))
        }
        (b"VP8 ", data) => vp8::dimensions(data).ok(),
        (b"VP8L", data) => lossless_dimensions(data).ok(),
        _ => None,
    }
}

pub(super) fn three_bytes(low: u8, middle: u8, high: u8) -> u32 {
    u32::from_le_bytes([low, middle, high, 0])
}

/// A signature byte, then 14 bits each of width and height less one.
pub(super) fn lossless_dimensions(data: &[u8]) -> Result<(u32, u32), Error> {
    let &[0x2F, b0, b1, b2, b3, ..] = data else {
        return Err(damaged("a lossless frame has no signature"));
    };
    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
    Ok(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
}

/// A frame as chunks: its alpha, if that is stored separately, and its pixels.
pub(super) type Frame<'a> = [([u8; 4], Option<&'a [u8]>)];

/// Decodes a frame into red, green and blue, and alpha if there is any, while the output already takes `output_bytes`.
pub(super) fn decode(
    frame: &Frame<'_>,
    dimensions: (u32, u32),
    output_bytes: usize,
    limits: &Limits,
) -> Result<(Vec<u8>, bool), Error> {
    let pixels = u64::from(dimensions.0) * u64::from(dimensions.1);
    let frame_bytes = frame
        .iter()
        .filter_map(|(_, data)| *data)
        .map(<[u8]>::len)
        .sum::<usize>();
    // What the decoder keeps, what it returns, and gray with alpha; the frame as a file of its own, and in the output.
    limits.check(
        Format::WebP,
        dimensions,
        pixels * (4 + 4 + 2) + (frame_bytes * 2 + output_bytes) as u64,
    )?;
    for (name, data) in frame {
        if let (b"VP8 ", Some(data)) = (name, data) {
            vp8::check(data)?;
        }
    }
    let file = &still(dimensions, frame)?;
    let explain = |error| {
        let canceled = cancel::check().err();
        canceled.unwrap_or_else(|| decoder_error::of_webp_frame(&error))
    };
    let mut decoder = WebPDecoder::new(cancel::File::new(file)).map_err(explain)?;
    decoder.set_memory_limit(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX));
    let alpha = decoder.has_alpha();
    let size = decoder
        .output_buffer_size()
        .ok_or_else(|| damaged("a frame is too large"))?;
    let mut color = vec![0; size];
    decoder.read_image(&mut color).map_err(explain)?;
    Ok((color, alpha))
}

pub(super) fn gray_of(color: &[u8], alpha: bool, luma: Luma) -> Vec<u8> {
    if alpha {
        let mut gray = vec![0; color.len() / 2];
        luma.row8::<4, 2>(color, &mut gray);
        gray
    } else {
        let mut gray = vec![0; color.len() / 3];
        luma.row8::<3, 1>(color, &mut gray);
        gray
    }
}

/// A file of one frame.
fn still((width, height): (u32, u32), chunks: &Frame<'_>) -> Result<Vec<u8>, Error> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    if chunks
        .iter()
        .any(|(name, data)| name == b"ALPH" && data.is_some())
    {
        let ([w0, w1, w2, _], [h0, h1, h2, _]) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
        riff::write(&mut file, *b"VP8X", &[HAS_ALPHA, 0, 0, 0, w0, w1, w2, h0, h1, h2])?;
    }
    for (name, data) in chunks {
        if let Some(data) = data {
            riff::write(&mut file, *name, data)?;
        }
    }
    riff::end(&mut file, 0)?;
    Ok(file)
}

pub(super) fn is_gray(color: &[u8], alpha: bool) -> bool {
    let gray = |pixel: &[u8]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
    color.chunks_exact(if alpha { 4 } else { 3 }).all(gray)
}
