//! The numbers of a list, held as compactly as they allow: as integers, at so many decimal places.
//!
//! At two decimal places, 12.5 is 1250. The places are those of the longest fraction so far. When a longer one comes,
//! what was stored is set aside as a [`Part`] at its own places, and only at the end are all parts brought to the same
//! ([`Values::align`]): each value is multiplied once, however often the places grow. A list of integers is all one part,
//! at none.
//!
//! Nearly all lists are of small integers, so those that fit 64 bits are kept in blocks, each block in the narrowest
//! width that holds its values: a list of ages takes one byte a value, a list of 32-bit integers four. Wider integers
//! are kept apart. Each of them is below or above all that fit 64 bits, so ranks, sums and extremes are computed from
//! the three parts at the end.

mod align;
mod bands;
mod bins;
mod block;
mod digest;
mod envelope;
mod frequency;
mod leaves;
mod moments;
mod select;
mod table;
mod tally;
mod totals;
mod written;

use std::mem;

use num_bigint::BigInt;

use crate::{Error, Limits, Parameters};
use align::Part;
pub(crate) use bands::{Band, Bands};
pub(crate) use bins::BinCounts;
pub(crate) use block::BATCH_VALUES;
use block::{Batch, Block};
pub(crate) use digest::{Common, Digests};
pub(crate) use frequency::Frequencies;
use totals::Totals;
pub(crate) use written::Written;

/// How many values can be written at once.
pub(crate) const ROOM: usize = 4_096;

/// How many values there is room for at first, where they are written one by one.
const LEAST_ROOM: usize = 32;

/// Memory taken by a 128-bit value, twice its size: a growing list can have room for as many again.
const WIDE_BYTES: usize = 2 * size_of::<i128>();
/// Memory taken by a big integer besides its digits: itself, room for as many again, and the allocator's share.
const BIG_BYTES: usize = 2 * size_of::<BigInt>() + 16;

/// An unordered list of numbers of any size.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// The decimal places at which the values are, but those of [`Values::earlier`].
    places: u32,
    /// The first token that had so many, as a message shows it.
    longest: String,
    blocks: Vec<Block>,
    /// The values that are in no block yet, fewer than [`BATCH_VALUES`] + [`ROOM`], and room for more. Allocated when
    /// first needed.
    pending: Vec<i64>,
    pending_count: usize,
    /// Values that fit 128 bits but not 64.
    wide: Vec<i128>,
    /// Values that do not fit 128 bits.
    big: Vec<BigInt>,
    /// Bytes held by all but `pending` and the earlier parts.
    bytes: usize,
    keep: Keep,
    /// Values that do not fit 64 bits, if they are not stored.
    totals: Totals,
    /// What was stored at fewer places.
    earlier: Vec<Part>,
    earlier_bytes: usize,
}

/// What becomes of values that were read.
#[derive(Debug, Default)]
enum Keep {
    /// They are stored.
    #[default]
    All,
    /// They are counted and summed, but not stored.
    Sums,
    /// They are stored until they take their share of the memory, and then go into digests: for a list that can be read once more.
    Digests(Digests),
    /// They were read before: now some are looked for.
    Bands(Bands),
}

impl Values {
    /// An empty list for the statistics that `parameters` ask for: if they need only sums and extremes, numbers are not
    /// stored.
    pub(crate) fn new(parameters: &Parameters) -> Self {
        Self {
            keep: if parameters.need_values() {
                Keep::All
            } else {
                Keep::Sums
            },
            ..Self::default()
        }
    }

    /// The same for a list that can be read once more: of more numbers than `share` bytes hold, digests are kept.
    pub(crate) fn new_digested(parameters: &Parameters, share: usize) -> Self {
        let mut values = Self::new(parameters);
        if matches!(values.keep, Keep::All) {
            values.keep = Keep::Digests(Digests::new(share, parameters));
        }
        values
    }

    /// A list that was read before, of which no number has more than `places` decimal places: what is looked for is kept.
    pub(crate) fn new_searched(bands: Bands, places: u32) -> Self {
        Self {
            keep: Keep::Bands(bands),
            places,
            ..Self::default()
        }
    }

    /// An empty list for the same statistics as `other`.
    pub(crate) fn empty_like(other: &Self) -> Self {
        match &other.keep {
            Keep::All => Self::default(),
            Keep::Sums => Self {
                keep: Keep::Sums,
                ..Self::default()
            },
            Keep::Digests(digests) => Self {
                keep: Keep::Digests(digests.empty()),
                ..Self::default()
            },
            Keep::Bands(bands) => Self::new_searched(bands.empty(), other.places),
        }
    }

    /// Of a list made by [`Values::new_digested`]: the digests, or, if all numbers are in memory, these.
    pub(crate) fn into_digests(mut self) -> Result<Digests, Self> {
        self.close_batch();
        match &self.keep {
            Keep::Digests(digests) if !digests.is_empty() => {}
            Keep::Digests(_) => {
                // All are here, and stay, although they may take more at the most decimal places of any.
                self.keep = Keep::All;
                return Err(self);
            }
            _ => return Err(self),
        }
        self.digest();
        match self.keep {
            Keep::Digests(digests) => Ok(digests),
            _ => unreachable!("it was just seen"),
        }
    }

