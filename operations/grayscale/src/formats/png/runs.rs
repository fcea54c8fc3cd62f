//! Runs of zeros, the only repetitions that filtered rows of photographs have in number.

/// What a repetition is thought to cost: its length and its distance, and that a word for a length that is seldom
/// used makes others longer.
const REPETITION_BITS: usize = 12;

/// A run of zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) length: usize,
}

/// Finds the runs that are shorter as a zero and repetitions of it, when a zero has so many bits. Of a word of eight
/// bytes at a time: every long run has a whole word of zeros in it, except in the last bytes of a block.
pub(super) fn find(block: &[u8], zero_bits: u8, runs: &mut Vec<Run>) {
    runs.clear();
    // A zero that the block before had none of is as good as any other literal.
    let zero_bits = usize::from(if zero_bits == 0 { 8 } else { zero_bits });
    let (words, _) = block.as_chunks::<8>();
    let mut index = 0;
    while index < words.len() {
        if words[index] != [0; 8] {
            index += 1;
            continue;
        }
        let before = index
            .checked_sub(1)
            .map_or(0, |before| u64::from_le_bytes(words[before]).leading_zeros() / 8);
        let start = index * 8 - before as usize;
        while words.get(index) == Some(&[0; 8]) {
            index += 1;
        }
        let behind = words
            .get(index)
            .map_or(0, |behind| u64::from_le_bytes(*behind).trailing_zeros() / 8);
        let length = index * 8 + behind as usize - start;
        if zero_bits * (length - 1) > REPETITION_BITS {
            runs.push(Run { start, length });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_from_their_first_zero_to_their_last() {
        for start in 1..20 {
            for length in 15..40 {
                let mut block = vec![1; 80];
                block[start..start + length].fill(0);
                let mut runs = Vec::new();
                find(&block, 1, &mut runs);
                assert_eq!(runs, [Run { start, length }]);
            }
        }
        let mut runs = vec![Run { start: 1, length: 1 }];
        find(&[1; 100], 1, &mut runs);
        assert!(runs.is_empty());
        find(&[0; 64], 1, &mut runs);
        assert_eq!(runs, [Run { start: 0, length: 64 }]);
    }
}
