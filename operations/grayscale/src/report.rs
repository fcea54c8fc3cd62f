//! What was done to an image.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Format, Luma, Rope};

/// A converted image and what was done to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion<B = Vec<u8>> {
    /// The gray image file.
    pub bytes: B,
    /// What was done.
    pub report: Report,
}

impl From<Conversion> for Conversion<Rope<'_>> {
    fn from(Conversion { bytes, report }: Conversion) -> Self {
        Self {
            bytes: bytes.into(),
            report,
        }
    }
}

/// What was done to an image: formats, route, formula and sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The input's format.
    pub input_format: Format,
    /// The output's format.
    pub format: Format,
    /// How the gray image came about; in JSON its name is `path`.
    #[serde(rename = "path")]
    pub route: Route,
    /// The luma formula. A JPEG's or lossy WebP's own luma is [`Luma::Bt601`].
    pub luma: Luma,
    /// The output's width in pixels.
    pub width: u32,
    /// The output's height in pixels.
    pub height: u32,
    /// Bits per sample of the output: 1, 2, 4, 8, 12 or 16. For a palette image, bits of an index.
    pub bit_depth: u8,
    /// The input's size in bytes.
    pub input_bytes: u64,
    /// The output's size in bytes.
    pub output_bytes: u64,
    /// Frames of an animation; absent for a still image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// Pages of a document; absent when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
}

/// How a gray image came about, from the most direct route to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Route {
    /// The image was gray already and came back untouched.
    AsIs,
    /// Only color tables were rewritten; the compressed pixels were left alone.
    Palette,
    /// A JPEG's luma was copied in the compressed domain, bit by bit.
    JpegLumaCopy,
    /// A lossy WebP's luma was copied in the compressed domain, symbol by symbol.
    WebpLumaCopy,
    /// Pixels were decoded, converted and encoded again.
    Pixels,
}

impl Route {
    /// The route's name, as the report spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Palette => "palette",
            Self::JpegLumaCopy => "jpeg-luma-copy",
            Self::WebpLumaCopy => "webp-luma-copy",
            Self::Pixels => "pixels",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Report {
    /// A report on an image that keeps its format: a still picture of 8 bits, until the methods below say otherwise.
    pub(crate) fn new(format: Format, route: Route, luma: Luma, (width, height): (u32, u32)) -> Self {
        Self {
            input_format: format,
            format,
            route,
            luma,
            width,
            height,
            bit_depth: 8,
            input_bytes: 0,
            output_bytes: 0,
            frames: None,
            pages: None,
        }
    }

    /// The same report on an output of another format.
    pub(crate) fn with_output_format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// The same report with this many bits per sample, or per index.
    pub(crate) fn with_bit_depth(self, bit_depth: u8) -> Self {
        Self { bit_depth, ..self }
    }

    /// The same report on an animation of this many frames, if it is one.
    pub(crate) fn with_frames(self, frames: Option<u32>) -> Self {
        Self { frames, ..self }
    }

    /// The same report on a document of this many pages, if there are several.
    pub(crate) fn with_pages(self, pages: Option<u32>) -> Self {
        Self { pages, ..self }
    }

    /// The same report with the sizes of both files, in bytes.
    pub(crate) fn with_sizes(self, input_bytes: u64, output_bytes: u64) -> Self {
        Self {
            input_bytes,
            output_bytes,
            ..self
        }
    }
}

impl fmt::Display for Report {
    /// One line for a terminal, such as
    /// `5120x2880 png, 8 bit, bt601, pixels, 12.7 MB -> 4.5 MB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} ", self.width, self.height)?;
        if self.input_format != self.format {
            write!(f, "{} to ", self.input_format)?;
        }
        write!(f, "{}, {} bit", self.format, self.bit_depth)?;
        if let Some(frames) = self.frames {
            write!(f, ", {frames} frames")?;
        }
        if let Some(pages) = self.pages {
            write!(f, ", {pages} pages")?;
        }
        let (from, to) = (Size(self.input_bytes), Size(self.output_bytes));
        write!(f, ", {}, {}, {from} -> {to}", self.luma, self.route)
    }
}

/// A number of bytes, shown in decimal units.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |unit: u64| (self.0 / unit, self.0 % unit * 10 / unit);
        match self.0 {
            0..1_000 => write!(f, "{} bytes", self.0),
            1_000..1_000_000 => write!(f, "{} kB", self.0 / 1_000),
            1_000_000..1_000_000_000 => {
                let (whole, tenth) = tenths(1_000_000);
                write!(f, "{whole}.{tenth} MB")
            }
            _ => {
                let (whole, tenth) = tenths(1_000_000_000);
                write!(f, "{whole}.{tenth} GB")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fits_on_one_line() {
        let report = Report::new(Format::Png, Route::Pixels, Luma::Bt601, (640, 480))
            .with_output_format(Format::Jpeg)
            .with_pages(Some(2))
            .with_sizes(1_250_000, 999);
        let line = "640x480 png to jpeg, 8 bit, 2 pages, bt601, pixels, 1.2 MB -> 999 bytes";
        assert_eq!(report.to_string(), line);
    }
}
