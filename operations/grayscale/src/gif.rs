//! GIF: only colour tables are rewritten.
//!
//! A GIF's pixels are indexes into a global colour table, or into one that a frame brings along, so gray tables make
//! a gray image. The compressed frames, their timing, loops and transparency stay as they are: they are not even
//! copied, but named as parts of the input. References are to the `GIF89a` specification.

use crate::encode::Encoded;
use crate::gray::Gray;
use crate::jpeg::Pieces;
use crate::report::{Path, Report};
use crate::{Conversion, Error, Format, Limits, Luma, Parameters};

/// Converts a GIF to a gray GIF.
pub(crate) fn convert<'a>(
    input: &'a [u8],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion<Pieces<'a>>, Error> {
    let mut walk = Walk {
        input,
        position: 0,
        copied: 0,
        output: Pieces::default(),
        changed: false,
        frames: 0,
        index_bits: 0,
    };
    let screen = walk.take(13)?;
    let (width, height) = (short(screen, 6), short(screen, 8));
    // A file may be nearly all colour tables, which are made anew.
    limits.check(Format::Gif, (width, height), input.len() as u64)?;
    walk.colour_table(screen[10], parameters.luma)?;
    let ended = walk.blocks(parameters)?;
    let end = walk.position;
    walk.copy_up_to(end);
    if !ended {
        walk.output.made().push(TRAILER);
    }
    let changed = walk.changed || walk.output.len() != input.len();
    if !changed {
        walk.output = Pieces::default();
        walk.output.copy(input);
    }
    let report = Report {
        input_format: Format::Gif,
        format: Format::Gif,
        path: if changed { Path::Palette } else { Path::AsIs },
        luma: parameters.luma,
        width,
        height,
        // Without any table, a viewer takes one of its own.
        bit_depth: if walk.index_bits == 0 { 8 } else { walk.index_bits },
        input_bytes: input.len() as u64,
        output_bytes: walk.output.len() as u64,
        frames: (walk.frames > 1).then_some(walk.frames),
        pages: None,
    };
    Ok(Conversion {
        bytes: walk.output,
        report,
    })
}

/// What begins a block (`GIF89a`, appendix A).
const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const TRAILER: u8 = 0x3B;
/// What kind of extension it is.
const COMMENT: u8 = 0xFE;
const APPLICATION: u8 = 0xFF;
/// The flag of a colour table in a descriptor's packed byte, whose last three bits tell the table's size.
const HAS_TABLE: u8 = 0x80;

/// A walk over the file; what lies between `copied` and `position` is still to be copied.
struct Walk<'a> {
    input: &'a [u8],
    position: usize,
    copied: usize,
    output: Pieces<'a>,
    /// Whether a colour table was not gray, or something was left out.
    changed: bool,
    frames: u32,
    /// Bits of an index into the largest colour table so far.
    index_bits: u8,
}

impl<'a> Walk<'a> {
    /// All blocks. Gives whether there was a trailer: files that end behind a frame are common, and shown by all.
    fn blocks(&mut self, parameters: &Parameters) -> Result<bool, Error> {
        loop {
            let start = self.position;
            let Some(&kind) = self.input.get(start) else {
                return if self.frames > 0 {
                    Ok(false)
                } else {
                    Err(self.truncated())
                };
            };
            self.position += 1;
            match kind {
                IMAGE => {
                    let descriptor = self.take(9)?;
                    self.colour_table(descriptor[8], parameters.luma)?;
                    self.take(1)?;
                    self.sub_blocks()?;
                    self.frames += 1;
                }
                EXTENSION => {
                    let label = self.take(1)?[0];
                    let name = self
                        .input
                        .get(self.position..self.position + 12)
                        .unwrap_or_default();
                    self.sub_blocks()?;
                    if !keeps(label, name, parameters.strip) {
                        self.copy_up_to(start);
                        self.changed = true;
                    }
                }
                TRAILER if self.frames > 0 => return Ok(true),
                TRAILER => return Err(Error::corrupt(Format::Gif, "it has no frames")),
                // Some writers leave a terminator too many.
                0 => {}
                other => {
                    let detail = format_args!("byte {start} is {other:#04x}, which begins no block");
                    return Err(Error::corrupt(Format::Gif, detail));
                }
            }
        }
    }

    /// Rewrites the colour table that follows a descriptor, if its packed byte says that there is one.
    fn colour_table(&mut self, packed: u8, luma: Luma) -> Result<(), Error> {
        if packed & HAS_TABLE == 0 {
            return Ok(());
        }
        self.copy_up_to(self.position);
        let bits = (packed & 7) + 1;
        self.index_bits = self.index_bits.max(bits);
        let table = self.take(3 << bits)?;
        let gray = table
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[r, g, b]: &[u8; 3]| [luma.gray8(r, g, b); 3]);
        self.changed |= !gray.clone().eq(table.iter().copied());
        self.output.made().extend(gray);
        self.copied = self.position;
        Ok(())
    }

    fn sub_blocks(&mut self) -> Result<(), Error> {
        loop {
            let length = usize::from(self.take(1)?[0]);
            if length == 0 {
                return Ok(());
            }
            self.take(length)?;
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let taken = self
            .input
            .get(self.position..self.position + length)
            .ok_or_else(|| self.truncated())?;
        self.position += length;
        Ok(taken)
    }

    /// Keeps what was passed before `end` and is not yet in the output; what was passed since is left out.
    fn copy_up_to(&mut self, end: usize) {
        self.output.copy(&self.input[self.copied..end]);
        self.copied = self.position;
    }

    fn truncated(&self) -> Error {
        Error::truncated(Format::Gif, self.input.len())
    }
}

/// Whether an extension stays: a colour profile never, comments and data of other applications unless stripped.
/// `name` is an application's name behind its length.
fn keeps(label: u8, name: &[u8], strip: bool) -> bool {
    match (label, name) {
        (APPLICATION, b"\x0BICCRGBG1012") => false,
        // How often the animation repeats.
        (APPLICATION, b"\x0BNETSCAPE2.0" | b"\x0BANIMEXTS1.0") => true,
        (APPLICATION | COMMENT, _) => !strip,
        _ => true,
    }
}

fn short(bytes: &[u8], offset: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[offset], bytes[offset + 1]]))
}

/// Writes a still gray image as a GIF: 256 grays, or 255 and one for what is more than half transparent.
pub(crate) fn encode(gray: Gray) -> Result<Encoded, Error> {
    let failed = |detail: String| Error::Encode {
        format: Format::Gif,
        detail,
    };
    let (width, height) = gray.dimensions();
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(failed(format!(
            "{width}x{height} is more than its 65535x65535; choose another format"
        )));
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
    let mut encoder = ::gif::Encoder::new(&mut bytes, width, height, &palette)
        .map_err(|error| failed(error.to_string()))?;
    encoder
        .write_frame(&frame)
        .map_err(|error| failed(error.to_string()))?;
    drop(encoder);
    Ok(Encoded { bytes, bit_depth: 8 })
}
