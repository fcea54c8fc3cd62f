//! Many integers, stored in the narrowest width that holds all of them.

use num_bigint::BigInt;

use super::totals::Totals;

/// The fewest values that are put into a block at once, except at the end of a list: 8192, so that they (64 to 96 KiB as
/// parsed) stay in the second-level cache between being written by the parser and being read here.
pub(crate) const BATCH_VALUES: usize = 8_192;

/// The most bytes of a block's integers. Large, because large allocations can have large pages; not larger, because
/// threads share work by the block.
const MAX_BYTES: usize = 8 << 20;

/// Integers that fit 64 bits, with their extremes and their sum.
#[derive(Debug)]
pub(super) struct Block {
    cells: Cells,
    pub(super) minimum: i64,
    pub(super) maximum: i64,
    pub(super) sum: i128,
}

/// The integers, each in one, two, four or eight bytes.
#[derive(Debug)]
enum Cells {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    /// Not stored, but counted.
    Counted(usize),
}

/// Integers on their way into a block, with their extremes and their sum.
pub(super) struct Batch<'a> {
    pub(super) values: &'a [i64],
    pub(super) minimum: i64,
    pub(super) maximum: i64,
    sum: i128,
}

impl<'a> Batch<'a> {
    /// A batch of at least one value and fewer than 2^16.
    pub(super) fn new(values: &'a [i64]) -> Self {
        debug_assert!((1..1 << 16).contains(&values.len()));
        let mut minimum = i64::MAX;
        let mut maximum = i64::MIN;
        // The halves of so few values cannot overflow 64 bits: 2^16 * 2^32 = 2^48.
        let (mut low_halves, mut high_halves) = (0_i64, 0_i64);
        for &value in values {
            minimum = minimum.min(value);
            maximum = maximum.max(value);
            low_halves += value & 0xffff_ffff;
            high_halves += value >> 32;
        }
        let sum = (i128::from(high_halves) << 32) + i128::from(low_halves);
        Self {
            values,
            minimum,
            maximum,
            sum,
        }
    }

    /// The bytes that each of its values needs.
    fn width(&self) -> usize {
        let fits = |low: i64, high: i64| low <= self.minimum && self.maximum <= high;
        if fits(i8::MIN.into(), i8::MAX.into()) {
            1
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            2
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            4
        } else {
            8
        }
    }
}

impl Block {
    /// A block with the values of the batch. It has room for more of their width: as many as take `expected` bytes, but
    /// no more than a block may have.
    pub(super) fn of(batch: &Batch, expected: usize) -> Self {
        let width = batch.width();
        let capacity = (expected.min(MAX_BYTES) / width).max(batch.values.len());
        let cells = match width {
            1 => Cells::I8(Vec::with_capacity(capacity)),
            2 => Cells::I16(Vec::with_capacity(capacity)),
            4 => Cells::I32(Vec::with_capacity(capacity)),
            _ => Cells::I64(Vec::with_capacity(capacity)),
        };
        let mut block = Self {
            cells,
            minimum: i64::MAX,
            maximum: i64::MIN,
            sum: 0,
        };
        let taken = block.take(batch);
        debug_assert!(taken, "there is room for the batch in its width");
        block
    }

    /// A block that counts and sums the values it takes, and stores none.
    pub(super) fn without_values(batch: &Batch) -> Self {
        Self {
            cells: Cells::Counted(batch.values.len()),
            minimum: batch.minimum,
            maximum: batch.maximum,
            sum: batch.sum,
        }
    }

