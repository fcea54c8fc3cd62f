//! Bits into bytes, the first in the lowest place (RFC 1951, 3.1.1).

use super::huffman::Word;

/// Bytes that a push may write after the last whole byte.
const SLACK: usize = 8;

/// Collects bits.
#[derive(Default)]
pub(super) struct Bits {
    /// The buffer, of which the first `length` bytes are written.
    bytes: Vec<u8>,
    length: usize,
    /// Bits that are not written yet: fewer than eight.
    waiting: u64,
    count: u32,
}

impl Bits {
    /// Drops what was written, but not the bits that wait, and makes room for this many bytes.
    pub(super) fn start(&mut self, room: usize) {
        self.length = 0;
        self.bytes.resize(room + SLACK, 0);
    }

    /// The whole bytes that were written.
    pub(super) fn written(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Appends the lowest `count` bits, 56 at most; those above are zero.
    #[inline]
    pub(super) fn push(&mut self, bits: u64, count: u32) {
        self.waiting |= bits << self.count;
        self.count += count;
        // Always eight bytes: a branch would be mispredicted half the time. The next push overwrites those that are not full.
        self.bytes[self.length..self.length + SLACK].copy_from_slice(&self.waiting.to_le_bytes());
        self.length += (self.count / 8) as usize;
        self.waiting >>= self.count & !7;
        self.count &= 7;
    }

    /// Appends code words, 56 bits at most.
    #[inline]
    pub(super) fn words<const N: usize>(&mut self, words: [Word; N]) {
        let (mut bits, mut length) = (0, 0);
        for word in words {
            bits |= u64::from(word.bits) << length;
            length += u32::from(word.length);
        }
        self.push(bits, length);
    }

    /// Fills up to a whole byte.
    pub(super) fn align(&mut self) {
        self.push(0, (8 - self.count) % 8);
    }
}
