//! Row filters (PNG, section 9): each byte less a prediction, so that what is left compresses well.
//!
//! For every row the filter is taken whose differences, as signed bytes, have the smallest sum of absolute values: the
//! heuristic that the specification recommends (PNG, 12.7). Here a difference counts 15 at most, for a code word of
//! one that is larger is hardly longer: at an edge every filter is wrong, and what counts is how the rest does.

/// Filters rows of one pass.
pub(super) struct RowFilter {
    /// Bytes of one pixel, the distance to the byte on the left.
    pixel_bytes: usize,
    previous: Vec<u8>,
    candidates: [Vec<u8>; 5],
}

impl RowFilter {
    pub(super) fn new(pixel_bytes: usize) -> Self {
        Self {
            pixel_bytes,
            previous: Vec::new(),
            candidates: Default::default(),
        }
    }

    /// Begins a pass of rows of `row_bytes`: the row before the first is all zeros.
    pub(super) fn start_pass(&mut self, row_bytes: usize) {
        self.previous.clear();
        self.previous.resize(row_bytes, 0);
        for (kind, candidate) in (0..).zip(&mut self.candidates) {
            candidate.clear();
            candidate.resize(row_bytes + 1, 0);
            candidate[0] = kind;
        }
    }

    /// The row before, not filtered.
    pub(super) fn previous(&self) -> &[u8] {
        &self.previous
    }

    /// Goes on behind a row that was filtered elsewhere.
    pub(super) fn resume(&mut self, previous: &[u8]) {
        self.previous.copy_from_slice(previous);
    }

    /// The row, filtered, behind a byte that names the filter.
    pub(super) fn filter(&mut self, row: &[u8]) -> &[u8] {
        let step = self.pixel_bytes.min(row.len());
        let up = &self.previous[..];
        let [none, sub, above, average, paeth] = &mut self.candidates;
        none[1..].copy_from_slice(row);
        let (first, rest) = row.split_at(step);
        let (up_first, up_rest) = up.split_at(step);
        let left = &row[..rest.len()];
        let up_left = &up[..rest.len()];

        for (out, (&here, &up)) in above[1..].iter_mut().zip(row.iter().zip(up)) {
            *out = here.wrapping_sub(up);
        }
        sub[1..=step].copy_from_slice(first);
        for (out, (&here, &left)) in sub[1 + step..].iter_mut().zip(rest.iter().zip(left)) {
            *out = here.wrapping_sub(left);
        }
        for (out, (&here, &up)) in average[1..].iter_mut().zip(first.iter().zip(up_first)) {
            *out = here.wrapping_sub(up / 2);
        }
        for (out, ((&here, &left), &up)) in average[1 + step..]
            .iter_mut()
            .zip(rest.iter().zip(left).zip(up_rest))
        {
            // The mean of two bytes, rounded down, without leaving eight bits.
            *out = here.wrapping_sub((left & up) + ((left ^ up) >> 1));
        }
        for (out, (&here, &up)) in paeth[1..].iter_mut().zip(first.iter().zip(up_first)) {
            *out = here.wrapping_sub(up);
        }
        let corners = left.iter().zip(up_rest).zip(up_left);
        for (out, (&here, ((&left, &up), &up_left))) in
            paeth[1 + step..].iter_mut().zip(rest.iter().zip(corners))
        {
            *out = here.wrapping_sub(predict(left, up, up_left));
        }

        self.previous.copy_from_slice(row);
        // Of equal ones the first: filters with a smaller number are cheaper to undo.
        self.candidates
            .iter()
            .min_by_key(|candidate| cost(&candidate[1..]))
            .expect("there are five filters")
    }
}

/// The Paeth predictor (PNG, 9.4), in eight bits so that a compiler can do sixteen at a time.
///
/// The distances of left + up - corner to the three are |up - corner|, |left - corner| and, when corner is between left
/// and up, the difference of these two. When it is not, the third distance is their sum, and corner is not nearest.
fn predict(left: u8, up: u8, corner: u8) -> u8 {
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
