//! CCITT's codes for pages of two levels (ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11): runs of white and black, by
//! themselves or by how they differ from the row above.
//!
//! The tables of codes are the `fax` crate's. Its decoders are not used: they know neither the byte-aligned rows of
//! compression 2 nor the two-dimensional rows of compression 3, and take errors for the ends of rows.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, Color};

use super::compression::Fault;

/// How rows are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Compression 2: each row by itself, from a whole byte on.
    Huffman,
    /// Compression 3: each row after an end-of-line code; if `mixed`, a bit says whether it refers to the one above.
    Group3 { mixed: bool },
    /// Compression 4: each row refers to the one above.
    Group4,
}

/// Decodes as many rows of `width` pixels as `output` holds, packed to whole bytes; black is 1.
pub(super) fn decode(rows: Rows, width: u32, input: &[u8], output: &mut [u8]) -> Result<(), Fault> {
    let mut reader = Reader {
        bits: Bits { bytes: input, at: 0 },
        width,
    };
    let (mut above, mut changes) = (Vec::new(), Vec::new());
    output.fill(0);
    for row in output.chunks_exact_mut((width as usize).div_ceil(8)) {
        changes.clear();
        let refers = match rows {
            Rows::Huffman => {
                reader.bits.at = reader.bits.at.next_multiple_of(8);
                false
            }
            Rows::Group3 { mixed } => reader.skip_end_of_line() && mixed && reader.bits.take(1) == 0,
            Rows::Group4 => true,
        };
        if refers {
            if !reader.row_from(&above, &mut changes)? {
                // The end comes early: what is left out is white, as libtiff has it.
                return Ok(());
            }
        } else {
            reader.row(&mut changes)?;
        }
        if reader.bits.are_over() {
            return Err(Fault::Short);
        }
        paint(&changes, width, row);
        std::mem::swap(&mut above, &mut changes);
    }
    Ok(())
}

/// Sets the bits from each change to black until the next one to white.
fn paint(changes: &[u32], width: u32, row: &mut [u8]) {
    for pair in changes.chunks(2) {
        let (from, to) = (
            pair[0] as usize,
            pair.get(1).copied().unwrap_or(width).min(width) as usize,
        );
        if from >= to {
            continue;
        }
        let (first, last) = (from / 8, (to - 1) / 8);
        let head = u8::MAX >> (from % 8);
        let tail = u8::MAX << (7 - (to - 1) % 8);
        if first == last {
            row[first] |= head & tail;
        } else {
            row[first] |= head;
            row[first + 1..last].fill(u8::MAX);
            row[last] |= tail;
        }
    }
}

struct Reader<'a> {
    bits: Bits<'a>,
    width: u32,
}

impl Reader<'_> {
    /// Skips an end-of-line code with the zeros before it; whether there is one.
    fn skip_end_of_line(&mut self) -> bool {
        if self.bits.window(11) != 0 {
            return false;
        }
        while self.bits.window(1) == 0 && !self.bits.are_over() {
            self.bits.at += 1;
        }
        self.bits.at += 1;
        true
    }

    /// A row by itself: where the color changes, from white.
    fn row(&mut self, changes: &mut Vec<u32>) -> Result<(), Fault> {
        let (mut at, mut color) = (0, Color::White);
        while at < self.width {
            at = self.run(at, color)?;
            change(changes, at);
            color = !color;
        }
        Ok(())
    }

    /// The end of a run that begins at `at`.
    fn run(&mut self, at: u32, color: Color) -> Result<u32, Fault> {
        let mut end = at;
        loop {
            let length = match color {
                Color::White => white::decode(&mut self.bits),
                Color::Black => black::decode(&mut self.bits),
            };
            let length = length.ok_or_else(|| self.fault())?;
            end = end.saturating_add(length.into());
            if end > self.width {
                return Err(self.fault());
            }
            if length < 64 {
                return Ok(end);
            }
        }
    }

    /// A row by how it differs from the changes of the one above; whether there is one.
    fn row_from(&mut self, above: &[u32], changes: &mut Vec<u32>) -> Result<bool, Fault> {
        let (mut at, mut color) = (0, Color::White);
        // At the row's beginning the pixel before it counts as white: a change at 0 is one to its right.
        let mut begun = false;
        let mut next = 0;
        while at < self.width {
            while next > 0 && above[next - 1] > at {
                next -= 1;
            }
            while above.get(next).is_some_and(|change| begun && *change <= at) {
                next += 1;
            }
            // Changes at even places lead to black.
            let first = next + usize::from((next % 2 == 1) != (color == Color::Black));
            let place = |index: usize| above.get(index).copied().unwrap_or(self.width);
            match mode::decode(&mut self.bits) {
                Some(Mode::Pass) => at = place(first + 1),
                Some(Mode::Vertical(by)) => {
                    let end = place(first).checked_add_signed(by.into());
                    let end = end.filter(|end| (at..=self.width).contains(end));
                    at = end.ok_or_else(|| self.fault())?;
                    change(changes, at);
                    color = !color;
                }
                Some(Mode::Horizontal) => {
                    for color in [color, !color] {
                        at = self.run(at, color)?;
                        change(changes, at);
                    }
                }
                Some(Mode::Extension) => return Err(Fault::Feature("uncompressed CCITT rows")),
                Some(Mode::EOF) if !begun => return Ok(false),
                Some(Mode::EOF) | None => return Err(self.fault()),
            }
            if self.bits.are_over() {
                return Err(Fault::Short);
            }
            begun = true;
        }
        Ok(true)
    }

    /// What a code that there is not means: the zeros beyond the end are none either.
    fn fault(&self) -> Fault {
        if self.bits.at + 16 > self.bits.bytes.len() * 8 {
            Fault::Short
        } else {
            Fault::Damaged
        }
    }
}

/// Notes a change of color; two at the same place are none.
fn change(changes: &mut Vec<u32>, at: u32) {
    if changes.last() == Some(&at) {
        changes.pop();
    } else {
        changes.push(at);
    }
}

/// Bits from the highest of the first byte on, and zeros after the last.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn are_over(&self) -> bool {
        self.at > self.bytes.len() * 8
    }

    /// The next bits, 16 at most.
    fn window(&self, bits: u8) -> u16 {
        let bytes = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = bytes.first_chunk().copied().unwrap_or_else(|| {
            let mut padded = [0; 4];
            padded[..bytes.len()].copy_from_slice(bytes);
            padded
        });
        let word = u32::from_be_bytes(word) << (self.at % 8);
        (word >> 16 >> (16 - bits)) as u16
    }

    fn take(&mut self, bits: u8) -> u16 {
        let value = self.window(bits);
        self.at += usize::from(bits);
        value
    }
}

impl BitReader for Bits<'_> {
    type Error = Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        (bits <= 16).then(|| self.window(bits))
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.next_multiple_of(8) - self.at) as u8
    }
}
