//! The pixels of one page, made gray a row of strips or tiles after another.

use std::borrow::Cow;

use jpeg_luma::ifd::Directory;

use super::compression::{Decompressor, Fault, Method};
use super::file::File;
use super::layout::{Alpha, Color, Layout};
use super::predictor;
use super::samples::{Packing, Sample, multiplied, unmultiplied};
use super::ycbcr;
use crate::formats::jpeg;
use crate::{Error, Format, Limits, Luma, Parameters};

/// What becomes of colors that are multiplied by alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Associated {
    /// They stay so.
    Kept,
    /// They are divided by it: other formats have them so.
    Divided,
}

/// A page, ready to be decoded.
pub(super) struct Page<'a, 'f> {
    pub(super) file: &'f File<'a>,
    pub(super) layout: Layout,
    luma: Luma,
    lenient: bool,
    limits: Limits,
}

impl<'a, 'f> Page<'a, 'f> {
    pub(super) fn new(
        file: &'f File<'a>,
        directory: &Directory,
        parameters: &Parameters,
        limits: &Limits,
    ) -> Result<Self, Error> {
        Ok(Self {
            file,
            layout: Layout::of(file, directory, parameters.luma)?,
            luma: parameters.luma,
            lenient: parameters.lenient,
            limits: *limits,
        })
    }

    /// Gives the gray of the page's rows to `sink`, some at a time: gray, or gray and alpha.
    pub(super) fn read<S: Sample>(
        &self,
        associated: Associated,
        mut sink: impl FnMut(&[S]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let layout = &self.layout;
        let read = layout.read();
        let planes = if layout.planar { read.len() } else { 1 };
        let mut chunks: Vec<_> = (0..planes).map(|_| Chunk::new(layout.reversed_bits)).collect();
        let (across, down) = (layout.chunks_across(), layout.chunks_down());
        let channels = layout.gray_channels();
        let width = layout.width as usize;
        let mut samples = vec![S::default(); layout.chunk.0.min(layout.width) as usize * read.len()];
        let mut band = Vec::new();
        for row_of_chunks in 0..down {
            let rows = layout.chunk.1.min(layout.height - row_of_chunks * layout.chunk.1);
            band.resize(width * rows as usize * channels, S::default());
            for column in 0..across {
                let number = (row_of_chunks * across + column) as usize;
                for (chunk, sample) in chunks.iter_mut().zip(&read) {
                    let plane = if layout.planar {
                        sample * across as usize * down as usize
                    } else {
                        0
                    };
                    chunk.decode(self, plane + number, rows)?;
                }
                let left = column as usize * layout.chunk.0 as usize;
                let visible = (width - left).min(layout.chunk.0 as usize);
                for row in 0..rows as usize {
                    let place = (row * width + left) * channels;
                    let gray = &mut band[place..place + visible * channels];
                    let pixels = self.row(&chunks, &read, row, &mut samples[..visible * read.len()]);
                    self.shade(pixels, gray, associated);
                }
            }
            sink(&band)?;
        }
        Ok(())
    }

    /// The samples of a row that are read, pixel by pixel.
    fn row<'s, S: Sample>(
        &self,
        chunks: &'s [Chunk<'a>],
        read: &[usize],
        row: usize,
        samples: &'s mut [S],
    ) -> &'s [S] {
        let layout = &self.layout;
        let packing = Packing {
            bits: layout.bits,
            little_endian: self.file.tiff.little_endian(),
            scaled: !matches!(layout.color, Color::Palette(_)),
        };
        let first = chunks[0].row(row);
        let side_by_side = chunks[0].channels;
        if !layout.planar && side_by_side == read.len() {
            // All are read, and so in their order.
            if let Some(stored) = S::as_stored(first).filter(|_| layout.bits == 8) {
                return &stored[..samples.len()];
            }
            packing.channel(first, (0, 1), samples, (0, 1));
            return samples;
        }
        for (to, from) in read.iter().enumerate() {
            let (bytes, from) = if layout.planar {
                (chunks[to].row(row), (0, 1))
            } else {
                (first, (*from, side_by_side))
            };
            packing.channel(bytes, from, samples, (to, read.len()));
        }
        samples
    }

    /// The gray of a row of pixels.
    fn shade<S: Sample>(&self, pixels: &[S], gray: &mut [S], associated: Associated) {
        let luma = self.luma;
        let alpha = self.layout.alpha;
        // Weights of what is multiplied give the gray multiplied; curves do not.
        let divided = alpha.is_some_and(|alpha| alpha.associated)
            && match self.layout.color {
                Color::Palette(_) => false,
                Color::Gray { .. } => associated == Associated::Divided,
                Color::Rgb | Color::YCbCr(_) => associated == Associated::Divided || luma == Luma::Linear,
                Color::Cmyk => true,
            };
        let whole = |sample: S, alpha: S| {
            if divided {
                unmultiplied(sample, alpha)
            } else {
                sample
            }
        };
        let again = divided && associated == Associated::Kept;
        match &self.layout.color {
            Color::Gray { white_is_zero } => {
                let turned = |sample: S| {
                    S::of(if *white_is_zero {
                        S::MOST - sample.into()
                    } else {
                        sample.into()
                    })
                };
                each::<S, 1>(pixels, gray, alpha, again, |[sample], alpha| {
                    whole(turned(sample), alpha)
                });
            }
            Color::Palette(grays) => each::<S, 1>(pixels, gray, alpha, false, |[index], _| {
                // An index beyond the palette is black, as in most viewers.
                let index: u32 = index.into();
                S::of(grays.get(index as usize).copied().unwrap_or(0).into())
            }),
            Color::Rgb if !divided && alpha.is_none() => S::row::<3, 1>(luma, pixels, gray),
            Color::Rgb if !divided => S::row::<4, 2>(luma, pixels, gray),
            Color::Rgb => each::<S, 3>(pixels, gray, alpha, again, |color, alpha| {
                S::gray(luma, color.map(|sample| whole(sample, alpha)))
            }),
            Color::Cmyk => each::<S, 4>(pixels, gray, alpha, again, |inks, alpha| {
                S::gray(luma, S::light(inks.map(|ink| whole(ink, alpha))))
            }),
            Color::YCbCr(ycbcr) => each::<S, 3>(pixels, gray, alpha, again, |sample, alpha| {
                // Conversions from floating point saturate.
                let color = ycbcr.rgb(sample.map(|sample| sample.into() as u8).map(f32::from));
                let color = color.map(|value| S::of(u32::from((value + 0.5) as u8)));
                S::gray(luma, color.map(|sample| whole(sample, alpha)))
            }),
        }
    }
}

