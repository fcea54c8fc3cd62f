//! Bounds for the values at all ranks of a list that is not kept.
//!
//! Each value is replaced by one that is no larger, and by one that is no smaller: as many values as go by the same
//! replacement are one entry with a count. The value at a rank then lies between the replacements at that rank, since
//! order statistics grow with the values. Two envelopes are joined by joining their entries, and made smaller by joining
//! neighbors, which widens the bounds and never makes them wrong. So an envelope of any list fits a fixed size.
//!
//! This is the first of two passes in the way of GK Select (Shen, Chen and others, "GK Select: exact quantiles in distributed
//! systems", arXiv 2511.12025): bounds first, then the few values between them, exactly.

use serde::{Deserialize, Serialize};

/// A value that stands for so many.
type Entry<T> = (T, u64);

/// Lower and upper bounds of values, each ascending once it was [sorted](Envelope::sort).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Envelope<T> {
    lows: Vec<Entry<T>>,
    highs: Vec<Entry<T>>,
}

impl<T> Default for Envelope<T> {
    fn default() -> Self {
        Self {
            lows: Vec::new(),
            highs: Vec::new(),
        }
    }
}

impl<T: Ord + Clone> Envelope<T> {
    /// Adds `count` values, the smallest of which is not below `low` and the largest not above `high`.
    pub(super) fn add(&mut self, low: T, high: T, count: u64) {
        self.lows.push((low, count));
        self.highs.push((high, count));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.lows.append(&mut other.lows);
        self.highs.append(&mut other.highs);
    }

    /// How many values there are by the lower and by the upper bounds, which is as many unless it was damaged.
    pub(super) fn counts(&self) -> [u64; 2] {
        [&self.lows, &self.highs].map(|entries| entries.iter().map(|(_, count)| count).sum())
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.lows.len() + self.highs.len()
    }

    /// Makes it no larger than `entries`, which is at least 4: neighbors are joined, about as many values in each place.
    pub(super) fn shrink_to(&mut self, entries: usize) {
        if self.len() <= entries {
            return;
        }
        self.sort();
        let total: u64 = self.lows.iter().map(|(_, count)| count).sum();
        // Every two neighboring groups have more values than this together, and so there are at most as many as wanted.
        let group = total / (entries as u64 / 4).max(1);
        join(&mut self.lows, group);
        self.highs.reverse();
        join(&mut self.highs, group);
        self.highs.reverse();
    }

    fn sort(&mut self) {
        self.lows.sort_unstable();
        self.highs.sort_unstable();
    }

    /// The bounds of the values at `ranks`, which ascend and are below the count.
    pub(super) fn bounds(mut self, ranks: &[u64]) -> Vec<(T, T)> {
        self.sort();
        let lows = at_ranks(&self.lows, ranks);
        let highs = at_ranks(&self.highs, ranks);
        lows.into_iter().zip(highs).collect()
    }

    /// The same with each bound changed by a function that keeps their order.
    pub(super) fn map<U>(self, change: impl Fn(T) -> U) -> Envelope<U> {
        let all = |entries: Vec<Entry<T>>| {
            let changed = entries.into_iter().map(|(value, count)| (change(value), count));
            changed.collect()
        };
        Envelope {
            lows: all(self.lows),
            highs: all(self.highs),
        }
    }

    /// Adds values that ascend, each as often as it occurs, in about `groups` groups.
    pub(super) fn add_runs(&mut self, runs: &[Entry<T>], groups: u64) {
        let total: u64 = runs.iter().map(|(_, count)| count).sum();
        let most = total / groups.max(1);
        let mut from = 0;
        while from < runs.len() {
            let mut to = from + 1;
            let mut count = runs[from].1;
            while to < runs.len() && count + runs[to].1 <= most {
                count += runs[to].1;
                to += 1;
            }
            self.add(runs[from].0.clone(), runs[to - 1].0.clone(), count);
            from = to;
        }
    }
}

/// Joins neighbors that have at most `group` values together, under the first one's value.
fn join<T>(entries: &mut Vec<Entry<T>>, group: u64) {
    entries.dedup_by(|next, first| {
        let joined = first.1 + next.1 <= group;
        if joined {
            first.1 += next.1;
        }
        joined
    });
    entries.shrink_to_fit();
}

fn at_ranks<T: Clone>(entries: &[Entry<T>], ranks: &[u64]) -> Vec<T> {
    let mut rest = entries.iter();
    let mut current = rest.next();
    let mut before = 0;
    ranks
        .iter()
        .map(|rank| {
            while let Some((_, count)) = current
                && before + count <= *rank
            {
                before += count;
                current = rest.next();
            }
            current.expect("ranks are below the count").0.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_however_small_the_envelope_becomes() {
        let mut values: Vec<i64> = (0..10_000_i64).map(|index| index * 7919 % 10_007 / 3).collect();
        let mut envelope = Envelope::default();
        for chunk in values.chunks(100) {
            let low = *chunk.iter().min().unwrap();
            let high = *chunk.iter().max().unwrap();
            envelope.add(low, high, 50);
            let mut sorted = chunk.to_vec();
            sorted.sort_unstable();
            let runs: Vec<_> = sorted[..50].iter().map(|value| (*value, 1)).collect();
            envelope.add_runs(&runs, 10);
        }
        values.sort_unstable();
        let ranks = [0, 1, 2_500, 5_000, 9_998, 9_999];
        for entries in [10_000, 1_000, 100, 10, 4] {
            envelope.shrink_to(entries);
            assert!(envelope.len() <= entries, "{} of {entries}", envelope.len());
            let bounds = envelope.clone().bounds(&ranks);
            assert_eq!(bounds.len(), ranks.len());
        }
    }

    #[test]
    fn the_bounds_of_single_values_are_the_values() {
        let mut envelope = Envelope::default();
        for value in [5_i64, 1, 3, 3] {
            envelope.add(value, value, 1);
        }
        assert_eq!(envelope.bounds(&[0, 1, 2, 3]), [(1, 1), (3, 3), (3, 3), (5, 5)]);
    }
}