    /// Of a list made by [`Values::new_searched`]: what was found.
    pub(crate) fn into_found(mut self) -> Bands {
        self.close_batch();
        match self.keep {
            Keep::Bands(bands) => bands,
            _ => unreachable!("only lists with bands are asked"),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        let stored = (self.narrow_count() + self.wide.len() + self.big.len()) as u64;
        let earlier: u64 = self.earlier.iter().map(Part::count).sum();
        let elsewhere = match &self.keep {
            Keep::All | Keep::Sums => 0,
            Keep::Digests(digests) => digests.count(),
            Keep::Bands(bands) => bands.count,
        };
        stored + self.totals.count() + earlier + elsewhere
    }

    /// The first token with so many places as [`Values::places`], as a message shows it; empty if there are none.
    pub(crate) fn longest(&self) -> &str {
        &self.longest
    }

    /// The most decimal places of any value so far.
    #[inline]
    pub(crate) fn places(&self) -> u32 {
        self.places
    }

    fn narrow_count(&self) -> usize {
        self.blocks.iter().map(Block::len).sum::<usize>() + self.pending_count
    }

    /// About how many bytes of memory are held, of what cannot be given up for a digest.
    pub(crate) fn bytes(&self) -> usize {
        match &self.keep {
            Keep::All | Keep::Sums => self.bytes + self.earlier_bytes,
            // They keep to their share by themselves.
            Keep::Digests(_) | Keep::Bands(_) => 0,
        }
    }

    /// The same, with the room for values that are in no block yet: of many short lists, that is most of it.
    pub(crate) fn bytes_with_pending(&self) -> usize {
        self.bytes() + size_of_val(&self.pending[..])
    }

    /// Fails if more memory is held than allowed.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        if self.bytes() > limits.memory_bytes {
            return Err(Error::MemoryBudgetExceeded {
                budget: limits.memory_bytes,
                count: self.count(),
                places: self.places,
                longest: self.longest.clone(),
            });
        }
        Ok(())
    }

    /// Where the next values may be written, for [`Values::extend_by`] to take.
    pub(crate) fn room(&mut self) -> &mut [i64; ROOM] {
        if self.pending_count >= BATCH_VALUES {
            self.close_batch();
        }
        if self.pending.len() < BATCH_VALUES + ROOM {
            self.pending.resize(BATCH_VALUES + ROOM, 0);
        }
        self.pending[self.pending_count..]
            .first_chunk_mut()
            .expect("fewer are pending than a batch has")
    }

    /// Takes the first `count` values of [`Values::room`].
    pub(crate) fn extend_by(&mut self, count: usize) {
        self.pending_count += count;
    }

    fn pending(&self) -> &[i64] {
        &self.pending[..self.pending_count]
    }

    pub(crate) fn push(&mut self, value: i64) {
        if self.pending_count >= self.pending.len().min(BATCH_VALUES) {
            self.grow();
        }
        self.pending[self.pending_count] = value;
        self.pending_count += 1;
    }

    /// Makes room for one value at least: twice as much as there was, so that a short list takes little memory.
    #[cold]
    fn grow(&mut self) {
        if self.pending_count >= BATCH_VALUES {
            self.close_batch();
        }
        if self.pending.len() < BATCH_VALUES {
            let room = (2 * self.pending_count).clamp(LEAST_ROOM, BATCH_VALUES);
            self.pending.resize(room, 0);
        }
    }

    pub(crate) fn push_wide(&mut self, value: i128) {
        if let Ok(narrow) = i64::try_from(value) {
            self.push(narrow);
            return;
        }
        match &mut self.keep {
            Keep::Sums => self.totals.add(value.into()),
            Keep::Bands(bands) => bands.take(&value.into()),
            Keep::All | Keep::Digests(_) => {
                self.wide.push(value);
                self.bytes += WIDE_BYTES;
                self.hold_share();
            }
        }
    }

    pub(crate) fn push_big(&mut self, value: BigInt) {
        if let Ok(wide) = i128::try_from(&value) {
            self.push_wide(wide);
            return;
        }
        match &mut self.keep {
            Keep::Sums => self.totals.add(value),
            Keep::Bands(bands) => bands.take(&value),
            Keep::All | Keep::Digests(_) => {
                self.bytes += BIG_BYTES + usize::try_from(value.bits() / 8).unwrap_or(usize::MAX);
                self.big.push(value);
                self.hold_share();
            }
        }
    }

    /// Takes all of `other`'s values.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.hold_places(other.places, || other.longest.clone());
        other.hold_places(self.places, || self.longest.clone());
        self.blocks.append(&mut other.blocks);
        self.wide.append(&mut other.wide);
        self.big.append(&mut other.big);
        self.bytes += other.bytes;
        self.totals.append(mem::take(&mut other.totals));
        self.earlier.append(&mut other.earlier);
        self.earlier_bytes += other.earlier_bytes;
        for value in other.pending() {
            self.push(*value);
        }
        match (&mut self.keep, other.keep) {
            (Keep::Digests(digests), Keep::Digests(others)) => digests.append(others),
            (Keep::Bands(bands), Keep::Bands(others)) => bands.append(others),
            _ => {}
        }
        self.hold_share();
    }

    fn close_batch(&mut self) {
        if self.pending_count == 0 {
            return;
        }
        let batch = Batch::new(&self.pending[..self.pending_count]);
        if let Keep::Bands(bands) = &mut self.keep {
            bands.take_batch(&batch);
            self.pending_count = 0;
            return;
        }
        let before = self.blocks.last().map_or(0, Block::bytes);
        if self.blocks.last_mut().is_some_and(|block| block.take(&batch)) {
            self.bytes -= before;
        } else {
            self.blocks.push(if matches!(self.keep, Keep::Sums) {
                Block::without_values(&batch)
            } else {
                // As large as all blocks before it, so that blocks are few; but where widths take turns, no larger than the
                // last ones were filled, so that little memory is taken and not filled.
                Block::of(&batch, self.bytes.min(2 * before))
            });
            if let [.., closed, _] = &mut self.blocks[..] {
                closed.close();
            }
        }
        self.bytes += self.blocks.last().map_or(0, Block::bytes);
        self.pending_count = 0;
        self.hold_share();
    }
}
