//! Undoes row filters (PNG, section 9) of pixels with three or four bytes.

use std::array;

use super::filter::mean;
use super::paeth;

/// The name of the Paeth filter.
const PAETH: u8 = 4;

/// Undoes the filters of a pass.
pub(super) struct Unfilter {
    pixel_bytes: usize,
    previous: Vec<u8>,
    /// Two rows that fill up a group of four; what becomes of them is not used.
    spare: Vec<u8>,
}

impl Unfilter {
    /// For pixels of `pixel_bytes` bytes; `None` unless there are three or four.
    pub(super) fn new(pixel_bytes: usize) -> Option<Self> {
        matches!(pixel_bytes, 3 | 4).then(|| Self {
            pixel_bytes,
            previous: Vec::new(),
            spare: Vec::new(),
        })
    }

    /// Begins a pass of rows of `row_bytes`: the row before the first is all zeros.
    pub(super) fn start_pass(&mut self, row_bytes: usize) {
        self.previous.clear();
        self.previous.resize(row_bytes, 0);
        self.spare.resize(2 * row_bytes, 0);
    }

    /// Appends rows to `output`, from the same rows filtered, each after the byte that names its filter. A name
    /// that no filter has is the error.
    pub(super) fn rows(&mut self, filtered: &[u8], output: &mut Vec<u8>) -> Result<(), u8> {
        let row_bytes = self.previous.len();
        let start = output.len();
        let mut filters = Vec::new();
        for row in filtered.chunks_exact(1 + row_bytes) {
            filters.push(row[0]);
            output.extend_from_slice(&row[1..]);
        }
        match self.pixel_bytes {
            3 => self.undo::<3>(&filters, &mut output[start..]),
            _ => self.undo::<4>(&filters, &mut output[start..]),
        }
    }

    /// Undoes the filters of rows, and keeps the last of them.
    fn undo<const N: usize>(&mut self, filters: &[u8], rows: &mut [u8]) -> Result<(), u8> {
        let row_bytes = self.previous.len();
        let (mut filters, mut rest) = (filters, rows);
        let mut up = &self.previous[..];
        while let [filter, ..] = filters {
            let paeth = filters
                .iter()
                .take(paeth::ROWS)
                .take_while(|other| **other == PAETH);
            let together = paeth.count().max(1);
            let (rows, later) = rest.split_at_mut(together * row_bytes);
            match *filter {
                0 => {}
                1 => each_pixel::<N>(up, rows, |left, _| left),
                2 => each_pixel::<N>(up, rows, |_, up| up),
                3 => each_pixel::<N>(up, rows, mean),
                PAETH if together == 1 => paeth::undo_row::<N>(up, rows),
                PAETH => {
                    let mut all = rows
                        .chunks_exact_mut(row_bytes)
                        .chain(self.spare.chunks_exact_mut(row_bytes));
                    paeth::undo_rows::<N>(up, array::from_fn(|_| all.next().expect("two and two are four")));
                }
                unknown => return Err(unknown),
            }
            up = &rows[(together - 1) * row_bytes..];
            filters = &filters[together..];
            rest = later;
        }
        let last = up.to_vec();
        self.previous.copy_from_slice(&last);
        Ok(())
    }
}

/// Adds to every byte what is predicted of the bytes on the left and above.
fn each_pixel<const N: usize>(up: &[u8], row: &mut [u8], predict: impl Fn(u8, u8) -> u8) {
    let mut left = [0; N];
    for (pixel, up) in row.as_chunks_mut::<N>().0.iter_mut().zip(up.as_chunks::<N>().0) {
        for ((byte, left), up) in pixel.iter_mut().zip(left).zip(up) {
            *byte = byte.wrapping_add(predict(left, *up));
        }
        left = *pixel;
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::predict;
    use super::*;

    /// The specification's words (PNG, 9.2), one byte after another.
    fn slowly(filters: &[u8], pixel_bytes: usize, row_bytes: usize, rows: &mut [u8]) {
        let mut previous = vec![0; row_bytes];
        for (filter, row) in filters.iter().zip(rows.chunks_exact_mut(row_bytes)) {
            for index in 0..row_bytes {
                let before = index.checked_sub(pixel_bytes);
                let (left, up) = (before.map_or(0, |before| row[before]), previous[index]);
                let corner = before.map_or(0, |before| previous[before]);
                let predicted = match filter {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => left.midpoint(up),
                    _ => predict(left, up, corner),
                };
                row[index] = row[index].wrapping_add(predicted);
            }
            previous.copy_from_slice(row);
        }
    }

    #[test]
    fn every_filter_is_undone_alone_and_among_others() {
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24).to_le_bytes()[0]
        };
        let sequences: [&[u8]; 5] = [
            &[0, 1, 2, 3, 4],
            &[4; 9],
            &[4, 4, 4, 1, 4, 4, 4, 4, 3, 4],
            &[1, 4, 4, 4, 4, 4, 2, 0, 4],
            &[3; 6],
        ];
        for pixel_bytes in [3, 4] {
            for width in [1, 2, 3, 4, 5, 8, 100] {
                for filters in sequences {
                    let row_bytes = width * pixel_bytes;
                    let mut expected: Vec<u8> = (0..row_bytes * filters.len()).map(|_| random()).collect();
                    let filtered: Vec<u8> = filters
                        .iter()
                        .zip(expected.chunks(row_bytes))
                        .flat_map(|(filter, row)| std::iter::once(filter).chain(row))
                        .copied()
                        .collect();
                    slowly(filters, pixel_bytes, row_bytes, &mut expected);
                    // At once, and in two steps.
                    for cut in [0, 3, 5] {
                        let mut unfilter = Unfilter::new(pixel_bytes).unwrap();
                        unfilter.start_pass(row_bytes);
                        let (one, two) = filtered.split_at(cut * (1 + row_bytes));
                        let mut rows = Vec::new();
                        unfilter.rows(one, &mut rows).unwrap();
                        unfilter.rows(two, &mut rows).unwrap();
                        assert!(rows == expected, "{pixel_bytes} {width} {filters:?} {cut}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_filter_that_does_not_exist_is_an_error() {
        let mut unfilter = Unfilter::new(3).unwrap();
        unfilter.start_pass(3);
        assert_eq!(unfilter.rows(&[5, 0, 0, 0], &mut Vec::new()), Err(5));
    }
}
