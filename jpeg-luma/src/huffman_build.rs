//! The best Huffman table for given symbols (T.81, K.2).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::huffman::{HuffmanTable, MAX_LENGTH};

/// How often each symbol occurs.
pub(crate) type Frequencies = [u64; 256];

/// The table with the shortest codes for symbols of these frequencies, no code longer than 16 bits, and the code of
/// all ones left free.
pub(crate) fn table(frequencies: &Frequencies) -> HuffmanTable {
    // Index 256 is no symbol: it takes one of the longest codes, which becomes the free one.
    let mut used: Vec<(u64, usize)> = frequencies
        .iter()
        .copied()
        .zip(0..)
        .filter(|&(frequency, _)| frequency > 0)
        .collect();
    used.push((0, 256));
    let mut by_length = lengths(&used);
    limit(&mut by_length);
    // The reserved leaf has one of the longest codes.
    if let Some(longest) = by_length.iter().rposition(|&count| count > 0) {
        by_length[longest] -= 1;
    }
    let mut counts = [0; MAX_LENGTH];
    for (count, by_length) in counts.iter_mut().zip(&by_length[1..]) {
        *count = u8::try_from(*by_length)
            .expect("256 symbols do not all have codes of one length besides another");
    }
    used.retain(|&(_, symbol)| symbol < 256);
    used.sort_by_key(|&(frequency, symbol)| (Reverse(frequency), symbol));
    let mut symbols: Vec<u8> = used
        .into_iter()
        .map(|(_, symbol)| u8::try_from(symbol).unwrap_or(u8::MAX))
        .collect();
    // Among codes of one length the order is free; by value is what decoders see most.
    let mut rest = symbols.as_mut_slice();
    for &count in &counts {
        let (same_length, longer) = rest.split_at_mut(usize::from(count));
        same_length.sort_unstable();
        rest = longer;
    }
    HuffmanTable { counts, symbols }
}

/// How many leaves of the Huffman tree lie at each depth.
fn lengths(leaves: &[(u64, usize)]) -> Vec<u32> {
    // Nodes are numbered as they are made, leaves first; a parent has a higher number than its children.
    let mut parents = vec![0; 2 * leaves.len()];
    let mut heap: BinaryHeap<_> = leaves
        .iter()
        .zip(0..)
        .map(|(&(frequency, _), node)| Reverse((frequency, node)))
        .collect();
    let mut next = leaves.len();
    while let (Some(Reverse((first, a))), Some(Reverse((second, b)))) = (heap.pop(), heap.pop()) {
        parents[a] = next;
        parents[b] = next;
        heap.push(Reverse((first + second, next)));
        next += 1;
        if heap.len() == 1 {
            break;
        }
    }
    let root = next - 1;
    let mut depths = vec![0; next];
    let mut by_length = vec![0; (leaves.len() + 1).max(MAX_LENGTH + 1)];
    for node in (0..root).rev() {
        depths[node] = depths[parents[node]] + 1;
        if node < leaves.len() {
            by_length[depths[node]] += 1;
        }
    }
    if root == 0 {
        by_length[1] = 1;
    }
    by_length
}

/// Shortens codes of more than 16 bits at the cost of others (figure K.3).
fn limit(by_length: &mut [u32]) {
    for length in (MAX_LENGTH + 1..by_length.len()).rev() {
        while by_length[length] > 0 {
            // The longest codes come in pairs. One of a pair takes their common prefix; the other one and a shorter
            // code share the prefix that the shorter one had.
            let shorter = (1..length - 1).rev().find(|&shorter| by_length[shorter] > 0);
            let shorter = shorter.expect("a tree with a shorter code");
            by_length[length] -= 2;
            by_length[length - 1] += 1;
            by_length[shorter + 1] += 2;
            by_length[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequencies(pairs: &[(usize, u64)]) -> Frequencies {
        let mut frequencies = [0; 256];
        for &(symbol, frequency) in pairs {
            frequencies[symbol] = frequency;
        }
        frequencies
    }

    #[test]
    fn frequent_symbols_have_short_codes() {
        let codes = table(&frequencies(&[(7, 50), (1, 30), (200, 10), (3, 10)])).codes();
        assert_eq!([codes[7].1, codes[1].1], [1, 2]);
        assert!(codes[200].1 > 2 && codes[3].1 > 2);
    }

    #[test]
    fn one_symbol_has_one_code_of_one_bit() {
        let table = table(&frequencies(&[(5, 9)]));
        assert_eq!((table.counts[0], table.symbols), (1, vec![5]));
    }

    #[test]
    fn no_symbol_makes_an_empty_table() {
        assert_eq!(table(&frequencies(&[])).symbols, []);
    }

    #[test]
    fn fibonacci_frequencies_do_not_exceed_16_bits() {
        let mut pairs = vec![(0, 1), (1, 1)];
        for symbol in 2..60 {
            pairs.push((symbol, pairs[symbol - 1].1 + pairs[symbol - 2].1));
        }
        let table = table(&frequencies(&pairs));
        let codes = table.codes();
        assert!(
            pairs
                .iter()
                .all(|&(symbol, _)| (1..=16).contains(&codes[symbol].1))
        );
        let sum: u32 = table
            .counts
            .iter()
            .zip(1u32..)
            .map(|(&count, length)| u32::from(count) << (16 - length))
            .sum();
        assert!(sum < 1 << 16);
    }

    #[test]
    fn all_symbols_at_once_fit() {
        let table = table(&[1; 256]);
        assert_eq!(table.symbols.len(), 256);
        assert_eq!(
            table.counts.iter().map(|&count| u32::from(count)).sum::<u32>(),
            256
        );
    }
}
