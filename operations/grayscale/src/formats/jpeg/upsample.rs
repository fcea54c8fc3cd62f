//! Components with fewer samples, brought to the size of the image as libjpeg-turbo does by default (`jdsample.c` of its
//! version 3.1, "fancy upsampling"): twice as many samples by a triangle filter, three quarters of the nearer sample and one
//! of the farther; any other whole number of times by repeating each. A ratio that is no whole number is refused by both.
//!
//! A triangle filter rounds alternately up and down, so that no brightness is gained or lost. Beyond the edges of a component
//! its outermost samples are taken to go on.

use jpeg_luma::FrameInfo;

/// How one component gets to the size of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Upsampling {
    /// How many times as many samples in a line.
    across: usize,
    /// How many times as many lines.
    down: usize,
    /// Whether by a triangle filter.
    fancy: bool,
}

impl Upsampling {
    /// For one of the first four components; nothing if it has no whole share of the samples, or does not exist.
    pub(crate) fn of(info: &FrameInfo, index: usize) -> Option<Self> {
        let (columns, _) = info.component_size(index)?;
        let (horizontal, vertical) = info.sampling[index];
        let (most_across, most_down) = info.max_sampling;
        if most_across % horizontal != 0 || most_down % vertical != 0 {
            return None;
        }
        let (across, down) = (most_across / horizontal, most_down / vertical);
        Some(Self {
            across: across.into(),
            down: down.into(),
            fancy: match (across, down) {
                (2, 1 | 2) => columns > 2,
                (1, 2) => true,
                _ => false,
            },
        })
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_none(self) -> bool {
        (self.across, self.down) == (1, 1)
    }

    /// Gives `write` each line of the image, counted from 0, in `line`, which is one line long. `samples` are those of the
    /// component, `columns` of them in a line.
    pub(crate) fn lines(
        self,
        samples: &[u8],
        columns: usize,
        (width, height): (usize, usize),
        mut write: impl FnMut(usize, &[u8]),
    ) {
        let rows = samples.len() / columns;
        let row = |index: usize| &samples[index * columns..][..columns];
        let mut line = vec![0; columns * self.across];
        let mut sums = vec![0; columns];
        for y in 0..height {
            let near = y / self.down;
            let second = y % self.down == 1;
            // Of two lines, the first is near the line above, the second near the line below.
            let far = if second {
                (near + 1).min(rows - 1)
            } else {
                near.saturating_sub(1)
            };
            match (self.fancy, self.down, self.across) {
                (true, 2, across) => {
                    for ((sum, &near), &far) in sums.iter_mut().zip(row(near)).zip(row(far)) {
                        *sum = 3 * u16::from(near) + u16::from(far);
                    }
                    if across == 2 {
                        widen::<4>(sums.iter().copied(), &mut line, [8, 7]);
                    } else {
                        let bias = if second { 2 } else { 1 };
                        line.iter_mut()
                            .zip(&sums)
                            .for_each(|(sample, &sum)| *sample = narrow((sum + bias) >> 2));
                    }
                }
                (true, ..) => widen::<2>(row(near).iter().map(|&sample| sample.into()), &mut line, [1, 2]),
                (false, ..) => {
                    for (copies, &sample) in line.chunks_exact_mut(self.across).zip(row(near)) {
                        copies.fill(sample);
                    }
                }
            }
            write(y, &line[..width]);
        }
    }
}

/// Twice as many values: of each two, the first is three quarters of its own value and one of the value before, the second
/// likewise with the value behind. Values are the samples, or, vertically filtered already, four times as much; they are
/// divided by `1 << SHIFT` in all. `bias` is what is added first for the first and for the second of the two.
fn widen<const SHIFT: u32>(values: impl Iterator<Item = u16>, line: &mut [u8], bias: [u16; 2]) {
    let mut values = values.peekable();
    let mut before = None;
    for pair in line.as_chunks_mut::<2>().0 {
        let Some(value) = values.next() else { return };
        let behind = values.peek().copied().unwrap_or(value);
        *pair = [
            narrow((3 * value + before.unwrap_or(value) + bias[0]) >> SHIFT),
            narrow((3 * value + behind + bias[1]) >> SHIFT),
        ];
        before = Some(value);
    }
}

/// A weighted mean of samples as a sample.
#[allow(clippy::cast_possible_truncation, reason = "a mean of samples is a sample")]
fn narrow(mean: u16) -> u8 {
    mean as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(upsampling: Upsampling, samples: &[u8], columns: usize, size: (usize, usize)) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        upsampling.lines(samples, columns, size, |y, line| {
            assert_eq!(y, found.len());
            found.push(line.to_vec());
        });
        found
    }

    fn times(across: usize, down: usize, fancy: bool) -> Upsampling {
        Upsampling { across, down, fancy }
    }

    #[test]
    fn a_triangle_filter_weighs_three_to_one_and_leaves_the_edges() {
        let across = lines(times(2, 1, true), &[0, 100, 200], 3, (6, 1));
        // (3 * 0 + 100 + 2) >> 2, (3 * 100 + 0 + 1) >> 2, and so on.
        assert_eq!(across, [[0, 25, 75, 125, 175, 200]]);
        let down = lines(times(1, 2, true), &[0, 101], 1, (1, 4));
        assert_eq!(down, [[0], [25], [76], [101]]);
        let both = lines(times(2, 2, true), &[0, 100, 200, 40, 80, 120], 3, (5, 3));
        // The second line: three of the first row and one of the second (40, 380, 720), then the same across.
        assert_eq!(
            both,
            [
                [0, 25, 75, 125, 175],
                [10, 31, 74, 116, 159],
                [30, 44, 71, 99, 126]
            ]
        );
    }

    #[test]
    fn other_ratios_repeat_each_sample() {
        assert_eq!(
            lines(times(3, 2, false), &[1, 2, 3, 4], 2, (5, 3)),
            [[1, 1, 1, 2, 2], [1, 1, 1, 2, 2], [3, 3, 3, 4, 4]]
        );
    }
}
