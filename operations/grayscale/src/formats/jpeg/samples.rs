//! The components of a JPEG as they are stored, for a format that says by itself what they mean.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{check_supported, explain};
use crate::{Error, Format, Limits, decoder_error};

/// Components, each as large as the image.
pub(crate) struct Samples {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) components: usize,
    /// Interleaved.
    pub(crate) data: Vec<u8>,
}

/// Decodes a JPEG's components, or the first one alone, without changing colors.
pub(crate) fn samples(
    input: &[u8],
    only_first: bool,
    lenient: bool,
    limits: &Limits,
) -> Result<Samples, Error> {
    let info = jpeg_luma::inspect(input).map_err(|error| explain(&error, input))?;
    check_supported(&info)?;
    let (width, height) = (info.width, info.height);
    let pixels = u64::from(width) * u64::from(height);
    limits.check(
        Format::Jpeg,
        (width, height),
        pixels * (u64::from(info.components) * 3 + 1) + (1 << 20),
    )?;
    let explain = |error| decoder_error::of_jpeg(&error, input.len());
    let options = DecoderOptions::default()
        .set_strict_mode(!lenient)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(input), options);
    decoder.decode_headers().map_err(explain)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let luma_alone = only_first && stored == ColorSpace::YCbCr;
    let wanted = if luma_alone { ColorSpace::Luma } else { stored };
    let options = decoder.options().jpeg_set_out_colorspace(wanted);
    decoder.set_options(options);
    let mut data = decoder.decode().map_err(explain)?;
    let mut components = wanted.num_components();
    if only_first && components > 1 {
        data = data.into_iter().step_by(components).collect();
        components = 1;
    }
    if data.len() as u64 != pixels * components as u64 {
        return Err(Error::corrupt(
            Format::Jpeg,
            "it decodes to another size than its header says",
        ));
    }
    Ok(Samples {
        width,
        height,
        components,
        data,
    })
}
