//! Decoder to encoder, row by row, on two threads where the image is large enough for it to pay.
//!
//! The calling thread inflates and undoes filters; the other computes gray, filters and deflates. They take about as
//! long as each other, so a second core halves the time. Between them are a few batches of rows.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::{panic, thread};

use ::png::{Decoder, Reader, Transformations};

use super::chunks::{Chunks, Summary};
use super::encoder::Budget;
use super::inflate::Inflater;
use super::unfilter::Unfilter;
use super::writer::{Step, Writer};
use super::{adam7, paeth};
use crate::{Error, Format, Limits, Parameters, cancel, decoder_error};

/// Bytes of rows, as the file has them, that go from one thread to the other at once.
const BATCH_BYTES: usize = 128 << 10;
/// Batches in flight between the threads: enough for neither to wait when the other is slow for a while.
const BATCHES: usize = 8;
/// An image of fewer gray bytes is finished before a second thread could help.
const PARALLEL_BYTES: u64 = 512 << 10;

/// Converts a color PNG to a gray one.
pub(super) fn convert(
    input: &[u8],
    parameters: &Parameters,
    limits: &Limits,
    summary: &Summary<'_>,
) -> Result<Vec<u8>, Error> {
    let header = &summary.header;
    // Rows in the decoder (two, and its window) and in the encoder (one of gray, and five ways to filter it), batches
    // of rows, the deflate state. The output counts as it grows: how long it gets, no header tells.
    let row = u64::from(header.width) * 8;
    let batch = (BATCH_BYTES as u64).max(row);
    let working = row * 3 + row / 2 * 8 + batch * (BATCHES as u64 + 2) + (512 << 10);
    limits.check(Format::Png, header.dimensions(), working)?;

    let budget = Budget {
        limit_bytes: limits.memory_bytes,
        beside_bytes: working,
    };
    let mut writer = Writer::new(input, parameters, summary, budget)?;
    let mut frames = FrameReader {
        rows: Rows::open(input, limits, summary)?,
        input,
        spare: None,
    };
    if writer.raw_bytes() < PARALLEL_BYTES {
        frames.run(summary, &mut |step| writer.take(&step).map(drop))?;
        return Ok(writer.finish());
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES);
        // Batches come back to be filled again: new ones would cost the system a page fault for every page.
        let (spare_sender, spare) = channel();
        frames.spare = Some(spare);
        let encoding = scope.spawn(move || {
            for step in receiver {
                writer.take(&step)?;
                if let Step::Rows(batch) = step {
                    // The decoder may have come to its end.
                    let _ = spare_sender.send(batch);
                }
            }
            Ok(writer)
        });
        // When the encoder has given up, its own error is the one that counts.
        let sent = frames.run(summary, &mut |step| sender.send(step).map_err(|_| given_up()));
        drop(sender);
        let written = encoding
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic));
        written.and_then(|writer| sent.map(|()| writer.finish()))
    })
}

fn given_up() -> Error {
    Error::encode(Format::Png, "the work was given up")
}

/// The decoding side: reads frames, pass by pass and row by row.
struct FrameReader<'a> {
    rows: Rows<'a>,
    input: &'a [u8],
    /// Batches that come back to be filled again.
    spare: Option<Receiver<Vec<u8>>>,
}

impl<'a> FrameReader<'a> {
    /// Hands every frame to `writer`, step by step.
    fn run(
        &mut self,
        summary: &Summary<'a>,
        writer: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let still = summary.header.dimensions();
        if !summary.animated {
            return self.frame(None, still, summary, writer);
        }
        let mut first = true;
        if summary.separate_still {
            self.frame(None, still, summary, writer)?;
            first = false;
        }
        let mut controls =
            Chunks::new(self.input).filter(|chunk| chunk.as_ref().is_ok_and(|chunk| chunk.name == *b"fcTL"));
        while let Some(control) = controls.next().transpose()? {
            let size = self.rows.next_frame(first, still, self.input.len())?;
            first = false;
            self.frame(Some(control.data), size, summary, writer)?;
        }
        Ok(())
    }

