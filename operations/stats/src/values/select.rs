//! Values by rank, without sorting.
//!
//! The span from the smallest to the largest value is divided into ranges of equal width, and the values in each are
//! counted. The counts tell which range holds a rank. If its values are few, as is usual, they are copied and the rank
//! is selected among them; if they are many, the range is divided and counted again. A division narrows the range by
//! 2^11, so 64 bits need at most six passes, whatever the values: the time is linear, and the values stay where they
//! are. The widths are powers of two, so that a shift finds a value's range. This is the radix selection of Knuth's
//! The Art of Computer Programming, volume 3, section 5.2.5 (most significant digit first).

use std::iter;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use num_bigint::{BigInt, Sign};

use super::Values;
use super::block::Block;

/// Ranges of a division: 2^11, so that their counts (16 KiB) stay in the first-level cache.
const RANGE_BITS: u32 = 11;
const RANGES: usize = 1 << RANGE_BITS;
/// The most values that are copied and selected among rather than divided again.
const FEW: u64 = 1 << 16;
/// The fewest values that are worth a thread.
const MIN_THREAD_VALUES: usize = 1 << 18;

impl Values {
    /// The values at `ranks` of the sorted list, rank 0 the smallest, found on up to `threads` threads. The ranks
    /// ascend and are below the count.
    pub(crate) fn at_ranks(&mut self, ranks: &[u64], threads: NonZero<usize>) -> Vec<BigInt> {
        self.close_batch();
        // In ascending order: big below zero, wide below zero, all that fit 64 bits, wide above, big above.
        let big_below = self
            .big
            .iter()
            .filter(|value| value.sign() == Sign::Minus)
            .count();
        let wide_below = self.wide.iter().filter(|value| **value < 0).count();
        let narrow_start = (big_below + wide_below) as u64;
        let narrow_end = narrow_start + self.narrow_count() as u64;
        let wide_end = narrow_end + (self.wide.len() - wide_below) as u64;

        let narrow_ranks: Vec<u64> = ranks
            .iter()
            .filter(|rank| (narrow_start..narrow_end).contains(*rank))
            .map(|rank| rank - narrow_start)
            .collect();
        let narrow = self.narrow_extremes().map_or_else(Vec::new, |(low, high)| {
            let blocks = Blocks {
                blocks: &self.blocks,
                threads,
            };
            let mut found = Vec::with_capacity(narrow_ranks.len());
            blocks.select(&narrow_ranks, low, high, &mut found);
            found
        });

        let mut narrow = narrow.into_iter();
        let mut wide = Selector::new(&mut self.wide);
        let mut big = Selector::new(&mut self.big);
        let index = |rank: u64| usize::try_from(rank).expect("the values are in memory");
        ranks
            .iter()
            .map(|&rank| {
                if rank < big_below as u64 {
                    big.at(index(rank)).clone()
                } else if rank < narrow_start {
                    (*wide.at(index(rank) - big_below)).into()
                } else if rank < narrow_end {
                    narrow.next().expect("one for every such rank").into()
                } else if rank < wide_end {
                    (*wide.at(index(rank - narrow_end) + wide_below)).into()
                } else {
                    big.at(index(rank - wide_end) + big_below).clone()
                }
            })
            .collect()
    }
}

/// Selects values by ascending ranks, each in linear time, moving the values.
struct Selector<'a, T> {
    values: &'a mut [T],
    /// Values below this index are in their sorted places.
    sorted: usize,
}

impl<'a, T: Ord> Selector<'a, T> {
    fn new(values: &'a mut [T]) -> Self {
        Self { values, sorted: 0 }
    }

    /// The value at a rank, which is not below the last one asked for.
    fn at(&mut self, rank: usize) -> &T {
        if rank >= self.sorted {
            self.values[self.sorted..].select_nth_unstable(rank - self.sorted);
            self.sorted = rank + 1;
        }
        &self.values[rank]
    }
}

/// All the values that fit 64 bits.
#[derive(Clone, Copy)]
struct Blocks<'a> {
    blocks: &'a [Block],
    threads: NonZero<usize>,
}

/// The whole numbers from `low` to `low + span`.
#[derive(Clone, Copy)]
struct Range {
    low: i64,
    span: u64,
}

