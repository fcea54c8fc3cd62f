//! The first bytes of a stream that arrives in chunks, held until there are enough of them to decide by.

use std::mem;

/// Holds back the first bytes.
#[derive(Debug)]
pub(crate) struct Prefix {
    held: Vec<u8>,
    /// Bytes to hold; 0 once they were returned.
    wanted: usize,
}

impl Prefix {
    /// Holds `wanted` bytes.
    pub(crate) fn new(wanted: usize) -> Self {
        Self {
            held: Vec::new(),
            wanted,
        }
    }

    /// Takes a chunk. Returns `None` while the prefix is too short, then once the prefix and what follows it in the
    /// chunk, and from then on an empty prefix and the chunk.
    pub(crate) fn take<'a>(&mut self, chunk: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
        let missing = self.wanted.saturating_sub(self.held.len()).min(chunk.len());
        let (held, rest) = chunk.split_at(missing);
        self.held.extend_from_slice(held);
        if self.held.len() < self.wanted {
            return None;
        }
        self.wanted = 0;
        Some((mem::take(&mut self.held), rest))
    }

    /// Whether the prefix was not returned yet.
    pub(crate) fn is_awaited(&self) -> bool {
        self.wanted > 0
    }

    /// The prefix of a stream that has ended, as short as it is; empty if it was returned before.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.wanted = 0;
        mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_returned_once_and_whole() {
        let mut prefix = Prefix::new(3);
        assert_eq!(prefix.take(b"a"), None);
        assert!(prefix.is_awaited());
        assert_eq!(prefix.take(b"bcd"), Some((b"abc".to_vec(), &b"d"[..])));
        assert!(!prefix.is_awaited());
        assert_eq!(prefix.take(b"ef"), Some((Vec::new(), &b"ef"[..])));
        assert!(prefix.end().is_empty());
        let mut short = Prefix::new(3);
        assert_eq!(short.take(b"xy"), None);
        assert_eq!(short.end(), b"xy");
    }
}
