//! The first bytes of a stream that arrives in chunks, kept together until there are enough to decide by.

use std::mem;

/// Holds back the first bytes.
#[derive(Debug)]
pub(crate) struct Prefix {
    held: Vec<u8>,
    /// Bytes to hold, 0 once they were given.
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

    /// Takes a chunk. Gives the prefix, once there is enough of it and empty from then on, and what follows.
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

    /// Whether the prefix was not given yet.
    pub(crate) fn is_awaited(&self) -> bool {
        self.wanted > 0
    }

    /// The prefix of a stream that has ended, if it was not given before.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.wanted = 0;
        mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_given_once_and_whole() {
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
