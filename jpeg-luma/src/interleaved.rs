//! Takes one component, the wanted one, out of an interleaved scan: walks over the minimum coded units and puts its blocks,
//! which come unit by unit, into the order of a scan that has it alone: line by line, without padding (T.81, A.2.2 and
//! A.2.3).

use crate::bits::{BitBuffer, BitReader, BitWriter};
use crate::error::Error;
use crate::output::{Sink, spill};
use crate::scan::{Layout, Unit};

/// What is wrong inside entropy-coded data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault(pub(crate) &'static str);

/// How one kind of scan codes its blocks.
pub(crate) trait BlockCoder {
    /// Reads a block of the wanted component and adds it to `row`.
    fn wanted(&mut self, reader: &mut BitReader, row: &mut Row) -> Result<(), Fault>;

    /// Reads a block of the wanted component that is padding. Prediction goes through it, so its DC coefficient counts.
    fn padding(&mut self, reader: &mut BitReader) -> Result<(), Fault>;

    /// Passes over a block of the scan's component with this index.
    fn other(&mut self, component: usize, reader: &mut BitReader) -> Result<(), Fault>;

    /// Adds a block whose data is lost: all coefficients zero.
    fn blank(&mut self, row: &mut Row) -> Result<(), Fault>;

    /// Reads a minimum coded unit: block by block, unless a coder knows better.
    #[inline(always)]
    fn unit(&mut self, unit: &Mcu, reader: &mut BitReader, rows: &mut [Row]) -> Result<(), Fault> {
        unit.by_block(self, reader, rows)
    }

    /// A restart interval begins (F.1.1.5.1): predictions start over.
    fn restart(&mut self);

    /// Writes the first DC coefficient of a row, now that the last one of the row above is known.
    fn join(&mut self, row: &Row, writer: &mut BitWriter) -> Result<(), Fault>;
}

/// One line of the wanted component's blocks being put together.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Everything but the DC coefficient of the first block, which depends on the row above.
    pub(crate) bits: BitBuffer,
    /// The DC coefficients of the first and of the last block so far.
    pub(crate) ends: Option<(i32, i32)>,
}

impl Row {
    /// Adds a few bits, for blocks of at most `longest` bytes.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: (u64, u32), longest: usize) {
        let mut sink = self.bits.open(longest);
        sink.put(bits);
        let end = sink.end();
        self.bits.close(end);
    }
}

/// The scan to walk over.
pub(crate) struct Interleaved<'a> {
    pub(crate) input: &'a [u8],
    /// Where its entropy-coded data begins.
    pub(crate) start: usize,
    pub(crate) layout: Layout,
    /// Minimum coded units between restart markers; 0 without.
    pub(crate) restart_interval: u16,
    /// Whether to make do with what is there.
    pub(crate) lenient: bool,
    /// Bytes that the output may reach.
    pub(crate) limit: usize,
}

