//! What comes of a valid JPEG.

use crate::frame::FrameInfo;

/// What comes of a valid JPEG. `B` is what the gray one's bytes are held in: a `Vec<u8>`, or a [`Rope`](crate::Rope); or, where they
/// were written, a `u64`, their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<B = Vec<u8>> {
    /// The gray JPEG.
    Gray(GrayJpeg<B>),
    /// Gray is not among the components: it has to be computed from pixels, by a decoder. Why, and what the header says.
    NeedsPixels(Reason, FrameInfo),
}

/// A gray JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrayJpeg<B = Vec<u8>> {
    /// The file, or its size in bytes.
    pub bytes: B,
    /// Samples in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// How it came about.
    pub method: Method,
    /// Bits of a sample.
    pub bit_depth: u8,
}

/// How a gray JPEG came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The luma component was copied: its coefficients and quantization are those of the input, bit for bit.
    LumaCopy,
    /// The component that was asked for was copied in the same way, by [`component`](crate::component()).
    ComponentCopy,
    /// The input was gray already.
    AsIs,
}

/// Why gray has to be computed from pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The components are red, green and blue.
    Rgb,
    /// The components are four inks.
    Cmyk,
    /// The components are four inks, three of them transformed.
    Ycck,
    /// Luma has fewer samples than a color difference: alone it would be a smaller image.
    LumaSubsampled,
}

impl<B> Outcome<B> {
    /// The same with the gray JPEG's bytes held in something else.
    pub(crate) fn try_map<C, E>(self, map: impl FnOnce(B) -> Result<C, E>) -> Result<Outcome<C>, E> {
        Ok(match self {
            Self::Gray(gray) => Outcome::Gray(GrayJpeg {
                bytes: map(gray.bytes)?,
                width: gray.width,
                height: gray.height,
                method: gray.method,
                bit_depth: gray.bit_depth,
            }),
            Self::NeedsPixels(reason, info) => Outcome::NeedsPixels(reason, info),
        })
    }
}
