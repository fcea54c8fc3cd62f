//! Any one component of a color JPEG as a JPEG of its own.

use crate::app_segments::Keep;
use crate::convert::{self, Wanted};
use crate::error::Error;
use crate::frame::Frame;
use crate::options::Options;
use crate::outcome::{GrayJpeg, Method};

/// Copies one component in the compressed domain into a gray JPEG of that component's own size: its coefficients and its
/// quantization are those of the input, bit for bit, whatever they mean.
///
/// `index` counts the components in the order of the frame header, from 0. They are those of any color model, one to four of
/// them, in one scan or in several, sequential or progressive. The size is the component's, width x H / Hmax by
/// height x V / Vmax, both rounded up (ITU-T T.81, A.1.1); [`FrameInfo::component_size`](crate::FrameInfo::component_size)
/// tells it beforehand. No metadata comes along, and the sampling factors are written as 1 and 1.
///
/// All of its data is read, so that damage is an error even in a scan that [`grayscale`](crate::grayscale()) copies unseen, and
/// what comes out can be decoded. In lenient mode, the rest of a damaged scan of AC coefficients is left out, and later
/// refinements with it; other damage is made good up to the next restart marker.
///
/// So a plain decoder of gray JPEGs is enough to have the samples of any JPEG, as they are stored; to bring components of
/// different sizes together is up to the caller. For the luma that *is* the gray image, see [`grayscale`](crate::grayscale()).
///
/// # Errors
///
/// As for [`grayscale`](crate::grayscale()). [`Error::Unsupported`] too for a JPEG of more than four components, and
/// [`Error::NoSuchComponent`] if it has no component with this index.
///
/// ```
/// use jpeg_luma::{Error, Options, component};
///
/// /// The first color difference of a `YCbCr` JPEG, as a gray JPEG.
/// fn blue_difference(jpeg: &[u8]) -> Result<Vec<u8>, Error> {
///     Ok(component(jpeg, 1, &Options::default())?.bytes)
/// }
/// assert_eq!(blue_difference(b"GIF89a"), Err(Error::NotJpeg));
/// ```
pub fn component(input: &[u8], index: usize, options: &Options) -> Result<GrayJpeg, Error> {
    let frame = Frame::read(input, options.lenient)?;
    let info = frame.info;
    info.check_supported()?;
    if info.components > 4 {
        return Err(Error::Unsupported {
            feature: "more than 4 components",
        });
    }
    if index >= usize::from(info.components) {
        let components = info.components;
        return Err(Error::NoSuchComponent { index, components });
    }
    let (width, height) = frame.size(index);
    let wanted = Wanted { index, checked: true };
    let rope = convert::component(input, frame, wanted, options, Keep::Nothing, None)?;
    Ok(GrayJpeg {
        bytes: rope.into_bytes_within(options.memory_budget)?,
        width,
        height,
        method: Method::ComponentCopy,
        bit_depth: info.precision,
    })
}
