//! From the segments of a color JPEG to those of a gray one.

use std::iter;

use crate::app_segments::{self, Keep};
use crate::budget::{Needs, Plan};
use crate::error::Error;
use crate::frame::{Frame, Kind};
use crate::huffman::HuffmanTable;
use crate::interleaved::Interleaved;
use crate::marker::{EOI, SOS, Segment, end_of_scan, write_segment};
use crate::options::Options;
use crate::output::{Coding, Output, Sink, spill};
use crate::progressive::{DcFirst, DcRefinement};
use crate::recode::{Coded, Recoder};
use crate::rope::Rope;
use crate::scan::{Layout, Process, Scan, ScanComponent};
use crate::sequential::Sequential;
use crate::tables::Tables;

/// What to copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Index of the component.
    pub(crate) index: usize,
    /// Whether scans that could be copied unseen are read all the same, so that what comes out can be decoded: damage is
    /// an error, or in lenient mode made good wherever that is possible. Without it, it is passed on.
    pub(crate) checked: bool,
}

/// Writes the `wanted` component of `input` as a JPEG of its own, with the metadata that `keep` says.
pub(crate) fn component<'a, 'w>(
    input: &'a [u8],
    frame: Frame,
    wanted: Wanted,
    options: &Options,
    keep: Keep,
    sink: Option<&'w mut Sink<'w>>,
) -> Result<Rope<'a>, Error> {
    let checks = wanted.checked && frame.info.kind == Kind::Progressive;
    let needs = Needs {
        spilled: sink.is_some(),
        recoded: options.optimize,
        history: options.optimize || checks,
    };
    let plan = Plan::new(input, &frame, wanted.index, needs, options.memory_budget)?;
    let (columns, lines) = frame.blocks(wanted.index);
    let blocks = columns as usize * lines as usize;
    // An image that is almost empty has nothing to gain, and a hostile one would take its time.
    let worthwhile = blocks <= 64 * input.len();
    let recoder = (options.optimize && worthwhile).then(|| Recoder::new(blocks, plan.output_limit));
    let checker = (checks && recoder.is_none()).then(|| Recoder::new(blocks, plan.output_limit));
    let mut conversion = Conversion {
        input,
        frame,
        wanted,
        options,
        keep,
        plan,
        tables: Tables::new(),
        progress: Progress::new(),
        output: Output::new(plan.first_capacity, sink),
        recoder,
        checker,
        refinable: true,
    };
    match conversion.run() {
        // What there is so far is an image, though a coarse one; a browser would show it too.
        Err(Error::Truncated { .. } | Error::Corrupt { .. })
            if options.lenient && conversion.output.scans > 0 => {}
        other => other?,
    }
    conversion.output.finish()
}

/// Returns a gray JPEG as it is, or without its metadata.
///
/// Its scans are not decoded; but they must end with an end-of-image marker, unless `lenient`.
pub(crate) fn as_is<'a>(input: &'a [u8], options: &Options) -> Result<Rope<'a>, Error> {
    let mut rope = Rope::default();
    rope.push_borrowed(&input[..2]);
    let mut at = 2;
    loop {
        let segment = match Segment::read(input, at, options.lenient) {
            Ok(segment) => segment,
            Err(_) if options.lenient => break,
            Err(error) => return Err(error),
        };
        at = segment.end;
        if segment.marker == SOS {
            at = end_of_scan(input, at);
        }
        match app_segments::is_metadata(segment.marker)
            .then(|| app_segments::for_gray(&segment, Keep::Display))
        {
            Some(None) => {}
            Some(Some(payload)) => write_segment(rope.owned_mut(), segment.marker, &payload),
            None => rope.push_borrowed(&input[segment.offset..at]),
        }
        if segment.marker == EOI {
            break;
        }
    }
    if !options.strip {
        rope = Rope::default();
        rope.push_borrowed(input);
    }
    Ok(rope)
}

struct Conversion<'a, 'o, 'w> {
    input: &'a [u8],
    frame: Frame,
    wanted: Wanted,
    options: &'o Options,
    keep: Keep,
    plan: Plan,
    tables: Tables,
    progress: Progress,
    output: Output<'a, 'w>,
    /// If there is to be one.
    recoder: Option<Recoder>,
    /// Reads scans that are copied, if they are to be checked.
    checker: Option<Recoder>,
    /// Whether all coefficients so far are known, on which the bits of refinements depend.
    refinable: bool,
}

