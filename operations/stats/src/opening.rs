//! The first bytes of a stream that arrives in pieces, kept together until there are enough to decide by.

use std::mem;

/// Holds back the first bytes.
#[derive(Debug)]
pub(crate) struct Opening {
    held: Vec<u8>,
    /// Bytes to hold, 0 once they were given.
    wanted: usize,
}

impl Opening {
    /// Holds `wanted` bytes.
    pub(crate) fn new(wanted: usize) -> Self {
        Self {
            held: Vec::new(),
            wanted,
        }
    }

    /// Takes a piece. Gives the opening, once there is enough of it and empty from then on, and what follows.
    pub(crate) fn take<'a>(&mut self, piece: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
        let missing = self.wanted.saturating_sub(self.held.len()).min(piece.len());
        let (held, rest) = piece.split_at(missing);
        self.held.extend_from_slice(held);
        if self.held.len() < self.wanted {
            return None;
        }
        self.wanted = 0;
        Some((mem::take(&mut self.held), rest))
    }

    /// Whether the opening was not given yet.
    pub(crate) fn is_awaited(&self) -> bool {
        self.wanted > 0
    }

    /// The opening of a stream that has ended, if it was not given before.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.wanted = 0;
        mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_given_once_and_whole() {
        let mut opening = Opening::new(3);
        assert_eq!(opening.take(b"a"), None);
        assert!(opening.is_awaited());
        assert_eq!(opening.take(b"bcd"), Some((b"abc".to_vec(), &b"d"[..])));
        assert!(!opening.is_awaited());
        assert_eq!(opening.take(b"ef"), Some((Vec::new(), &b"ef"[..])));
        assert!(opening.end().is_empty());
        let mut short = Opening::new(3);
        assert_eq!(short.take(b"xy"), None);
        assert_eq!(short.end(), b"xy");
    }
}
