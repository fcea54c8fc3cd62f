//! New Huffman tables for one component alone: a scan is read symbol by symbol, once to count the symbols and once to write
//! them with their new codes. Additional bits stay as they are, and coefficients are never put together.
//!
//! Only where a scan refines AC coefficients does the place of its bits depend on the past: which coefficients are
//! not zero yet (T.81, G.1.2.3). One bit each is kept of that.

use std::ops::Range;

use crate::bits::{BitReader, BitWriter};
use crate::error::Error;
use crate::huffman::{Codes, codes};
use crate::huffman_build::{self, Frequencies};
use crate::lookup::SymbolLookup;
use crate::output::{Coding, Output};
use crate::scan::{Process, Scan};
use crate::sequential::LONGEST_BLOCK;

/// Bits that are not Huffman codes, read at once at the most.
const RAW: u32 = 16;

/// Gives scans of one component new tables, in the order of the file.
#[derive(Debug)]
pub(crate) struct Recoder {
    /// One element a block; bit k tells that the coefficient with zigzag index k is not zero. Empty until needed.
    history: Vec<u64>,
    blocks: usize,
    limit: usize,
}

/// Coded data of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded<'a> {
    pub(crate) data: &'a [u8],
    /// Where in it the scan begins.
    pub(crate) start: usize,
}

impl Recoder {
    /// For a component of this many blocks and an output of at most `limit` bytes.
    pub(crate) fn new(blocks: usize, limit: usize) -> Self {
        Self {
            history: Vec::new(),
            blocks,
            limit,
        }
    }

    /// Writes a scan, header and all, with tables made for it.
    pub(crate) fn recode(
        &mut self,
        coded: Coded,
        scan: &Scan,
        coding: &Coding,
        output: &mut Output,
    ) -> Result<(), Error> {
        let walk = self.walk(coded, scan, coding);
        let mut before = self.history.clone();
        let mut count = Count {
            dc: [0; 256],
            ac: [0; 256],
        };
        walk.run(&mut self.history, &mut count)?;
        let new = Coding {
            dc: coding.dc.is_some().then(|| huffman_build::table(&count.dc)),
            ac: coding.ac.is_some().then(|| huffman_build::table(&count.ac)),
            restart_interval: coding.restart_interval,
        };
        output.scan_header(scan, &new);
        let dc = codes(new.dc.as_ref());
        let ac = codes(new.ac.as_ref());
        let writer = BitWriter::new(output.rope.owned_mut());
        let mut write = Write {
            dc,
            ac,
            writer,
            limit: self.limit,
        };
        walk.run(&mut before, &mut write)?;
        write.writer.finish();
        Ok(())
    }

    /// Reads a scan to its end, in the order of the file like [`Recoder::recode`].
    pub(crate) fn check(&mut self, coded: Coded, scan: &Scan, coding: &Coding) -> Result<(), Error> {
        let walk = self.walk(coded, scan, coding);
        walk.run(&mut self.history, &mut Check::default()).map(drop)
    }

