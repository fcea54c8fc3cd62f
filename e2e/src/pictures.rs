//! Pictures made for the tests, and an oracle for their gray.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A colorful picture, as a PNG. `seed` makes it different from others.
#[must_use]
pub fn scene_png(width: u32, height: u32, seed: u32) -> Vec<u8> {
    png(RgbImage::from_fn(width, height, |x, y| {
        let channel = |step: u32| u8::try_from((x * step + y * (step + 3) + seed * 17) % 256).unwrap_or(0);
        Rgb([channel(2), channel(5), channel(11)])
    }))
}

/// Noise, which no format can make smaller: a PNG of at least three bytes a pixel.
#[must_use]
pub fn noise_png(width: u32, height: u32) -> Vec<u8> {
    // xorshift32 (Marsaglia, "Xorshift RNGs", 2003): any noise will do, but the same in every run.
    let mut state = 2_463_534_242_u32;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    png(RgbImage::from_fn(width, height, |_, _| {
        Rgb([byte(), byte(), byte()])
    }))
}

fn png(image: RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("memory takes a PNG");
    bytes.into_inner()
}

/// What the gray of an image has to be: width, height, and the BT.601 luma of each pixel as Pillow's mode `L`
/// computes it (`(19595 R + 38470 G + 7471 B + 32768) / 65536`).
///
/// # Panics
///
/// The bytes are no image.
#[must_use]
pub fn luma_of(image: &[u8]) -> (u32, u32, Vec<u8>) {
    let image = image::load_from_memory(image).expect("an image").to_rgb8();
    let luma = image.pixels().map(|Rgb([red, green, blue])| {
        let sum = 19_595 * u32::from(*red) + 38_470 * u32::from(*green) + 7_471 * u32::from(*blue) + 32_768;
        u8::try_from(sum >> 16).expect("the weights sum to one")
    });
    (image.width(), image.height(), luma.collect())
}