    fn frame(
        &mut self,
        control: Option<&'a [u8]>,
        size: (u32, u32),
        summary: &Summary<'_>,
        writer: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        writer(Step::Frame(control))?;
        for (width, height) in adam7::sizes(size, summary.header.interlaced) {
            writer(Step::Pass(width))?;
            let row_bytes = summary.header.row_bytes(width);
            self.rows.start_pass(row_bytes);
            let batch_rows = (BATCH_BYTES / row_bytes / paeth::ROWS * paeth::ROWS).max(1);
            let mut left = height as usize;
            while left > 0 {
                cancel::check()?;
                let count = left.min(batch_rows);
                let mut batch = self.batch();
                self.rows.append(count, row_bytes, &mut batch, self.input.len())?;
                writer(Step::Rows(batch))?;
                left -= count;
            }
        }
        writer(Step::EndFrame)
    }

    /// An empty batch.
    fn batch(&self) -> Vec<u8> {
        let spare = self.spare.as_ref().and_then(|spare| spare.try_recv().ok());
        let mut batch: Vec<u8> = spare.unwrap_or_else(|| Vec::with_capacity(BATCH_BYTES));
        batch.clear();
        batch
    }
}

/// Where rows come from.
enum Rows<'a> {
    /// The still images that most files are: of 8 bits a sample.
    Still(Inflater<'a>, Unfilter),
    /// Everything else.
    Codec(Box<Reader<Cursor<&'a [u8]>>>),
}

impl<'a> Rows<'a> {
    fn open(input: &'a [u8], limits: &Limits, summary: &Summary<'_>) -> Result<Self, Error> {
        if !summary.animated
            && let Some(unfilter) = Unfilter::new(summary.header.row_bytes(1))
        {
            // Image data ends at the first chunk of another kind.
            let chunks: Vec<_> = Chunks::new(input).collect::<Result<_, _>>()?;
            let data: VecDeque<_> = chunks
                .iter()
                .skip_while(|chunk| chunk.name != *b"IDAT")
                .take_while(|chunk| chunk.name == *b"IDAT")
                .map(|chunk| chunk.data)
                .collect();
            return Ok(Self::Still(Inflater::new(data), unfilter));
        }
        let bounds = ::png::Limits {
            bytes: usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX),
        };
        let mut decoder = Decoder::new_with_limits(Cursor::new(input), bounds);
        decoder.set_transformations(Transformations::IDENTITY);
        // The checksums were checked, and metadata is copied chunk by chunk.
        decoder.ignore_checksums(true);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let reader = decoder
            .read_info()
            .map_err(|error| decoder_error::of_png(&error, input.len()))?;
        Ok(Self::Codec(Box::new(reader)))
    }

    /// Goes on to the next frame of an animation, unless it is the first; returns its size.
    fn next_frame(&mut self, first: bool, still: (u32, u32), length: usize) -> Result<(u32, u32), Error> {
        let Self::Codec(reader) = self else {
            return Ok(still);
        };
        if !first {
            reader
                .next_frame_info()
                .map_err(|error| decoder_error::of_png(&error, length))?;
        }
        let control = reader.info().frame_control();
        Ok(control.map_or(still, |control| (control.width, control.height)))
    }

    fn start_pass(&mut self, row_bytes: usize) {
        if let Self::Still(_, unfilter) = self {
            unfilter.start_pass(row_bytes);
        }
    }

    /// Appends `count` rows of the pass. `length` is that of the file.
    fn append(
        &mut self,
        count: usize,
        row_bytes: usize,
        batch: &mut Vec<u8>,
        length: usize,
    ) -> Result<(), Error> {
        match self {
            Self::Still(inflater, unfilter) => {
                let filtered = inflater
                    .take(count * (1 + row_bytes))?
                    .ok_or_else(|| Error::corrupt(Format::Png, "its image data end before its last row"))?;
                unfilter.rows(filtered, batch).map_err(|filter| {
                    Error::corrupt(Format::Png, format_args!("unknown filter method {filter}"))
                })
            }
            Self::Codec(reader) => {
                for _ in 0..count {
                    let row = reader
                        .next_interlaced_row()
                        .map_err(|error| decoder_error::of_png(&error, length))?
                        .ok_or_else(|| Error::truncated(Format::Png, length))?;
                    batch.extend_from_slice(row.data());
                }
                Ok(())
            }
        }
    }
}
