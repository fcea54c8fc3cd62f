//! WebP, still or animated.
//!
//! A WebP file is a RIFF list of chunks (Google's "WebP Container Specification"). Chunks are copied, but for those
//! that hold color:
//!
//! - `VP8 `, a **lossy** frame, has its luma copied in the compressed domain and its chroma made neutral ([`vp8`]).
//!   Its luma is BT.601's: for another formula it is decoded, and the gray encoded as a lossy frame ([`lossy`]).
//! - `VP8L`, a **lossless** frame, is decoded and encoded again, still lossless; a gray one is left alone.
//! - `ALPH`, a lossy frame's alpha, has no color and is copied.
//! - `ICCP` goes, for a color profile on a gray image is wrong; `EXIF`, its thumbnail made gray,
//!   and `XMP ` stay unless stripped.
//!
//! An animation's frames, their places, times and blending stay as they are.

#![allow(
    clippy::cast_possible_truncation,
    reason = "bits taken out of a wider word fit by construction"
)]

mod bool_coder;
mod decode;
mod lossy;
mod riff;
mod tables;
mod tokens;
mod vp8;

use image_webp::{ColorType, WebPEncoder};
use jpeg_luma::{exif, metadata};

pub(crate) use decode::first_picture;

use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters, cancel};
use decode::{decode, gray_of, is_gray, lossless_dimensions, size_of, three_bytes};
use riff::{Chunk, Chunks, HAS_EXIF, HAS_PROFILE, HAS_XMP, damaged};

/// Converts a WebP to a gray WebP.
pub(crate) fn convert(input: &[u8], parameters: &Parameters, limits: &Limits) -> Result<Conversion, Error> {
    let size = Chunks::of_file(input)?
        .flatten()
        .find_map(|chunk| size_of(&chunk));
    limits.check(Format::WebP, size.unwrap_or_default(), input.len() as u64)?;
    let mut converter = Converter::new(input, parameters, limits)?;
    let mut output = Vec::with_capacity(input.len());
    output.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    for chunk in Chunks::of_file(input)? {
        cancel::check()?;
        converter.chunk(&chunk?, &mut output)?;
    }
    riff::end(&mut output, 0)?;
    let Some((width, height)) = converter.canvas.filter(|_| converter.frames > 0) else {
        return Err(damaged("it has no frames"));
    };
    let route = match (converter.copied, converter.through_pixels) {
        (_, true) => Route::Pixels,
        (true, false) => Route::WebpLumaCopy,
        (false, false) => Route::AsIs,
    };
    let report = Report::new(Format::WebP, route, parameters.luma, (width, height))
        .with_sizes(input.len() as u64, output.len() as u64)
        .with_frames((converter.frames > 1).then_some(converter.frames));
    Ok(Conversion {
        bytes: output,
        report,
    })
}

/// Place, size, time and flags before the chunks of an animation's frame.
const FRAME_HEADER_BYTES: usize = 16;

struct Converter<'a> {
    parameters: &'a Parameters,
    limits: &'a Limits,
    /// What is left of EXIF when metadata is stripped.
    minimal_exif: Option<Vec<u8>>,
    /// The size of the canvas: the extended header's, or the only frame's.
    canvas: Option<(u32, u32)>,
    /// The alpha that belongs to the lossy frame that follows.
    alpha: Option<&'a [u8]>,
    frames: u32,
    /// Whether a frame was copied, and whether one was decoded.
    copied: bool,
    through_pixels: bool,
}

impl<'a> Converter<'a> {
    fn new(input: &'a [u8], parameters: &'a Parameters, limits: &'a Limits) -> Result<Self, Error> {
        Ok(Self {
            parameters,
            limits,
            minimal_exif: riff::exif(input)?.and_then(exif::orientation_only),
            canvas: None,
            alpha: None,
            frames: 0,
            copied: false,
            through_pixels: false,
        })
    }

    fn chunk(&mut self, chunk: &Chunk<'a>, output: &mut Vec<u8>) -> Result<(), Error> {
        match &chunk.name {
            b"VP8X" => self.extended_header(chunk.data, output),
            b"VP8 " => self.lossy(chunk.data, output),
            b"VP8L" => self.lossless(chunk.data, output),
            b"ALPH" => {
                self.alpha = Some(chunk.data);
                Ok(())
            }
            b"ANIM" => self.animation(chunk.data, output),
            b"ANMF" => self.animation_frame(chunk.data, output),
            b"ICCP" => Ok(()),
            b"EXIF" if self.parameters.strip => self
                .minimal_exif
                .as_ref()
                .map_or(Ok(()), |exif| riff::write(output, chunk.name, exif)),
            _ if self.parameters.strip => Ok(()),
            b"EXIF" => riff::write(output, chunk.name, &metadata::with_gray_thumbnail(chunk.data)),
            _ => riff::write(output, chunk.name, chunk.data),
        }
    }

