//! The bytes of a table that mean something: delimiters, line ends and quotes, found 64 bytes at a time.
//!
//! Each byte of a block is compared with the four, eight to a machine word, and the results are gathered into one word
//! with a bit for each byte. What is between two of them is passed over without being looked at byte by byte, as in simdjson
//! (G. Langdale and D. Lemire, "Parsing gigabytes of JSON per second", The VLDB Journal 28, 2019).

/// Bytes of a block.
const BLOCK: usize = 64;

/// Every byte 1: times a byte, this is a word of eight such bytes.
const ONES: u64 = 0x0101_0101_0101_0101;
const TOP_BITS: u64 = 0x80 * ONES;
const OTHER_BITS: u64 = 0x7f * ONES;
/// Times a word whose bytes are 0 or 1, its highest byte has a bit for each of them: `2^(56 - 7 i)` moves byte i there.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// Where the special bytes of a text are, in order.
pub(super) struct Specials<'a> {
    text: &'a [u8],
    /// A word of each of the special bytes.
    patterns: [u64; 4],
    /// Where the block begins.
    start: usize,
    /// Its special bytes that were not given yet.
    bits: u64,
}

impl<'a> Specials<'a> {
    /// Those of `text`: `delimiter`, `"`, line feed and carriage return.
    #[inline]
    pub(super) fn of(text: &'a [u8], delimiter: u8) -> Self {
        let patterns = [delimiter, b'"', b'\n', b'\r'].map(|byte| u64::from(byte) * ONES);
        let mut specials = Self {
            text,
            patterns,
            start: 0,
            bits: 0,
        };
        specials.bits = specials.bits_at(0);
        specials
    }

    /// The bits of the block that begins at `start`.
    #[inline]
    fn bits_at(&self, start: usize) -> u64 {
        let rest = &self.text[start..];
        if let Some(block) = rest.first_chunk() {
            return bits(block, self.patterns);
        }
        // No special byte is zero.
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        bits(&last, self.patterns)
    }
}

impl Iterator for Specials<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            if self.text.len() - self.start <= BLOCK {
                return None;
            }
            self.start += BLOCK;
            self.bits = self.bits_at(self.start);
        }
        let at = self.start + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(at)
    }
}

#[inline]
fn bits(block: &[u8; BLOCK], patterns: [u64; 4]) -> u64 {
    let mut bits = 0;
    for (index, word) in block.chunks_exact(8).enumerate() {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        // The top bit of every byte that is none of the four: a difference is zero only where the byte is the same, and
        // adding 0x7f to its lower bits reaches the top bit unless they are zero.
        let others = patterns.iter().fold(TOP_BITS, |others, pattern| {
            let difference = word ^ pattern;
            others & (difference | (difference & OTHER_BITS) + OTHER_BITS)
        });
        let found = (others ^ TOP_BITS) >> 7;
        bits |= (found.wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_told_from_every_other_byte_at_every_place() {
        for byte in 0..=255_u8 {
            for length in [1, 7, 8, 63, 64, 65, 130] {
                let text: Vec<u8> = (0..length)
                    .map(|at| if at % 3 == 0 { byte } else { b'x' })
                    .collect();
                let is_special = matches!(byte, b';' | b'"' | b'\n' | b'\r');
                let expected: Vec<usize> = (0..length).filter(|at| is_special && at % 3 == 0).collect();
                let found: Vec<usize> = Specials::of(&text, b';').collect();
                assert_eq!(found, expected, "{byte} in {length}");
            }
        }
        assert_eq!(Specials::of(b"", b',').count(), 0);
    }

    #[test]
    fn special_bytes_side_by_side_are_all_found() {
        let text = b",\"\r\n".repeat(50);
        assert_eq!(
            Specials::of(&text, b',').collect::<Vec<_>>(),
            (0..200).collect::<Vec<_>>()
        );
    }
}
