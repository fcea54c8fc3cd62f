//! Dividing many values into ranges that hold few of them, or one value many times.
//!
//! The span of the values is divided into ranges of equal width, and the values in each are counted. Ranges that hold more than
//! their share are divided again, until none does or they are one value wide. Each division reads all the values once more, and most
//! lists need one or two: the time is linear, nothing is sorted, and the values stay where they are.

use super::block::Block;
use super::envelope::Envelope;

/// Into how many ranges the values are divided at the least.
const SHARES: u64 = 2_048;
/// Ranges of the first division: more than there are shares, so that evenly spread values need no second one.
const FIRST_BITS: u32 = 13;
/// Counters of a later division, at most: 512 KiB, for the second-level cache.
const MOST_COUNTERS: usize = 1 << 16;

/// Adds the values of `blocks`, which are not empty, to an envelope.
pub(super) fn add_blocks(envelope: &mut Envelope<i64>, blocks: &[Block]) {
    let low = blocks.iter().map(|block| block.minimum).min();
    let high = blocks.iter().map(|block| block.maximum).max();
    let (Some(low), Some(high)) = (low, high) else {
        return;
    };
    let count: usize = blocks.iter().map(Block::len).sum();
    let most = count as u64 / SHARES;
    let mut levels = vec![first_level(blocks, low, high)];
    while let Some(next) = next_level(blocks, low, &mut levels, most) {
        levels.push(next);
    }
    let mut leaves = Leaves {
        low,
        high,
        most,
        open: None,
        envelope,
    };
    leaves.walk(&levels, 0, 0, 0);
    leaves.close();
}

/// One division: of the whole span, or of each range of the level before that holds too much.
struct Level {
    /// The ranges here are `2^shift` wide.
    shift: u32,
    /// Each range that is divided becomes `2^bits`.
    bits: u32,
    /// One divided range after the other.
    counts: Vec<u64>,
    /// Where a range's own ranges begin in the next level, in units of those; `UNDIVIDED` for most.
    children: Vec<u32>,
}

const UNDIVIDED: u32 = u32::MAX;

fn first_level(blocks: &[Block], low: i64, high: i64) -> Level {
    let span = high.wrapping_sub(low).cast_unsigned();
    let span_bits = u64::BITS - span.leading_zeros();
    let shift = span_bits.saturating_sub(FIRST_BITS);
    let mut counts = vec![0; 1 << FIRST_BITS];
    for block in blocks {
        block.for_each(|value| {
            // The remainder changes nothing, but tells the compiler that the index is in bounds.
            counts[index(value, low, shift) % (1 << FIRST_BITS)] += 1;
        });
    }
    Level {
        shift,
        bits: FIRST_BITS,
        counts,
        children: Vec::new(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a shift leaves no more than the bits of an index"
)]
fn index(value: i64, low: i64, shift: u32) -> usize {
    (value.wrapping_sub(low).cast_unsigned() >> shift) as usize
}

/// The next division, if the last one left ranges that hold more than `most` values and are wider than one.
fn next_level(blocks: &[Block], low: i64, levels: &mut [Level], most: u64) -> Option<Level> {
    let last = levels.last_mut().expect("there is a first level");
    if last.shift == 0 {
        return None;
    }
    last.children = vec![UNDIVIDED; last.counts.len()];
    let mut divided = 0_u32;
    for (count, child) in last.counts.iter().zip(&mut last.children) {
        if *count > most {
            *child = divided;
            divided += 1;
        }
    }
    if divided == 0 {
        return None;
    }
    let room = MOST_COUNTERS / (divided as usize).min(MOST_COUNTERS / 2);
    let bits = room.ilog2().min(last.shift).min(FIRST_BITS);
    let shift = last.shift - bits;
    let mut counts = vec![0; (divided as usize) << bits];
    let levels = &*levels;
    for block in blocks {
        block.for_each(|value| {
            let mut node = 0;
            for level in levels {
                let within = index(value, low, level.shift) & ((1 << level.bits) - 1);
                let child = level.children[(node << level.bits) + within];
                if child == UNDIVIDED {
                    return;
                }
                node = child as usize;
            }
            counts[(node << bits) + (index(value, low, shift) & ((1 << bits) - 1))] += 1;
        });
    }
    Some(Level {
        shift,
        bits,
        counts,
        children: Vec::new(),
    })
}

/// Walks through the ranges in ascending order, joins neighbors that hold little, and adds them to the envelope.
struct Leaves<'a> {
    low: i64,
    high: i64,
    most: u64,
    /// The first and the last distance from `low`, and how many values there are between.
    open: Option<(u64, u64, u64)>,
    envelope: &'a mut Envelope<i64>,
}

