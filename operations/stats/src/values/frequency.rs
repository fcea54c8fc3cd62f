//! How often values occur: the only statistics that need the values sorted.

use num_bigint::{BigInt, Sign};

use super::Values;
use super::block::Block;

/// How often the values of a list occur.
#[derive(Debug, Default)]
pub(crate) struct Frequencies {
    /// How many different values there are.
    pub(crate) distinct: u64,
    /// How often the most frequent values occur.
    pub(crate) highest: u64,
    /// How many values occur that often.
    pub(crate) modes: u64,
    /// The smallest of them, ascending.
    pub(crate) first_modes: Vec<BigInt>,
    /// The most modes to list.
    listed: usize,
}

impl Frequencies {
    /// How often values occur that ascend, each with how often it does, with at most `listed` modes.
    pub(crate) fn of_runs(runs: &[(BigInt, u64)], listed: usize) -> Self {
        let mut frequencies = Self {
            listed,
            ..Self::default()
        };
        for (value, count) in runs {
            frequencies.add(*count, || value.clone());
        }
        frequencies
    }

    /// Counts a value above all values so far.
    fn add(&mut self, occurrences: u64, value: impl FnOnce() -> BigInt) {
        self.distinct += 1;
        if occurrences > self.highest {
            self.highest = occurrences;
            self.modes = 0;
            self.first_modes.clear();
        }
        if occurrences == self.highest {
            self.modes += 1;
            if self.first_modes.len() < self.listed {
                self.first_modes.push(value());
            }
        }
    }

    /// Counts values that are all above the values so far.
    fn add_all<T: Ord>(&mut self, values: &mut [T], number: impl Fn(&T) -> BigInt) {
        values.sort_unstable();
        for run in values.chunk_by(T::eq) {
            self.add(run.len() as u64, || number(&run[0]));
        }
    }
}

impl Values {
    /// How often values occur, with at most `listed` modes.
    pub(crate) fn frequencies(mut self, listed: usize) -> Frequencies {
        self.close_batch();
        let (mut big_below, mut big_above) = split(self.big, |value| value.sign() == Sign::Minus);
        let (mut wide_below, mut wide_above) = split(self.wide, |value| *value < 0);
        let mut frequencies = Frequencies {
            listed,
            ..Frequencies::default()
        };
        frequencies.add_all(&mut big_below, BigInt::clone);
        frequencies.add_all(&mut wide_below, |value| BigInt::from(*value));
        add_blocks(&mut frequencies, self.blocks);
        frequencies.add_all(&mut wide_above, |value| BigInt::from(*value));
        frequencies.add_all(&mut big_above, BigInt::clone);
        frequencies
    }
}

fn split<T>(values: Vec<T>, below: impl Fn(&T) -> bool) -> (Vec<T>, Vec<T>) {
    values.into_iter().partition(below)
}

/// Counts the values of blocks as distances from the smallest, which usually fit 32 bits: half the memory to sort.
fn add_blocks(frequencies: &mut Frequencies, blocks: Vec<Block>) {
    let minimum = blocks.iter().map(|block| block.minimum).min().unwrap_or(0);
    let maximum = blocks.iter().map(|block| block.maximum).max().unwrap_or(0);
    let distance = |value: i64| value.wrapping_sub(minimum).cast_unsigned();
    let number = |distance: u64| BigInt::from(minimum) + distance;
    if u32::try_from(distance(maximum)).is_ok() {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the largest distance fits, so all do"
        )]
        let mut distances = collected(blocks, |value| distance(value) as u32);
        frequencies.add_all(&mut distances, |distance| number((*distance).into()));
    } else {
        let mut distances = collected(blocks, distance);
        frequencies.add_all(&mut distances, |distance| number(*distance));
    }
}

/// What `convert` makes of each value. Each block is freed once it was read.
fn collected<T>(blocks: Vec<Block>, convert: impl Fn(i64) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(blocks.iter().map(Block::len).sum());
    for block in blocks {
        block.for_each(|value| values.push(convert(value)));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_width_are_counted_in_order() {
        let list = [
            i128::MAX,
            5,
            i128::MIN,
            5,
            i64::MIN.into(),
            i64::MAX.into(),
            i128::MIN,
        ];
        let mut values = Values::default();
        for value in list {
            values.push_wide(value);
        }
        values.push_big(BigInt::from(i128::MAX) * 2);
        let frequencies = values.frequencies(100);
        assert_eq!(
            (frequencies.distinct, frequencies.highest, frequencies.modes),
            (6, 2, 2)
        );
        assert_eq!(
            frequencies.first_modes,
            [BigInt::from(i128::MIN), BigInt::from(5)]
        );
    }

    #[test]
    fn without_a_repeated_value_all_are_modes_and_the_first_are_listed() {
        let mut values = Values::default();
        (0..1_000).rev().for_each(|value| values.push(value));
        let frequencies = values.frequencies(100);
        assert_eq!(
            (frequencies.distinct, frequencies.highest, frequencies.modes),
            (1_000, 1, 1_000)
        );
        assert_eq!(frequencies.first_modes.len(), 100);
        assert_eq!(frequencies.first_modes[0], BigInt::from(0));
    }
}
