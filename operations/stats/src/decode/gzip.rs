//! Gzip (RFC 1952), any number of members.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use super::Sink;
use crate::found::Found;
use crate::{Compression, Error};

/// Decompresses gzip as it arrives.
#[derive(Debug)]
pub(super) struct Gzip(Box<MultiGzDecoder<Writer>>);

/// The sink as the decompressor sees it. An error of the text inside is kept here, since the decompressor could only
/// pass on its message.
#[derive(Debug)]
struct Writer {
    sink: Sink,
    error: Option<Error>,
}

impl Write for Writer {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        match self.sink.feed(chunk) {
            Ok(()) => Ok(chunk.len()),
            Err(error) => {
                self.error = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Gzip {
    pub(super) fn new(sink: Sink) -> Self {
        Self(Box::new(MultiGzDecoder::new(Writer { sink, error: None })))
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let written = self.0.write_all(chunk);
        written.map_err(|error| self.failure(&error))
    }

    pub(super) fn finish(mut self) -> Result<Found, Error> {
        if self.0.try_finish().is_err() {
            // The decompressor does not tell which of the two it is.
            let error = self.0.get_mut().error.take();
            return Err(error.unwrap_or_else(|| damaged(&"it is cut short, or its checksum does not match")));
        }
        let writer = self.0.finish().map_err(|error| damaged(&error))?;
        writer.sink.text.finish()
    }

    fn failure(&mut self, error: &io::Error) -> Error {
        self.0.get_mut().error.take().unwrap_or_else(|| damaged(error))
    }
}

fn damaged(reason: &dyn ToString) -> Error {
    Error::DamagedCompression {
        format: Compression::Gzip,
        reason: reason.to_string(),
    }
}
