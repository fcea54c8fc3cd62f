//! How often values occur.

use num_bigint::BigInt;

use super::Values;
use crate::Modes;

/// How often values occur.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Frequencies {
    /// How many different values there are.
    pub(crate) distinct: u64,
    /// How often the most frequent ones occur.
    pub(crate) highest: u64,
    /// How many values occur so often.
    pub(crate) modes: u64,
    /// The smallest of these, ascending, at most [`Modes::LISTED`].
    pub(crate) first_modes: Vec<BigInt>,
}

impl Frequencies {
    /// Counts one more value, above all before it.
    fn add_with(&mut self, occurrences: u64, value: impl FnOnce() -> BigInt) {
        self.distinct += 1;
        if occurrences > self.highest {
            self.highest = occurrences;
            self.modes = 0;
            self.first_modes.clear();
        }
        if occurrences == self.highest {
            self.modes += 1;
            if self.first_modes.len() < Modes::LISTED {
                self.first_modes.push(value());
            }
        }
    }
}

impl Values {
    /// How often values occur. Consumes the values: they are sorted.
    pub(crate) fn frequencies(mut self) -> Frequencies {
        self.wide.sort_unstable();
        self.big.sort_unstable();
        let wide_below = self.wide.partition_point(|value| *value < 0);
        let big_below = self
            .big
            .partition_point(|value| value.sign() == num_bigint::Sign::Minus);
        let mut narrow = self.to_narrow();
        self.blocks = Vec::new();
        narrow.sort_unstable();

        let mut frequencies = Frequencies::default();
        add_runs(&mut frequencies, &self.big[..big_below]);
        add_runs(&mut frequencies, &self.wide[..wide_below]);
        add_runs(&mut frequencies, &narrow);
        add_runs(&mut frequencies, &self.wide[wide_below..]);
        add_runs(&mut frequencies, &self.big[big_below..]);
        frequencies
    }
}

impl Values {
    fn to_narrow(&self) -> Vec<i64> {
        let mut narrow = Vec::with_capacity(self.narrow_count());
        for block in &self.blocks {
            block.for_each(|value| narrow.push(value));
        }
        narrow.extend_from_slice(self.pending());
        narrow
    }
}

fn add_runs<T: PartialEq + Clone + Into<BigInt>>(frequencies: &mut Frequencies, sorted: &[T]) {
    for run in sorted.chunk_by(T::eq) {
        frequencies.add_with(run.len() as u64, || run[0].clone().into());
    }
}

impl Values {
    /// How many values fall in each of `bins` ranges of `width` numbers from `minimum` on, which hold them all.
    pub(crate) fn counts_by_width(&self, minimum: &BigInt, width: &BigInt, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let mut add = |value: BigInt| {
            let index: BigInt = (value - minimum) / width;
            counts[usize::try_from(index).expect("all values are in one of the bins")] += 1;
        };
        for block in &self.blocks {
            block.for_each(|value| add(value.into()));
        }
        self.pending().iter().for_each(|value| add((*value).into()));
        self.wide.iter().for_each(|value| add((*value).into()));
        self.big.iter().for_each(|value| add(value.clone()));
        counts
    }
}
