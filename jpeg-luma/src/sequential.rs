//! Blocks of a sequential scan (T.81, F.1.2 and F.2.2): a DC difference, then AC coefficients up to an end of block.
//!
//! Only the DC differences of the wanted component are understood. The AC symbols are read to find where the block ends,
//! several at a look-up, and the wanted component's bits are copied as they are.

use crate::bits::{BitReader, BitSink, BitWriter, REFILLED};
use crate::dc::{self, WantedDc};
use crate::huffman::{HuffmanTable, codes};
use crate::interleaved::{BlockCoder, Fault, Row};
use crate::lookup::{END_OF_BLOCK, INVALID_CODE_BITS, LONGEST_STRIDE, StrideLookup, SymbolLookup};
use crate::output::Coding;

/// Bytes that a block can take: a DC difference, 63 times a code of 16 bits with 15 additional ones, an end of block.
pub(crate) const LONGEST_BLOCK: usize = 264;

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

    /// Reads the AC coefficients of a block from `at`, soon after a refill, and gives their bits to `taker`. After a
    /// fault, the reader is behind it, and `taker` has what was before it.
    #[inline(always)]
    fn read<T: Taker>(&self, mut at: u8, reader: &mut BitReader, taker: &mut T) -> Result<(), Fault> {
        let mut place = reader.place();
        // What the DC coefficient left of the refill.
        for _ in 0..2 {
            if reader.place() <= REFILLED - LONGEST_STRIDE
                && self.step(&mut at, reader, taker, &mut place)? == Step::Last
            {
                return Ok(());
            }
        }
        loop {
            taker.take(reader.since(place));
            reader.refill();
            place = 0;
            for _ in 0..REFILLED / LONGEST_STRIDE {
                match self.step(&mut at, reader, taker, &mut place)? {
                    Step::Within => {}
                    Step::Last => return Ok(()),
                    Step::Single => break,
                }
            }
        }
    }

    /// Goes one stride, or one symbol where a stride does not help. `place` is where the bits begin that `taker` does
    /// not have yet; it has all of them after the last step.
    #[inline(always)]
    fn step<T: Taker>(
        &self,
        at: &mut u8,
        reader: &mut BitReader,
        taker: &mut T,
        place: &mut u32,
    ) -> Result<Step, Fault> {
        let stride = self.strides.stride(reader.peek());
        let (step, next) = Step::from(*at, stride.advance);
        match step {
            Step::Within => {
                reader.skip(u32::from(stride.bits));
                *at = next;
            }
            Step::Last => {
                reader.skip(u32::from(stride.bits));
                taker.take(reader.since(*place));
            }
            Step::Single => {
                taker.take(reader.since(*place));
                reader.refill();
                *place = 0;
                let (bits, next) = self.single(reader.peek(), *at);
                reader.skip(bits);
                *at = next?;
                if *at == DONE {
                    taker.take(reader.since(0));
                    return Ok(Step::Last);
                }
            }
        }
        Ok(step)
    }

    /// Reads one symbol off `bits`: its length and the place after it.
    #[inline(never)]
    fn single(&self, bits: u64, at: u8) -> (u32, Result<u8, Fault>) {
        let Some(decoded) = self.symbols.decode(bits) else {
            return (INVALID_CODE_BITS, Err(Fault("no Huffman code of the AC table")));
        };
        let (run, size) = (decoded.symbol >> 4, decoded.symbol & 15);
        let next = match at + run + 1 {
            _ if size == 0 && run < 15 => Ok(DONE),
            next @ ..=DONE => Ok(next),
            _ => Err(Fault("a block with more than 64 coefficients")),
        };
        (u32::from(decoded.length + size), next)
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
pub(crate) struct Sequential {
    dc: WantedDc,
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
    /// `input` and `output` say what the wanted component is coded with, `others` what each component of the scan is.
    pub(crate) fn new(input: &Coding, output: &Coding, others: &[Coding], lenient: bool) -> Self {
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
            dc: WantedDc::new(input.dc.as_ref(), output.dc.as_ref(), lenient),
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
    fn wanted(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
        let mut input = *reader;
        input.refill();
        let coefficient = self.dc.read(&mut input)?;
        let dc = self.dc.write(coefficient, &mut row.ends)?;
        let mut sink = row.bits.open(LONGEST_BLOCK);
        sink.put(dc);
        let result = self.ac.read(1, &mut input, &mut sink);
        if result.is_err() && self.lenient {
            sink.put(self.end_of_block);
        }
        let end = sink.end();
        row.bits.close(end);
        *reader = input;
        if self.lenient { Ok(()) } else { result }
    }

    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill();
        self.dc.read(reader)?;
        let result = self.ac.read(1, reader, &mut Nowhere);
        if self.lenient { Ok(()) } else { result }
    }

    #[inline(always)]
    fn other(&mut self, component: usize, reader: &mut BitReader) -> Result<(), Fault> {
        let other = &self.others[self.other_of[component]];
        let mut input = *reader;
        input.refill();
        let stride = other.dc_then_ac.stride(input.peek());
        let result = match Step::from(0, stride.advance) {
            (Step::Last, _) => {
                input.skip(u32::from(stride.bits));
                Ok(())
            }
            (Step::Within, at) => {
                input.skip(u32::from(stride.bits));
                other.ac.read(at, &mut input, &mut Nowhere)
            }
            (Step::Single, _) => match dc::pass(&other.dc, &mut input, self.lenient) {
                Ok(()) => other.ac.read(1, &mut input, &mut Nowhere),
                fault => fault,
            },
        };
        *reader = input;
        if self.lenient { Ok(()) } else { result }
    }

    fn blank(&mut self, row: &mut Row) -> Result<(), Fault> {
        let bits = self.dc.write(0, &mut row.ends)?;
        row.put(bits, LONGEST_BLOCK);
        row.put(self.end_of_block, LONGEST_BLOCK);
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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The block goes on.
    Within,
    /// The block ends with the stride.
    Last,
    /// The stride may reach into the next block, or is none: go on by one symbol.
    Single,
}

impl Step {
    /// The kind of a stride from `at`, and the place after it if the block goes on.
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the place matters only if it is below 64"
    )]
    fn from(at: u8, advance: u8) -> (Self, u8) {
        let next = u32::from(at) + u32::from(advance);
        let block_end = u32::from(END_OF_BLOCK);
        let step = if next < 64 {
            Self::Within
        } else if next == 64 || (block_end..block_end + 64).contains(&next) {
            Self::Last
        } else {
            Self::Single
        };
        (step, next as u8)
    }
}

/// Where the bits of coefficients go.
trait Taker {
    fn take(&mut self, bits: (u64, u32));
}

impl Taker for BitSink<'_> {
    #[inline(always)]
    fn take(&mut self, bits: (u64, u32)) {
        self.put(bits);
    }
}

/// For coefficients that are passed over.
struct Nowhere;

impl Taker for Nowhere {
    #[inline(always)]
    fn take(&mut self, _: (u64, u32)) {}
}

/// The place after the last coefficient.
const DONE: u8 = 64;
