//! A chunk of a list's text, and where a text may be cut into chunks.

use std::io::{self, Read};

use super::separator::is_separator;

/// Bytes of a chunk.
pub(super) const CHUNK: usize = 512 << 10;
/// Bytes in which a place to cut is looked for.
pub(super) const CUT_SEARCH: usize = 64 << 10;

/// Text in a buffer that is used again.
pub(super) struct Chunk {
    buffer: Vec<u8>,
    /// How much of the buffer is text.
    length: usize,
}

impl Chunk {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; CHUNK],
            length: 0,
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    pub(super) fn is_full(&self) -> bool {
        self.length == self.buffer.len()
    }

    /// Reads until it is full or the source ends.
    pub(super) fn fill(&mut self, source: &mut impl Read) -> io::Result<()> {
        while !self.is_full() {
            match source.read(&mut self.buffer[self.length..]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// Leaves out its first `count` bytes.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.length, 0);
        self.length -= count;
    }

    /// Ends it where it may be cut, if it may; what follows goes to the beginning of `next`.
    pub(super) fn cut(&mut self, mut next: Self) -> Option<Self> {
        let end = last_cut(self.text())?;
        let rest = &self.buffer[end..self.length];
        next.buffer[..rest.len()].copy_from_slice(rest);
        next.length = rest.len();
        self.length = end;
        Some(next)
    }
}

/// Where near its beginning the text may first be cut.
pub(super) fn first_cut(text: &[u8]) -> Option<usize> {
    let search = &text[..text.len().min(CUT_SEARCH)];
    let line_break = search.iter().position(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().position(|byte| is_separator(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| last + 1)
}

/// Where near its end the text may last be cut.
fn last_cut(text: &[u8]) -> Option<usize> {
    let from = text.len().saturating_sub(CUT_SEARCH);
    let search = &text[from..];
    let line_break = search.iter().rposition(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().rposition(|byte| is_separator(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| from + last + 1)
}
