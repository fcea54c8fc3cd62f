//! How many values fall in each of several ranges.

use num_bigint::BigInt;

use super::Values;

impl Values {
    /// How many values fall in each of `bins` ranges of `width` whole numbers from `minimum` on, which together hold them all.
    pub(crate) fn counts_by_width(&self, minimum: &BigInt, width: &BigInt, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let mut add = |index: usize| counts[index] += 1;
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

    fn for_each_narrow(&self, mut act: impl FnMut(i64)) {
        for block in &self.blocks {
            block.for_each(&mut act);
        }
        self.pending().iter().for_each(|value| act(*value));
    }
}

fn index(value: BigInt, minimum: &BigInt, width: &BigInt) -> usize {
    usize::try_from((value - minimum) / width).expect("all values are in one of the bins")
}
