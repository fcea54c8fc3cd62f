//! Row filters (PNG, section 9): each byte less a prediction, so that what is left compresses well.
//!
//! For every row the filter is taken whose differences, as signed bytes, have the smallest sum of absolute values: the
//! heuristic that the specification recommends (PNG, 12.7). Here a difference counts 15 at most, for a code word of
//! one that is larger is hardly longer: at an edge every filter is wrong, and what counts is how the rest does.
//! Every second part of a long row is enough to judge it by.

/// How many bytes each filter is tried on at a time.
const SAMPLE_BYTES: usize = 1_024;
/// From this many bytes on, rows are judged by every second sample.
const LONG_ROW_BYTES: usize = 4 * SAMPLE_BYTES;

/// A filter, as rows name them.
#[derive(Clone, Copy)]
enum Filter {
    None,
    Sub,
    Up,
    Average,
    Paeth,
}

impl Filter {
    const ALL: [Self; 5] = [Self::None, Self::Sub, Self::Up, Self::Average, Self::Paeth];

    /// Filters `output.len()` bytes of a row from `start` on, where there is a pixel on the left, `step` bytes before.
    fn apply(self, row: &[u8], up: &[u8], start: usize, step: usize, output: &mut [u8]) {
        let length = output.len();
        let here = &row[start..][..length];
        let left = &row[start - step..][..length];
        let corner = &up[start - step..][..length];
        let up = &up[start..][..length];
        let output = output.iter_mut().zip(here);
        match self {
            Self::None => output.for_each(|(output, here)| *output = *here),
            Self::Sub => output
                .zip(left)
                .for_each(|((output, here), left)| *output = here.wrapping_sub(*left)),
            Self::Up => output
                .zip(up)
                .for_each(|((output, here), up)| *output = here.wrapping_sub(*up)),
            Self::Average => output
                .zip(left.iter().zip(up))
                .for_each(|((output, here), (left, up))| *output = here.wrapping_sub(mean(*left, *up))),
            Self::Paeth => {
                for ((output, here), ((left, up), corner)) in output.zip(left.iter().zip(up).zip(corner)) {
                    *output = here.wrapping_sub(predict(*left, *up, *corner));
                }
            }
        }
    }

    /// Filters the first pixel of a row, which has nothing on the left.
    fn apply_first(self, row: &[u8], up: &[u8], output: &mut [u8]) {
        for (output, (here, up)) in output.iter_mut().zip(row.iter().zip(up)) {
            *output = here.wrapping_sub(match self {
                Self::None | Self::Sub => 0,
                Self::Up | Self::Paeth => *up,
                Self::Average => up / 2,
            });
        }
    }
}

/// Filters rows of one pass.
pub(super) struct RowFilter {
    /// Bytes of one pixel, the distance to the byte on the left.
    pixel_bytes: usize,
    previous: Vec<u8>,
    filtered: Vec<u8>,
}

impl RowFilter {
    pub(super) fn new(pixel_bytes: usize) -> Self {
        Self {
            pixel_bytes,
            previous: Vec::new(),
            filtered: Vec::new(),
        }
    }

    /// Begins a pass of rows of `row_bytes`: the row before the first is all zeros.
    pub(super) fn start_pass(&mut self, row_bytes: usize) {
        self.previous.clear();
        self.previous.resize(row_bytes, 0);
        self.filtered.resize(row_bytes + 1, 0);
    }

    /// The row before, not filtered.
    pub(super) fn previous(&self) -> &[u8] {
        &self.previous
    }

    /// Goes on after a row that was filtered elsewhere.
    pub(super) fn resume(&mut self, previous: &[u8]) {
        self.previous.copy_from_slice(previous);
    }

    /// The filtered row, after a byte that names the filter.
    pub(super) fn filter(&mut self, row: &[u8]) -> &[u8] {
        let step = self.pixel_bytes.min(row.len());
        // Of equal ones the first: filters with a smaller number are cheaper to undo.
        let filter = Filter::ALL
            .into_iter()
            .min_by_key(|filter| self.cost(*filter, row, step))
            .expect("there are five filters");
        let (name, filtered) = self.filtered.split_first_mut().expect("a row has a name");
        *name = filter as u8;
        let (first, rest) = filtered.split_at_mut(step);
        filter.apply_first(row, &self.previous, first);
        filter.apply(row, &self.previous, step, step, rest);
        self.previous.copy_from_slice(row);
        &self.filtered
    }

    /// What a filter leaves of the samples of a row.
    fn cost(&self, filter: Filter, row: &[u8], step: usize) -> u64 {
        let mut filtered = [0; SAMPLE_BYTES];
        let (first, _) = filtered.split_at_mut(step);
        filter.apply_first(row, &self.previous, first);
        let mut total = cost(first);
        let every = if row.len() < LONG_ROW_BYTES { 1 } else { 2 };
        for start in (step..row.len()).step_by(SAMPLE_BYTES * every) {
            let filtered = &mut filtered[..SAMPLE_BYTES.min(row.len() - start)];
            filter.apply(row, &self.previous, start, step, filtered);
            total += cost(filtered);
        }
        total
    }
}

/// The mean of two bytes, rounded down, without leaving eight bits.
pub(super) fn mean(left: u8, up: u8) -> u8 {
    (left & up) + ((left ^ up) >> 1)
}

/// The Paeth predictor (PNG, 9.4), in eight bits so that a compiler can do sixteen at a time.
///
/// The distances of left + up - corner to the three are |up - corner|, |left - corner| and, when corner is between left
/// and up, the difference of these two. When it is not, the third distance is their sum, and corner is not nearest.
pub(super) fn predict(left: u8, up: u8, corner: u8) -> u8 {
    let (to_left, to_up) = (up.abs_diff(corner), left.abs_diff(corner));
    let between = (left > corner) != (up > corner);
    let to_corner = if between { to_left.abs_diff(to_up) } else { u8::MAX };
    let other = if to_up <= to_corner { up } else { corner };
    if to_left <= to_up && to_left <= to_corner {
        left
    } else {
        other
    }
}

/// The sum of absolute values of signed bytes, each no more than 15.
fn cost(row: &[u8]) -> u64 {
    const COST_MAX: u8 = 15;
    // As many as 16 bits can sum: a compiler can then do eight at a time.
    const PART_BYTES: usize = 4_096;
    let one = |byte: u8| byte.min(byte.wrapping_neg()).min(COST_MAX);
    let part = |part: &[u8]| part.iter().map(|byte| u16::from(one(*byte))).sum::<u16>();
    row.chunks(PART_BYTES).map(|bytes| u64::from(part(bytes))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paeth_predictor_is_the_nearest_to_the_plane_and_of_equals_the_first() {
        for left in 0..=255_u8 {
            for up in 0..=255_u8 {
                for corner in (0..=255_u8).step_by(5) {
                    let plane = i16::from(left) + i16::from(up) - i16::from(corner);
                    let nearest = [left, up, corner]
                        .into_iter()
                        .min_by_key(|value| (plane - i16::from(*value)).abs());
                    assert_eq!(Some(predict(left, up, corner)), nearest, "{left} {up} {corner}");
                }
            }
        }
    }

    #[test]
    fn a_cost_counts_every_byte_and_large_ones_no_more_than_fifteen() {
        let row: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let expected: u64 = row
            .iter()
            .map(|byte| u64::from(byte.cast_signed().unsigned_abs().min(15)))
            .sum();
        assert_eq!(cost(&row), expected);
        assert_eq!(cost(&[128; 4_096]), 15 * 4_096);
    }
}
