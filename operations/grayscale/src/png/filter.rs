//! Row filters (PNG, section 9): each byte less a prediction, so that what is left compresses well.
//!
//! For every row the filter is taken whose differences, as signed bytes, have the smallest sum of absolute values:
//! the heuristic that the specification recommends (PNG, 12.7).

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

/// The Paeth predictor (PNG, 9.4), in 16 bits so that a compiler can do eight at a time.
fn predict(left: u8, up: u8, up_left: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(up_left));
    let (to_left, to_up) = ((b - c).abs(), (a - c).abs());
    let to_corner = (a + b - c - c).abs();
    let other = if to_up <= to_corner { up } else { up_left };
    if to_left <= to_up && to_left <= to_corner {
        left
    } else {
        other
    }
}

/// The sum of absolute values of signed bytes.
fn cost(row: &[u8]) -> u64 {
    // Sums of 32 bits vectorise; a part is short enough not to overflow them.
    let part = |part: &[u8]| {
        part.iter()
            .map(|&byte| u32::from(byte.cast_signed().unsigned_abs()))
            .sum::<u32>()
    };
    row.chunks(1 << 20).map(|bytes| u64::from(part(bytes))).sum()
}
