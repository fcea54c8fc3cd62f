//! Horizontal differencing (TIFF 6.0, section 14): each sample but a row's first ones is stored as the difference to the
//! same sample of the pixel before it.

/// Undoes it in rows of pixels of `channels` samples of 8 bits.
pub(super) fn undo8(rows: &mut [u8], row_bytes: usize, channels: usize) {
    for row in rows.chunks_exact_mut(row_bytes) {
        match channels {
            1 => undo_row8::<1>(row),
            2 => undo_row8::<2>(row),
            3 => undo_row8::<3>(row),
            4 => undo_row8::<4>(row),
            _ => {
                for at in channels..row.len() {
                    row[at] = row[at].wrapping_add(row[at - channels]);
                }
            }
        }
    }
}

fn undo_row8<const CHANNELS: usize>(row: &mut [u8]) {
    let mut left = [0_u8; CHANNELS];
    for pixel in row.as_chunks_mut::<CHANNELS>().0 {
        for (sample, left) in pixel.iter_mut().zip(&mut left) {
            *left = left.wrapping_add(*sample);
            *sample = *left;
        }
    }
}

/// As [`undo8`], of 16 bits.
pub(super) fn undo16(rows: &mut [u8], row_bytes: usize, channels: usize, little_endian: bool) {
    if little_endian {
        undo16_in(rows, row_bytes, channels, u16::from_le_bytes, u16::to_le_bytes);
    } else {
        undo16_in(rows, row_bytes, channels, u16::from_be_bytes, u16::to_be_bytes);
    }
}

fn undo16_in(
    rows: &mut [u8],
    row_bytes: usize,
    channels: usize,
    read: impl Fn([u8; 2]) -> u16 + Copy,
    write: impl Fn(u16) -> [u8; 2] + Copy,
) {
    for row in rows.chunks_exact_mut(row_bytes) {
        let samples = row.as_chunks_mut::<2>().0;
        match channels {
            1 => undo_row16::<1>(samples, read, write),
            2 => undo_row16::<2>(samples, read, write),
            3 => undo_row16::<3>(samples, read, write),
            4 => undo_row16::<4>(samples, read, write),
            _ => {
                for at in channels..samples.len() {
                    samples[at] = write(read(samples[at]).wrapping_add(read(samples[at - channels])));
                }
            }
        }
    }
}

fn undo_row16<const CHANNELS: usize>(
    samples: &mut [[u8; 2]],
    read: impl Fn([u8; 2]) -> u16,
    write: impl Fn(u16) -> [u8; 2],
) {
    let mut left = [0_u16; CHANNELS];
    for pixel in samples.as_chunks_mut::<CHANNELS>().0 {
        for (sample, left) in pixel.iter_mut().zip(&mut left) {
            *left = left.wrapping_add(read(*sample));
            *sample = write(*left);
        }
    }
}

/// Does it in a row of samples of 8 bits.
pub(super) fn do8(row: &mut [u8], channels: usize) {
    for at in (channels..row.len()).rev() {
        row[at] = row[at].wrapping_sub(row[at - channels]);
    }
}

/// Does it in a row of samples of 16 bits.
pub(super) fn do16(row: &mut [u8], channels: usize, little_endian: bool) {
    let samples = row.as_chunks_mut::<2>().0;
    for at in (channels..samples.len()).rev() {
        let (here, left) = (samples[at], samples[at - channels]);
        samples[at] = if little_endian {
            u16::from_le_bytes(here)
                .wrapping_sub(u16::from_le_bytes(left))
                .to_le_bytes()
        } else {
            u16::from_be_bytes(here)
                .wrapping_sub(u16::from_be_bytes(left))
                .to_be_bytes()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_undone_for_any_number_of_channels() {
        let row: Vec<u8> = (0..120_u8).map(|at| at.wrapping_mul(77)).collect();
        for channels in 1..=6 {
            let mut changed = row.clone();
            do8(&mut changed, channels);
            assert_eq!(changed[channels], row[channels].wrapping_sub(row[0]));
            undo8(&mut changed, row.len(), channels);
            assert_eq!(changed, row, "{channels}");
            for little_endian in [false, true] {
                let mut changed = row.clone();
                do16(&mut changed, channels, little_endian);
                undo16(&mut changed, row.len(), channels, little_endian);
                assert_eq!(changed, row, "{channels} {little_endian}");
            }
        }
    }

    #[test]
    fn samples_of_16_bits_are_added_in_the_files_byte_order() {
        let mut row = [0x00, 0xFF, 0x00, 0x01];
        undo16(&mut row, 4, 1, false);
        assert_eq!(row, [0x00, 0xFF, 0x01, 0x00]);
        let mut row = [0xFF, 0x00, 0x01, 0x00];
        undo16(&mut row, 4, 1, true);
        assert_eq!(row, [0xFF, 0x00, 0x00, 0x01]);
    }
}
