//! What the header says: size, components, coding process and what the components mean.

use crate::error::Error;
use crate::marker::{
    self, APP0, APP14, DHP, DNL, EOI, EXP, SOF0, SOF15, SOF55, SOI, SOS, Segment, end_of_scan,
};

/// What the header of a JPEG says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameInfo {
    /// Samples in a line.
    pub width: u32,
    /// Lines, taken from the DNL segment (T.81, B.2.5) where the frame header leaves them open.
    pub height: u32,
    /// Color components.
    pub components: u8,
    /// Bits of a sample.
    pub precision: u8,
    /// The coding process.
    pub kind: Kind,
    /// The color transform that an Adobe marker (APP14) names: 0 none, 1 `YCbCr`, 2 YCCK. `None` without the marker.
    pub adobe_transform: Option<u8>,
    /// What the components mean.
    pub color: Color,
    /// Whether the first component has fewer samples than another one.
    pub luma_subsampled: bool,
    /// Horizontal and vertical sampling factors of the first four components, each 1 to 4 (T.81, B.2.2); 0 and 0 for those
    /// that the image does not have.
    pub sampling: [(u8, u8); 4],
    /// The largest horizontal and the largest vertical sampling factor of all components.
    pub max_sampling: (u8, u8),
}

impl FrameInfo {
    /// Samples in a line and lines of one of the first four components, counted from 0: the image's size times the
    /// component's sampling factors over the largest ones, rounded up (T.81, A.1.1). `None` if there is no such component.
    #[must_use]
    pub fn component_size(&self, index: usize) -> Option<(u32, u32)> {
        let &(horizontal, vertical) = self.sampling.get(index).filter(|factors| factors.0 > 0)?;
        let share = |samples: u32, factor: u8, largest: u8| {
            (samples * u32::from(factor)).div_ceil(u32::from(largest))
        };
        let (across, down) = self.max_sampling;
        Some((
            share(self.width, horizontal, across),
            share(self.height, vertical, down),
        ))
    }

    /// Names the first feature that this crate does not decode.
    pub(crate) fn check_supported(&self) -> Result<(), Error> {
        let feature = match (self.kind, self.precision) {
            (Kind::Arithmetic, _) => "arithmetic coding",
            (Kind::Lossless, _) => "lossless coding",
            (Kind::Hierarchical, _) => "hierarchical coding",
            (Kind::JpegLs, _) => "JPEG-LS",
            (Kind::Baseline | Kind::Extended | Kind::Progressive, 8) => return Ok(()),
            (_, 12) => "12 bits a sample",
            _ => "a precision other than 8 bits a sample",
        };
        Err(Error::Unsupported { feature })
    }
}

/// The coding process (T.81, table B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Baseline sequential DCT.
    Baseline,
    /// Extended sequential DCT with Huffman coding.
    Extended,
    /// Progressive DCT with Huffman coding.
    Progressive,
    /// Any process with arithmetic coding.
    Arithmetic,
    /// Lossless with Huffman coding.
    Lossless,
    /// A frame of a hierarchical sequence.
    Hierarchical,
    /// JPEG-LS (ITU-T T.87), which is another format in JPEG's markers.
    JpegLs,
}

/// What the components of a JPEG mean. T.81 does not say; this follows JFIF, Adobe's marker and, where there is
/// neither, the component identifiers, as libjpeg and the browsers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Color {
    /// One component: gray already.
    Gray,
    /// Luma and two color differences (ITU-T T.871, clause 7).
    YCbCr,
    /// Red, green and blue without a transform.
    Rgb,
    /// Four inks. A sample of 255 means no ink, the inverse of what printers count: Adobe writes it so, and everyone reads
    /// it so, also without an Adobe marker (Pillow 13 and libvips 8.18 were tried).
    Cmyk,
    /// Four inks, the first three transformed as if they were red, green and blue: after the inverse transform, a sample of
    /// 255 means no ink, as in [`Color::Cmyk`].
    Ycck,
    /// Two components, or more than four.
    Unknown,
}

/// One component of the frame header (T.81, B.2.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Horizontal and vertical sampling factor, 1 to 4.
    pub(crate) horizontal: u8,
    pub(crate) vertical: u8,
    /// Destination of the quantization table, 0 to 3.
    pub(crate) quantization: u8,
}

/// The frame with what only the conversion needs.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) info: FrameInfo,
    /// The marker of the frame header.
    pub(crate) marker: u8,
    pub(crate) components: Vec<Component>,
}

/// Everything up to the first scan that decides how to go on.
#[derive(Default)]
struct Header {
    frame: Option<(u8, Vec<u8>, usize)>,
    jfif: bool,
    adobe_transform: Option<u8>,
}