impl Leaves<'_> {
    /// All ranges of `node`, the one of the level above that begins at `distance`.
    fn walk(&mut self, levels: &[Level], depth: usize, node: usize, distance: u64) {
        let level = &levels[depth];
        for within in 0..1_usize << level.bits {
            let at = (node << level.bits) + within;
            let count = level.counts[at];
            if count == 0 {
                continue;
            }
            let from = distance + ((within as u64) << level.shift);
            match level.children.get(at) {
                Some(child) if *child != UNDIVIDED => self.walk(levels, depth + 1, *child as usize, from),
                _ => self.leaf(from, from + ((1_u64 << level.shift) - 1), count),
            }
        }
    }

    fn leaf(&mut self, from: u64, to: u64, count: u64) {
        match &mut self.open {
            Some((_, end, sum)) if *sum + count <= self.most => {
                *end = to;
                *sum += count;
            }
            _ => {
                self.close();
                self.open = Some((from, to, count));
            }
        }
    }

    fn close(&mut self) {
        if let Some((from, to, count)) = self.open.take() {
            let value = |distance: u64| self.low.wrapping_add(distance.cast_signed());
            let span = self.high.wrapping_sub(self.low).cast_unsigned();
            self.envelope.add(value(from), value(to.min(span)), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{BATCH_VALUES, Values};

    fn envelope(list: &[i64]) -> Envelope<i64> {
        let mut values = Values::default();
        for value in list {
            values.push(*value);
        }
        values.close_batch();
        let mut envelope = Envelope::default();
        add_blocks(&mut envelope, &values.blocks);
        envelope
    }

    fn random(index: usize) -> i64 {
        let mixed = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 31)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
            .cast_signed()
    }

    #[test]
    fn the_bounds_of_a_rank_hold_few_values_whatever_the_list() {
        let shapes: [(&str, &dyn Fn(usize) -> i64); 8] = [
            ("random", &random),
            ("ascending", &|index| i64::try_from(index).unwrap()),
            ("of all magnitudes", &|index| random(index) >> (index % 63)),
            ("nearly all the same", &|index| {
                if index % 1_000 == 0 { random(index) } else { 7 }
            }),
            ("crowded at the top", &|index| i64::MAX - (random(index) & 0xfff)),
            ("two extremes", &|index| {
                if index % 2 == 0 { i64::MIN } else { i64::MAX }
            }),
            ("constant", &|_| -3),
            ("one far off", &|index| {
                if index == 5 {
                    i64::MIN
                } else {
                    random(index) & 0xffff
                }
            }),
        ];
        let count = 40 * BATCH_VALUES;
        for (name, value) in shapes {
            let mut list: Vec<i64> = (0..count).map(value).collect();
            let envelope = envelope(&list);
            assert!(envelope.len() < 20_000, "{name}: {}", envelope.len());
            list.sort_unstable();
            let ranks: Vec<u64> = (0..=50).map(|part| part * (count as u64 - 1) / 50).collect();
            for (rank, (low, high)) in ranks.iter().zip(envelope.bounds(&ranks)) {
                let value = list[usize::try_from(*rank).unwrap()];
                assert!(low <= value && value <= high, "{name}: {low} {value} {high}");
                let inside = &list[list.partition_point(|value| *value < low)
                    ..list.partition_point(|value| *value <= high)];
                let different = inside.chunk_by(i64::eq).count();
                assert!(different <= count / 500, "{name}: {different} in {low} to {high}");
            }
        }
    }
}
