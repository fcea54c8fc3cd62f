//! A chunk of a list's text, and where a text may be cut into chunks.

use std::io::{self, Read};

use super::separator::Separators;

/// Bytes of a chunk.
pub(super) const CHUNK_BYTES: usize = 512 << 10;
/// How many bytes are searched for a place to cut.
pub(super) const CUT_SEARCH_BYTES: usize = 64 << 10;

/// Text in a reusable buffer.
pub(super) struct Chunk {
    buffer: Vec<u8>,
    /// How much of the buffer is text.
    length: usize,
}

impl Chunk {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; CHUNK_BYTES],
            length: 0,
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    pub(super) fn is_full(&self) -> bool {
        self.length == self.buffer.len()
    }

    /// Reads until the chunk is full or the source ends.
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

    /// Removes the first `count` bytes.
    pub(super) fn remove_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.length, 0);
        self.length -= count;
    }

    /// Cuts the chunk where it may last be cut, and moves what follows to the beginning of `next`, an empty chunk.
    /// Returns `None`, and changes nothing, if there is no place to cut near its end.
    pub(super) fn cut(&mut self, mut next: Self, separators: Separators) -> Option<Self> {
        let end = last_cut(self.text(), separators)?;
        let rest = &self.buffer[end..self.length];
        next.buffer[..rest.len()].copy_from_slice(rest);
        next.length = rest.len();
        self.length = end;
        Some(next)
    }
}

/// Where near its beginning the text may first be cut.
pub(super) fn first_cut(text: &[u8], separators: Separators) -> Option<usize> {
    let search = &text[..text.len().min(CUT_SEARCH_BYTES)];
    let line_break = search.iter().position(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().position(|byte| separators.contain(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| last + 1)
}

/// Where near its end the text may last be cut.
fn last_cut(text: &[u8], separators: Separators) -> Option<usize> {
    let from = text.len().saturating_sub(CUT_SEARCH_BYTES);
    let search = &text[from..];
    let line_break = search.iter().rposition(|byte| *byte == b'\n');
    let last = line_break.or_else(|| {
        let separator = search.iter().rposition(|byte| separators.contain(*byte));
        separator.filter(|_| !text.contains(&b'#'))
    });
    last.map(|last| from + last + 1)
}
