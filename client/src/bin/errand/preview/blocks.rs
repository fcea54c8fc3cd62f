//! Two pixels in each character cell: the upper half block has one color in front and another behind.

use std::fmt::Write as _;

use image::GrayImage;

/// Grays among the 256 colors of xterm: black, a ramp of 24 from 8 to 238, white.
const RAMP: u8 = 24;

pub(super) fn encoded(image: &GrayImage, has_all_grays: bool) -> Vec<u8> {
    let mut text = String::new();
    let color = |gray: u8, is_behind: bool| {
        let place = if is_behind { 48 } else { 38 };
        if has_all_grays {
            format!("{place};2;{gray};{gray};{gray}")
        } else {
            format!("{place};5;{}", nearest(gray))
        }
    };
    for y in (0..image.height()).step_by(2) {
        let mut before = None;
        for x in 0..image.width() {
            let upper = image.get_pixel(x, y).0[0];
            // Below the last line there is what the terminal has.
            let lower = (y + 1 < image.height()).then(|| image.get_pixel(x, y + 1).0[0]);
            if before != Some((upper, lower)) {
                before = Some((upper, lower));
                let behind = lower.map_or_else(|| "49".to_owned(), |gray| color(gray, true));
                let _ = write!(text, "\x1b[{};{behind}m", color(upper, false));
            }
            text.push('▀');
        }
        text.push_str("\x1b[0m\n");
    }
    text.into_bytes()
}

/// The nearest of the grays among 256 colors: 16 is black, 232 to 255 the ramp, 231 white.
fn nearest(gray: u8) -> u8 {
    match gray {
        0..4 => 16,
        247.. => 231,
        _ => 232 + (gray.saturating_sub(8).saturating_add(5) / 10).min(RAMP - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_is_two_pixels_one_above_the_other() {
        let image = GrayImage::from_raw(2, 3, vec![0, 255, 100, 255, 8, 8]).unwrap();
        let text = String::from_utf8(encoded(&image, true)).unwrap();
        assert_eq!(
            text,
            "\x1b[38;2;0;0;0;48;2;100;100;100m▀\x1b[38;2;255;255;255;48;2;255;255;255m▀\x1b[0m\n\
             \x1b[38;2;8;8;8;49m▀▀\x1b[0m\n"
        );
        let text = String::from_utf8(encoded(&image, false)).unwrap();
        assert!(text.starts_with("\x1b[38;5;16;48;5;241m▀"), "{text:?}");
    }

    #[test]
    fn the_nearest_gray_is_no_further_than_half_a_step() {
        for gray in 0..=255_u8 {
            let shown = match nearest(gray) {
                16 => 0,
                231 => 255,
                color => 8 + 10 * i32::from(color - 232),
            };
            assert!((shown - i32::from(gray)).abs() <= 8, "{gray} is shown as {shown}");
        }
    }
}
