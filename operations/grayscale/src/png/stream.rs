//! Decoder to encoder, row by row, on two threads where the image is large enough for it to pay.
//!
//! The calling thread inflates and undoes filters and computes gray; the other filters and deflates. They take about
//! as long as each other, so a second core halves the time. Between them are a few batches of rows.

use std::io::Cursor;
use std::sync::mpsc::sync_channel;
use std::{panic, thread};

use ::png::{ColorType, Decoder, DecodingError, Reader, Transformations};

use super::chunks::{Chunks, Summary};
use super::encoder::{Compression, Encoder, Layout};
use super::metadata::Keeper;
use super::rows::RowConverter;
use crate::{Error, Format, Limits, Parameters};

/// Gray bytes that go from one thread to the other at once.
const BATCH_BYTES: usize = 64 << 10;
/// Batches on their way between the threads.
const BATCHES: usize = 4;
/// Images of fewer gray bytes are done before a second thread would have started to help.
const PARALLEL_BYTES: u64 = 512 << 10;

/// A step of the encoder's work.
enum Step<'a> {
    Frame(Option<&'a [u8]>),
    Pass(usize),
    Rows(Vec<u8>),
    EndFrame,
}

/// Converts a colour PNG to a gray one.
///
/// Many an alpha channel is opaque from corner to corner and only makes the file larger. It is believed to be so
/// until a row shows otherwise; then the work begins again with alpha, which is mostly at one of the first rows.
pub(super) fn convert(
    input: &[u8],
    parameters: &Parameters,
    limits: &Limits,
    summary: &Summary<'_>,
) -> Result<Vec<u8>, Error> {
    if summary.header.color == ColorType::Rgba
        && let Some(output) = attempt(input, parameters, limits, summary, true)?
    {
        return Ok(output);
    }
    let output = attempt(input, parameters, limits, summary, false)?;
    Ok(output.expect("nothing was taken for opaque"))
}

/// One try, which gives nothing if `opaque` proves wrong.
fn attempt(
    input: &[u8],
    parameters: &Parameters,
    limits: &Limits,
    summary: &Summary<'_>,
    opaque: bool,
) -> Result<Option<Vec<u8>>, Error> {
    let header = &summary.header;
    let converter = RowConverter::new(summary, parameters.luma, opaque);
    let alpha = converter.has_alpha();
    let depth = if header.depth == 16 { 16 } else { 8 };
    let layout = Layout {
        width: header.width,
        height: header.height,
        depth,
        alpha,
        interlaced: header.interlaced,
    };
    // Rows in the decoder (two, and its window) and in the encoder (one, and five ways to filter it), batches of
    // rows, the deflate state. The output counts as it grows: how long it gets, no header tells.
    let row = u64::from(header.width) * 8;
    let working = row * 3
        + layout.row_bytes(header.width) as u64 * 8
        + (BATCH_BYTES * (BATCHES + 2) + (512 << 10)) as u64;
    limits.check(Format::Png, header.dimensions(), working)?;

    let target = if alpha {
        ColorType::GrayscaleAlpha
    } else {
        ColorType::Grayscale
    };
    let (before, behind) = Keeper::new(summary, parameters, target).split(input)?;
    let compression = compression(parameters, summary, &layout);
    let mut encoder = Encoder::new(&before, layout, compression, limits.memory_bytes - working);
    let mut source = Source {
        reader: open(input, limits)?,
        input,
        converter,
        layout,
        translucent: false,
    };

    let outcome = if layout.raw_bytes() < PARALLEL_BYTES {
        source
            .run(summary, &mut |step| carry_out(&mut encoder, step))
            .map(|()| encoder)
    } else {
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(BATCHES);
            let encoding = scope.spawn(move || {
                receiver
                    .into_iter()
                    .try_for_each(|step| carry_out(&mut encoder, step))
                    .map(|()| encoder)
            });
            // When the encoder has given up, its own error is the one that counts.
            let sent = source.run(summary, &mut |step| sender.send(step).map_err(|_| given_up()));
            drop(sender);
            let written = encoding
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
            written.and_then(|encoder| sent.map(|()| encoder))
        })
    };
    if source.translucent {
        return Ok(None);
    }
    let mut encoder = outcome?;
    encoder.chunks(&behind);
    Ok(Some(encoder.finish()))
}

/// A drawing, which compresses far better than any photograph does, is worth a search for repetitions.
fn compression(parameters: &Parameters, summary: &Summary<'_>, layout: &Layout) -> Compression {
    const DRAWING_RATIO: u64 = 8;
    if parameters.optimize {
        return Compression::Best;
    }
    let channels = summary.header.color.samples() as u64;
    let bits = u64::from(summary.header.width) * u64::from(summary.header.height) * channels;
    let raw = bits * u64::from(summary.header.depth) / 8 * u64::from(summary.animation_frames.max(1));
    if summary.data_bytes < raw / DRAWING_RATIO {
        Compression::Balanced
    } else {
        Compression::for_photo(layout.raw_bytes())
    }
}

