//! Sixel: bands of six lines, each color of a band on its own ("VT330/VT340 Programmer Reference Manual", volume 2, chapter 14).

use std::fmt::Write as _;

use image::GrayImage;

/// Grays that are told apart: terminals have registers for 256 colors, and an eye sees no more of a picture this small.
const GRAYS: usize = 64;

pub(super) fn encoded(image: &GrayImage) -> Vec<u8> {
    let (width, height) = image.dimensions();
    let mut text = format!("\x1bPq\"1;1;{width};{height}");
    for gray in 0..GRAYS {
        // In per cent.
        let light = (gray * 100 + GRAYS / 2) / (GRAYS - 1);
        let _ = write!(text, "#{gray};2;{light};{light};{light}");
    }
    for top in (0..height).step_by(6) {
        let mut bits = vec![vec![]; GRAYS];
        for y in top..height.min(top + 6) {
            for x in 0..width {
                let gray = usize::from(image.get_pixel(x, y).0[0]) * (GRAYS - 1) / 255;
                let columns: &mut Vec<u8> = &mut bits[gray];
                columns.resize(width as usize, 0);
                columns[x as usize] |= 1 << (y - top);
            }
        }
        for (gray, columns) in bits.iter().enumerate().filter(|(_, columns)| !columns.is_empty()) {
            let _ = write!(text, "#{gray}");
            for run in columns.chunk_by(|one, next| one == next) {
                let sixel = char::from(b'?' + run[0]);
                match run.len() {
                    count @ 1..=3 => text.extend(std::iter::repeat_n(sixel, count)),
                    count => {
                        let _ = write!(text, "!{count}{sixel}");
                    }
                }
            }
            text.push('$');
        }
        text.push('-');
    }
    text.push_str("\x1b\\\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_holds_six_lines_each_color_by_itself() {
        // A black line above a white one.
        let image = GrayImage::from_fn(5, 2, |_, y| image::Luma([if y == 0 { 0 } else { 255 }]));
        let text = String::from_utf8(encoded(&image)).unwrap();
        assert!(text.starts_with("\x1bPq\"1;1;5;2#0;2;0;0;0#1;2;"), "{text:?}");
        assert!(text.contains("#63;2;100;100;100#0!5@$#63!5A$-\x1b\\"), "{text:?}");
    }
}
