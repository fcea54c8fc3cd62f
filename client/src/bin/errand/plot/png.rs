//! A PNG of pixels.

use std::io;

/// Pixels of a meter at 192 to the inch: what is drawn at twice the size is shown at its own.
const PIXELS_PER_METER: u32 = 7_559;

/// A PNG of `width` times `height` pixels, of three bytes each.
pub(super) fn encoded(pixels: &[u8], (width, height): (u32, u32)) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: PIXELS_PER_METER,
        yppu: PIXELS_PER_METER,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}
