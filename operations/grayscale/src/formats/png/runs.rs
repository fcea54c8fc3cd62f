//! Runs of zeros: the only repetitions that are frequent in filtered rows of photographs.

/// The estimated cost of a repetition: its length, its distance, and that a code word for a rare length makes others
/// longer.
const REPETITION_BITS: usize = 12;

/// A run of zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) length: usize,
}

/// Finds the runs that are shorter as a zero and a repetition of it, when a zero takes `zero_bits`. Looks at words of eight
/// bytes: every long run has a whole word of zeros in it, except in the last bytes of a block.
pub(super) fn find(block: &[u8], zero_bits: u8, runs: &mut Vec<Run>) {
    runs.clear();
    // The block before had no zero: assume that one costs as much as any other literal.
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
        let after = words
            .get(index)
            .map_or(0, |after| u64::from_le_bytes(*after).trailing_zeros() / 8);
        let length = index * 8 + after as usize - start;
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
