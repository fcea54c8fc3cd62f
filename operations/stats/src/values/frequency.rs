//! How often values occur: the only statistics that need the values sorted.
//!
//! They are counted where they are, in about the memory that they take already: a value of one byte may stand beside one of
//! eight, and a copy of all in the width of the widest would be eight times as large as the list. Values of at most two bytes
//! are counted by value. Blocks of wider ones are sorted in place, each by itself, and then read side by side in windows.

mod merge;
mod small;

use std::num::NonZero;

use num_bigint::{BigInt, Sign};
use serde::{Deserialize, Serialize};

use super::Values;
use super::block::Cells;
use crate::Error;
use crate::cancel::Cancel;
use merge::Sorted;
use small::SmallCounts;

/// How often the values of a list occur.
#[derive(Debug, Default, Serialize, Deserialize)]
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
    pub(crate) fn of_runs<T: Clone + Into<BigInt>>(runs: &[(T, u64)], listed: usize) -> Self {
        let mut frequencies = Self {
            listed,
            ..Self::default()
        };
        for (value, count) in runs {
            frequencies.add(*count, || value.clone().into());
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

    /// Counts sorted values that are all above the values so far.
    fn add_sorted<T: PartialEq>(&mut self, values: &[T], number: impl Fn(&T) -> BigInt) {
        for run in values.chunk_by(T::eq) {
            self.add(run.len() as u64, || number(&run[0]));
        }
    }
}

impl Values {
    /// How often values occur, with at most `listed` modes, found on up to `threads` threads.
    ///
    /// # Errors
    ///
    /// [`Error::Canceled`].
    pub(crate) fn frequencies(
        mut self,
        listed: usize,
        threads: NonZero<usize>,
        cancel: &Cancel,
    ) -> Result<Frequencies, Error> {
        self.close_batch();
        self.big.sort_unstable();
        self.wide.sort_unstable();
        let (big_below, big_above) = split(&self.big, |value| value.sign() == Sign::Minus);
        let (wide_below, wide_above) = split(&self.wide, |value| *value < 0);
        let mut frequencies = Frequencies {
            listed,
            ..Frequencies::default()
        };
        frequencies.add_sorted(big_below, BigInt::clone);
        frequencies.add_sorted(wide_below, |value| BigInt::from(*value));

        let mut small = SmallCounts::default();
        let (mut fours, mut eights) = (Vec::new(), Vec::new());
        for block in self.blocks {
            match block.into_cells() {
                Cells::I8(cells) => small.add_all(&cells),
                Cells::I16(cells) => small.add_all(&cells),
                Cells::I32(cells) => fours.push(cells),
                Cells::I64(cells) => eights.push(cells),
                Cells::Counted(_) => unreachable!("a list whose values are needed stores them"),
            }
        }
        let sorted = Sorted::new(fours, eights, threads, cancel)?;
        sorted.for_each(cancel, |value, occurrences| {
            if small.take(value, occurrences) {
                return;
            }
            // Values ascend: above zero, all small ones have come.
            if value > 0 {
                small.drain(|value, count| frequencies.add(count, || value.into()));
            }
            frequencies.add(occurrences, || value.into());
        })?;
        small.drain(|value, count| frequencies.add(count, || value.into()));

        frequencies.add_sorted(wide_above, |value| BigInt::from(*value));
        frequencies.add_sorted(big_above, BigInt::clone);
        Ok(frequencies)
    }
}

/// Sorted values, those below zero apart.
fn split<T>(values: &[T], below: impl Fn(&T) -> bool) -> (&[T], &[T]) {
    values.split_at(values.partition_point(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: Values) -> Frequencies {
        let threads = NonZero::new(2).unwrap();
        values.frequencies(100, threads, &Cancel::default()).unwrap()
    }

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
        let frequencies = of(values);
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
        let frequencies = of(values);
        assert_eq!(
            (frequencies.distinct, frequencies.highest, frequencies.modes),
            (1_000, 1, 1_000)
        );
        assert_eq!(frequencies.first_modes.len(), 100);
        assert_eq!(frequencies.first_modes[0], BigInt::from(0));
    }

    #[test]
    fn blocks_of_every_width_beside_each_other_are_counted_as_a_sorted_list_is() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 16).cast_signed() >> 16
        };
        // Batches by turns in one, two, four and eight bytes, with values that occur in several of them.
        for spread in [1_i64, 3, 1_000] {
            let mut list = Vec::new();
            for batch in 0..40 {
                let most = [100, 30_000, 2_000_000_000, 1 << 46][batch % 4];
                list.extend((0..9_000).map(|_| random() % most / spread));
            }
            let mut values = Values::default();
            for value in &list {
                values.push(*value);
            }
            let frequencies = of(values);
            list.sort_unstable();
            let runs: Vec<(usize, i64)> = list.chunk_by(i64::eq).map(|run| (run.len(), run[0])).collect();
            let highest = runs.iter().map(|run| run.0).max().unwrap();
            let modes: Vec<BigInt> = runs
                .iter()
                .filter(|run| run.0 == highest)
                .map(|run| run.1.into())
                .collect();
            assert_eq!(frequencies.distinct, runs.len() as u64);
            assert_eq!(frequencies.highest, highest as u64);
            assert_eq!(frequencies.modes, modes.len() as u64);
            assert_eq!(frequencies.first_modes, modes[..modes.len().min(100)]);
        }
    }
}