    /// Writes a scan of AC coefficients that is damaged: as far as it can be read, and then blocks that end at once. Nothing
    /// is written if it is not damaged after all; returns whether it was.
    pub(crate) fn salvage(
        &mut self,
        coded: Coded,
        scan: &Scan,
        coding: &Coding,
        output: &mut Output,
    ) -> Result<bool, Error> {
        let mut walk = self.walk(coded, scan, coding);
        let mut before = self.history.clone();
        let mut reached = Check::default();
        match walk.run(&mut self.history, &mut reached) {
            Ok(_) => return Ok(false),
            Err(Error::Truncated { .. } | Error::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
        // The last block that was begun is the one with the fault.
        walk.blocks = reached.blocks.saturating_sub(1);
        let blocks = walk.blocks..self.blocks;
        self.history.copy_from_slice(&before);
        let mut count = Count {
            dc: [0; 256],
            ac: [0; 256],
        };
        let run = walk.run(&mut self.history, &mut count)?;
        walk.end_at_once(blocks.clone(), run, &self.history, &mut count)?;
        let new = Coding {
            dc: None,
            ac: Some(huffman_build::table(&count.ac)),
            restart_interval: coding.restart_interval,
        };
        output.scan_header(scan, &new);
        let mut write = Write {
            dc: codes(None),
            ac: codes(new.ac.as_ref()),
            writer: BitWriter::new(output.rope.owned_mut()),
            limit: self.limit,
        };
        let run = walk.run(&mut before, &mut write)?;
        walk.end_at_once(blocks, run, &before, &mut write)?;
        write.writer.finish();
        Ok(true)
    }

    fn walk<'a>(&mut self, coded: Coded<'a>, scan: &'a Scan, coding: &Coding) -> Walk<'a> {
        if matches!(scan.process, Process::AcFirst | Process::AcRefinement) {
            self.history.resize(self.blocks, 0);
        }
        Walk {
            coded,
            blocks: self.blocks,
            scan,
            dc: SymbolLookup::new(coding.dc.as_ref()),
            ac: SymbolLookup::new(coding.ac.as_ref()),
            restart_interval: coding.restart_interval,
        }
    }
}

/// What becomes of the symbols of a scan.
trait Visitor {
    fn dc(&mut self, symbol: u8);
    fn ac(&mut self, symbol: u8);
    /// Bits without a code, left-aligned.
    fn raw(&mut self, bits: (u64, u32));
    fn restart(&mut self, number: u8);
    /// Makes room for one more block.
    fn block(&mut self) -> Result<(), Error>;
}

struct Count {
    dc: Frequencies,
    ac: Frequencies,
}

impl Visitor for Count {
    fn dc(&mut self, symbol: u8) {
        self.dc[usize::from(symbol)] += 1;
    }

    fn ac(&mut self, symbol: u8) {
        self.ac[usize::from(symbol)] += 1;
    }

    fn raw(&mut self, _: (u64, u32)) {}

    fn restart(&mut self, _: u8) {}

    fn block(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Does nothing with them: reading is the check.
#[derive(Default)]
struct Check {
    /// Blocks that were begun.
    blocks: usize,
}

impl Visitor for Check {
    fn dc(&mut self, _: u8) {}

    fn ac(&mut self, _: u8) {}

    fn raw(&mut self, _: (u64, u32)) {}

    fn restart(&mut self, _: u8) {}

    fn block(&mut self) -> Result<(), Error> {
        self.blocks += 1;
        Ok(())
    }
}

struct Write<'a> {
    dc: Codes,
    ac: Codes,
    writer: BitWriter<'a>,
    /// Bytes that the output may occupy.
    limit: usize,
}

impl Write<'_> {
    fn code(&mut self, (code, length): (u16, u8)) {
        // Every symbol was counted, so every length is at least 1.
        self.writer.put((
            u64::from(code) << (64 - u32::from(length.max(1))),
            u32::from(length),
        ));
    }
}

impl Visitor for Write<'_> {
    fn dc(&mut self, symbol: u8) {
        self.code(self.dc[usize::from(symbol)]);
    }

    fn ac(&mut self, symbol: u8) {
        self.code(self.ac[usize::from(symbol)]);
    }

    fn raw(&mut self, bits: (u64, u32)) {
        self.writer.put(bits);
    }

    fn restart(&mut self, number: u8) {
        self.writer.restart(number);
    }

    fn block(&mut self) -> Result<(), Error> {
        self.writer.reserve(LONGEST_BLOCK, self.limit)
    }
}

/// One reading of a scan.
struct Walk<'a> {
    coded: Coded<'a>,
    blocks: usize,
    scan: &'a Scan,
    dc: SymbolLookup,
    ac: SymbolLookup,
    restart_interval: u16,
}

/// The place within a scan.
struct State<'a, V> {
    reader: BitReader<'a>,
    visitor: &'a mut V,
    /// Blocks that the last end-of-band code covers and that are still to come (G.1.2.2).
    end_of_band_run: u32,
}

