//! Plain, gzip or zstd: told by the first bytes, decompressed as they arrive.

mod gzip;
mod zstd;

use std::io::Read;

use crate::Error;
use crate::contents::Contents;
use crate::prefix::Prefix;
use crate::reading::{ReadError, in_chunks};
use crate::text::Text;

/// RFC 1952, section 2.3.1, with the only compression method there is.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];
/// RFC 8878, section 3.1.1: 0xfd2fb528, little-endian.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Turns bytes into text.
#[derive(Debug)]
pub(crate) struct Decoder {
    prefix: Prefix,
    stage: Stage,
    decompressed_limit: u64,
}

#[derive(Debug)]
enum Stage {
    /// Not known yet, or not compressed.
    Plain(Text),
    Gzip(gzip::Gzip),
    Zstd(zstd::Zstd),
}

impl Decoder {
    pub(crate) fn new(text: Text, decompressed_limit: u64) -> Self {
        Self {
            prefix: Prefix::new(ZSTD.len()),
            stage: Stage::Plain(text),
            decompressed_limit,
        }
    }

    /// Takes the next chunk. After an error there is no going on.
    pub(crate) fn feed(mut self, chunk: &[u8]) -> Result<Self, Error> {
        let Some((prefix, rest)) = self.prefix.take(chunk) else {
            return Ok(self);
        };
        let mut decoder = self.open(&prefix)?;
        decoder.read(rest)?;
        Ok(decoder)
    }

    /// Takes all that `source` has left.
    pub(crate) fn read_from(self, source: &mut impl Read) -> Result<Self, ReadError> {
        // Enough to know the format, and after it what the text begins with.
        let mut first = Vec::new();
        source.by_ref().take(16).read_to_end(&mut first)?;
        let mut decoder = self.feed(&first)?;
        if let Stage::Plain(text) = &mut decoder.stage
            && !decoder.prefix.is_awaited()
        {
            text.read_from(source)?;
        } else {
            in_chunks(source, |chunk| decoder.read(chunk))?;
        }
        Ok(decoder)
    }

    pub(crate) fn finish(mut self) -> Result<Contents, Error> {
        let prefix = self.prefix.end();
        match self.open(&prefix)?.stage {
            Stage::Plain(text) => text.finish(),
            Stage::Gzip(gzip) => gzip.finish(),
            Stage::Zstd(zstd) => zstd.finish(),
        }
    }

    /// Reads the first bytes.
    fn open(mut self, prefix: &[u8]) -> Result<Self, Error> {
        let limit = self.decompressed_limit;
        let sink = |text| Sink {
            text,
            left: limit,
            limit,
        };
        self.stage = match self.stage {
            Stage::Plain(text) if prefix.starts_with(GZIP) => Stage::Gzip(gzip::Gzip::new(sink(text))),
            Stage::Plain(text) if prefix.starts_with(ZSTD) => Stage::Zstd(zstd::Zstd::new(sink(text))),
            stage => stage,
        };
        self.read(prefix)?;
        Ok(self)
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Plain(text) => text.feed(chunk),
            Stage::Gzip(gzip) => gzip.feed(chunk),
            Stage::Zstd(zstd) => zstd.feed(chunk),
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
    fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let left = self.left.checked_sub(chunk.len() as u64);
        self.left = left.ok_or(Error::DecompressedTooLarge { limit: self.limit })?;
        self.text.feed(chunk)
    }
}
