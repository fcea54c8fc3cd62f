//! The pixels of one page, made gray a row of strips or tiles after another.

use jpeg_luma::ifd::Directory;

use super::chunk::Chunk;
use super::file::File;
use super::layout::Layout;
use super::samples::{Packing, Sample, multiplied, unmultiplied};
use super::tags::{Alpha, Color};
use crate::{Error, Limits, Luma, Parameters, cancel};

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
    pub(super) lenient: bool,
    pub(super) limits: Limits,
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
        let planes = if layout.grid.planar { read.len() } else { 1 };
        let mut chunks: Vec<_> = (0..planes).map(|_| Chunk::new(layout.reversed_bits)).collect();
        let (across, down) = (layout.grid.across, layout.grid.down);
        let channels = layout.gray_channels();
        let width = layout.width as usize;
        let mut samples = vec![S::default(); layout.grid.width.min(layout.width) as usize * read.len()];
        let mut band = Vec::new();
        for row_of_chunks in 0..down {
            let rows = layout
                .grid
                .height
                .min(layout.height - row_of_chunks * layout.grid.height);
            band.resize(width * rows as usize * channels, S::default());
            for column in 0..across {
                cancel::check()?;
                let number = row_of_chunks as usize * across as usize + column as usize;
                for (chunk, sample) in chunks.iter_mut().zip(&read) {
                    let plane = if layout.grid.planar {
                        sample * across as usize * down as usize
                    } else {
                        0
                    };
                    chunk.decode(self, plane + number, rows)?;
                }
                let left = column as usize * layout.grid.width as usize;
                let visible = (width - left).min(layout.grid.width as usize);
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
        if !layout.grid.planar && side_by_side == read.len() {
            // All are read, and so in their order.
            if let Some(stored) = S::as_stored(first).filter(|_| layout.bits == 8) {
                return &stored[..samples.len()];
            }
            packing.channel(first, (0, 1), samples, (0, 1));
            return samples;
        }
        for (to, from) in read.iter().enumerate() {
            let (bytes, from) = if layout.grid.planar {
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
                let color = ycbcr.rgb(sample.map(|sample| sample.into() as u8));
                let color = color.map(|value| S::of(value.into()));
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
