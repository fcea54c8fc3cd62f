//! Writing a GIF of gray pixels.

use crate::encoded::Encoded;
use crate::gray::Gray;
use crate::{Error, Format};

/// Writes a still gray image as a GIF: 256 grays, or 255 and one for what is more than half transparent.
pub(crate) fn encode(gray: Gray) -> Result<Encoded, Error> {
    let (width, height) = gray.dimensions();
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        let detail = format_args!("{width}x{height} is more than its 65535x65535; choose another format");
        return Err(Error::encode(Format::Gif, detail));
    };
    let palette: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    let mut frame = ::gif::Frame {
        width,
        height,
        ..::gif::Frame::default()
    };
    match gray.into_8_bits() {
        Gray::La8(image) => {
            // Index 0 is given up to transparency; black is drawn with the next darkest gray.
            let index = |&[gray, alpha]: &[u8; 2]| if alpha < 128 { 0 } else { gray.max(1) };
            frame.buffer = image.as_raw().as_chunks().0.iter().map(index).collect();
            frame.transparent = Some(0);
        }
        opaque => frame.buffer = opaque.flattened_8_bits().into_raw().into(),
    }
    let mut bytes = Vec::new();
    let refused = |error| Error::encode(Format::Gif, error);
    let mut encoder = ::gif::Encoder::new(&mut bytes, width, height, &palette).map_err(refused)?;
    encoder.write_frame(&frame).map_err(refused)?;
    drop(encoder);
    Ok(Encoded { bytes, bit_depth: 8 })
}
