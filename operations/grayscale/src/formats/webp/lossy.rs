//! Gray pixels into a lossy frame, by libwebp.
//!
//! Used where a formula other than BT.601 has to compute luma anew: what was lossy stays lossy. The encoder gets the planes
//! as VP8 codes them, so that nothing is rounded twice.

use webpx::{Encoder, EncoderConfig, Unstoppable, YuvPlanesRef};

use super::riff::Chunks;
use super::vp8;
use crate::{Error, Format};

/// Encodes gray pixels as the data of a `VP8 ` chunk, at a quality of 1 to 100.
pub(super) fn encode(mut gray: Vec<u8>, (width, height): (u32, u32), quality: u8) -> Result<Vec<u8>, Error> {
    for sample in &mut gray {
        *sample = luma_of(*sample);
    }
    let chroma_width = width.div_ceil(2) as usize;
    let neutral = vec![128; chroma_width * height.div_ceil(2) as usize];
    let planes = YuvPlanesRef {
        y: &gray,
        y_stride: width as usize,
        u: &neutral,
        u_stride: chroma_width,
        v: &neutral,
        v_stride: chroma_width,
        a: None,
        a_stride: 0,
        width,
        height,
    };
    // Without this, the encoder keeps all symbols until it writes them, which takes up to 25 bytes a pixel instead of
    // two, and gains nothing that could be measured.
    let config = EncoderConfig::default()
        .quality(f32::from(quality))
        .low_memory(true);
    let file = Encoder::new_yuv(planes)
        .config(config)
        .encode(Unstoppable)
        .map_err(|error| Error::encode(Format::WebP, error))?;
    for chunk in Chunks::of_file(&file)? {
        let chunk = chunk?;
        if chunk.name == *b"VP8 " {
            // The encoder may choose a prediction that leaves chroma a level off.
            return vp8::gray(chunk.data);
        }
    }
    Err(Error::encode(Format::WebP, "the encoder gave no lossy frame"))
}

/// Luma runs from 16 to 235 (RFC 6386, section 5, by ITU-R BT.601-7, 2.5.3).
fn luma_of(gray: u8) -> u8 {
    (16 + (u16::from(gray) * 219 + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_are_the_ends_of_luma() {
        assert_eq!([0, 128, 255].map(luma_of), [16, 126, 235]);
    }
}
