//! GIF: only color tables are rewritten.
//!
//! A GIF's pixels are indexes into a global color table, or into one that a frame brings along, so gray tables make
//! a gray image. The compressed frames, their timing, loops and transparency stay as they are: they pass through a
//! window ([`window`]) at the speed of copying a file. References are to the `GIF89a` specification.

mod encode;
mod window;

use std::io::{Read, Write};

use crate::report::{Report, Route};
use crate::{Error, Format, Limits, Luma, Parameters, StreamError};
pub(crate) use encode::encode;
use window::Window;

/// Converts a GIF to a gray GIF.
pub(crate) fn convert(
    source: &mut dyn Read,
    target: &mut dyn Write,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Report, StreamError> {
    let mut walk = Walk {
        window: Window::new(source, target),
        changed: false,
        frames: 0,
        has_global_table: false,
        index_bits: 0,
    };
    let screen = walk.window.pass(13)?;
    let (width, height, packed) = (short(screen, 6), short(screen, 8), screen[10]);
    limits.check(Format::Gif, (width, height), window::BYTES as u64)?;
    walk.has_global_table = packed & HAS_TABLE != 0;
    walk.color_table(packed, parameters.luma)?;
    let ended = walk.blocks(parameters)?;
    if !ended {
        walk.window.add(TRAILER)?;
    }
    let (input_bytes, output_bytes) = walk.window.finish()?;
    let route = if walk.changed || input_bytes != output_bytes {
        Route::Palette
    } else {
        Route::AsIs
    };
    Ok(Report::new(Format::Gif, route, parameters.luma, (width, height))
        .with_bit_depth(walk.index_bits)
        .with_sizes(input_bytes, output_bytes)
        .with_frames((walk.frames > 1).then_some(walk.frames)))
}

/// Bytes that the codec takes for the colors of the first frame before it puts them on the screen: none if the frame is as
/// large as that, and more than for the screen if it is larger. What is wrong with the file, the codec says itself.
pub(crate) fn first_frame_bytes(input: &[u8]) -> u64 {
    const COLOR_BYTES: u64 = 4;
    let mut options = ::gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let Ok(mut decoder) = options.read_info(input) else {
        return 0;
    };
    let screen = (decoder.width(), decoder.height());
    match decoder.next_frame_info() {
        Ok(Some(frame)) if (frame.left, frame.top, (frame.width, frame.height)) == (0, 0, screen) => 0,
        Ok(Some(frame)) => u64::from(frame.width) * u64::from(frame.height) * COLOR_BYTES,
        _ => 0,
    }
}

/// What begins a block (`GIF89a`, appendix A).
const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const TRAILER: u8 = 0x3B;
/// What kind of extension it is.
const COMMENT: u8 = 0xFE;
const APPLICATION: u8 = 0xFF;
/// The flag of a color table in a descriptor's packed byte, whose last three bits tell the table's size.
const HAS_TABLE: u8 = 0x80;

/// A walk over the file.
struct Walk<'a> {
    window: Window<'a>,
    /// Whether a color table was not gray, or something was left out.
    changed: bool,
    frames: u32,
    /// Whether there is a color table for frames that bring none.
    has_global_table: bool,
    /// Bits of an index into the largest color table so far.
    index_bits: u8,
}

impl Walk<'_> {
    /// Converts all blocks. Returns whether there was a trailer: files that end after a frame, without one, are common, and
    /// every viewer shows them.
    fn blocks(&mut self, parameters: &Parameters) -> Result<bool, StreamError> {
        loop {
            // As far as the name that an application's data may have.
            let (kind, stays) = match self.window.peek(14)? {
                [] if self.frames > 0 => return Ok(false),
                [EXTENSION, label, name @ ..] => (EXTENSION, keeps(*label, name, parameters.strip)),
                next => (next.first().copied().unwrap_or(0), true),
            };
            let start = self.window.offset();
            if stays {
                self.window.pass(1)?;
            }
            match kind {
                IMAGE => {
                    let packed = self.window.pass(9)?[8];
                    if packed & HAS_TABLE == 0 && !self.has_global_table {
                        return Err(self.without_colors(start));
                    }
                    self.color_table(packed, parameters.luma)?;
                    self.window.pass(1)?;
                    self.sub_blocks()?;
                    self.frames += 1;
                }
                EXTENSION if stays => {
                    self.window.pass(1)?;
                    self.sub_blocks()?;
                }
                EXTENSION => {
                    self.changed = true;
                    self.window.drop(2)?;
                    self.drop_sub_blocks()?;
                }
                TRAILER if self.frames > 0 => return Ok(true),
                TRAILER => return Err(Error::corrupt(Format::Gif, "it has no frames").into()),
                // Some writers leave a terminator too many.
                0 => {}
                other => {
                    let detail = format_args!("byte {start} is {other:#04x}, which begins no block");
                    return Err(Error::corrupt(Format::Gif, detail).into());
                }
            }
        }
    }

    /// A viewer may take a table of its own then (`GIF89a`, 19.c.ii), in any colors.
    fn without_colors(&self, start: u64) -> StreamError {
        let frame = self.frames + 1;
        let detail = format_args!(
            "frame {frame}, at byte {start}, has no color table and neither has the file, so that its colors are unknown"
        );
        Error::corrupt(Format::Gif, detail).into()
    }

    /// Makes the color table after a descriptor gray, if the descriptor's packed byte says that there is one.
    fn color_table(&mut self, packed: u8, luma: Luma) -> Result<(), StreamError> {
        if packed & HAS_TABLE == 0 {
            return Ok(());
        }
        let bits = (packed & 7) + 1;
        self.index_bits = self.index_bits.max(bits);
        for color in self.window.pass(3 << bits)?.as_chunks_mut().0 {
            let [r, g, b] = *color;
            let gray = [luma.gray8(r, g, b); 3];
            self.changed |= *color != gray;
            *color = gray;
        }
        Ok(())
    }

    /// Passes over sub-blocks up to and with the empty one.
    fn sub_blocks(&mut self) -> Result<(), StreamError> {
        while let length @ 1.. = self.window.pass(1)?[0] {
            self.window.pass(length.into())?;
        }
        Ok(())
    }

    fn drop_sub_blocks(&mut self) -> Result<(), StreamError> {
        while let length @ 1.. = self.window.peek(1)?.first().copied().unwrap_or(0) {
            self.window.drop(1 + usize::from(length))?;
        }
        self.window.drop(1)
    }
}

/// Whether an extension stays: a color profile never, comments and data of other applications unless stripped.
/// `name` is an application's name, after its length.
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
