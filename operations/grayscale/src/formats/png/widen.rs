//! An opaque alpha channel for what was written without one.
//!
//! Every filter works on each channel by itself (PNG, 9.2), so filtered gray stays as it is, and what filters leave of
//! an opaque alpha channel needs no pixel to be known: what was written is inflated, and deflated again with alpha
//! between. Neither rows nor choices of filters are made again.

use std::collections::VecDeque;

use super::adam7;
use super::chunks::Chunks;
use super::encoder::{Encoder, Interrupted, Layout};
use super::inflate::Inflater;
use crate::Error;

/// A frame as it was written.
#[derive(Default)]
struct Frame<'a> {
    /// The data of its `fcTL` chunk.
    control: Option<&'a [u8]>,
    data: VecDeque<&'a [u8]>,
}

/// Writes to `wide`, which was just begun, all that `narrow` holds: the frames before, and the rows of the frame that
/// is not complete.
pub(super) fn add_alpha(narrow: &Interrupted, wide: &mut Encoder) -> Result<(), Error> {
    let layout = narrow.layout;
    let mut filled = false;
    for (number, frame) in frames(&narrow.file)?.into_iter().enumerate() {
        if number > 0 {
            wide.end_frame()?;
        }
        wide.start_frame(frame.control);
        filled = rows(layout, frame, wide)?;
    }
    // The row before a pass's first counts as zeros, alpha included.
    if filled {
        let mut row = vec![u8::MAX; narrow.previous.len() * 2];
        interleave(&narrow.previous, &mut row, layout.pixel_bytes());
        wide.resume(&row);
    }
    Ok(())
}

/// Writes the rows of a frame. Returns whether the pass in which they end has a row.
fn rows(layout: Layout, frame: Frame<'_>, wide: &mut Encoder) -> Result<bool, Error> {
    let size = match frame.control {
        Some(&[_, _, _, _, w0, w1, w2, w3, h0, h1, h2, h3, ..]) => (
            u32::from_be_bytes([w0, w1, w2, w3]),
            u32::from_be_bytes([h0, h1, h2, h3]),
        ),
        _ => (layout.width, layout.height),
    };
    let pixel_bytes = layout.pixel_bytes();
    let mut inflater = Inflater::new(frame.data);
    for (width, height) in adam7::sizes(size, layout.interlaced) {
        let row_bytes = layout.row_bytes(width);
        let mut row = vec![0; 1 + 2 * row_bytes];
        wide.start_pass(2 * row_bytes);
        for y in 0..height {
            let Some(narrow) = inflater.take(1 + row_bytes)? else {
                return Ok(y > 0);
            };
            let (first, rest) = filtered_opaque(narrow[0], y == 0);
            row[0] = narrow[0];
            row[1..=2 * pixel_bytes].fill(first);
            row[1 + 2 * pixel_bytes..].fill(rest);
            interleave(&narrow[1..], &mut row[1..], pixel_bytes);
            wide.filtered_row(&row)?;
        }
    }
    Ok(true)
}

/// What a filter leaves of a row of the value 255: of the first pixel, and of the others.
fn filtered_opaque(filter: u8, first_row: bool) -> (u8, u8) {
    match (filter, first_row) {
        (0, _) | (2, true) => (255, 255),
        (1, _) | (4, true) => (255, 0),
        // Half of the value above, or on the left, rounded down, is 127.
        (3, true) => (255, 128),
        (3, false) => (128, 0),
        // Above, or the Paeth predictor, which takes what is above.
        _ => (0, 0),
    }
}

/// Puts samples of gray in their places between as many bytes of alpha.
fn interleave(gray: &[u8], row: &mut [u8], bytes: usize) {
    // With a constant length, each copy is inlined instead of a call.
    if bytes == 1 {
        interleave_samples::<1>(gray, row);
    } else {
        interleave_samples::<2>(gray, row);
    }
}

fn interleave_samples<const BYTES: usize>(gray: &[u8], row: &mut [u8]) {
    let samples = gray.as_chunks::<BYTES>().0.iter();
    for (sample, place) in samples.zip(row.as_chunks_mut::<BYTES>().0.iter_mut().step_by(2)) {
        *place = *sample;
    }
}

fn frames(file: &[u8]) -> Result<Vec<Frame<'_>>, Error> {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    for chunk in Chunks::new(file) {
        let chunk = chunk?;
        let data = match &chunk.name {
            b"fcTL" => {
                frames.push(Frame {
                    control: Some(chunk.data),
                    ..Frame::default()
                });
                continue;
            }
            b"IDAT" => chunk.data,
            // Behind the sequence number.
            b"fdAT" => &chunk.data[4..],
            _ => continue,
        };
        if frames.is_empty() {
            frames.push(Frame::default());
        }
        frames.last_mut().expect("there is a frame").data.push_back(data);
    }
    Ok(frames)
}
