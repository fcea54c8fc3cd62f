//! Blocks of an interleaved progressive scan (T.81, G.1.2.1): DC coefficients only, either the first bits of all of
//! them, coded as differences, or one more bit of each.

use super::bits::{BitReader, BitWriter};
use super::dc::{self, LumaDc};
use super::interleaved::{BlockCoder, Fault, Row};
use super::lookup::SymbolLookup;
use super::output::Coding;

/// Bytes that one block's DC coefficient can take in either kind of scan.
const LONGEST_BLOCK: usize = 8;

/// The first scan of the DC coefficients.
pub(super) struct DcFirst {
    dc: LumaDc,
    /// The tables of the scan's components, by their index in the scan.
    others: Vec<SymbolLookup>,
    lenient: bool,
}

impl DcFirst {
    /// `input` and `output` say what luma is coded with, `others` what each component of the scan is.
    pub(super) fn new(input: &Coding, output: &Coding, others: &[Coding], lenient: bool) -> Self {
        Self {
            dc: LumaDc::new(input.dc.as_ref(), output.dc.as_ref(), lenient),
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
    fn luma(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
        reader.refill();
        let coefficient = self.dc.read(reader)?;
        let bits = self.dc.write(coefficient, &mut row.ends)?;
        row.put(bits, LONGEST_BLOCK);
        Ok(())
    }

    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill();
        self.dc.read(reader).map(drop)
    }

    #[inline(always)]
    fn other(&mut self, component: usize, reader: &mut BitReader) -> Result<(), Fault> {
        reader.refill();
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

/// A later scan of the DC coefficients: one bit each, without any code or prediction.
pub(super) struct DcRefinement;

impl BlockCoder for DcRefinement {
    #[inline(always)]
    fn luma(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault> {
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
