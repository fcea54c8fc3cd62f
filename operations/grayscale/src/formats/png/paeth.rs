//! Undoes the Paeth filter (PNG, 9.4), four rows at a time.
//!
//! Every byte depends on the one on its left, so a processor that does one row after another mostly waits. But while a
//! pixel is computed, so can be the one before it in the next row: four rows advance together, each one pixel behind the
//! row above it, and their four pixels share a vector of 16 bytes.

#[cfg(not(target_arch = "x86_64"))]
use scalar::Lanes;
#[cfg(target_arch = "x86_64")]
use vector::Lanes;

/// Rows that are done together.
pub(super) const ROWS: usize = 4;

/// The bytes of a pixel; a zero follows if it has three.
type Pixel = [u8; 4];

/// Undoes the filter of one row below the row `up`.
pub(super) fn undo_row<const N: usize>(up: &[u8], row: &mut [u8]) {
    let mut lanes = Lanes::default();
    for (pixel, up) in row.as_chunks_mut::<N>().0.iter_mut().zip(up.as_chunks().0) {
        let [done, ..] = lanes.step(padded::<N>(up), [padded(pixel), [0; 4], [0; 4], [0; 4]]);
        pixel.copy_from_slice(&done[..N]);
    }
}

/// Undoes the filter of rows that follow one another below the row `up`. All have the same length.
pub(super) fn undo_rows<const N: usize>(up: &[u8], rows: [&mut [u8]; ROWS]) {
    let up = up.as_chunks::<N>().0;
    let width = up.len();
    let mut rows = rows.map(|row| row.as_chunks_mut::<N>().0);

    let mut lanes = Lanes::default();
    // Where the lower rows have not begun, and where the upper ones have ended.
    let edge = |lanes: &mut Lanes, rows: &mut [&mut [[u8; N]]; ROWS], step: usize| {
        let mut pixels = [[0; 4]; ROWS];
        let place = |row: usize| step.checked_sub(row).filter(|place| *place < width);
        for (row, pixel) in pixels.iter_mut().enumerate() {
            *pixel = place(row).map_or([0; 4], |place| padded(&rows[row][place]));
        }
        let done = lanes.step(up.get(step).map_or([0; 4], padded), pixels);
        for (row, done) in done.iter().enumerate() {
            if let Some(place) = place(row) {
                rows[row][place].copy_from_slice(&done[..N]);
            }
        }
        lanes.keep(step + 1);
    };
    let inner = width.saturating_sub(ROWS - 1);
    let begin = if inner > 0 { ROWS - 1 } else { 0 };
    for step in 0..begin {
        edge(&mut lanes, &mut rows, step);
    }
    let [one, two, three, four] = &mut rows;
    let one = one.iter_mut().skip(begin);
    let two = two.iter_mut().skip(begin.saturating_sub(1));
    let three = three.iter_mut().skip(begin.saturating_sub(2));
    let pixels = one.zip(two).zip(three).zip(four.iter_mut());
    for ((((one, two), three), four), up) in pixels.zip(&up[begin..]).take(inner) {
        let done = lanes.step(
            padded(up),
            [padded(one), padded(two), padded(three), padded(four)],
        );
        one.copy_from_slice(&done[0][..N]);
        two.copy_from_slice(&done[1][..N]);
        three.copy_from_slice(&done[2][..N]);
        four.copy_from_slice(&done[3][..N]);
    }
    for step in begin + inner..width + ROWS - 1 {
        edge(&mut lanes, &mut rows, step);
    }
}

#[inline]
fn padded<const N: usize>(bytes: &[u8; N]) -> Pixel {
    let mut pixel = [0; 4];
    pixel[..N].copy_from_slice(bytes);
    pixel
}

/// In vectors: every processor of this kind has these instructions.
#[cfg(target_arch = "x86_64")]
mod vector {
    use safe_arch::{
        add_i8_m128i, add_saturating_u8_m128i, bitand_m128i, bitandnot_m128i, bitor_m128i,
        byte_shl_imm_u128_m128i, byte_shr_imm_u128_m128i, cmp_eq_mask_i8_m128i, get_i32_from_m128i_s, m128i,
        min_u8_m128i, set_i32_m128i, set_i32_m128i_s, sub_saturating_u8_m128i, unpack_low_i32_m128i,
        unpack_low_i64_m128i,
    };

    use super::{Pixel, ROWS};

    /// Where four rows are.
    #[derive(Default)]
    pub(super) struct Lanes {
        left: m128i,
        corner: m128i,
    }

