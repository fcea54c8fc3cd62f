//! The passes in which an image's pixels come: one, or the seven of an interlaced image (PNG, 8.1).

/// A pass of an interlaced image: its first pixel, and the distances to the next, across and down.
struct Pass {
    first: (u32, u32),
    step: (u32, u32),
}

const WHOLE: [Pass; 1] = [pass((0, 0), (1, 1))];
const ADAM7: [Pass; 7] = [
    pass((0, 0), (8, 8)),
    pass((4, 0), (8, 8)),
    pass((0, 4), (4, 8)),
    pass((2, 0), (4, 4)),
    pass((0, 2), (2, 4)),
    pass((1, 0), (2, 2)),
    pass((0, 1), (1, 2)),
];

const fn pass(first: (u32, u32), step: (u32, u32)) -> Pass {
    Pass { first, step }
}

/// The sizes of an image's passes, those without pixels left out.
pub(super) fn sizes((width, height): (u32, u32), interlaced: bool) -> impl Iterator<Item = (u32, u32)> {
    let passes = if interlaced { &ADAM7[..] } else { &WHOLE[..] };
    let count = |size: u32, first: u32, step: u32| size.saturating_sub(first).div_ceil(step);
    passes
        .iter()
        .map(move |pass| {
            (
                count(width, pass.first.0, pass.step.0),
                count(height, pass.first.1, pass.step.1),
            )
        })
        .filter(|(width, height)| *width > 0 && *height > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_have_all_pixels_between_them() {
        for (width, height) in [(1, 1), (2, 3), (5, 5), (9, 8), (640, 481)] {
            for interlaced in [false, true] {
                let pixels: u32 = sizes((width, height), interlaced)
                    .map(|(width, height)| width * height)
                    .sum();
                assert_eq!(pixels, width * height, "{width}x{height}, {interlaced}");
            }
        }
    }
}
