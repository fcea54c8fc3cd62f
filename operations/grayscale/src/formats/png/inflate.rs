//! A zlib stream (RFC 1950) that comes in chunks, inflated a few rows at a time.

use std::collections::VecDeque;

use fdeflate::Decompressor;

use crate::{Error, Format};

/// How far back a repetition reaches (RFC 1951, 2).
const LOOKBACK_BYTES: usize = 32 << 10;
/// Bytes that are inflated at once, at least: with fewer calls, the window moves less often.
const STEP_BYTES: usize = 96 << 10;

/// Inflates the data of one chunk after another.
pub(super) struct Inflater<'a> {
    chunks: VecDeque<&'a [u8]>,
    decompressor: Box<Decompressor>,
    window: Vec<u8>,
    /// How many bytes of the window were handed out, and how many are in it.
    taken: usize,
    filled: usize,
}

impl<'a> Inflater<'a> {
    pub(super) fn new(chunks: VecDeque<&'a [u8]>) -> Self {
        let mut decompressor = Box::new(Decompressor::new());
        // Chunks have checksums of their own.
        decompressor.ignore_adler32();
        Self {
            chunks,
            decompressor,
            window: Vec::new(),
            taken: 0,
            filled: 0,
        }
    }

    /// The next `length` bytes, or nothing if there are not as many.
    pub(super) fn take(&mut self, length: usize) -> Result<Option<&[u8]>, Error> {
        while self.filled - self.taken < length {
            self.make_room(length);
            let chunk = self.chunks.front().copied().unwrap_or_default();
            let (consumed, produced) = self
                .decompressor
                .read(chunk, &mut self.window, self.filled, false)
                .map_err(|error| {
                    Error::corrupt(Format::Png, format_args!("corrupt deflate stream: {error:?}"))
                })?;
            self.filled += produced;
            match self.chunks.front_mut() {
                Some(chunk) if consumed < chunk.len() => *chunk = &chunk[consumed..],
                Some(_) => drop(self.chunks.pop_front()),
                None if produced == 0 => return Ok(None),
                None => {}
            }
            if self.decompressor.is_done() {
                // Whatever follows does not belong to the stream.
                self.chunks.clear();
            }
        }
        let start = self.taken;
        self.taken += length;
        Ok(Some(&self.window[start..self.taken]))
    }

    /// Moves what is still needed to the front if the rest is too small.
    fn make_room(&mut self, length: usize) {
        let needed = LOOKBACK_BYTES + length + STEP_BYTES;
        if self.window.len() < needed {
            self.window.resize(needed, 0);
        }
        if self.window.len() - self.filled < STEP_BYTES / 2 {
            let kept = self.taken.min(self.filled.saturating_sub(LOOKBACK_BYTES));
            self.window.copy_within(kept..self.filled, 0);
            self.taken -= kept;
            self.filled -= kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn compressed(data: &[u8]) -> Vec<u8> {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(data).unwrap();
        zlib.finish().unwrap()
    }

    #[test]
    fn chunks_and_steps_of_any_length_give_the_same_bytes() {
        let data: Vec<u8> = (0..700_000_u32)
            .map(|index| (index / 3 % 251 + index / 40_000).to_le_bytes()[0])
            .collect();
        let stream = compressed(&data);
        for (chunk, step) in [
            (1, 1),
            (7, 10_000),
            (1_000, 333),
            (1 << 20, 300_000),
            (100, 700_000),
        ] {
            let mut inflater = Inflater::new(stream.chunks(chunk).collect());
            for expected in data.chunks_exact(step) {
                assert!(inflater.take(step).unwrap() == Some(expected), "{chunk} {step}");
            }
            assert_eq!(inflater.take(data.len() % step + 1).unwrap(), None);
        }
    }

    #[test]
    fn what_follows_the_stream_is_no_part_of_it_and_a_cut_one_ends() {
        let stream = compressed(&[5; 1_000]);
        let mut inflater = Inflater::new([&stream[..], &[1, 2, 3], &[4]].into());
        assert_eq!(inflater.take(1_000).unwrap(), Some(&[5; 1_000][..]));
        assert_eq!(inflater.take(1).unwrap(), None);
        let mut inflater = Inflater::new([&stream[..stream.len() / 2]].into());
        assert_eq!(inflater.take(1_000).unwrap(), None);
        assert!(Inflater::new([&[0; 100][..]].into()).take(1).is_err());
    }
}
