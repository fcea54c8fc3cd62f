//! Samples of 8 and 16 bits alike, and how they are taken from the rows of a file.

use crate::{Luma, cmyk};

/// A sample of a gray page.
pub(super) trait Sample: Copy + Default + Into<u32> {
    const MOST: u32;
    /// From a number up to [`MOST`](Self::MOST).
    fn of(value: u32) -> Self;
    fn gray(luma: Luma, color: [Self; 3]) -> Self;
    fn light(inks: [Self; 4]) -> [Self; 3];
    /// See [`Luma::row8`].
    fn row<const IN: usize, const OUT: usize>(luma: Luma, pixels: &[Self], gray: &mut [Self]);
    /// A row of 8 bits a sample as it is.
    fn as_stored(row: &[u8]) -> Option<&[Self]>;
    fn append(samples: &[Self], little_endian: bool, bytes: &mut Vec<u8>);
}

impl Sample for u8 {
    const MOST: u32 = 255;

    fn of(value: u32) -> Self {
        value as Self
    }

    fn gray(luma: Luma, [red, green, blue]: [Self; 3]) -> Self {
        luma.gray8(red, green, blue)
    }

    fn light(inks: [Self; 4]) -> [Self; 3] {
        cmyk::rgb8(inks)
    }

    fn row<const IN: usize, const OUT: usize>(luma: Luma, pixels: &[Self], gray: &mut [Self]) {
        luma.row8::<IN, OUT>(pixels, gray);
    }

    fn as_stored(row: &[u8]) -> Option<&[Self]> {
        Some(row)
    }

    fn append(samples: &[Self], _little_endian: bool, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(samples);
    }
}

impl Sample for u16 {
    const MOST: u32 = 65_535;

    fn of(value: u32) -> Self {
        value as Self
    }

    fn gray(luma: Luma, [red, green, blue]: [Self; 3]) -> Self {
        luma.gray16(red, green, blue)
    }

    fn light(inks: [Self; 4]) -> [Self; 3] {
        cmyk::rgb16(inks)
    }

    fn row<const IN: usize, const OUT: usize>(luma: Luma, pixels: &[Self], gray: &mut [Self]) {
        luma.row16::<IN, OUT>(pixels, gray);
    }

    fn as_stored(_row: &[u8]) -> Option<&[Self]> {
        None
    }

    fn append(samples: &[Self], little_endian: bool, bytes: &mut Vec<u8>) {
        if little_endian {
            bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        } else {
            bytes.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
        }
    }
}

/// How samples lie in a row of bytes.
#[derive(Clone, Copy)]
pub(super) struct Packing {
    /// 1, 2, 4, 8 or 16.
    pub(super) bits: u8,
    pub(super) little_endian: bool,
    /// Whether samples of fewer than 8 bits are made to reach from 0 to 255.
    pub(super) scaled: bool,
}

impl Packing {
    /// Copies one channel of a row of pixels into one of `samples`. Each channel is given by its index and by how many there
    /// are.
    pub(super) fn channel<S: Sample>(
        self,
        row: &[u8],
        (from, of): (usize, usize),
        samples: &mut [S],
        (to, channels): (usize, usize),
    ) {
        let pixels = samples.chunks_exact_mut(channels);
        match self.bits {
            8 => {
                for (pixel, stored) in pixels.zip(row.chunks_exact(of)) {
                    pixel[to] = S::of(stored[from].into());
                }
            }
            16 if of == 1 && channels == 1 => {
                let pixels = samples.iter_mut().zip(row.as_chunks().0);
                if self.little_endian {
                    pixels.for_each(|(sample, stored)| *sample = S::of(u16::from_le_bytes(*stored).into()));
                } else {
                    pixels.for_each(|(sample, stored)| *sample = S::of(u16::from_be_bytes(*stored).into()));
                }
            }
            16 => {
                let read = if self.little_endian {
                    u16::from_le_bytes
                } else {
                    u16::from_be_bytes
                };
                for (pixel, stored) in pixels.zip(row.as_chunks::<2>().0.chunks_exact(of)) {
                    pixel[to] = S::of(read(stored[from]).into());
                }
            }
            bits => {
                let bits = usize::from(bits);
                let most = (1_u32 << bits) - 1;
                let factor = if self.scaled { 255 / most } else { 1 };
                for (number, pixel) in pixels.enumerate() {
                    let at = (number * of + from) * bits;
                    let value = u32::from(row[at / 8]) >> (8 - bits - at % 8) & most;
                    pixel[to] = S::of(value * factor);
                }
            }
        }
    }
}

/// A sample that was multiplied by alpha, without that, to the nearest; 0 where alpha is, since nothing else is known.
pub(super) fn unmultiplied<S: Sample>(sample: S, alpha: S) -> S {
    let (sample, alpha) = (sample.into(), alpha.into());
    if alpha == 0 {
        return S::of(0);
    }
    // 65,535 * 65,535 and half of that fit 32 bits.
    S::of(((sample * S::MOST + alpha / 2) / alpha).min(S::MOST))
}

/// A sample times alpha, to the nearest.
pub(super) fn multiplied<S: Sample>(sample: S, alpha: S) -> S {
    let product: u32 = sample.into() * alpha.into();
    S::of((product + S::MOST / 2) / S::MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_undoes_what_unmultiplying_did() {
        for alpha in 1..=255_u8 {
            for sample in 0..=alpha {
                assert_eq!(
                    multiplied(unmultiplied(sample, alpha), alpha),
                    sample,
                    "{sample} {alpha}"
                );
            }
        }
        assert_eq!(unmultiplied(65_535_u16, 65_535), 65_535);
        assert_eq!(unmultiplied(9_u16, 3), 65_535);
        assert_eq!(unmultiplied(9_u8, 0), 0);
    }
}
