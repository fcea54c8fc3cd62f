//! Zstandard (RFC 8878), any number of frames, skippable ones among them or before them: every file of `pzstd` begins with one.
//!
//! The decompressor wants whole blocks, so what arrives is held until there is one: at most 128 KiB. It gets one block
//! at a time, and its output is taken at once, because four bytes can stand for a block of 128 KiB.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Sink;
use crate::found::Found;
use crate::{Compression, Error};

/// RFC 8878, section 3.1.1: frames begin with this number, little-endian.
const FRAME: u32 = 0xfd2f_b528;
/// RFC 8878, section 3.1.2: skippable frames begin with 0x184D2A5?.
const SKIPPABLE: u32 = 0x184d_2a50;
/// Bytes of a block's header, and of a frame's checksum (sections 3.1.1.2 and 3.1.1).
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;
/// The most bytes of a block (section 3.1.1.2.4).
const MAX_BLOCK: usize = 128 << 10;

/// Whether an input that begins with these bytes is zstd.
pub(super) fn begins(input: &[u8]) -> bool {
    input.first_chunk().is_some_and(|magic| {
        let magic = u32::from_le_bytes(*magic);
        magic == FRAME || is_skippable(magic)
    })
}

fn is_skippable(magic: u32) -> bool {
    magic & !0xf == SKIPPABLE
}

/// Decompresses zstd as it arrives.
#[derive(Debug)]
pub(super) struct Zstd {
    sink: Sink,
    decoder: Box<Frames>,
    /// What arrived and was not decompressed yet.
    held: Vec<u8>,
    element: Element,
}

struct Frames(FrameDecoder);

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameDecoder").finish_non_exhaustive()
    }
}

/// The element of the stream that comes next.
#[derive(Clone, Copy, Debug)]
enum Element {
    /// A frame's header.
    Frame,
    /// The last bytes of a skippable frame, this many.
    Skippable(usize),
    /// A block of a frame that ends with a checksum, or without one.
    Block { checksum: bool },
}

/// What came of reading an element.
enum Step {
    /// It was read: how many bytes it has, and what comes after it.
    Read(usize, Element),
    /// Some of it has not arrived.
    Incomplete,
}

impl Zstd {
    pub(super) fn new(sink: Sink) -> Self {
        Self {
            sink,
            decoder: Box::new(Frames(FrameDecoder::new())),
            held: Vec::new(),
            element: Element::Frame,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        // At most a block at a time, so that little is held that has not been decompressed.
        for part in chunk.chunks(MAX_BLOCK) {
            self.held.extend_from_slice(part);
            let held = std::mem::take(&mut self.held);
            let mut read = 0;
            while let Step::Read(length, next) = self.step(&held[read..])? {
                read += length;
                self.element = next;
            }
            self.held = held;
            self.held.drain(..read);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Found, Error> {
        if !self.held.is_empty() || !matches!(self.element, Element::Frame) {
            return Err(damaged(&"it is cut short"));
        }
        self.sink.text.finish()
    }

    /// Reads the next element from `bytes`.
    fn step(&mut self, bytes: &[u8]) -> Result<Step, Error> {
        if bytes.is_empty() {
            return Ok(Step::Incomplete);
        }
        match self.element {
            Element::Frame => self.frame(bytes),
            Element::Skippable(left) => {
                let skipped = left.min(bytes.len());
                let next = if left == skipped {
                    Element::Frame
                } else {
                    Element::Skippable(left - skipped)
                };
                Ok(Step::Read(skipped, next))
            }
            Element::Block { checksum } => self.block(bytes, checksum),
        }
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<Step, Error> {
        let Some(&magic) = bytes.first_chunk() else {
            return Ok(Step::Incomplete);
        };
        if is_skippable(u32::from_le_bytes(magic)) {
            let length = bytes
                .get(4..8)
                .map(|length| u32::from_le_bytes(length.try_into().expect("four bytes")));
            return Ok(length.map_or(Step::Incomplete, |length| match length as usize {
                0 => Step::Read(8, Element::Frame),
                length => Step::Read(8, Element::Skippable(length)),
            }));
        }
        let Some(descriptor) = bytes.get(4) else {
            return Ok(Step::Incomplete);
        };
        let length = header_length(*descriptor);
        let Some(header) = bytes.get(..length) else {
            return Ok(Step::Incomplete);
        };
        self.decoder.0.reset(header).map_err(|error| damaged(&error))?;
        Ok(Step::Read(
            length,
            Element::Block {
                checksum: descriptor >> 2 & 1 == 1,
            },
        ))
    }

    fn block(&mut self, bytes: &[u8], checksum: bool) -> Result<Step, Error> {
        let Some(&[low, middle, high]) = bytes.first_chunk::<BLOCK_HEADER>() else {
            return Ok(Step::Incomplete);
        };
        // Section 3.1.1.2: one bit says whether it is the last block, two give the type, the rest the size.
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
        if size > MAX_BLOCK {
            return Err(damaged(&"a block larger than 128 KiB"));
        }
        // A block of one repeated byte (RLE) holds just that byte.
        let content = if kind == 1 { 1 } else { size };
        let length = BLOCK_HEADER + content + if last && checksum { CHECKSUM } else { 0 };
        let Some(block) = bytes.get(..length) else {
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
            return Ok(Step::Read(length, Element::Block { checksum }));
        }
        let stored = decoder.get_checksum_from_data();
        if stored.is_some() && stored != decoder.get_calculated_checksum() {
            return Err(damaged(&"its checksum does not match"));
        }
        Ok(Step::Read(length, Element::Frame))
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