impl Conversion<'_, '_, '_> {
    fn run(&mut self) -> Result<(), Error> {
        let mut at = 2;
        loop {
            let segment = Segment::read(self.input, at, self.options.lenient)?;
            at = segment.end;
            match segment.marker {
                SOS => at = self.scan(&segment)?,
                EOI if self.output.scans > 0 => return Ok(()),
                EOI => {
                    return Err(Error::corrupt(
                        segment.offset,
                        "the image ends without a scan of the component that is wanted",
                    ));
                }
                code if app_segments::is_metadata(code) => {
                    if let Some(payload) = app_segments::for_gray(&segment, self.keep) {
                        let (owned, sink) = self.output.owned();
                        write_segment(owned, code, &payload);
                        sink.map_or(Ok(()), |sink| spill(owned, sink))?;
                    }
                }
                _ => self.tables.define(&segment)?,
            }
        }
    }

    /// Carries a scan over, if the wanted component has part in it. Returns where it ends.
    fn scan(&mut self, header: &Segment) -> Result<usize, Error> {
        let scan = Scan::parse(header, &self.frame)?;
        let Some(part) = scan.part_of(self.wanted.index) else {
            return Ok(end_of_scan(self.input, header.end));
        };
        if let Err(what) = self.progress.advance(&scan) {
            if self.options.lenient {
                return Ok(end_of_scan(self.input, header.end));
            }
            return Err(Error::corrupt(header.offset, what));
        }
        if scan.process == Process::AcRefinement && !self.refinable {
            return Ok(end_of_scan(self.input, header.end));
        }
        if !self.output.has_frame() {
            let table = usize::from(self.frame.components[self.wanted.index].quantization);
            let table = self.tables.quantization[table].as_ref().ok_or(Error::corrupt(
                header.offset,
                "the component that is wanted has no quantization table",
            ))?;
            let size = self.frame.size(self.wanted.index);
            let precision = self.frame.info.precision;
            self.output.frame(self.frame.marker, size, precision, table);
        }
        let mark = self.output.rope.owned_mut().len();
        let coding = self.coding(&scan, part, header.offset)?;
        let is_band = matches!(scan.process, Process::AcFirst | Process::AcRefinement);
        let end = if scan.has_one_component() && (is_band || !self.wanted.checked) {
            self.copy(header, &scan, &coding)
        } else {
            self.rewrite(header, &scan, &coding)
        };
        match end {
            Ok(_) => {
                self.output.scans += 1;
                self.output.flush()?;
            }
            Err(_) => self.output.rope.owned_mut().truncate(mark),
        }
        end
    }

    /// What the input codes this component's part of a scan with.
    fn coding(&self, scan: &Scan, component: ScanComponent, offset: usize) -> Result<Coding, Error> {
        let table = |tables: &[Option<HuffmanTable>; 4], index: usize| {
            let table = tables[index].clone();
            table.ok_or(Error::corrupt(offset, "a scan's Huffman table is not defined"))
        };
        Ok(Coding {
            dc: scan
                .process
                .uses_dc_table()
                .then(|| table(&self.tables.dc, component.dc))
                .transpose()?,
            ac: scan
                .process
                .uses_ac_table()
                .then(|| table(&self.tables.ac, component.ac))
                .transpose()?,
            restart_interval: self.tables.restart_interval,
        })
    }

    /// A scan of one component stays as it is, restart markers included: it is not interleaved, so its intervals are
    /// counted in blocks already (A.2.2).
    fn copy(&mut self, header: &Segment, scan: &Scan, coding: &Coding) -> Result<usize, Error> {
        let end = end_of_scan(self.input, header.end);
        let mark = self.output.rope.owned_mut().len();
        if let Some(recoder) = &mut self.recoder
            && scan.process != Process::DcRefinement
        {
            let coded = Coded {
                data: self.input,
                start: header.end,
            };
            match recoder.recode(coded, scan, coding, &mut self.output) {
                Ok(()) => return Ok(end),
                Err(Error::Truncated { .. } | Error::Corrupt { .. }) if self.options.lenient => {
                    // Scans to come would build on what this one failed to tell.
                    self.recoder = None;
                    self.output.rope.owned_mut().truncate(mark);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(checker) = &mut self.checker {
            let coded = Coded {
                data: self.input,
                start: header.end,
            };
            if !self.options.lenient {
                checker.check(coded, scan, coding)?;
            } else if checker.salvage(coded, scan, coding, &mut self.output)? {
                self.refinable = false;
                return Ok(end);
            }
        }
        self.output.scan_header(scan, coding);
        self.output.rope.push_borrowed(&self.input[header.end..end]);
        Ok(end)
    }

    /// A scan, interleaved as a rule, is read, and the wanted component's part written again.
    fn rewrite(&mut self, header: &Segment, scan: &Scan, input: &Coding) -> Result<usize, Error> {
        let output = self.rewritten(input, header.offset)?;
        let walk = Interleaved {
            input: self.input,
            start: header.end,
            layout: Layout::new(&self.frame, scan, self.wanted.index),
            restart_interval: input.restart_interval,
            lenient: self.options.lenient,
            limit: self.plan.output_limit,
        };
        let others = scan
            .components
            .iter()
            .map(|&component| self.coding(scan, component, header.offset));
        let others = others.collect::<Result<Vec<_>, _>>()?;
        let lenient = self.options.lenient;
        let write = |out: &mut Vec<u8>, sink: Option<&mut Sink>| match scan.process {
            Process::Sequential => {
                walk.wanted(&mut Sequential::new(input, &output, &others, lenient), out, sink)
            }
            Process::DcFirst => walk.wanted(&mut DcFirst::new(input, &output, &others, lenient), out, sink),
            _ => walk.wanted(&mut DcRefinement::new(&walk.layout), out, sink),
        };
        let at = match &mut self.recoder {
            Some(recoder) if scan.process != Process::DcRefinement => {
                let mut data = Vec::with_capacity(self.plan.first_capacity);
                let at = write(&mut data, None)?;
                recoder.recode(
                    Coded {
                        data: &data,
                        start: 0,
                    },
                    scan,
                    &output,
                    &mut self.output,
                )?;
                at
            }
            _ => {
                self.output.scan_header(scan, &output);
                let (owned, sink) = self.output.owned();
                write(owned, sink)?
            }
        };
        Ok(end_of_scan(self.input, at))
    }

    /// What the output codes a scan with that the input codes with `input`: the same codes, and those that
    /// other DC differences and lost blocks may need.
    fn rewritten(&self, input: &Coding, offset: usize) -> Result<Coding, Error> {
        let mut ac = input.ac.clone();
        if self.options.lenient
            && let Some(table) = ac
        {
            let no_room = Error::corrupt(offset, "an AC table without a code for the end of a block");
            ac = Some(table.with(iter::once(0)).ok_or(no_room)?);
        }
        let dc = input.dc.clone().map(HuffmanTable::for_any_dc_difference);
        Ok(Coding {
            dc,
            ac,
            restart_interval: 0,
        })
    }
}

/// Which bits of which coefficients of the wanted component the scans so far have brought.
struct Progress {
    /// Bit position of the last scan of each coefficient, in zigzag order.
    positions: [Option<u8>; 64],
}

impl Progress {
    fn new() -> Self {
        Self {
            positions: [None; 64],
        }
    }

    /// Takes note of a scan, if it may come now (T.81, G.1.1.1).
    fn advance(&mut self, scan: &Scan) -> Result<(), &'static str> {
        let (first, last) = scan.spectral;
        let (before, now) = scan.approximation;
        if first > 0 && self.positions[0].is_none() {
            return Err("a scan of AC coefficients before that of the DC coefficients");
        }
        for position in &mut self.positions[usize::from(first)..=usize::from(last)] {
            let expected = if before == 0 { None } else { Some(before) };
            if *position != expected {
                return Err("a scan that repeats or leaves out bits of its coefficients");
            }
            *position = Some(now);
        }
        Ok(())
    }
}
