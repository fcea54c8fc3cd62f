//! Blocks of a sequential scan (T.81, F.1.2 and F.2.2): a DC difference, then AC coefficients up to an end of block.
//!
//! Only the DC differences of luma are understood. The AC symbols are read to find where the block ends, several at
//! a look-up, and luma's bits are copied as they are.

use super::bits::{BitReader, BitWriter};
use super::dc::{self, LumaDc};
use super::huffman::{HuffmanTable, codes};
use super::interleaved::{BlockCoder, Fault, Row};
use super::lookup::{END_OF_BLOCK, StrideLookup, SymbolLookup};
use super::output::Coding;

/// Bytes that a block can take: a DC difference, 63 times a code of 16 bits with 15 additional ones, an end of block.
const LONGEST_BLOCK: usize = 264;

/// What a decoder in common use takes off the data when it meets no valid code; lenient mode does as it does.
const INVALID_CODE_BITS: u32 = 17;

/// An AC table, by symbol and by stride.
struct Ac {
    symbols: SymbolLookup,
    strides: StrideLookup,
}

impl Ac {
    fn new(table: Option<&HuffmanTable>) -> Self {
        let symbols = SymbolLookup::new(table);
        let strides = StrideLookup::ac(&symbols);
        Self { symbols, strides }
    }
}

/// The tables of a component that is passed over.
struct Other {
    dc: SymbolLookup,
    ac: Ac,
    dc_then_ac: StrideLookup,
}

impl Other {
    fn new(coding: &Coding) -> Self {
        let dc = SymbolLookup::new(coding.dc.as_ref());
        let ac = Ac::new(coding.ac.as_ref());
        let dc_then_ac = StrideLookup::dc_then_ac(&dc, &ac.symbols);
        Self { dc, ac, dc_then_ac }
    }
}

/// Codes the blocks of a sequential scan.
pub(super) struct Sequential {
    dc: LumaDc,
    ac: Ac,
    /// The end-of-block code, left-aligned, with its length; 0 if the table has none.
    end_of_block: (u64, u32),
    /// The different tables of the scan's components.
    others: Vec<Other>,
    /// Which of them a component has, by its index in the scan.
    other_of: Vec<usize>,
    lenient: bool,
}

impl Sequential {
    /// `input` and `output` say what luma is coded with, `others` what each component of the scan is.
    pub(super) fn new(input: &Coding, output: &Coding, others: &[Coding], lenient: bool) -> Self {
        let (code, length) = codes(output.ac.as_ref())[0];
        let end_of_block = match length {
            0 => (0, 0),
            _ => (u64::from(code) << (64 - length), u32::from(length)),
        };
        let mut different: Vec<&Coding> = Vec::new();
        let mut other_of = Vec::new();
        for coding in others {
            let known = different
                .iter()
                .position(|other| other.dc == coding.dc && other.ac == coding.ac);
            other_of.push(known.unwrap_or(different.len()));
            if known.is_none() {
                different.push(coding);
            }
        }
        Self {
            dc: LumaDc::new(input.dc.as_ref(), output.dc.as_ref(), lenient),
            ac: Ac::new(input.ac.as_ref()),
            end_of_block,
            others: different.into_iter().map(Other::new).collect(),
            other_of,
            lenient,
        }
    }
}

