//! A few thousand integers in the narrowest width that holds all of them.

/// Values in a block, at least, but for the last: 8192, so that a block's parsed form (64 to 96 KiB) stays in the second-level cache between
/// being written by the parser and being read here.
pub(crate) const BLOCK_VALUES: usize = 8_192;

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
    I8(Box<[i8]>),
    I16(Box<[i16]>),
    I32(Box<[i32]>),
    I64(Box<[i64]>),
}

impl Block {
    /// A block of `values`, at least one and fewer than 2^16.
    pub(super) fn of(values: &[i64]) -> Self {
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
        let fits = |low: i64, high: i64| low <= minimum && maximum <= high;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the extremes fit, so all values do"
        )]
        let cells = if fits(i8::MIN.into(), i8::MAX.into()) {
            Cells::I8(values.iter().map(|value| *value as i8).collect())
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Cells::I16(values.iter().map(|value| *value as i16).collect())
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Cells::I32(values.iter().map(|value| *value as i32).collect())
        } else {
            Cells::I64(values.into())
        };
        Self {
            cells,
            minimum,
            maximum,
            sum,
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.cells {
            Cells::I8(cells) => cells.len(),
            Cells::I16(cells) => cells.len(),
            Cells::I32(cells) => cells.len(),
            Cells::I64(cells) => cells.len(),
        }
    }

    /// Calls `act` with every value. To be inlined, so that each width gets a loop of its own.
    #[inline]
    pub(super) fn for_each(&self, mut act: impl FnMut(i64)) {
        match &self.cells {
            Cells::I8(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I16(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I32(cells) => cells.iter().for_each(|cell| act((*cell).into())),
            Cells::I64(cells) => cells.iter().for_each(|cell| act(*cell)),
        }
    }

    /// Bytes of memory held.
    pub(super) fn bytes(&self) -> usize {
        let cells = match &self.cells {
            Cells::I8(cells) => size_of_val::<[_]>(cells),
            Cells::I16(cells) => size_of_val::<[_]>(cells),
            Cells::I32(cells) => size_of_val::<[_]>(cells),
            Cells::I64(cells) => size_of_val::<[_]>(cells),
        };
        size_of::<Self>() + cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_as_narrow_as_its_extremes_allow() {
        let bytes_each = |values: &[i64]| (Block::of(values).bytes() - size_of::<Block>()) / values.len();
        assert_eq!(bytes_each(&[-128, 127]), 1);
        assert_eq!(bytes_each(&[-129, 127]), 2);
        assert_eq!(bytes_each(&[0, 32_768]), 4);
        assert_eq!(bytes_each(&[0, 2_147_483_648]), 8);
        assert_eq!(bytes_each(&[i64::MIN, i64::MAX]), 8);
    }

    #[test]
    fn the_sum_of_a_block_does_not_overflow() {
        for extreme in [i64::MIN, i64::MAX] {
            let block = Block::of(&vec![extreme; BLOCK_VALUES]);
            assert_eq!(block.sum, i128::from(extreme) * 8_192);
            assert_eq!((block.minimum, block.maximum), (extreme, extreme));
        }
    }
}
