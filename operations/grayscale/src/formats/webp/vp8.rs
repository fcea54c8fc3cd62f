//! A lossy WebP frame made gray without decoding it.
//!
//! VP8 (RFC 6386) codes the luma and the chroma of each macroblock separately: a luma prediction mode and a chroma one in the
//! first partition, then coefficients of luma blocks, and of four blocks each for U and V, in the others. All of it
//! goes through an arithmetic coder, so nothing can be copied byte by byte, but it can be copied *symbol by symbol*:
//! read from one arithmetic coder, written to another with the same probabilities.
//!
//! - **Luma**: every mode, coefficient, quantizer and filter setting is copied. The luma plane that a decoder shows
//!   is therefore the same to the last bit, and no quality is lost.
//! - **Chroma**: every macroblock gets DC prediction and no coefficients. DC prediction at the top left corner,
//!   where there is nothing to predict from, is 128 (RFC 6386, 12.2); everywhere else it is the mean of the
//!   neighbors, 128 again. That is neutral gray.
//!
//! One side effect has to be avoided: the loop filter skips the inner edges of a macroblock that has no
//! coefficients at all (RFC 6386, 15.1), chroma's counted. Where chroma had coefficients and luma has none, one
//! chroma block is written as sixteen explicit zeros, which counts as coefficients and changes nothing.
//!
//! This takes a quarter of the time of decoding and encoding, and no memory but the output.

use super::bool_coder::{Copier, Nowhere, Reader, Write, Writer};
use super::riff::damaged;
use super::tables::{BANDS, Bands, DEFAULTS, MODES, UPDATES};
use super::tokens::copy_block;
use crate::{Error, Format};

/// Tag, start code and dimensions (RFC 6386, 9.1).
const HEADER_BYTES: usize = 10;
/// The first partition's length has nineteen bits.
const FIRST_PARTITION_MAX: usize = (1 << 19) - 1;

/// Kinds of blocks, by which token probabilities are chosen (RFC 6386, 13.3).
const LUMA_AFTER_Y2: usize = 0;
const Y2: usize = 1;
const CHROMA: usize = 2;
const LUMA_WITH_DC: usize = 3;

/// Width and height of a frame, from its header.
pub(super) fn dimensions(frame: &[u8]) -> Result<(u32, u32), Error> {
    let header = frame
        .first_chunk::<HEADER_BYTES>()
        .ok_or_else(|| damaged("a frame has no header"))?;
    if header[0] & 1 != 0 || header[3..6] != [0x9D, 0x01, 0x2A] {
        return Err(damaged("a lossy frame does not begin with a VP8 key frame"));
    }
    let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    let (width, height) = (size(header[6], header[7]), size(header[8], header[9]));
    if width == 0 || height == 0 {
        return Err(damaged(&format!("a frame's size is {width}x{height}")));
    }
    Ok((width, height))
}

/// The parts of a frame, after its header was read and copied.
struct Parts<'a> {
    header: FrameHeader,
    modes: Reader<'a>,
    modes_out: Writer,
    partitions: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(frame: &'a [u8]) -> Result<Self, Error> {
        dimensions(frame)?;
        let tag = u32::from_le_bytes([frame[0], frame[1], frame[2], 0]);
        let first_length = (tag >> 5) as usize;
        let (first, rest) = frame[HEADER_BYTES..]
            .split_at_checked(first_length)
            .ok_or_else(|| damaged("a frame's first partition is cut"))?;
        let mut modes = Reader::new(first);
        let mut modes_out = Writer::with_capacity(first.len());
        let header = FrameHeader::copy(&mut Copier {
            reader: &mut modes,
            writer: &mut modes_out,
        });
        let partitions = partitions(rest, header.partitions)?;
        Ok(Self {
            header,
            modes,
            modes_out,
            partitions,
        })
    }
}

/// Refuses a frame whose partitions are not all there. A decoder reserves memory for what a partition's length says, up to
/// 16 MiB for each of eight.
pub(super) fn check(frame: &[u8]) -> Result<(), Error> {
    Parts::of(frame).map(drop)
}