    fn extended_header(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        let &[flags, r0, r1, r2, w0, w1, w2, h0, h1, h2] = data else {
            return Err(damaged("its extended header does not have ten bytes"));
        };
        self.canvas = Some((1 + three_bytes(w0, w1, w2), 1 + three_bytes(h0, h1, h2)));
        let gone = match (self.parameters.strip, &self.minimal_exif) {
            (false, _) => HAS_PROFILE,
            (true, Some(_)) => HAS_PROFILE | HAS_XMP,
            (true, None) => HAS_PROFILE | HAS_XMP | HAS_EXIF,
        };
        riff::write(
            output,
            *b"VP8X",
            &[flags & !gone, r0, r1, r2, w0, w1, w2, h0, h1, h2],
        )
    }

    /// Background (blue, green, red and alpha), then how often to repeat.
    fn animation(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        let mut data = data.to_vec();
        if let Some([blue, green, red]) = data.first_chunk_mut() {
            let gray = self.parameters.luma.gray8(*red, *green, *blue);
            (*blue, *green, *red) = (gray, gray, gray);
        }
        riff::write(output, *b"ANIM", &data)
    }

    fn animation_frame(&mut self, data: &'a [u8], output: &mut Vec<u8>) -> Result<(), Error> {
        let (header, body) = data
            .split_at_checked(FRAME_HEADER_BYTES)
            .ok_or_else(|| damaged("a frame has no header"))?;
        let start = riff::begin(output, *b"ANMF");
        output.extend_from_slice(header);
        for chunk in Chunks::within(body) {
            let chunk = chunk?;
            match &chunk.name {
                b"ANMF" | b"VP8X" | b"ANIM" => {
                    return Err(damaged("a frame holds what belongs outside of it"));
                }
                _ => self.chunk(&chunk, output)?,
            }
        }
        riff::end(output, start)
    }

    fn lossy(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        let dimensions = vp8::dimensions(data)?;
        let alpha = self.alpha.take();
        self.frames += 1;
        self.canvas.get_or_insert(dimensions);
        // The frame once in partitions and once whole, and what each column of macroblocks keeps.
        let needed = output.len() + alpha.map_or(0, <[u8]>::len) + data.len() * 2;
        self.limits
            .check(Format::WebP, dimensions, needed as u64 + u64::from(dimensions.0))?;
        if let Some(alpha) = alpha {
            riff::write(output, *b"ALPH", alpha)?;
        }
        if let Some(gray) = self.other_luma(data, dimensions, output.len())? {
            self.through_pixels = true;
            let frame = lossy::encode(gray, dimensions, self.parameters.checked_quality()?)?;
            return riff::write(output, *b"VP8 ", &frame);
        }
        self.copied = true;
        riff::write(output, *b"VP8 ", &vp8::gray(data)?)
    }

    /// The gray of a lossy frame by another formula than its own; `None` where its own luma is asked for, or it is gray
    /// already, which every formula leaves as it is.
    fn other_luma(
        &self,
        data: &[u8],
        dimensions: (u32, u32),
        output_bytes: usize,
    ) -> Result<Option<Vec<u8>>, Error> {
        if self.parameters.luma == Luma::Bt601 {
            return Ok(None);
        }
        // Encoding takes less than decoding: gray, neutral chroma, the encoder's two bytes a pixel and the frame.
        let (color, _) = decode(&[(*b"VP8 ", Some(data))], dimensions, output_bytes, self.limits)?;
        // A decoder's green is a level off red and blue for some lumas with neutral chroma: its constants are rounded.
        let near = |pixel: &[u8; 3]| pixel[0].abs_diff(pixel[1]) <= 1 && pixel[1].abs_diff(pixel[2]) <= 1;
        let gray = color.as_chunks().0.iter().all(near);
        Ok((!gray).then(|| gray_of(&color, false, self.parameters.luma)))
    }

    fn lossless(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        self.alpha = None;
        let dimensions = lossless_dimensions(data)?;
        self.frames += 1;
        self.canvas.get_or_insert(dimensions);
        let frame = [(*b"VP8L", Some(data))];
        let (color, alpha) = decode(&frame, dimensions, output.len(), self.limits)?;
        if is_gray(&color, alpha) {
            return riff::write(output, *b"VP8L", data);
        }
        self.through_pixels = true;
        let luma = self.parameters.luma;
        let gray = gray_of(&color, alpha, luma);
        drop(color);
        let kind = if alpha { ColorType::La8 } else { ColorType::L8 };
        let mut encoded = Vec::new();
        WebPEncoder::new(&mut encoded)
            .encode(&gray, dimensions.0, dimensions.1, kind)
            .map_err(|error| Error::encode(Format::WebP, error))?;
        for chunk in Chunks::of_file(&encoded)? {
            let chunk = chunk?;
            if chunk.name == *b"VP8L" {
                riff::write(output, chunk.name, chunk.data)?;
            }
        }
        Ok(())
    }
}