    impl Lanes {
        /// Undoes the filter of a pixel of each row. `up` is above that of the first row.
        #[inline]
        pub(super) fn step(&mut self, up: Pixel, pixels: [Pixel; ROWS]) -> [Pixel; ROWS] {
            // What is on the left in a row was a step ago above in the next.
            let up = bitor_m128i(byte_shl_imm_u128_m128i::<4>(self.left), load(up));
            let [one, two, three, four] = pixels.map(load);
            let pixels =
                unpack_low_i64_m128i(unpack_low_i32_m128i(one, two), unpack_low_i32_m128i(three, four));
            self.left = add_i8_m128i(pixels, predict(self.left, up, self.corner));
            self.corner = up;
            [
                store(self.left),
                store(byte_shr_imm_u128_m128i::<4>(self.left)),
                store(byte_shr_imm_u128_m128i::<8>(self.left)),
                store(byte_shr_imm_u128_m128i::<12>(self.left)),
            ]
        }

        /// Sets all rows but the first `rows` back to their beginning.
        pub(super) fn keep(&mut self, rows: usize) {
            let mask = |row: usize| if row < rows { -1 } else { 0 };
            self.left = bitand_m128i(self.left, set_i32_m128i(mask(3), mask(2), mask(1), mask(0)));
        }
    }

    #[inline]
    fn load(pixel: Pixel) -> m128i {
        set_i32_m128i_s(i32::from_le_bytes(pixel))
    }

    #[inline]
    fn store(pixel: m128i) -> Pixel {
        get_i32_from_m128i_s(pixel).to_le_bytes()
    }

    /// The predictor, in eight bits. With differences that stop at zero, of left + up - corner the distance to the
    /// corner is that between (left - corner) + (up - corner) and (corner - left) + (corner - up): either one of them
    /// is zero, and a sum that stops at 255 is still not the nearest, or each has one part that is not zero.
    #[inline]
    fn predict(left: m128i, up: m128i, corner: m128i) -> m128i {
        let (left_over, left_under) = (
            sub_saturating_u8_m128i(left, corner),
            sub_saturating_u8_m128i(corner, left),
        );
        let (up_over, up_under) = (
            sub_saturating_u8_m128i(up, corner),
            sub_saturating_u8_m128i(corner, up),
        );
        let to_left = bitor_m128i(up_over, up_under);
        let to_up = bitor_m128i(left_over, left_under);
        let (over, under) = (
            add_saturating_u8_m128i(left_over, up_over),
            add_saturating_u8_m128i(left_under, up_under),
        );
        let to_corner = bitor_m128i(
            sub_saturating_u8_m128i(over, under),
            sub_saturating_u8_m128i(under, over),
        );
        let nearest = min_u8_m128i(min_u8_m128i(to_left, to_up), to_corner);
        let other = choose(cmp_eq_mask_i8_m128i(to_up, nearest), up, corner);
        choose(cmp_eq_mask_i8_m128i(to_left, nearest), left, other)
    }

    #[inline]
    fn choose(mask: m128i, yes: m128i, no: m128i) -> m128i {
        bitor_m128i(bitand_m128i(mask, yes), bitandnot_m128i(mask, no))
    }
}

/// One byte after another, for every other processor; the tests hold the vectors against it.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod scalar {
    use super::super::filter::predict;
    use super::{Pixel, ROWS};

    /// Where four rows are.
    #[derive(Default)]
    pub(super) struct Lanes {
        left: [Pixel; ROWS],
        corner: [Pixel; ROWS],
    }

    impl Lanes {
        /// Undoes the filter of a pixel of each row. `up` is above that of the first row.
        #[inline]
        pub(super) fn step(&mut self, up: Pixel, mut pixels: [Pixel; ROWS]) -> [Pixel; ROWS] {
            // What is on the left in a row was a step ago above in the next.
            let up = [up, self.left[0], self.left[1], self.left[2]];
            for (row, pixel) in pixels.iter_mut().enumerate() {
                for (channel, byte) in pixel.iter_mut().enumerate() {
                    let predicted = predict(
                        self.left[row][channel],
                        up[row][channel],
                        self.corner[row][channel],
                    );
                    *byte = byte.wrapping_add(predicted);
                }
            }
            (self.left, self.corner) = (pixels, up);
            pixels
        }

        /// Sets all rows but the first `rows` back to their beginning.
        pub(super) fn keep(&mut self, rows: usize) {
            for left in self.left.iter_mut().skip(rows) {
                *left = [0; 4];
            }
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{ROWS, scalar, vector};

    #[test]
    fn vectors_and_single_bytes_have_the_same_result() {
        let mut state = 1_u64;
        let mut pixel = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let [.., a, b, c, d] = (state >> 16).to_le_bytes();
            // Extremes are where sums and differences stop.
            [a, b, c, d].map(|byte| {
                if byte < 64 {
                    0
                } else if byte < 128 {
                    255
                } else {
                    byte
                }
            })
        };
        let (mut vector, mut scalar) = (vector::Lanes::default(), scalar::Lanes::default());
        for step in 0..100_000 {
            let (up, pixels) = (pixel(), [(); ROWS].map(|()| pixel()));
            assert_eq!(vector.step(up, pixels), scalar.step(up, pixels), "{step}");
            if step % 97 < 6 {
                vector.keep(step % 97);
                scalar.keep(step % 97);
            }
        }
    }
}
