//! Plain, gzip or zstd: told by the first bytes, decompressed as they arrive.

mod gzip;
mod zstd;

use crate::opening::Opening;
use crate::text::{Contents, Text};
use crate::{Compression, Error};

/// RFC 1952, section 2.3.1, with the only compression method there is.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];
/// RFC 8878, section 3.1.1: 0xfd2fb528, little-endian.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Turns bytes into text.
#[derive(Debug)]
pub(crate) struct Decoder {
    opening: Opening,
    stage: Stage,
    decompressed_limit: u64,
}

#[derive(Debug)]
enum Stage {
    /// Not known yet, or not compressed.
    Plain(Text),
    Gzip(gzip::Gzip),
    Zstd(zstd::Zstd),
    /// An error was given.
    Failed,
}

impl Decoder {
    pub(crate) fn new(text: Text, decompressed_limit: u64) -> Self {
        Self {
            opening: Opening::new(ZSTD.len()),
            stage: Stage::Plain(text),
            decompressed_limit,
        }
    }

    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<(), Error> {
        let Some((opening, rest)) = self.opening.take(piece) else {
            return Ok(());
        };
        self.open(&opening)?;
        self.read(rest)
    }

    pub(crate) fn finish(mut self) -> Result<Contents, Error> {
        let opening = self.opening.end();
        self.open(&opening)?;
        match self.stage {
            Stage::Plain(text) => text.finish(),
            Stage::Gzip(gzip) => gzip.finish(),
            Stage::Zstd(zstd) => zstd.finish(),
            // The caller was told; what was read until then is no list.
            Stage::Failed => Err(Error::EmptyInput { skipped: 0 }),
        }
    }

    /// Reads the first bytes.
    fn open(&mut self, opening: &[u8]) -> Result<(), Error> {
        let compression = if opening.starts_with(GZIP) {
            Some(Compression::Gzip)
        } else {
            opening.starts_with(ZSTD).then_some(Compression::Zstd)
        };
        self.stage = match (std::mem::replace(&mut self.stage, Stage::Failed), compression) {
            (Stage::Plain(text), Some(compression)) => {
                let sink = Sink {
                    text,
                    left: self.decompressed_limit,
                    limit: self.decompressed_limit,
                };
                match compression {
                    Compression::Gzip => Stage::Gzip(gzip::Gzip::new(sink)),
                    Compression::Zstd => Stage::Zstd(zstd::Zstd::new(sink)),
                }
            }
            (stage, _) => stage,
        };
        self.read(opening)
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Plain(text) => text.feed(piece),
            Stage::Gzip(gzip) => gzip.feed(piece),
            Stage::Zstd(zstd) => zstd.feed(piece),
            Stage::Failed => Err(Error::EmptyInput { skipped: 0 }),
        }
    }
}

/// Takes decompressed text, up to a limit.
#[derive(Debug)]
struct Sink {
    text: Text,
    left: u64,
    limit: u64,
}

impl Sink {
    fn feed(&mut self, piece: &[u8]) -> Result<(), Error> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or(Error::DecompressedTooLarge { limit: self.limit })?;
        self.text.feed(piece)
    }
}
