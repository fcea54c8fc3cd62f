//! Red, green and blue of printing inks: what is left of the light of white paper.
//!
//! Without a profile that says how the inks look, each is taken to swallow its share of one primary, and black its share
//! of all three: red is (1 - cyan) * (1 - black), and so on.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a product of two shares of the largest sample, over that, is a sample again"
)]

/// Red, green and blue of cyan, magenta, yellow and black in 8 bits, of which 255 is full ink. Rounded to the nearest.
#[inline]
pub(crate) fn rgb8([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| light::<{ u8::MAX as u32 }>(ink.into(), black.into()) as u8)
}

/// As [`rgb8`], in 16 bits.
#[inline]
pub(crate) fn rgb16([cyan, magenta, yellow, black]: [u16; 4]) -> [u16; 3] {
    [cyan, magenta, yellow].map(|ink| light::<{ u16::MAX as u32 }>(ink.into(), black.into()) as u16)
}

/// The light that an ink and black let through, where `FULL` is all of it. With half of `FULL` added, 65,535 squared still
/// fits 32 bits.
#[inline]
fn light<const FULL: u32>(ink: u32, black: u32) -> u32 {
    ((FULL - ink) * (FULL - black) + FULL / 2) / FULL
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nearest whole number to a product over `full`; no product lies halfway between two, for `full` is odd.
    fn exact(ink: u64, black: u64, full: u64) -> u64 {
        let product = (full - ink) * (full - black);
        let (below, over) = (product / full, product % full);
        below + u64::from(over * 2 > full)
    }

    #[test]
    fn eight_bits_are_rounded_to_the_nearest() {
        for black in 0..=u8::MAX {
            for ink in 0..=u8::MAX {
                let expected = exact(ink.into(), black.into(), 255);
                let [red, green, blue] = rgb8([ink, 0, 255, black]).map(u64::from);
                assert_eq!(
                    [red, green, blue],
                    [expected, u64::from(255 - black), 0],
                    "{ink} {black}"
                );
            }
        }
    }

    #[test]
    fn sixteen_bits_are_rounded_to_the_nearest_and_not_cut_off() {
        for black in (0..=u16::MAX).step_by(257).chain([1, 32_767, 32_768, 65_534]) {
            for ink in (0..=u16::MAX).step_by(97).chain([1, 65_534, 65_535]) {
                let expected = exact(ink.into(), black.into(), 65_535);
                let [red, green, blue] = rgb16([ink, 0, 65_535, black]).map(u64::from);
                assert_eq!(
                    [red, green, blue],
                    [expected, u64::from(65_535 - black), 0],
                    "{ink} {black}"
                );
            }
        }
        // 65,534 * 32,767 over 65,535 is 32,766.500008.
        assert_eq!(rgb16([1, 1, 1, 32_768]), [32_767; 3]);
    }
}
