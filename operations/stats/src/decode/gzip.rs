//! Gzip (RFC 1952), any number of members.
//!
//! Zero bytes after a member are padding, as tapes and block devices leave it: GNU gzip and Python's `gzip` pass over it too.

use std::io::{self, Write};
use std::mem;

use flate2::write::GzDecoder;

use super::Sink;
use crate::found::Found;
use crate::{Compression, Error};

/// The first byte of a member (section 2.3.1).
const FIRST_BYTE: u8 = 0x1f;

/// Decompresses gzip as it arrives.
#[derive(Debug)]
pub(super) struct Gzip(Progress);

#[derive(Debug)]
enum Progress {
    Member(Box<GzDecoder<Writer>>),
    /// A member has ended; padding, or another one, may come.
    Between(Writer),
    Failed,
}

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
        Self(Progress::member(Writer { sink, error: None }))
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut rest = chunk;
        while !rest.is_empty() {
            self.0 = match mem::replace(&mut self.0, Progress::Failed) {
                Progress::Member(mut member) => match member.write(rest) {
                    Ok(0) => Progress::Between(ended(member)?),
                    Ok(count) => {
                        rest = &rest[count..];
                        Progress::Member(member)
                    }
                    Err(error) => return Err(failure(&mut member, &error)),
                },
                Progress::Between(writer) => {
                    let padding = rest.iter().take_while(|byte| **byte == 0).count();
                    rest = &rest[padding..];
                    match rest.first() {
                        None => Progress::Between(writer),
                        Some(&FIRST_BYTE) => Progress::member(writer),
                        Some(_) => {
                            return Err(damaged(&"what follows its end is neither gzip nor zero bytes"));
                        }
                    }
                }
                Progress::Failed => return Err(Error::AlreadyFailed),
            };
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Found, Error> {
        let writer = match self.0 {
            Progress::Member(member) => ended(member)?,
            Progress::Between(writer) => writer,
            Progress::Failed => return Err(Error::AlreadyFailed),
        };
        writer.sink.text.finish()
    }
}

impl Progress {
    fn member(writer: Writer) -> Self {
        Self::Member(Box::new(GzDecoder::new(writer)))
    }
}

/// Ends a member, and checks its length and checksum.
fn ended(mut member: Box<GzDecoder<Writer>>) -> Result<Writer, Error> {
    if member.try_finish().is_err() {
        // The decompressor does not tell which of the two it is.
        let error = member.get_mut().error.take();
        return Err(error.unwrap_or_else(|| damaged(&"it is cut short, or its checksum does not match")));
    }
    member.finish().map_err(|error| damaged(&error))
}

fn failure(member: &mut GzDecoder<Writer>, error: &io::Error) -> Error {
    member.get_mut().error.take().unwrap_or_else(|| damaged(error))
}

fn damaged(reason: &dyn ToString) -> Error {
    Error::DamagedCompression {
        format: Compression::Gzip,
        reason: reason.to_string(),
    }
}
