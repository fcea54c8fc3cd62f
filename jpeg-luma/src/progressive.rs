//! Blocks of an interleaved progressive scan (T.81, G.1.2.1): DC coefficients only, either the first bits of all of
//! them, coded as differences, or one more bit of each.

use crate::bits::{BitReader, BitWriter, REFILLED};
use crate::dc::{self, WantedDc};
use crate::interleaved::{BlockCoder, Fault, Mcu, Row};
use crate::lookup::SymbolLookup;
use crate::output::Coding;
use crate::scan::{Layout, Unit};

/// Bits of a DC coefficient at the most: a code of 16, and 16 additional ones, which is one more than any may have.
const LONGEST_COEFFICIENT: u32 = 32;
/// Bytes that one block's DC coefficient can take in either kind of scan.
const LONGEST_BLOCK: usize = 8;

/// The first scan of the DC coefficients.
pub(crate) struct DcFirst {
    dc: WantedDc,
    /// The tables of the scan's components, by their index in the scan.
    others: Vec<SymbolLookup>,
    lenient: bool,
}

impl DcFirst {
    /// `input` and `output` say what the wanted component is coded with, `others` what each component of the scan is.
    pub(crate) fn new(input: &Coding, output: &Coding, others: &[Coding], lenient: bool) -> Self {
        Self {
            dc: WantedDc::new(input.dc.as_ref(), output.dc.as_ref(), lenient),
            others: others
                .iter()
                .map(|coding| SymbolLookup::new(coding.dc.as_ref()))
                .collect(),
            lenient,
        }
    }
}

impl BlockCoder for DcFirst {
    #[inline(always)]
    fn wanted(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
        reader.refill_for(LONGEST_COEFFICIENT);
        let coefficient = self.dc.read(reader)?;
        let bits = self.dc.write(coefficient, &mut row.ends)?;
        row.put(bits, LONGEST_BLOCK);
        Ok(())
    }

    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill_for(LONGEST_COEFFICIENT);
        self.dc.read(reader).map(drop)
    }

    #[inline(always)]
    fn other(&mut self, component: usize, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill_for(LONGEST_COEFFICIENT);
        dc::pass(&self.others[component], reader, self.lenient)
    }

    fn blank(&mut self, row: &mut Row) -> Result<(), Fault> {
        let bits = self.dc.write(0, &mut row.ends)?;
        row.put(bits, LONGEST_BLOCK);
        Ok(())
    }

    fn restart(&mut self) {
        self.dc.restart();
    }

    fn join(&mut self, row: &Row, writer: &mut BitWriter) -> Result<(), Fault> {
        self.dc.join(row, writer)
    }
}

/// A later scan of the DC coefficients: one bit each, without any code or prediction. So a minimum coded unit is a few
/// bits, of which the wanted component's are next to one another, line by line.
pub(crate) struct DcRefinement {
    /// Bits of a unit, and how many of them are before the wanted component's.
    unit: u32,
    before: u32,
    /// Blocks of the wanted component that a unit has in a line.
    columns: u32,
}

impl DcRefinement {
    pub(crate) fn new(layout: &Layout) -> Self {
        let is_wanted = |unit: &Unit| matches!(unit, Unit::Wanted { .. });
        let before = layout.units.iter().take_while(|unit| !is_wanted(unit));
        Self {
            unit: few(layout.units.len()),
            before: few(before.count()),
            columns: layout.extent.0,
        }
    }
}

/// A count of blocks in a unit: four components have at most 16 each.
fn few(count: usize) -> u32 {
    u32::try_from(count).expect("at most 64 blocks")
}

impl BlockCoder for DcRefinement {
    #[inline(always)]
    fn unit(&mut self, unit: &Mcu, reader: &mut BitReader, rows: &mut [Row]) -> Result<(), Fault> {
        if self.unit > REFILLED {
            return unit.by_block(self, reader, rows);
        }
        reader.refill_for(self.unit);
        let mut bits = reader.peek() << self.before;
        reader.skip(self.unit);
        let count = self.columns.min(unit.columns_in_image);
        for row in &mut rows[..unit.rows_in_image as usize] {
            row.put((bits & !(u64::MAX >> count), count), LONGEST_BLOCK);
            bits <<= self.columns;
        }
        Ok(())
    }

    #[inline(always)]
    fn wanted(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
        reader.refill_for(1);
        let place = reader.place();
        reader.skip(1);
        row.put(reader.since(place), LONGEST_BLOCK);
        Ok(())
    }

    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault> {
        self.other(0, reader)
    }

    #[inline(always)]
    fn other(&mut self, _: usize, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill_for(1);
        reader.skip(1);
        Ok(())
    }

    fn blank(&mut self, row: &mut Row) -> Result<(), Fault> {
        row.put((0, 1), LONGEST_BLOCK);
        Ok(())
    }

    fn restart(&mut self) {}

    fn join(&mut self, _: &Row, _: &mut BitWriter) -> Result<(), Fault> {
        Ok(())
    }
}
