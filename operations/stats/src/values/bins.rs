//! How many values fall in each of several ranges.

use num_bigint::BigInt;

use super::Values;
use crate::Error;
use crate::cancel::Cancel;
use crate::number::factors;

impl Values {
    /// How many values fall in each of `bins` ranges of `width` whole numbers from `minimum` on, which together hold them all.
    pub(crate) fn counts_by_width(&self, minimum: &BigInt, width: &BigInt, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let mut add = |index: usize| counts[index] += 1;
        if self.big.is_empty()
            && let (Err(_), Ok(minimum), Ok(width)) = (
                i64::try_from(minimum),
                i128::try_from(minimum),
                u128::try_from(width),
            )
        {
            let mut add = |value: i128| {
                let index = value.wrapping_sub(minimum).cast_unsigned() / width;
                add(usize::try_from(index).expect("all values are in one of the bins"));
            };
            self.for_each_narrow(|value| add(value.into()));
            self.wide.iter().for_each(|value| add(*value));
            return counts;
        }
        match (i64::try_from(minimum), u64::try_from(width)) {
            // The usual case, in machine integers.
            (Ok(minimum), Ok(width)) => self.for_each_narrow(|value| {
                let index = value.wrapping_sub(minimum).cast_unsigned() / width;
                add(usize::try_from(index).expect("all values are in one of the bins"));
            }),
            _ => self.for_each_narrow(|value| add(index(value.into(), minimum, width))),
        }
        self.wide
            .iter()
            .for_each(|value| add(index((*value).into(), minimum, width)));
        self.big
            .iter()
            .for_each(|value| add(index(value.clone(), minimum, width)));
        counts
    }

    /// How many zeros end every value, up to its decimal places: written without them, no value changes.
    pub(crate) fn common_zeros(&self, cancel: &Cancel) -> Result<u32, Error> {
        let mut zeros = self.places;
        if zeros == 0 {
            return Ok(0);
        }
        self.for_each_narrow(|value| {
            // 10^19 does not fit 64 bits with a sign.
            while zeros > 0 && value != 0 && (zeros > 18 || value % 10_i64.pow(zeros) != 0) {
                zeros -= 1;
            }
        });
        for value in &self.wide {
            zeros = zeros.min(factors::of_ten((*value).into(), zeros));
        }
        for value in &self.big {
            cancel.check()?;
            zeros = zeros.min(factors::of_ten(value.clone(), zeros));
        }
        Ok(zeros)
    }

    fn for_each_narrow(&self, mut act: impl FnMut(i64)) {
        for block in &self.blocks {
            block.for_each(&mut act);
        }
        self.pending().iter().for_each(|value| act(*value));
    }
}

/// The same for values that come one after the other.
#[derive(Clone, Debug)]
pub(crate) struct BinCounts {
    minimum: BigInt,
    width: BigInt,
    /// Both, if they fit.
    narrow: Option<(i64, u64)>,
    counts: Vec<u64>,
}

impl BinCounts {
    pub(crate) fn new(minimum: BigInt, width: BigInt, bins: usize) -> Self {
        let narrow = i64::try_from(&minimum).ok().zip(u64::try_from(&width).ok());
        Self {
            minimum,
            width,
            narrow,
            counts: vec![0; bins],
        }
    }

    /// The same bins, with nothing counted yet.
    pub(super) fn empty(&self) -> Self {
        Self {
            counts: vec![0; self.counts.len()],
            ..self.clone()
        }
    }

    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Sets as many counts as there are bins.
    pub(super) fn set(&mut self, counts: Vec<u64>) {
        self.counts = counts;
    }

    /// Counts a value that occurs so often.
    pub(crate) fn add_run(&mut self, value: &BigInt, occurrences: u64) {
        let index = usize::try_from((value - &self.minimum) / &self.width).ok();
        if let Some(count) = index.and_then(|index| self.counts.get_mut(index)) {
            *count += occurrences;
        }
    }

    /// Counts values that fit 64 bits. Those beyond the bins are not counted: a list that was changed has them.
    pub(super) fn add_all(&mut self, values: &[i64]) {
        let Some((minimum, width)) = self.narrow else {
            for value in values {
                self.add(&(*value).into());
            }
            return;
        };
        for value in values {
            let index = value.wrapping_sub(minimum).cast_unsigned() / width;
            if let Some(count) = usize::try_from(index)
                .ok()
                .and_then(|index| self.counts.get_mut(index))
            {
                *count += 1;
            }
        }
    }

    pub(super) fn add(&mut self, value: &BigInt) {
        self.add_run(value, 1);
    }

    pub(super) fn append(&mut self, other: &Self) {
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }
}

fn index(value: BigInt, minimum: &BigInt, width: &BigInt) -> usize {
    usize::try_from((value - minimum) / width).expect("all values are in one of the bins")
}
