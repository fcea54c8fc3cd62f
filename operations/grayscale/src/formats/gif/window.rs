//! A window that moves over a file, which is read at one end and written at the other.

use std::io::{self, Read, Write};

use crate::{Error, Format, StreamError};

/// Bytes of the window. This many are read and written at once; in between they stay in the second-level cache.
pub(super) const BYTES: usize = 256 << 10;

/// Bytes that are passed over are written, with what the caller changes in them; dropped ones are not.
pub(super) struct Window<'a> {
    source: &'a mut dyn Read,
    target: &'a mut dyn Write,
    buffer: Vec<u8>,
    /// Where in the buffer the bytes begin that were passed and are still to be written.
    passed: usize,
    /// Where the next byte is, and where those that were read end.
    position: usize,
    end: usize,
    read_bytes: u64,
    written_bytes: u64,
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a mut dyn Read, target: &'a mut dyn Write) -> Self {
        Self {
            source,
            target,
            buffer: vec![0; BYTES],
            passed: 0,
            position: 0,
            end: 0,
            read_bytes: 0,
            written_bytes: 0,
        }
    }

    /// Bytes passed over so far.
    pub(super) fn offset(&self) -> u64 {
        self.read_bytes - (self.end - self.position) as u64
    }

    /// The next bytes, fewer than `count` only at the end of the file.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8], StreamError> {
        if self.end - self.position < count {
            self.advance(count)?;
        }
        let end = self.end.min(self.position + count);
        Ok(&self.buffer[self.position..end])
    }

    /// Passes over `count` bytes, which may be changed.
    pub(super) fn pass(&mut self, count: usize) -> Result<&mut [u8], StreamError> {
        if self.end - self.position < count {
            self.advance(count)?;
            if self.end - self.position < count {
                return Err(StreamError::Image(Error::Truncated {
                    format: Some(Format::Gif),
                    offset: self.read_bytes,
                    lenient_helps: false,
                }));
            }
        }
        let start = self.position;
        self.position += count;
        Ok(&mut self.buffer[start..self.position])
    }

    /// Passes over `count` bytes without writing them.
    pub(super) fn drop(&mut self, count: usize) -> Result<(), StreamError> {
        self.write(self.position)?;
        self.pass(count)?;
        self.passed = self.position;
        Ok(())
    }

    /// Adds a byte that the input does not have, after everything that was passed.
    pub(super) fn add(&mut self, byte: u8) -> Result<(), StreamError> {
        self.write(self.position)?;
        self.target.write_all(&[byte]).map_err(StreamError::Write)?;
        self.written_bytes += 1;
        Ok(())
    }

    /// Writes what was passed and drops what is left. Returns how many bytes were read and written in all.
    pub(super) fn finish(mut self) -> Result<(u64, u64), StreamError> {
        self.write(self.position)?;
        let left = io::copy(self.source, &mut io::sink()).map_err(StreamError::Read)?;
        Ok((self.read_bytes + left, self.written_bytes))
    }

    /// Moves on until `count` bytes can be read or the file ends.
    #[cold]
    fn advance(&mut self, count: usize) -> Result<(), StreamError> {
        self.write(self.position)?;
        self.buffer.copy_within(self.position..self.end, 0);
        self.end -= self.position;
        (self.passed, self.position) = (0, 0);
        while self.end < count {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(more) => {
                    self.end += more;
                    self.read_bytes += more as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StreamError::Read(error)),
            }
        }
        Ok(())
    }

    /// Writes what was passed before `end`.
    fn write(&mut self, end: usize) -> Result<(), StreamError> {
        let passed = &self.buffer[self.passed..end];
        self.target.write_all(passed).map_err(StreamError::Write)?;
        self.written_bytes += passed.len() as u64;
        self.passed = end;
        Ok(())
    }
}