/// Writes what `formula` makes of each pixel's color of `COLORS` samples and of its alpha; that again multiplied by alpha,
/// if `again`.
fn each<S: Sample, const COLORS: usize>(
    pixels: &[S],
    gray: &mut [S],
    alpha: Option<Alpha>,
    again: bool,
    formula: impl Fn([S; COLORS], S) -> S,
) {
    let Some(_) = alpha else {
        let opaque = S::of(S::MOST);
        for (gray, color) in gray.iter_mut().zip(pixels.as_chunks().0) {
            *gray = formula(*color, opaque);
        }
        return;
    };
    for (gray, pixel) in gray
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(pixels.chunks_exact(COLORS + 1))
    {
        let (color, alpha) = (
            pixel.first_chunk().expect("one sample more than these"),
            pixel[COLORS],
        );
        let value = formula(*color, alpha);
        *gray = [if again { multiplied(value, alpha) } else { value }, alpha];
    }
}

/// A strip or tile of one plane or all, decoded.
struct Chunk<'a> {
    decompressor: Decompressor,
    pixels: Pixels<'a>,
    /// What was decompressed last, and was pixels or is to become some.
    spare: Vec<u8>,
    /// Samples side by side.
    channels: usize,
    row_bytes: usize,
}

/// Rows of samples, in the file or of their own.
enum Pixels<'a> {
    Stored(&'a [u8]),
    Own(Vec<u8>),
}

impl<'a> Chunk<'a> {
    fn new(reversed_bits: bool) -> Self {
        Self {
            decompressor: Decompressor::new(reversed_bits),
            pixels: Pixels::Stored(&[]),
            spare: Vec::new(),
            channels: 1,
            row_bytes: 0,
        }
    }

    fn row(&self, row: usize) -> &[u8] {
        let pixels = match &self.pixels {
            Pixels::Stored(pixels) => pixels,
            Pixels::Own(pixels) => &pixels[..],
        };
        &pixels[row * self.row_bytes..][..self.row_bytes]
    }