    /// Takes the batch too, if it has this block's width and there is room for it. Returns whether it was taken.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the extremes fit the width, so all values do"
    )]
    pub(super) fn take(&mut self, batch: &Batch) -> bool {
        fn room<T>(cells: &Vec<T>) -> usize {
            cells.capacity() - cells.len()
        }
        let count = batch.values.len();
        let values = batch.values.iter();
        match (&mut self.cells, batch.width()) {
            (Cells::I8(cells), 1) if room(cells) >= count => cells.extend(values.map(|value| *value as i8)),
            (Cells::I16(cells), 2) if room(cells) >= count => cells.extend(values.map(|value| *value as i16)),
            (Cells::I32(cells), 4) if room(cells) >= count => cells.extend(values.map(|value| *value as i32)),
            (Cells::I64(cells), 8) if room(cells) >= count => cells.extend(values),
            (Cells::Counted(counted), _) => *counted += count,
            _ => return false,
        }
        self.minimum = self.minimum.min(batch.minimum);
        self.maximum = self.maximum.max(batch.maximum);
        self.sum += batch.sum;
        true
    }

    pub(super) fn len(&self) -> usize {
        match &self.cells {
            Cells::I8(cells) => cells.len(),
            Cells::I16(cells) => cells.len(),
            Cells::I32(cells) => cells.len(),
            Cells::I64(cells) => cells.len(),
            Cells::Counted(count) => *count,
        }
    }

    /// Calls `act` with every value. Inlined so that each width gets a loop of its own.
    #[inline]
    pub(super) fn for_each(&self, mut act: impl FnMut(i64)) {
        match &self.cells {
            Cells::I8(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I16(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I32(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I64(cells) => cells.iter().for_each(|cell| act(*cell)),
            Cells::Counted(_) => unreachable!("a list whose values are needed stores them"),
        }
    }

    /// Count, sum and extremes.
    pub(super) fn totals(&self) -> Totals {
        let [minimum, maximum] = [self.minimum, self.maximum].map(BigInt::from);
        Totals::of(self.len() as u64, self.sum.into(), minimum, maximum)
    }

    /// Bytes of memory in use.
    pub(super) fn bytes(&self) -> usize {
        let cells = match &self.cells {
            Cells::I8(cells) => size_of_val(&cells[..]),
            Cells::I16(cells) => size_of_val(&cells[..]),
            Cells::I32(cells) => size_of_val(&cells[..]),
            Cells::I64(cells) => size_of_val(&cells[..]),
            Cells::Counted(_) => 0,
        };
        size_of::<Self>() + cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_as_narrow_as_its_extremes_allow() {
        let bytes_each = |values: &[i64]| {
            let block = Block::of(&Batch::new(values), 0);
            (block.bytes() - size_of::<Block>()) / values.len()
        };
        assert_eq!(bytes_each(&[-128, 127]), 1);
        assert_eq!(bytes_each(&[-129, 127]), 2);
        assert_eq!(bytes_each(&[0, 32_768]), 4);
        assert_eq!(bytes_each(&[0, 2_147_483_648]), 8);
        assert_eq!(bytes_each(&[i64::MIN, i64::MAX]), 8);
    }

    #[test]
    fn a_block_takes_batches_of_its_width_while_there_is_room() {
        let mut block = Block::of(&Batch::new(&[1_000, 2_000]), 8);
        assert!(!block.take(&Batch::new(&[1])));
        assert!(!block.take(&Batch::new(&[100_000])));
        assert!(block.take(&Batch::new(&[-3_000, 7])));
        assert!(!block.take(&Batch::new(&[300])));
        let mut values = Vec::new();
        block.for_each(|value| values.push(value));
        assert_eq!(values, [1_000, 2_000, -3_000, 7]);
        assert_eq!((block.minimum, block.maximum, block.sum), (-3_000, 2_000, 7));
    }

    #[test]
    fn the_sum_of_a_block_does_not_overflow() {
        for extreme in [i64::MIN, i64::MAX] {
            let block = Block::of(&Batch::new(&vec![extreme; BATCH_VALUES]), 0);
            assert_eq!(block.sum, i128::from(extreme) * 8_192);
            assert_eq!((block.minimum, block.maximum), (extreme, extreme));
        }
    }
}
