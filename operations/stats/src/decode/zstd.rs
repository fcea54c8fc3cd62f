//! Zstandard (RFC 8878), any number of frames.
//!
//! The decompressor wants whole blocks, so what arrives is kept until there is one: at most 128 KiB. It is given one
//! block at a time, and its output is taken at once, because four bytes can stand for a block of 128 KiB.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Sink;
use crate::contents::Contents;
use crate::{Compression, Error};

/// RFC 8878, section 3.1.2: skippable frames begin with 0x184D2A5?.
const SKIPPABLE: u32 = 0x184d_2a50;
/// Bytes of a block's header, and of a frame's checksum (sections 3.1.1.2 and 3.1.1).
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;
/// The most bytes of a block (section 3.1.1.2.4).
const LARGEST_BLOCK: usize = 128 << 10;

/// Decompresses zstd as it arrives.
#[derive(Debug)]
pub(super) struct Zstd {
    sink: Sink,
    decoder: Box<Frames>,
    /// What arrived and was not decompressed yet.
    held: Vec<u8>,
    place: Place,
}

struct Frames(FrameDecoder);

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameDecoder").finish_non_exhaustive()
    }
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A frame's header.
    Frame,
    /// A skippable frame's last bytes, so many of them.
    Skippable(usize),
    /// A block.
    Block { checksum: bool },
}

/// How the next element of the stream was met.
enum Step {
    /// It was read, and had so many bytes.
    Read(usize, Place),
    /// It is not all there.
    Incomplete,
}

impl Zstd {
    pub(super) fn new(sink: Sink) -> Self {
        Self {
            sink,
            decoder: Box::new(Frames(FrameDecoder::new())),
            held: Vec::new(),
            place: Place::Frame,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        // In portions, so that little is held that has not been decompressed.
        for portion in chunk.chunks(LARGEST_BLOCK) {
            self.held.extend_from_slice(portion);
            let held = std::mem::take(&mut self.held);
            let mut read = 0;
            while let Step::Read(length, place) = self.step(&held[read..])? {
                read += length;
                self.place = place;
            }
            self.held = held;
            self.held.drain(..read);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Contents, Error> {
        if !self.held.is_empty() || !matches!(self.place, Place::Frame) {
            return Err(damaged(&"it is cut short"));
        }
        self.sink.text.finish()
    }

    /// Reads the next element from `source`.
    fn step(&mut self, source: &[u8]) -> Result<Step, Error> {
        if source.is_empty() {
            return Ok(Step::Incomplete);
        }
        match self.place {
            Place::Frame => self.frame(source),
            Place::Skippable(left) => {
                let skipped = left.min(source.len());
                let place = if left == skipped {
                    Place::Frame
                } else {
                    Place::Skippable(left - skipped)
                };
                Ok(Step::Read(skipped, place))
            }
            Place::Block { checksum } => self.block(source, checksum),
        }
    }

    fn frame(&mut self, source: &[u8]) -> Result<Step, Error> {
        let Some(&magic) = source.first_chunk() else {
            return Ok(Step::Incomplete);
        };
        if u32::from_le_bytes(magic) & !0xf == SKIPPABLE {
            let length = source
                .get(4..8)
                .map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes")));
            return Ok(length.map_or(Step::Incomplete, |length| match length as usize {
                0 => Step::Read(8, Place::Frame),
                length => Step::Read(8, Place::Skippable(length)),
            }));
        }
        let Some(descriptor) = source.get(4) else {
            return Ok(Step::Incomplete);
        };
        let length = header_length(*descriptor);
        let Some(header) = source.get(..length) else {
            return Ok(Step::Incomplete);
        };
        self.decoder.0.reset(header).map_err(|error| damaged(&error))?;
        Ok(Step::Read(
            length,
            Place::Block {
                checksum: descriptor >> 2 & 1 == 1,
            },
        ))
    }

    fn block(&mut self, source: &[u8], checksum: bool) -> Result<Step, Error> {
        let Some(&[low, middle, high]) = source.first_chunk::<BLOCK_HEADER>() else {
            return Ok(Step::Incomplete);
        };
        // Section 3.1.1.2: a bit for the last block, two for the type, the rest is the size.
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
        if size > LARGEST_BLOCK {
            return Err(damaged(&"a block larger than 128 KiB"));
        }
        // A block of one byte repeated holds just that byte.
        let content = if kind == 1 { 1 } else { size };
        let length = BLOCK_HEADER + content + if last && checksum { CHECKSUM } else { 0 };
        let Some(block) = source.get(..length) else {
            return Ok(Step::Incomplete);
        };

        let decoder = &mut self.decoder.0;
        decoder
            .decode_blocks(block, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| damaged(&error))?;
        if let Some(text) = decoder.collect() {
            self.sink.feed(&text)?;
        }
        if !last {
            return Ok(Step::Read(length, Place::Block { checksum }));
        }
        let stored = decoder.get_checksum_from_data();
        if stored.is_some() && stored != decoder.get_calculated_checksum() {
            return Err(damaged(&"its checksum does not match"));
        }
        Ok(Step::Read(length, Place::Frame))
    }
}

/// Bytes of a frame's header with this descriptor (section 3.1.1.1).
fn header_length(descriptor: u8) -> usize {
    let single_segment = descriptor >> 5 & 1 == 1;
    let window = usize::from(!single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match (descriptor >> 6, single_segment) {
        (0, false) => 0,
        (0, true) => 1,
        (flag, _) => 1 << flag,
    };
    4 + 1 + window + dictionary + size
}

fn damaged(reason: &dyn ToString) -> Error {
    Error::DamagedCompression {
        format: Compression::Zstd,
        reason: reason.to_string(),
    }
}
