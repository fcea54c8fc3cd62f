//! Sorted blocks, read side by side.
//!
//! A window takes from each block what lies below a bound, and is sorted by an algorithm that makes use of the sorted runs which
//! it consists of. The bound is the smallest of the values that are so far ahead in their blocks that the window has room for all
//! before them. Where even the bound is the next value of every block, it occurs very often: it is counted by bisection.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::Error;
use crate::cancel::Cancel;
use crate::values::block::MAX_BYTES;

/// Values of a window: a megabyte of them, to stay in the second-level cache.
const WINDOW_VALUES: usize = 1 << 17;

/// Values of four and of eight bytes in sorted parts.
pub(super) struct Sorted {
    parts: Vec<Part>,
}

/// A sorted part, and how many of its values were read.
struct Part {
    cells: Cells,
    read: usize,
}

enum Cells {
    Four(Vec<i32>),
    Eight(Vec<i64>),
}

impl Sorted {
    /// Sorts each of them, on up to `threads` threads.
    pub(super) fn new(
        fours: Vec<Vec<i32>>,
        eights: Vec<Vec<i64>>,
        threads: NonZero<usize>,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let fours = joined(fours).into_iter().map(Cells::Four);
        let eights = joined(eights).into_iter().map(Cells::Eight);
        let mut parts: Vec<Part> = fours.chain(eights).map(|cells| Part { cells, read: 0 }).collect();
        let threads = threads.get().min(parts.len());
        let waiting = Mutex::new(parts.iter_mut());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let sort = || {
            while let Some(part) = next()
                && cancel.check().is_ok()
            {
                part.sort();
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(sort);
            }
            sort();
        });
        cancel.check()?;
        Ok(Self { parts })
    }

    /// Calls `act` with each value, ascending, and how often it occurs.
    #[allow(
        clippy::stable_sort_primitive,
        reason = "the stable sort merges sorted runs, the unstable one sorts them anew"
    )]
    pub(super) fn for_each(mut self, cancel: &Cancel, mut act: impl FnMut(i64, u64)) -> Result<(), Error> {
        let mut window = Vec::new();
        loop {
            self.parts.retain(|part| part.get(0).is_some());
            if self.parts.is_empty() {
                return Ok(());
            }
            cancel.check()?;
            let step = (WINDOW_VALUES / self.parts.len()).max(1);
            let bound = self.parts.iter().filter_map(|part| part.get(step)).min();
            for part in &mut self.parts {
                part.take_below(bound, step, &mut window);
            }
            match bound {
                Some(bound) if window.is_empty() => {
                    let counts = self.parts.iter_mut().map(|part| part.skip(bound) as u64);
                    act(bound, counts.sum());
                }
                _ => {
                    window.sort();
                    for run in window.chunk_by(i64::eq) {
                        act(run[0], run.len() as u64);
                    }
                    window.clear();
                }
            }
        }
    }
}

impl Part {
    fn sort(&mut self) {
        match &mut self.cells {
            Cells::Four(cells) => cells.sort_unstable(),
            Cells::Eight(cells) => cells.sort_unstable(),
        }
    }

    /// The value that is `ahead` of the next one.
    fn get(&self, ahead: usize) -> Option<i64> {
        match &self.cells {
            Cells::Four(cells) => cells.get(self.read + ahead).map(|cell| (*cell).into()),
            Cells::Eight(cells) => cells.get(self.read + ahead).copied(),
        }
    }

    /// Moves the next values below `bound`, which are at most `most`, to the window; all values, if there is no bound.
    fn take_below(&mut self, bound: Option<i64>, most: usize, window: &mut Vec<i64>) {
        fn below<T: Copy + Into<i64>>(cells: &[T], bound: Option<i64>, most: usize) -> &[T] {
            let near = &cells[..cells.len().min(most)];
            let count = bound.map(|bound| near.partition_point(|cell| (*cell).into() < bound));
            &near[..count.unwrap_or(near.len())]
        }
        let before = window.len();
        match &self.cells {
            Cells::Four(cells) => {
                let taken = below(&cells[self.read..], bound, most);
                window.extend(taken.iter().map(|cell| i64::from(*cell)));
            }
            Cells::Eight(cells) => window.extend(below(&cells[self.read..], bound, most)),
        }
        self.read += window.len() - before;
    }

    /// Passes over the next values as far as they are `value`, and below which there are none left. Returns how many.
    fn skip(&mut self, value: i64) -> usize {
        let count = match &self.cells {
            Cells::Four(cells) => cells[self.read..].partition_point(|cell| i64::from(*cell) <= value),
            Cells::Eight(cells) => cells[self.read..].partition_point(|cell| *cell <= value),
        };
        self.read += count;
        count
    }
}

/// The same values in parts of which hardly any is small: each part costs something for every window. At most a part's worth of
/// them is in memory twice.
fn joined<T: Copy>(parts: Vec<Vec<T>>) -> Vec<Vec<T>> {
    let most = MAX_BYTES / size_of::<T>();
    let mut joined = Vec::new();
    let mut open: Vec<T> = Vec::new();
    for part in parts {
        if part.len() >= most / 2 {
            joined.push(part);
            continue;
        }
        if open.len() + part.len() > most {
            joined.push(std::mem::take(&mut open));
        }
        if open.is_empty() {
            open = part;
        } else {
            open.extend_from_slice(&part);
        }
    }
    joined.push(open);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted, and in a sorted copy.
    fn check(fours: Vec<Vec<i32>>, eights: Vec<Vec<i64>>) {
        let narrow = fours.iter().flatten().map(|value| i64::from(*value));
        let mut list: Vec<i64> = narrow.chain(eights.iter().flatten().copied()).collect();
        list.sort_unstable();
        let expected: Vec<(i64, u64)> = list
            .chunk_by(i64::eq)
            .map(|run| (run[0], run.len() as u64))
            .collect();
        let sorted = Sorted::new(fours, eights, NonZero::new(3).unwrap(), &Cancel::default()).unwrap();
        let mut counted = Vec::new();
        sorted
            .for_each(&Cancel::default(), |value, count| counted.push((value, count)))
            .unwrap();
        assert!(counted == expected, "{} and {}", counted.len(), expected.len());
    }

    #[test]
    fn blocks_are_counted_however_their_values_overlap() {
        let many = 700_000_i32;
        check(Vec::new(), Vec::new());
        check(vec![vec![3, 1, 3]], vec![vec![i64::MIN, 3, i64::MAX]]);
        check(
            vec![(0..many).collect(), (0..many).rev().collect()],
            vec![(0..5).collect()],
        );
        check(vec![(0..many).collect(), (many..2 * many).collect()], Vec::new());
        check(
            vec![vec![7; 700_000], vec![7; 3]],
            vec![vec![7; 600_000], vec![8; 9], vec![6]],
        );
        let mixed = |step: i32| (0..many).map(|index| index.wrapping_mul(step) % 1_009).collect();
        check(vec![mixed(3), mixed(5), mixed(7)], vec![vec![500; 400_000]]);
        check(
            (0..500).map(|index| vec![index, index / 2, 0]).collect(),
            Vec::new(),
        );
    }

    #[test]
    fn small_parts_are_joined_and_large_ones_stay() {
        let parts = (0..10_000_usize).map(|index| vec![index; 300]).collect();
        let joined = joined::<usize>(parts);
        assert!(joined.len() < 5, "{}", joined.len());
        assert_eq!(joined.iter().map(Vec::len).sum::<usize>(), 3_000_000);
        let large = vec![vec![1_u64; MAX_BYTES / 8]; 3];
        assert_eq!(super::joined(large).len(), 4);
    }
}