impl Walk<'_> {
    /// Reads the scan. Returns how many blocks behind its last one are covered by an end-of-band code.
    fn run<V: Visitor>(&self, history: &mut [u64], visitor: &mut V) -> Result<u32, Error> {
        let reader = BitReader::new(self.coded.data, self.coded.start);
        let mut state = State {
            reader,
            visitor,
            end_of_band_run: 0,
        };
        let mut unused = 0;
        let mut number = 0;
        let interval = usize::from(self.restart_interval);
        for block in 0..self.blocks {
            if interval > 0 && block > 0 && block % interval == 0 {
                if !state.reader.pass_restart(number) {
                    return Err(Error::corrupt(
                        state.reader.offset(),
                        "a restart marker was expected",
                    ));
                }
                state.visitor.restart(number);
                state.end_of_band_run = 0;
                number = (number + 1) & 7;
            }
            state.visitor.block()?;
            let nonzero = history.get_mut(block).unwrap_or(&mut unused);
            let fault = match self.scan.process {
                Process::Sequential => self.dc(&mut state).and_then(|()| self.sequential(&mut state)),
                Process::DcFirst => self.dc(&mut state),
                Process::DcRefinement => {
                    state.copy(1);
                    Ok(())
                }
                Process::AcFirst => self.ac_first(&mut state, nonzero),
                Process::AcRefinement => self.ac_refinement(&mut state, nonzero),
            };
            if state.reader.ran_out() {
                return Err(Error::truncated(
                    state.reader.loaded_to(),
                    "the scan has blocks left",
                ));
            }
            fault.map_err(|what| Error::corrupt(state.reader.offset(), what))?;
        }
        Ok(state.end_of_band_run)
    }

    /// Blocks without new coefficients in place of those that cannot be read, `covered` of which an end-of-band code has
    /// announced already.
    fn end_at_once<V: Visitor>(
        &self,
        blocks: Range<usize>,
        mut covered: u32,
        history: &[u64],
        visitor: &mut V,
    ) -> Result<(), Error> {
        const END_OF_BLOCK: u8 = 0;
        let interval = usize::from(self.restart_interval);
        let (first, last) = self.scan.spectral;
        let band = (u64::MAX >> (63 - last)) & (u64::MAX << first);
        for block in blocks {
            if interval > 0 && block > 0 && block % interval == 0 {
                let number = (block / interval - 1) % 8;
                visitor.restart(u8::try_from(number).expect("below 8"));
                covered = 0;
            }
            visitor.block()?;
            if covered > 0 {
                covered -= 1;
            } else {
                visitor.ac(END_OF_BLOCK);
            }
            if self.scan.process == Process::AcRefinement {
                // What is known stays as it is.
                for _ in 0..(history[block] & band).count_ones() {
                    visitor.raw((0, 1));
                }
            }
        }
        Ok(())
    }

    fn dc<V: Visitor>(&self, state: &mut State<V>) -> Result<(), &'static str> {
        let category = state.symbol(&self.dc)?;
        state.visitor.dc(category);
        state.copy(u32::from(category));
        Ok(())
    }

    /// F.1.2.2.
    fn sequential<V: Visitor>(&self, state: &mut State<V>) -> Result<(), &'static str> {
        let mut at = 1;
        while at <= 63 {
            let symbol = state.symbol(&self.ac)?;
            state.visitor.ac(symbol);
            match (symbol >> 4, symbol & 15) {
                (15, 0) => at += 16,
                (_, 0) => return Ok(()),
                (run, size) => {
                    state.copy(u32::from(size));
                    at += run + 1;
                }
            }
        }
        if at > 64 {
            Err("a block with more than 64 coefficients")
        } else {
            Ok(())
        }
    }

    /// G.1.2.2.
    fn ac_first<V: Visitor>(&self, state: &mut State<V>, nonzero: &mut u64) -> Result<(), &'static str> {
        if state.end_of_band_run > 0 {
            state.end_of_band_run -= 1;
            return Ok(());
        }
        let (mut at, last) = self.scan.spectral;
        while at <= last {
            let symbol = state.symbol(&self.ac)?;
            state.visitor.ac(symbol);
            match (symbol >> 4, symbol & 15) {
                (15, 0) => at += 16,
                (exponent, 0) => {
                    state.end_of_band_run = (1 << exponent) - 1 + state.copy(u32::from(exponent));
                    return Ok(());
                }
                (run, size) => {
                    state.copy(u32::from(size));
                    at += run;
                    if at > last {
                        return Err("a block with coefficients beyond its band");
                    }
                    *nonzero |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// G.1.2.3: coefficients that are not zero have a bit each in passing, new ones come with their sign.
    fn ac_refinement<V: Visitor>(&self, state: &mut State<V>, nonzero: &mut u64) -> Result<(), &'static str> {
        let (mut at, last) = self.scan.spectral;
        let known = *nonzero;
        while state.end_of_band_run == 0 && at <= last {
            let symbol = state.symbol(&self.ac)?;
            state.visitor.ac(symbol);
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => {}
                (exponent, 0) => {
                    state.end_of_band_run = (1 << exponent) + state.copy(u32::from(exponent));
                    break;
                }
                (_, 1) => _ = state.copy(1),
                _ => return Err("a refinement by more than one bit"),
            }
            let mut zeros = run;
            let mut refined = 0;
            while at <= last {
                if known >> at & 1 != 0 {
                    refined += 1;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            state.copy_many(refined);
            if size == 1 {
                if at > last {
                    return Err("a block with coefficients beyond its band");
                }
                *nonzero |= 1 << at;
            }
            at += 1;
        }
        if state.end_of_band_run > 0 {
            state.end_of_band_run -= 1;
            if at <= last {
                let band = known & (u64::MAX >> (63 - last)) & (u64::MAX << at);
                state.copy_many(band.count_ones());
            }
        }
        Ok(())
    }
}

impl<V: Visitor> State<'_, V> {
    fn symbol(&mut self, lookup: &SymbolLookup) -> Result<u8, &'static str> {
        self.reader.refill();
        let decoded = lookup
            .decode(self.reader.peek())
            .ok_or("no Huffman code of the table")?;
        self.reader.skip(u32::from(decoded.length));
        Ok(decoded.symbol)
    }

    /// Copies up to 16 bits after a symbol, or a single one.
    fn copy(&mut self, count: u32) -> u32 {
        self.reader.refill();
        let place = self.reader.place();
        let value = self.reader.take(count);
        self.visitor.raw(self.reader.since(place));
        value
    }

    fn copy_many(&mut self, mut count: u32) {
        while count > 0 {
            let part = count.min(RAW);
            self.copy(part);
            count -= part;
        }
    }
}