fn carry_out(encoder: &mut Encoder, step: Step<'_>) -> Result<(), Error> {
    match step {
        Step::Frame(control) => encoder.start_frame(control),
        Step::Pass(row_bytes) => encoder.start_pass(row_bytes),
        Step::Rows(rows) => encoder.rows(&rows)?,
        Step::EndFrame => encoder.end_frame()?,
    }
    Ok(())
}

fn given_up() -> Error {
    Error::Encode {
        format: Format::Png,
        detail: "the work was given up".to_owned(),
    }
}

fn open<'a>(input: &'a [u8], limits: &Limits) -> Result<Reader<Cursor<&'a [u8]>>, Error> {
    let bounds = ::png::Limits {
        bytes: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(input), bounds);
    decoder.set_transformations(Transformations::IDENTITY);
    // The checksums were checked, and metadata is copied chunk by chunk.
    decoder.ignore_checksums(true);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(|error| explain(&error, input.len()))
}

/// The decoding side.
struct Source<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    input: &'a [u8],
    converter: RowConverter,
    layout: Layout,
    /// A row was not opaque that was believed to be.
    translucent: bool,
}

impl<'a> Source<'a> {
    /// Hands every frame to `encoder`, step by step.
    fn run(
        &mut self,
        summary: &Summary<'a>,
        encoder: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let still = (summary.header.width, summary.header.height);
        if !summary.animated {
            return self.frame(None, still, encoder);
        }
        let mut first = true;
        if summary.separate_still {
            self.frame(None, still, encoder)?;
            first = false;
        }
        let mut controls =
            Chunks::new(self.input).filter(|chunk| chunk.as_ref().is_ok_and(|chunk| chunk.name == *b"fcTL"));
        while let Some(control) = controls.next().transpose()? {
            if !first {
                self.reader
                    .next_frame_info()
                    .map_err(|error| explain(&error, self.input.len()))?;
            }
            first = false;
            let size = self
                .reader
                .info()
                .frame_control()
                .map_or(still, |control| (control.width, control.height));
            self.frame(Some(control.data), size, encoder)?;
        }
        Ok(())
    }

    fn frame(
        &mut self,
        control: Option<&'a [u8]>,
        (width, height): (u32, u32),
        encoder: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        encoder(Step::Frame(control))?;
        let whole = [(width, height)];
        let interlaced = ADAM7.map(|pass| pass.size(width, height));
        let passes = if self.layout.interlaced {
            &interlaced[..]
        } else {
            &whole[..]
        };
        for &(width, height) in passes.iter().filter(|(width, height)| *width > 0 && *height > 0) {
            let row_bytes = self.layout.row_bytes(width);
            encoder(Step::Pass(row_bytes))?;
            let mut batch = Vec::new();
            for _ in 0..height {
                let row = self
                    .reader
                    .next_interlaced_row()
                    .map_err(|error| explain(&error, self.input.len()))?;
                let Some(row) = row else {
                    return Err(Error::truncated(Format::Png, self.input.len()));
                };
                if batch.capacity() == 0 {
                    batch.reserve_exact(row_bytes * (BATCH_BYTES / row_bytes).max(1));
                }
                let start = batch.len();
                batch.resize(start + row_bytes, 0);
                if !self.converter.convert(row.data(), &mut batch[start..]) {
                    self.translucent = true;
                    return Err(given_up());
                }
                if batch.len() == batch.capacity() || batch.len() + row_bytes > BATCH_BYTES {
                    encoder(Step::Rows(std::mem::take(&mut batch)))?;
                }
            }
            encoder(Step::Rows(batch))?;
        }
        encoder(Step::EndFrame)
    }
}

/// A pass of an interlaced image (PNG, 8.1): its first pixel, and the distances to the next, across and down.
struct Pass {
    first: (u32, u32),
    step: (u32, u32),
}

const ADAM7: [Pass; 7] = [
    Pass {
        first: (0, 0),
        step: (8, 8),
    },
    Pass {
        first: (4, 0),
        step: (8, 8),
    },
    Pass {
        first: (0, 4),
        step: (4, 8),
    },
    Pass {
        first: (2, 0),
        step: (4, 4),
    },
    Pass {
        first: (0, 2),
        step: (2, 4),
    },
    Pass {
        first: (1, 0),
        step: (2, 2),
    },
    Pass {
        first: (0, 1),
        step: (1, 2),
    },
];

impl Pass {
    fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let count = |size: u32, first: u32, step: u32| size.saturating_sub(first).div_ceil(step);
        (
            count(width, self.first.0, self.step.0),
            count(height, self.first.1, self.step.1),
        )
    }
}

fn explain(error: &DecodingError, length: usize) -> Error {
    let message = error.to_string();
    if crate::pixels::speaks_of_an_early_end(&message) {
        return Error::truncated(Format::Png, length);
    }
    Error::corrupt(Format::Png, message.trim_end_matches('.'))
}