/// Copies a frame with its chroma neutral.
pub(super) fn gray(frame: &[u8]) -> Result<Vec<u8>, Error> {
    let (width, height) = dimensions(frame)?;
    let (columns, rows) = (width.div_ceil(16) as usize, height.div_ceil(16) as usize);
    let Parts {
        header,
        mut modes,
        mut modes_out,
        partitions,
    } = Parts::of(frame)?;
    let mut partitions: Vec<_> = partitions
        .into_iter()
        .map(|partition| (Reader::new(partition), Writer::with_capacity(partition.len())))
        .collect();

    let mut above = vec![Edge::default(); columns];
    for row in 0..rows {
        let mut left = Edge::default();
        let (tokens, tokens_out) = &mut partitions[row % header.partitions];
        for above in &mut above {
            let mut copier = Copier {
                reader: &mut modes,
                writer: &mut modes_out,
            };
            let block = header.copy_modes(&mut copier, above, &mut left);
            if block.skipped {
                above.coefficients.skip(block.sub_blocks);
                left.coefficients.skip(block.sub_blocks);
            } else {
                header.copy_tokens(
                    tokens,
                    tokens_out,
                    block.sub_blocks,
                    &mut above.coefficients,
                    &mut left.coefficients,
                );
            }
        }
        if modes.overran() || tokens.overran() {
            return Err(damaged(&format!(
                "a frame's data ends in macroblock row {row} of {rows}"
            )));
        }
    }
    assemble(frame, modes_out.finish(), partitions)
}