    /// Decodes the strip or tile with this index, of which `rows` are on the page.
    fn decode(&mut self, page: &Page<'a, '_>, index: usize, rows: u32) -> Result<(), Error> {
        let layout = &page.layout;
        let stored = layout.stored(page.file, index)?;
        if let Method::Jpeg { tables } = &layout.method {
            let tables = &page.file.tiff.bytes()[tables.clone()];
            return self.decode_jpeg(page, &merged(tables, stored), index, rows);
        }
        let rows = if layout.tiled { layout.chunk.1 } else { rows };
        self.channels = layout.interleaved();
        self.row_bytes = layout.row_bytes() as usize;
        let length = layout.chunk_bytes(rows) as usize;
        if layout.method == Method::None && !layout.reversed_bits && layout.units.is_none() {
            let pixels = stored.get(..length).ok_or_else(|| Fault::Short.of(index))?;
            self.pixels = Pixels::Stored(pixels);
            return Ok(());
        }
        let mut bytes = self.take_spare();
        bytes.resize(length, 0);
        self.decompressor
            .decompress(&layout.method, stored, layout.chunk.0, &mut bytes)
            .map_err(|fault| fault.of(index))?;
        if let Some(units) = layout.units {
            let mut pixels = self.take_spare();
            ycbcr::take_apart(
                &bytes,
                units,
                (layout.chunk.0, rows),
                layout.luma_alone,
                &mut pixels,
            );
            self.channels = if layout.luma_alone { 1 } else { 3 };
            self.row_bytes = layout.chunk.0 as usize * self.channels;
            self.spare = bytes;
            bytes = pixels;
        } else if layout.predictor && layout.bits == 8 {
            predictor::undo8(&mut bytes, self.row_bytes, self.channels);
        } else if layout.predictor {
            let little_endian = page.file.tiff.little_endian();
            predictor::undo16(&mut bytes, self.row_bytes, self.channels, little_endian);
        }
        self.pixels = Pixels::Own(bytes);
        Ok(())
    }

    /// A buffer that is not needed any more.
    fn take_spare(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.pixels, Pixels::Stored(&[])) {
            Pixels::Own(pixels) => pixels,
            Pixels::Stored(_) => std::mem::take(&mut self.spare),
        }
    }

    fn decode_jpeg(
        &mut self,
        page: &Page<'_, '_>,
        jpeg: &[u8],
        index: usize,
        rows: u32,
    ) -> Result<(), Error> {
        let layout = &page.layout;
        self.pixels = Pixels::Stored(&[]);
        let only_first = layout.luma_alone && layout.alpha.is_none();
        let samples = jpeg::samples(jpeg, only_first, page.lenient, &page.limits)
            .map_err(|error| in_tiff(error, index))?;
        let components = if only_first { 1 } else { layout.interleaved() };
        // A last strip may be as high as the others are.
        let width = if layout.tiled {
            layout.chunk.0
        } else {
            layout.width
        };
        if samples.width != width || samples.height < rows || samples.components != components {
            return Err(Error::corrupt(
                Format::Tiff,
                format_args!(
                    "the JPEG in strip or tile {} has {}x{} pixels of {} samples, not {width}x{rows} of {components}",
                    index + 1,
                    samples.width,
                    samples.height,
                    samples.components
                ),
            ));
        }
        self.channels = samples.components;
        self.row_bytes = samples.width as usize * samples.components;
        self.pixels = Pixels::Own(samples.data);
        Ok(())
    }
}

/// A JPEG, with the tables that all of a page's have in common (TIFF Technical Note 2): both begin with a marker of two bytes,
/// and the tables end with one.
fn merged<'a>(tables: &[u8], jpeg: &'a [u8]) -> Cow<'a, [u8]> {
    match (tables, jpeg) {
        ([0xFF, 0xD8, tables @ ..], [0xFF, 0xD8, rest @ ..]) if !tables.is_empty() => {
            let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
            [&[0xFF, 0xD8], tables, rest].concat().into()
        }
        _ => jpeg.into(),
    }
}

/// An error of a JPEG that is all in the file, as one of the file that it is in.
fn in_tiff(error: Error, index: usize) -> Error {
    let number = index + 1;
    match error {
        Error::UnsupportedFeature { feature, .. } => {
            Error::unsupported(Format::Tiff, format!("a JPEG with {feature}"))
        }
        Error::Corrupt { detail, .. } => Error::corrupt(
            Format::Tiff,
            format_args!("the JPEG in strip or tile {number}: {detail}"),
        ),
        Error::Truncated { .. } => Error::corrupt(
            Format::Tiff,
            format_args!("the JPEG in strip or tile {number} ends too early"),
        ),
        Error::TooLarge {
            width,
            height,
            needed_bytes,
            limit_bytes,
            ..
        } => Error::TooLarge {
            format: Format::Tiff,
            width,
            height,
            needed_bytes,
            limit_bytes,
        },
        other => other,
    }
}