impl BlockCoder for Sequential {
    #[inline(always)]
    fn luma(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
        row.bits.reserve(LONGEST_BLOCK);
        reader.refill();
        let coefficient = self.dc.read(reader)?;
        self.dc.write(coefficient, row)?;
        let mut place = reader.place();
        let mut at = 1;
        loop {
            row.bits.put(reader.since(place));
            reader.refill();
            for _ in 0..2 {
                let stride = self.ac.strides.stride(reader.peek());
                match Step::from(at, stride.advance) {
                    Step::Within(next) => at = next,
                    Step::Last => {
                        reader.skip(u32::from(stride.bits));
                        row.bits.put(reader.since(0));
                        return Ok(());
                    }
                    Step::Single => {
                        row.bits.put(reader.since(0));
                        reader.refill();
                        match single(&self.ac.symbols, reader, at) {
                            Ok(next) => at = next,
                            Err(_) if self.lenient => {
                                row.bits.put(self.end_of_block);
                                return Ok(());
                            }
                            Err(fault) => return Err(fault),
                        }
                        if at == DONE {
                            row.bits.put(reader.since(0));
                            return Ok(());
                        }
                        break;
                    }
                }
                reader.skip(u32::from(stride.bits));
            }
            place = 0;
        }
    }

    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill();
        self.dc.read(reader)?;
        pass_ac(&self.ac, reader, 1, self.lenient)
    }

    #[inline(always)]
    fn other(&mut self, component: usize, reader: &mut BitReader) -> Result<(), Fault> {
        let tables = &self.others[self.other_of[component]];
        reader.refill();
        let stride = tables.dc_then_ac.stride(reader.peek());
        match Step::from(0, stride.advance) {
            Step::Last => {
                reader.skip(u32::from(stride.bits));
                Ok(())
            }
            Step::Within(at) => {
                reader.skip(u32::from(stride.bits));
                pass_ac(&tables.ac, reader, at, self.lenient)
            }
            Step::Single => {
                dc::pass(&tables.dc, reader, self.lenient)?;
                pass_ac(&tables.ac, reader, 1, self.lenient)
            }
        }
    }

    fn blank(&mut self, row: &mut Row) -> Result<(), Fault> {
        row.bits.reserve(LONGEST_BLOCK);
        self.dc.write(0, row)?;
        row.bits.put(self.end_of_block);
        Ok(())
    }

    fn restart(&mut self) {
        self.dc.restart();
    }

    fn join(&mut self, row: &Row, writer: &mut BitWriter) -> Result<(), Fault> {
        self.dc.join(row, writer)
    }
}

/// What a stride does to a place in the zigzag sequence.
enum Step {
    /// The block goes on at this coefficient.
    Within(u8),
    /// The block ends with the stride.
    Last,
    /// The stride may reach into the next block, or is none: go on by one symbol.
    Single,
}

impl Step {
    #[inline(always)]
    fn from(at: u8, advance: u8) -> Self {
        let next = u32::from(at) + u32::from(advance);
        let block_end = u32::from(END_OF_BLOCK);
        if next < 64 {
            #[allow(clippy::cast_possible_truncation, reason = "below 64")]
            Self::Within(next as u8)
        } else if next == 64 || (block_end..block_end + 64).contains(&next) {
            Self::Last
        } else {
            Self::Single
        }
    }
}

/// The place after the last coefficient.
const DONE: u8 = 64;

/// Passes over the AC coefficients of a block from `at`.
#[inline(always)]
fn pass_ac(ac: &Ac, reader: &mut BitReader, mut at: u8, lenient: bool) -> Result<(), Fault> {
    loop {
        reader.refill();
        for _ in 0..2 {
            let stride = ac.strides.stride(reader.peek());
            match Step::from(at, stride.advance) {
                Step::Within(next) => at = next,
                Step::Last => {
                    reader.skip(u32::from(stride.bits));
                    return Ok(());
                }
                Step::Single => {
                    reader.refill();
                    match single(&ac.symbols, reader, at) {
                        Ok(DONE) => return Ok(()),
                        Ok(next) => at = next,
                        Err(_) if lenient => return Ok(()),
                        Err(fault) => return Err(fault),
                    }
                    break;
                }
            }
            reader.skip(u32::from(stride.bits));
        }
    }
}

/// Passes over one AC symbol and returns the place after it. After a fault too the reader is behind the symbol.
fn single(symbols: &SymbolLookup, reader: &mut BitReader, at: u8) -> Result<u8, Fault> {
    let Some(decoded) = symbols.decode(reader.peek()) else {
        reader.skip(INVALID_CODE_BITS);
        return Err(Fault("no Huffman code of the AC table"));
    };
    let (run, size) = (decoded.symbol >> 4, decoded.symbol & 15);
    reader.skip(u32::from(decoded.length + size));
    match at + run + 1 {
        _ if size == 0 && run < 15 => Ok(DONE),
        next @ ..=DONE => Ok(next),
        _ => Err(Fault("a block with more than 64 coefficients")),
    }
}