impl Blocks<'_> {
    /// Appends to `found` the values at `ranks` among those from `low` to `high`. The ranks ascend.
    fn select(self, ranks: &[u64], low: i64, high: i64, found: &mut Vec<i64>) {
        if ranks.is_empty() {
            return;
        }
        let range = Range {
            low,
            span: high.wrapping_sub(low).cast_unsigned(),
        };
        if range.span == 0 {
            found.extend(ranks.iter().map(|_| low));
            return;
        }
        let shift = (u64::BITS - range.span.leading_zeros()).saturating_sub(RANGE_BITS);
        let counts = self.counts(range, shift);
        let mut before = 0;
        let mut rest = ranks;
        for (index, count) in (0..).zip(counts) {
            let inside = rest.partition_point(|rank| *rank < before + count);
            let (here, others) = rest.split_at(inside);
            rest = others;
            if !here.is_empty() {
                let here: Vec<u64> = here.iter().map(|rank| rank - before).collect();
                let offset: u64 = index << shift;
                let width = (1_u64 << shift) - 1;
                let part = Range {
                    low: low.wrapping_add(offset.cast_signed()),
                    span: width.min(range.span - offset),
                };
                self.select_part(&here, part, count, found);
            }
            before += count;
            if rest.is_empty() {
                break;
            }
        }
    }

    fn select_part(self, ranks: &[u64], range: Range, count: u64, found: &mut Vec<i64>) {
        if range.span == 0 || count > FEW {
            let high = range.low.wrapping_add(range.span.cast_signed());
            self.select(ranks, range.low, high, found);
            return;
        }
        let mut few = self.collect(range);
        let mut selector = Selector::new(&mut few);
        found.extend(
            ranks
                .iter()
                .map(|rank| *selector.at(usize::try_from(*rank).expect("below few"))),
        );
    }

    /// How many values are in each part of `range` that is `2^shift` wide.
    fn counts(self, range: Range, shift: u32) -> [u64; RANGES] {
        let parts = self.on_threads(|blocks| {
            let mut counts = [0_u64; RANGES];
            // The remainder changes nothing, but tells the compiler that the index is in bounds.
            #[allow(clippy::cast_possible_truncation, reason = "a part's index is below RANGES")]
            let part = |value| (range.distance(value) >> shift) as usize % RANGES;
            for block in blocks {
                if range.holds(block.minimum) && range.holds(block.maximum) {
                    block.for_each(|value| counts[part(value)] += 1);
                } else if range.meets(block) {
                    block.for_each(|value| {
                        if range.holds(value) {
                            counts[part(value)] += 1;
                        }
                    });
                }
            }
            counts
        });
        let mut sums = [0; RANGES];
        for counts in parts {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    /// The values in `range`.
    fn collect(self, range: Range) -> Vec<i64> {
        let parts = self.on_threads(|blocks| {
            let mut collected = Vec::new();
            for block in blocks.filter(|block| range.meets(block)) {
                block.for_each(|value| {
                    if range.holds(value) {
                        collected.push(value);
                    }
                });
            }
            collected
        });
        parts.concat()
    }

    /// What `work` returns on each thread for the blocks it takes. A thread takes the next block when it is done with
    /// one, so a thread that starts late takes fewer.
    fn on_threads<T: Send>(self, work: impl Fn(&mut dyn Iterator<Item = &Block>) -> T + Sync) -> Vec<T> {
        let count: usize = self.blocks.iter().map(Block::len).sum();
        let next = AtomicUsize::new(0);
        let work = || {
            let take = || self.blocks.get(next.fetch_add(1, Ordering::Relaxed));
            work(&mut iter::from_fn(take))
        };
        let threads = self.threads.get().min(count / MIN_THREAD_VALUES).max(1);
        if threads == 1 {
            return vec![work()];
        }
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut results = vec![work()];
            results.extend(
                others
                    .into_iter()
                    .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))),
            );
            results
        })
    }
}

impl Range {
    /// How far above `low` a value is; for a value below `low`, more than `span`.
    fn distance(self, value: i64) -> u64 {
        value.wrapping_sub(self.low).cast_unsigned()
    }

    fn holds(self, value: i64) -> bool {
        self.distance(value) <= self.span
    }

    /// Whether the block can have values in the range.
    fn meets(self, block: &Block) -> bool {
        let high = self.low.wrapping_add(self.span.cast_signed());
        block.minimum <= high && self.low <= block.maximum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::BATCH_VALUES;

    /// Asks for a rank in every part of the list and compares with a sorted copy.
    fn check(list: &[i128]) {
        let mut values = Values::default();
        for value in list {
            values.push_big((*value).into());
        }
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        let ranks: Vec<u64> = (0..=20).map(|part| part * (list.len() as u64 - 1) / 20).collect();
        let expected: Vec<BigInt> = ranks
            .iter()
            .map(|rank| sorted[usize::try_from(*rank).unwrap()].into())
            .collect();
        for threads in [1, 3] {
            assert_eq!(values.at_ranks(&ranks, NonZero::new(threads).unwrap()), expected);
        }
    }

    #[test]
    fn ranks_are_found_whatever_the_values() {
        let count = (100 * BATCH_VALUES) as i128;
        let random = |index: i128| {
            let mixed = u64::try_from(index).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed ^ mixed >> 31)
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .cast_signed()
        };
        let shapes: [(&str, &dyn Fn(i128) -> i128); 9] = [
            ("random 64 bits", &|index| random(index).into()),
            ("sorted", &|index| index),
            ("constant", &|_| 7),
            ("two values", &|index| index % 2),
            ("alternating extremes", &|index| {
                if index % 2 == 0 {
                    i64::MIN.into()
                } else {
                    i64::MAX.into()
                }
            }),
            ("nearly all the same", &|index| {
                if index == 0 {
                    i64::MIN.into()
                } else {
                    i128::from(random(index) >> 56)
                }
            }),
            ("crowded at the top", &|index| {
                i128::from(i64::MAX) - index % 1_000
            }),
            ("wider than 64 bits too", &|index| {
                i128::from(random(index)) << (index % 5 * 15)
            }),
            ("all of 128 bits", &|index| {
                i128::from(random(index)) * i128::from(i64::MAX)
            }),
        ];
        for (name, value) in shapes {
            println!("{name}");
            check(&(0..count).map(value).collect::<Vec<_>>());
        }
        check(&[5]);
        check(&[i128::MAX, i128::MIN]);
    }
}
