//! How often each of some values occurs that lie close to one another: more than bounds, and in as little memory.

use serde::{Deserialize, Serialize};

use super::block::Block;

/// A counter for every value from the lowest to the highest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    low: i64,
    counts: Vec<u64>,
}

impl Table {
    /// The most counters: 8 MiB of them, which are a few as they are written.
    const MOST: usize = 1 << 20;

    /// The table of the values in `blocks`, if there are any and it takes no more than `bytes`.
    pub(super) fn of(blocks: &[Block], bytes: usize) -> Option<Self> {
        let low = blocks.iter().map(|block| block.minimum).min()?;
        let high = blocks.iter().map(|block| block.maximum).max()?;
        let mut counts = vec![0; counters(low, high, bytes)?];
        for block in blocks {
            block.for_each(|value| counts[distance(low, value)] += 1);
        }
        Some(Self { low, counts })
    }

    /// Adds the counts of another table, or gives it back if both together would take more than `bytes`.
    pub(super) fn join(&mut self, other: Self, bytes: usize) -> Result<(), Self> {
        let low = self.low.min(other.low);
        let high = self.high().max(other.high());
        let Some(counters) = counters(low, high, bytes) else {
            return Err(other);
        };
        let missing = distance(low, self.low);
        self.counts.splice(..0, (0..missing).map(|_| 0));
        self.counts.resize(counters, 0);
        self.low = low;
        for (count, more) in self.counts[distance(low, other.low)..]
            .iter_mut()
            .zip(other.counts)
        {
            *count += more;
        }
        Ok(())
    }

    /// The values that occur, ascending, with how often each does.
    pub(super) fn runs(&self) -> impl Iterator<Item = (i64, u64)> {
        let values = (0_i64..).map(|distance| self.low.wrapping_add(distance));
        let runs = values.zip(self.counts.iter().copied());
        runs.filter(|(_, count)| *count > 0)
    }

    /// Bytes of memory in use.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.counts[..])
    }

    fn high(&self) -> i64 {
        let last = self.counts.len().saturating_sub(1);
        self.low.wrapping_add(i64::try_from(last).unwrap_or(i64::MAX))
    }
}

/// How many counters there are from one value to another, if they take no more than `bytes`.
fn counters(low: i64, high: i64, bytes: usize) -> Option<usize> {
    let most = Table::MOST.min(bytes / size_of::<u64>());
    let counters = high.checked_sub(low)?.checked_add(1)?;
    usize::try_from(counters)
        .ok()
        .filter(|counters| *counters <= most)
}

/// How far `value` is above `low`.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "a table's values are at most so far apart as it has counters"
)]
fn distance(low: i64, value: i64) -> usize {
    value.wrapping_sub(low).cast_unsigned() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Values;

    fn table(values: &[i64], bytes: usize) -> Option<Table> {
        let mut list = Values::default();
        for value in values {
            list.push(*value);
        }
        list.close_batch();
        Table::of(&list.blocks, bytes)
    }

    #[test]
    fn tables_are_joined_while_their_values_are_close() {
        let mut all = table(&[5, 3, 5], 1 << 20).unwrap();
        all.join(table(&[-2, 5, -2], 1 << 20).unwrap(), 1 << 20).unwrap();
        all.join(table(&[9], 1 << 20).unwrap(), 1 << 20).unwrap();
        assert_eq!(all.runs().collect::<Vec<_>>(), [(-2, 2), (3, 1), (5, 3), (9, 1)]);
        assert!(all.join(table(&[1 << 20], 1 << 30).unwrap(), 1 << 30).is_err());
        assert!(all.join(table(&[10], 1 << 30).unwrap(), 12 * 8).is_err());
        assert_eq!(all.runs().map(|(_, count)| count).sum::<u64>(), 7);
    }

    #[test]
    fn values_far_apart_have_no_table() {
        assert!(table(&[i64::MIN, i64::MAX], 1 << 30).is_none());
        assert!(table(&[0, 1 << 20], 1 << 30).is_none());
        assert!(table(&[0, 9], 9 * 8).is_none());
        let extremes = table(&[i64::MAX, i64::MAX - 1], 1 << 20).unwrap();
        assert_eq!(extremes.runs().last(), Some((i64::MAX, 1)));
    }
}
