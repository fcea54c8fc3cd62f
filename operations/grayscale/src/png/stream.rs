//! Decoder to encoder, row by row, on two threads where the image is large enough for it to pay.
//!
//! The calling thread inflates and undoes filters; the other computes gray, filters and deflates. They take about as
//! long as each other, so a second core halves the time. Between them are a few batches of rows.

use std::io::Cursor;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::{panic, thread};

use ::png::{Decoder, DecodingError, Reader, Transformations};

use super::chunks::{Chunks, Summary};
use super::passes;
use super::writer::{Step, Writer};
use crate::{Error, Format, Limits, Parameters};

/// Bytes of rows, as the file has them, that go from one thread to the other at once.
const BATCH_BYTES: usize = 128 << 10;
/// Batches on their way between the threads: enough for neither to wait when the other is slow for a while.
const BATCHES: usize = 8;
/// Images of fewer gray bytes are done before a second thread would have started to help.
const PARALLEL_BYTES: u64 = 512 << 10;

/// Converts a colour PNG to a gray one.
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

    let mut writer = Writer::new(input, parameters, summary, limits.memory_bytes - working)?;
    let mut source = Source {
        reader: open(input, limits)?,
        input,
        spare: None,
    };
    if writer.raw_bytes() < PARALLEL_BYTES {
        source.run(summary, &mut |step| writer.take(&step).map(drop))?;
        return Ok(writer.finish());
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES);
        // Batches come back to be filled again: new ones would cost the system a page fault for every page.
        let (spare_sender, spare) = channel();
        source.spare = Some(spare);
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
        let sent = source.run(summary, &mut |step| sender.send(step).map_err(|_| given_up()));
        drop(sender);
        let written = encoding
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic));
        written.and_then(|writer| sent.map(|()| writer.finish()))
    })
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
    /// Batches that were taken and may be filled again.
    spare: Option<Receiver<Vec<u8>>>,
}

impl<'a> Source<'a> {
    /// Hands every frame to `writer`, step by step.
    fn run(
        &mut self,
        summary: &Summary<'a>,
        writer: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let still = summary.header.dimensions();
        let interlaced = summary.header.interlaced;
        if !summary.animated {
            return self.frame(None, still, interlaced, writer);
        }
        let mut first = true;
        if summary.separate_still {
            self.frame(None, still, interlaced, writer)?;
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
            self.frame(Some(control.data), size, interlaced, writer)?;
        }
        Ok(())
    }

    fn frame(
        &mut self,
        control: Option<&'a [u8]>,
        size: (u32, u32),
        interlaced: bool,
        writer: &mut dyn FnMut(Step<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        writer(Step::Frame(control))?;
        for (width, height) in passes::sizes(size, interlaced) {
            writer(Step::Pass(width))?;
            let row_bytes = self
                .reader
                .output_line_size(width)
                .expect("the decoder has rows as long");
            let mut batch = Vec::new();
            for left in (0..height).rev() {
                if batch.capacity() == 0 {
                    batch = self.batch();
                }
                let row = self
                    .reader
                    .next_interlaced_row()
                    .map_err(|error| explain(&error, self.input.len()))?;
                let Some(row) = row else {
                    return Err(Error::truncated(Format::Png, self.input.len()));
                };
                batch.extend_from_slice(row.data());
                if batch.len() + row_bytes > BATCH_BYTES || left == 0 {
                    writer(Step::Rows(std::mem::take(&mut batch)))?;
                }
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

fn explain(error: &DecodingError, length: usize) -> Error {
    let message = error.to_string();
    if crate::pixels::speaks_of_an_early_end(&message) {
        return Error::truncated(Format::Png, length);
    }
    Error::corrupt(Format::Png, message.trim_end_matches('.'))
}
