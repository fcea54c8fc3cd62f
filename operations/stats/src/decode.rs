//! Input that may be compressed: its first bytes tell how, and it is decompressed as it arrives.

mod gzip;
mod zstd;

use std::io::Read;

use crate::cancel::Cancel;
use crate::found::Found;
use crate::prefix::Prefix;
use crate::reading::{ReadError, in_chunks};
use crate::text::Text;
use crate::{Compression, Error};

/// RFC 1952, section 2.3.1, with the only compression method there is.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];
/// As many bytes as tell that it is gzip, or zstd.
const PREFIX_BYTES: usize = 4;
/// Enough to tell what the input is, compressed or not, before it is read on several threads.
const FIRST_BYTES: u64 = 1 << 10;

/// How an input that begins so is compressed, if it is.
pub(crate) fn compression(prefix: &[u8]) -> Option<Compression> {
    if prefix.starts_with(GZIP) {
        Some(Compression::Gzip)
    } else {
        zstd::begins(prefix).then_some(Compression::Zstd)
    }
}

/// Decompresses the input, if it is compressed, and has the text read.
#[derive(Debug)]
pub(crate) struct Decoder {
    prefix: Prefix,
    format: Format,
    decompressed_limit: u64,
    cancel: Cancel,
}

#[derive(Debug)]
enum Format {
    /// Not compressed, or not known yet.
    Uncompressed(Text),
    Gzip(gzip::Gzip),
    Zstd(zstd::Zstd),
}

impl Decoder {
    pub(crate) fn new(text: Text, decompressed_limit: u64, cancel: Cancel) -> Self {
        Self {
            prefix: Prefix::new(PREFIX_BYTES),
            format: Format::Uncompressed(text),
            decompressed_limit,
            cancel,
        }
    }

    /// Takes the next chunk. An error ends the decoder.
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
        let mut first = Vec::new();
        source.by_ref().take(FIRST_BYTES).read_to_end(&mut first)?;
        let mut decoder = self.feed(&first)?;
        if let Format::Uncompressed(text) = &mut decoder.format
            && !decoder.prefix.is_awaited()
        {
            text.read_from(source)?;
        } else {
            in_chunks(source, |chunk| decoder.read(chunk))?;
        }
        Ok(decoder)
    }

    pub(crate) fn finish(mut self) -> Result<Found, Error> {
        let prefix = self.prefix.end();
        match self.open(&prefix)?.format {
            Format::Uncompressed(text) => text.finish(),
            Format::Gzip(gzip) => gzip.finish(),
            Format::Zstd(zstd) => zstd.finish(),
        }
    }

    /// Decides on the format by the first bytes, and reads them.
    fn open(mut self, prefix: &[u8]) -> Result<Self, Error> {
        let limit = self.decompressed_limit;
        let cancel = self.cancel.clone();
        let sink = |text| Sink {
            text,
            cancel,
            left: limit,
            limit,
        };
        self.format = match (self.format, compression(prefix)) {
            (Format::Uncompressed(text), Some(Compression::Gzip)) => {
                Format::Gzip(gzip::Gzip::new(sink(text)))
            }
            (Format::Uncompressed(text), Some(Compression::Zstd)) => {
                Format::Zstd(zstd::Zstd::new(sink(text)))
            }
            (format, _) => format,
        };
        self.read(prefix)?;
        Ok(self)
    }

    fn read(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match &mut self.format {
            Format::Uncompressed(text) => text.feed(chunk),
            Format::Gzip(gzip) => gzip.feed(chunk),
            Format::Zstd(zstd) => zstd.feed(chunk),
        }
    }
}

/// Where decompressed text goes, up to a limit.
#[derive(Debug)]
struct Sink {
    text: Text,
    /// Looked at for each decompressed block: a small chunk can hold very many.
    cancel: Cancel,
    left: u64,
    limit: u64,
}

impl Sink {
    fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.cancel.check()?;
        let left = self.left.checked_sub(chunk.len() as u64);
        self.left = left.ok_or(Error::DecompressedTooLarge { limit: self.limit })?;
        self.text.feed(chunk)
    }
}