impl Interleaved<'_> {
    /// Appends the wanted component's entropy-coded data to `out`, from which it may spill to a sink meanwhile. Returns a place in
    /// the input from which no marker but the one ending the scan is ahead.
    ///
    /// Restart markers are not written again: one interval of units is no whole number of intervals of blocks, and
    /// an image does not need them.
    pub(crate) fn wanted<C: BlockCoder>(
        &self,
        coder: &mut C,
        out: &mut Vec<u8>,
        mut sink: Option<&mut Sink>,
    ) -> Result<usize, Error> {
        let mut reader = BitReader::new(self.input, self.start);
        let mut writer = BitWriter::new(out);
        let mut rows: Vec<Row> = (0..self.layout.extent.1).map(|_| Row::default()).collect();
        let mut restarts = Restarts {
            interval: self.restart_interval,
            left: self.restart_interval,
            number: 0,
        };
        // Whether the current restart interval has no data left.
        let mut blank = false;
        for line in 0..self.layout.mcus.1 {
            let first_row = line * self.layout.extent.1;
            let rows_in_image = (self.layout.blocks.1 - first_row).min(self.layout.extent.1);
            for row in &mut rows {
                row.bits.clear();
                row.ends = None;
            }
            for mcu in 0..self.layout.mcus.0 {
                if restarts.due() {
                    // Without a marker, common decoders read one more unit, of zero bits, before they give up.
                    if self.restart(&mut reader, &mut restarts)? {
                        blank = false;
                    }
                    coder.restart();
                }
                let columns_in_image = self.layout.blocks.0 - mcu * self.layout.extent.0;
                let unit = Mcu {
                    columns_in_image,
                    rows_in_image,
                    units: &self.layout.units,
                };
                if blank {
                    unit.blank(coder, &mut rows)
                        .map_err(|fault| Error::corrupt(reader.offset(), fault.0))?;
                    continue;
                }
                let read = coder.unit(&unit, &mut reader, &mut rows);
                if reader.ran_out() {
                    if !self.lenient {
                        return Err(Error::truncated(reader.loaded_to(), "the scan has blocks left"));
                    }
                    blank = true;
                }
                read.map_err(|fault| Error::corrupt(reader.offset(), fault.0))?;
            }
            writer.reserve(rows.iter().map(|row| row.bits.len() + 8).sum(), self.limit)?;
            for row in rows.iter().take(rows_in_image as usize) {
                coder
                    .join(row, &mut writer)
                    .map_err(|fault| Error::corrupt(reader.offset(), fault.0))?;
                writer.append(&row.bits);
            }
            if let Some(sink) = &mut sink {
                spill(writer.whole_words(), sink)?;
            }
        }
        writer.finish();
        Ok(reader.loaded_to())
    }

    /// Passes a restart marker. Returns whether there is data for the interval behind it.
    fn restart(&self, reader: &mut BitReader, restarts: &mut Restarts) -> Result<bool, Error> {
        let number = restarts.begin();
        if reader.pass_restart(number) {
            return Ok(true);
        }
        if self.lenient {
            return Ok(reader.resynchronize(number));
        }
        Err(reader.restart_missing())
    }
}

/// Counts minimum coded units up to the next restart marker (B.2.4.4).
struct Restarts {
    interval: u16,
    left: u16,
    /// Of the next marker, modulo 8.
    number: u8,
}

impl Restarts {
    #[inline]
    fn due(&mut self) -> bool {
        if self.interval == 0 {
            return false;
        }
        let due = self.left == 0;
        self.left = if due { self.interval } else { self.left } - 1;
        due
    }

    /// The number of the marker that is due.
    fn begin(&mut self) -> u8 {
        let number = self.number;
        self.number = (number + 1) & 7;
        number
    }
}

/// One minimum coded unit.
pub(crate) struct Mcu<'a> {
    units: &'a [Unit],
    /// Blocks of the wanted component from the left edge of this unit to the right edge of the image, and likewise
    /// downwards.
    pub(crate) columns_in_image: u32,
    pub(crate) rows_in_image: u32,
}

impl Mcu<'_> {
    /// Reads this unit block by block.
    #[inline(always)]
    pub(crate) fn by_block<C: BlockCoder + ?Sized>(
        &self,
        coder: &mut C,
        reader: &mut BitReader,
        rows: &mut [Row],
    ) -> Result<(), Fault> {
        for block in self.units {
            match *block {
                Unit::Wanted { column, row }
                    if column < self.columns_in_image && row < self.rows_in_image =>
                {
                    coder.wanted(reader, &mut rows[row as usize])?;
                }
                Unit::Wanted { .. } => coder.padding(reader)?,
                Unit::Other(component) => coder.other(component, reader)?,
            }
        }
        Ok(())
    }

    #[cold]
    fn blank<C: BlockCoder>(&self, coder: &mut C, rows: &mut [Row]) -> Result<(), Fault> {
        for unit in self.units {
            if let Unit::Wanted { column, row } = *unit
                && column < self.columns_in_image
                && row < self.rows_in_image
            {
                coder.blank(&mut rows[row as usize])?;
            }
        }
        Ok(())
    }
}
