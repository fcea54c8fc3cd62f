//! Values by rank, without sorting.

use num_bigint::BigInt;

use super::Values;
use super::block::with_cells;

impl Values {
    /// The values of `ranks` in the sorted list, rank 0 the smallest. Ranks ascend and are below the count.
    pub(crate) fn at_ranks(&mut self, ranks: &[u64]) -> Vec<BigInt> {
        let mut all: Vec<BigInt> = self.to_narrow().into_iter().map(BigInt::from).collect();
        all.extend(self.wide.iter().map(|value| BigInt::from(*value)));
        all.extend(self.big.iter().cloned());
        all.sort_unstable();
        ranks.iter().map(|rank| all[*rank as usize].clone()).collect()
    }

    pub(super) fn to_narrow(&self) -> Vec<i64> {
        let mut narrow = Vec::with_capacity(self.narrow_count());
        for block in &self.blocks {
            with_cells!(&block.cells, cells => narrow.extend(cells.iter().map(|cell| i64::from(*cell))));
        }
        narrow.extend_from_slice(&self.pending);
        narrow
    }
}