/// Header, first partition, lengths of the others (all but the last), and those (RFC 6386, 9.5).
fn assemble(frame: &[u8], first: Vec<u8>, partitions: Vec<(Reader<'_>, Writer)>) -> Result<Vec<u8>, Error> {
    if first.len() > FIRST_PARTITION_MAX {
        let detail = format_args!(
            "its first partition would have {} bytes; choose another format",
            first.len()
        );
        return Err(Error::encode(Format::WebP, detail));
    }
    let tag = u32::from(frame[0] & 0x1F) | (first.len() as u32) << 5;
    let mut output = Vec::with_capacity(frame.len());
    output.extend_from_slice(&tag.to_le_bytes()[..3]);
    output.extend_from_slice(&frame[3..HEADER_BYTES]);
    output.extend_from_slice(&first);
    drop(first);
    let count = partitions.len();
    let lengths = output.len();
    output.resize(lengths + 3 * (count - 1), 0);
    for (index, (_, writer)) in partitions.into_iter().enumerate() {
        let bytes = writer.finish();
        if index + 1 < count {
            let length = u32::try_from(bytes.len()).ok().filter(|length| *length < 1 << 24);
            let length = length.ok_or_else(|| damaged("a partition is longer than its length can say"))?;
            output[lengths + 3 * index..][..3].copy_from_slice(&length.to_le_bytes()[..3]);
        }
        output.extend_from_slice(&bytes);
    }
    Ok(output)
}

/// The token partitions.
fn partitions(rest: &[u8], count: usize) -> Result<Vec<&[u8]>, Error> {
    let cut = || damaged("a frame's token partitions are cut");
    let (lengths, mut data) = rest.split_at_checked(3 * (count - 1)).ok_or_else(cut)?;
    let mut partitions = Vec::with_capacity(count);
    for length in lengths.as_chunks::<3>().0 {
        let length = u32::from_le_bytes([length[0], length[1], length[2], 0]) as usize;
        let (partition, after) = data.split_at_checked(length).ok_or_else(cut)?;
        partitions.push(partition);
        data = after;
    }
    partitions.push(data);
    Ok(partitions)
}

/// The parts of the frame header (RFC 6386, 9.2 to 9.11) that macroblocks depend on.
struct FrameHeader {
    segment_probabilities: Option<[u8; 3]>,
    skip_probability: Option<u8>,
    partitions: usize,
    /// Token probabilities to read with.
    tokens: Box<[Bands; 4]>,
}

/// The probability that a block of chroma ends at once, in the copy: as near to certain as there is.
const CHROMA_ENDS: u8 = 255;

impl FrameHeader {
    fn copy(copier: &mut Copier<'_, '_, Writer>) -> Self {
        copier.number(2); // color space, clamping
        let segment_probabilities = Self::copy_segmentation(copier);
        copier.number(1 + 6 + 3); // filter type, level, sharpness
        if copier.bit(128) && copier.bit(128) {
            for _ in 0..8 {
                copier.optional_signed(6);
            }
        }
        let partitions = 1 << copier.number(2);
        copier.number(7);
        for _ in 0..5 {
            copier.optional_signed(4);
        }
        copier.number(1); // whether probabilities last beyond this frame
        let tokens = Self::copy_token_probabilities(copier);
        let skip_probability = copier.bit(128).then(|| copier.number(8) as u8);
        Self {
            segment_probabilities,
            skip_probability,
            partitions,
            tokens,
        }
    }

    fn copy_segmentation(copier: &mut Copier<'_, '_, Writer>) -> Option<[u8; 3]> {
        if !copier.bit(128) {
            return None;
        }
        let (map, features) = (copier.bit(128), copier.bit(128));
        if features {
            copier.number(1);
            for bits in [7, 7, 7, 7, 6, 6, 6, 6] {
                copier.optional_signed(bits);
            }
        }
        map.then(|| {
            std::array::from_fn(|_| {
                if copier.bit(128) {
                    copier.number(8) as u8
                } else {
                    255
                }
            })
        })
    }

    /// Reads token probabilities, and writes the same ones, except for the probability that a chroma block ends at once.
    fn copy_token_probabilities(copier: &mut Copier<'_, '_, Writer>) -> Box<[Bands; 4]> {
        let mut tokens = Box::new(DEFAULTS);
        for (kind, (bands, updates)) in tokens.iter_mut().zip(&UPDATES).enumerate() {
            let updates = updates.as_flattened().as_flattened();
            for (index, (token, &update)) in bands
                .as_flattened_mut()
                .as_flattened_mut()
                .iter_mut()
                .zip(updates)
                .enumerate()
            {
                let replaced = copier.reader.read(update);
                if replaced {
                    *token = (0..8).fold(0, |number, _| number << 1 | u8::from(copier.reader.read(128)));
                }
                // The first node of the first band, with nothing and with something around.
                let ends = kind == CHROMA && (index == 0 || index == 11);
                let written = if ends {
                    Some(CHROMA_ENDS)
                } else {
                    replaced.then_some(*token)
                };
                copier.writer.write(written.is_some(), update);
                for bit in (0..8).rev().filter(|_| written.is_some()) {
                    copier
                        .writer
                        .write(written.unwrap_or_default() >> bit & 1 != 0, 128);
                }
            }
        }
        tokens
    }

    /// Copies a macroblock's header (RFC 6386, 19.3), with DC prediction for chroma.
    fn copy_modes(
        &self,
        copier: &mut Copier<'_, '_, Writer>,
        above: &mut Edge,
        left: &mut Edge,
    ) -> Macroblock {
        if let Some(probabilities) = self.segment_probabilities {
            let upper = copier.bit(probabilities[0]);
            copier.bit(probabilities[1 + usize::from(upper)]);
        }
        let skipped = self
            .skip_probability
            .is_some_and(|probability| copier.bit(probability));
        let sub_blocks = !copier.bit(145);
        if sub_blocks {
            for left in &mut left.modes {
                for above in &mut above.modes {
                    let mode = copy_sub_block_mode(copier, &MODES[usize::from(*above)][usize::from(*left)]);
                    (*above, *left) = (mode, mode);
                }
            }
        } else {
            // The mode of sub-blocks that a mode of whole macroblocks stands for.
            let mode = match copier.bit(156) {
                false if copier.bit(163) => VERTICAL,
                false => DC,
                true if copier.bit(128) => TRUE_MOTION,
                true => HORIZONTAL,
            };
            above.modes = [mode; 4];
            left.modes = [mode; 4];
        }
        let chroma = &mut *copier.reader;
        // The tree of four modes is a chain: DC at its first branch, then vertical, then horizontal or true motion.
        let _ = chroma.read(142) && chroma.read(114) && chroma.read(183);
        copier.writer.write(false, 142);
        Macroblock { skipped, sub_blocks }
    }

    /// Copies a macroblock's coefficients (RFC 6386, section 13): luma's as they are, chroma's dropped.
    fn copy_tokens(
        &self,
        reader: &mut Reader<'_>,
        writer: &mut Writer,
        sub_blocks: bool,
        above: &mut Coefficients,
        left: &mut Coefficients,
    ) {
        let mut kind = LUMA_WITH_DC;
        if !sub_blocks {
            kind = LUMA_AFTER_Y2;
            let context = usize::from(above.y2) + usize::from(left.y2);
            let found = copy_block(reader, writer, &self.tokens[Y2], context, 0);
            (above.y2, left.y2) = (found, found);
        }
        let mut luma = false;
        for left in &mut left.luma {
            for above in &mut above.luma {
                let context = usize::from(*above) + usize::from(*left);
                let found = copy_block(
                    reader,
                    writer,
                    &self.tokens[kind],
                    context,
                    usize::from(!sub_blocks),
                );
                luma |= found;
                (*above, *left) = (found, found);
            }
        }
        let mut chroma = false;
        for plane in 0..2 {
            for left in &mut left.chroma[plane] {
                for above in &mut above.chroma[plane] {
                    let context = usize::from(*above) + usize::from(*left);
                    let found = copy_block(reader, &mut Nowhere, &self.tokens[CHROMA], context, 0);
                    chroma |= found;
                    (*above, *left) = (found, found);
                }
            }
        }
        // Sub-block prediction has its inner edges filtered in any case.
        let marked = chroma && !luma && !sub_blocks;
        self.write_chroma(writer, marked);
    }

    /// Eight chroma blocks that end at once; if `marked`, sixteen zeros instead of the first.
    ///
    /// The first is at the top left of the macroblock: what follows below it and to its right is empty again, so no
    /// other macroblock has a block with coefficients beside it, and both contexts that occur have
    /// [`CHROMA_ENDS`].
    fn write_chroma(&self, writer: &mut Writer, marked: bool) {
        if marked {
            writer.write(true, CHROMA_ENDS);
            for band in BANDS {
                writer.write(false, self.tokens[CHROMA][band][0][1]);
            }
        } else {
            writer.write(false, CHROMA_ENDS);
        }
        for _ in 1..8 {
            writer.write(false, CHROMA_ENDS);
        }
    }
}

/// What a macroblock's header tells.
struct Macroblock {
    skipped: bool,
    /// Each sub-block has its own prediction mode; there is no Y2 block then.
    sub_blocks: bool,
}

/// Prediction modes of sub-blocks, in the order of the tables (RFC 6386, 11.2).
const DC: u8 = 0;
const TRUE_MOTION: u8 = 1;
const VERTICAL: u8 = 2;
const HORIZONTAL: u8 = 3;

/// What the macroblock above or to the left leaves for the next one: the state of the sub-blocks that border on it.
#[derive(Clone, Copy, Default)]
struct Edge {
    modes: [u8; 4],
    coefficients: Coefficients,
}

/// Whether blocks had coefficients.
#[derive(Clone, Copy, Default)]
struct Coefficients {
    luma: [bool; 4],
    chroma: [[bool; 2]; 2],
    y2: bool,
}

impl Coefficients {
    /// Passes over a macroblock without coefficients. One without a Y2 block leaves that of its neighbor in force
    /// (RFC 6386, 13.3).
    fn skip(&mut self, sub_blocks: bool) {
        let y2 = self.y2 && sub_blocks;
        *self = Self {
            y2,
            ..Self::default()
        };
    }
}

fn copy_sub_block_mode(copier: &mut Copier<'_, '_, Writer>, tree: &[u8; 9]) -> u8 {
    // The tree of RFC 6386, 11.2, written out.
    if !copier.bit(tree[0]) {
        return DC;
    }
    if !copier.bit(tree[1]) {
        return TRUE_MOTION;
    }
    if !copier.bit(tree[2]) {
        return VERTICAL;
    }
    if !copier.bit(tree[3]) {
        if !copier.bit(tree[4]) {
            return HORIZONTAL;
        }
        return 5 + u8::from(copier.bit(tree[5]));
    }
    if !copier.bit(tree[6]) {
        return 4;
    }
    if !copier.bit(tree[7]) {
        return 7;
    }
    8 + u8::from(copier.bit(tree[8]))
}