impl Frame {
    /// Reads the segments before the first scan.
    pub(crate) fn read(input: &[u8], lenient: bool) -> Result<Self, Error> {
        if input.get(..2) != Some(&[0xFF, SOI]) {
            return Err(Error::NotJpeg);
        }
        let mut header = Header::default();
        let mut at = 2;
        loop {
            let segment = Segment::read(input, at, lenient)?;
            at = segment.end;
            match segment.marker {
                APP0 if segment.payload.starts_with(b"JFIF\0") => header.jfif = true,
                APP14 if segment.payload.starts_with(b"Adobe") && segment.payload.len() >= 12 => {
                    header.adobe_transform = Some(segment.payload[11]);
                }
                DHP | EXP => {
                    return Err(Error::Unsupported {
                        feature: "hierarchical coding",
                    });
                }
                code if is_frame(code) && header.frame.is_none() => {
                    header.frame = Some((code, segment.payload.to_vec(), segment.offset));
                }
                SOS => return header.frame(input, &segment),
                EOI => {
                    return Err(Error::corrupt(
                        segment.offset,
                        "the image ends before its first scan",
                    ));
                }
                _ => {}
            }
        }
    }

    /// Samples in a line and lines of the component with this index, below 4 and one of the frame's.
    pub(crate) fn size(&self, index: usize) -> (u32, u32) {
        self.info
            .component_size(index)
            .expect("only components of the frame are asked for")
    }

    /// Blocks in a line and lines of blocks of the component with this index (T.81, A.2.2).
    pub(crate) fn blocks(&self, index: usize) -> (u32, u32) {
        let (width, height) = self.size(index);
        (width.div_ceil(8), height.div_ceil(8))
    }
}

/// Whether a marker opens a frame: SOF0 to SOF15 without DHT, JPG and DAC, which share their range.
pub(crate) fn is_frame(code: u8) -> bool {
    matches!(code, SOF0..=SOF15 if ![marker::DHT, marker::JPG, marker::DAC].contains(&code)) || code == SOF55
}

impl Header {
    fn frame(self, input: &[u8], first_scan: &Segment) -> Result<Frame, Error> {
        let Some((code, payload, offset)) = &self.frame else {
            return Err(Error::corrupt(first_scan.offset, "a scan without a frame header"));
        };
        let [precision, y1, y0, x1, x0, count, components @ ..] = payload.as_slice() else {
            return Err(Error::corrupt(*offset, "a frame header that is too short"));
        };
        let (components, _) = components.as_chunks::<3>();
        if *count == 0 || components.len() != usize::from(*count) {
            return Err(Error::corrupt(
                *offset,
                "a frame header whose length does not fit its components",
            ));
        }
        let components = components.iter().map(|&[id, sampling, quantization]| Component {
            id,
            horizontal: sampling >> 4,
            vertical: sampling & 15,
            quantization,
        });
        let components: Vec<_> = components.collect();
        for (index, component) in components.iter().enumerate() {
            if !(1..=4).contains(&component.horizontal) || !(1..=4).contains(&component.vertical) {
                return Err(Error::corrupt(*offset, "a sampling factor outside 1 to 4"));
            }
            if component.quantization > 3 {
                return Err(Error::corrupt(*offset, "a quantization table above 3"));
            }
            if components[..index].iter().any(|other| other.id == component.id) {
                return Err(Error::corrupt(*offset, "two components with the same identifier"));
            }
        }
        let width = u32::from(u16::from_be_bytes([*x1, *x0]));
        let mut height = u32::from(u16::from_be_bytes([*y1, *y0]));
        if height == 0 {
            height = number_of_lines(input, first_scan.end);
        }
        if width == 0 || height == 0 {
            return Err(Error::corrupt(*offset, "an image without samples"));
        }
        let luma = components[0];
        let max_sampling = components.iter().fold((1, 1), |(across, down), component| {
            (across.max(component.horizontal), down.max(component.vertical))
        });
        let info = FrameInfo {
            width,
            height,
            components: *count,
            precision: *precision,
            kind: Kind::of(*code),
            adobe_transform: self.adobe_transform,
            color: self.color(&components),
            luma_subsampled: (luma.horizontal, luma.vertical) != max_sampling,
            sampling: std::array::from_fn(|index| {
                components
                    .get(index)
                    .map_or((0, 0), |component| (component.horizontal, component.vertical))
            }),
            max_sampling,
        };
        Ok(Frame {
            info,
            marker: *code,
            components,
        })
    }

    fn color(&self, components: &[Component]) -> Color {
        match (components.len(), self.adobe_transform) {
            (1, _) => Color::Gray,
            (3, Some(0)) if !self.jfif => Color::Rgb,
            (3, None) if !self.jfif && components.iter().map(|component| component.id).eq(*b"RGB") => {
                Color::Rgb
            }
            (3, _) => Color::YCbCr,
            (4, None | Some(0)) => Color::Cmyk,
            (4, Some(_)) => Color::Ycck,
            _ => Color::Unknown,
        }
    }
}

impl Kind {
    fn of(code: u8) -> Self {
        match code {
            0xC0 => Self::Baseline,
            0xC1 => Self::Extended,
            0xC2 => Self::Progressive,
            0xC3 => Self::Lossless,
            0xC5..=0xC7 | 0xCD..=0xCF => Self::Hierarchical,
            SOF55 => Self::JpegLs,
            _ => Self::Arithmetic,
        }
    }
}

/// The height from the DNL segment that must follow the first scan where the frame header has none; 0 if it does not.
fn number_of_lines(input: &[u8], first_scan: usize) -> u32 {
    match Segment::read(input, end_of_scan(input, first_scan), false) {
        Ok(Segment {
            marker: DNL,
            payload: &[high, low],
            ..
        }) => u32::from(u16::from_be_bytes([high, low])),
        _ => 0,
    }
}
