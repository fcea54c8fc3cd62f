//! Huffman codes as deflate has them (RFC 1951, 3.2.2): from counts to lengths, and from lengths to words.

/// A code word, its first bit in the lowest bit, and its length in bits.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    pub(super) bits: u32,
    pub(super) length: u8,
}

impl Word {
    /// This word followed by another. Both together have at most 32 bits.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            bits: self.bits | next.bits << self.length,
            length: self.length + next.length,
        }
    }
}

/// Lengths of code words of at most `length_max` bits: Huffman's, with counts evened out until they fit.
pub(super) fn code_lengths<const N: usize>(counts: &[u32; N], length_max: u8) -> [u8; N] {
    let mut counts = *counts;
    loop {
        let lengths = huffman(&counts);
        if lengths.iter().all(|length| *length <= length_max) {
            return lengths;
        }
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = *count / 2 + 1;
        }
    }
}

/// The lengths of Huffman's code. A single symbol gets one bit.
fn huffman<const N: usize>(counts: &[u32; N]) -> [u8; N] {
    let mut leaves: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count)| (*count, symbol))
        .collect();
    let mut lengths = [0; N];
    if leaves.len() < 2 {
        if let [(_, symbol)] = leaves[..] {
            lengths[symbol] = 1;
        }
        return lengths;
    }
    leaves.sort_unstable();
    // Two queues: leaves by weight, and nodes, which come into being by weight. `parents` is first leaves, then nodes.
    let total = leaves.len() * 2 - 1;
    let mut weights: Vec<u64> = leaves.iter().map(|(count, _)| u64::from(*count)).collect();
    let mut parents = vec![0; total];
    let (mut leaf, mut node) = (0, leaves.len());
    while weights.len() < total {
        let mut weight = 0;
        for _ in 0..2 {
            let take_leaf = leaf < leaves.len() && (node >= weights.len() || weights[leaf] <= weights[node]);
            let taken = if take_leaf { &mut leaf } else { &mut node };
            weight += weights[*taken];
            parents[*taken] = weights.len();
            *taken += 1;
        }
        weights.push(weight);
    }
    // From the root down: a node is one deeper than its parent.
    let mut depths = vec![0_u8; total];
    for index in (0..total - 1).rev() {
        depths[index] = depths[parents[index]] + 1;
    }
    for ((_, symbol), depth) in leaves.iter().zip(depths) {
        lengths[*symbol] = depth;
    }
    lengths
}

/// The code words that lengths stand for.
pub(super) fn code_words<const N: usize>(lengths: &[u8; N]) -> [Word; N] {
    let mut words = [Word::default(); N];
    let mut next = 0_u16;
    for length in 1..=15 {
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, other)| **other == length) {
            let bits = u32::from(next.reverse_bits() >> (16 - length));
            words[symbol] = Word { bits, length };
            next += 1;
        }
        next <<= 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_uneven_counts_still_give_short_codes() {
        // Fibonacci's numbers make Huffman's deepest tree.
        let mut counts = [0; 286];
        let (mut one, mut two) = (1, 1);
        for count in &mut counts[..40] {
            *count = one;
            (one, two) = (two, one + two);
        }
        let lengths = code_lengths(&counts, 12);
        let kraft: f64 = lengths
            .iter()
            .filter(|length| **length > 0)
            .map(|length| 0.5_f64.powi((*length).into()))
            .sum();
        assert!(lengths.iter().all(|length| *length <= 12) && (kraft - 1.0).abs() < 1e-9);
    }
}
