//! The gray JPEG as it is put together: one component, tables and restart intervals written where they change.

use std::mem;

use crate::error::Error;
use crate::huffman::{Class, HuffmanTable};
use crate::marker::{DRI, EOI, SOF0, SOF1, SOI, SOS, write_segment};
use crate::rope::Rope;
use crate::scan::Scan;
use crate::tables::Quantization;

/// The component identifier that JFIF gives to luma (ITU-T T.871, 6.1).
const LUMA: u8 = 1;

/// From how many owned bytes on they are handed to a sink: few enough to stay in a processor's cache, and so many that
/// handing them over costs nothing beside filling them.
pub(crate) const SPILLED_BYTES: usize = 256 << 10;

/// What is written so far, and what a decoder reading it would know by now.
pub(crate) struct Output<'a, 'w> {
    /// All of it, or where there is a sink, what that does not have yet.
    pub(crate) rope: Rope<'a>,
    sink: Option<&'w mut Sink<'w>>,
    dc: Option<HuffmanTable>,
    ac: Option<HuffmanTable>,
    restart_interval: u16,
    has_frame: bool,
    /// Complete scans.
    pub(crate) scans: u32,
}

/// What one component's part of a scan is coded with; a table only where the scan uses one.
#[derive(Debug, Clone)]
pub(crate) struct Coding {
    pub(crate) dc: Option<HuffmanTable>,
    pub(crate) ac: Option<HuffmanTable>,
    pub(crate) restart_interval: u16,
}

/// What takes the output as it comes; [`Error::Write`] ends the conversion.
pub(crate) type Sink<'w> = dyn FnMut(&[u8]) -> Result<(), Error> + 'w;

/// Hands `bytes` over, and takes them away, once they are so many that it is worth it.
pub(crate) fn spill(bytes: &mut Vec<u8>, sink: &mut Sink) -> Result<(), Error> {
    if bytes.len() >= SPILLED_BYTES {
        sink(bytes)?;
        bytes.clear();
    }
    Ok(())
}

impl<'a, 'w> Output<'a, 'w> {
    /// An output that is empty but for its start of image, and goes to `sink` as it comes, if there is one.
    pub(crate) fn new(capacity: usize, sink: Option<&'w mut Sink<'w>>) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(&[0xFF, SOI]);
        Self {
            rope: bytes.into(),
            sink,
            dc: None,
            ac: None,
            restart_interval: 0,
            has_frame: false,
            scans: 0,
        }
    }

    /// Whether the frame header is written.
    pub(crate) fn has_frame(&self) -> bool {
        self.has_frame
    }

    /// Writes the quantization table and the frame header. One component has no need of sampling factors above one:
    /// they say how it relates to others (T.81, A.1.1).
    pub(crate) fn frame(
        &mut self,
        marker: u8,
        (width, height): (u32, u32),
        precision: u8,
        quantization: &Quantization,
    ) {
        quantization.write(self.rope.owned_mut());
        let [.., y1, y0] = height.to_be_bytes();
        let [.., x1, x0] = width.to_be_bytes();
        let marker = if marker == SOF0 && quantization.is_wide() {
            SOF1
        } else {
            marker
        };
        write_segment(
            self.rope.owned_mut(),
            marker,
            &[precision, y1, y0, x1, x0, 1, LUMA, 0x11, 0],
        );
        self.has_frame = true;
    }

    /// Writes the header of a scan, and before it what is not yet known of its coding.
    pub(crate) fn scan_header(&mut self, scan: &Scan, coding: &Coding) {
        for (class, known, wanted) in [
            (Class::Dc, &mut self.dc, &coding.dc),
            (Class::Ac, &mut self.ac, &coding.ac),
        ] {
            if let Some(table) = wanted
                && known != wanted
            {
                table.write(class, self.rope.owned_mut());
                *known = Some(table.clone());
            }
        }
        if self.restart_interval != coding.restart_interval {
            write_segment(self.rope.owned_mut(), DRI, &coding.restart_interval.to_be_bytes());
            self.restart_interval = coding.restart_interval;
        }
        let (first, last) = scan.spectral;
        let (before, now) = scan.approximation;
        write_segment(
            self.rope.owned_mut(),
            SOS,
            &[1, LUMA, 0, first, last, before << 4 | now],
        );
    }

    /// The owned bytes, to be appended to, and the sink to which they may [spill] meanwhile.
    pub(crate) fn owned(&mut self) -> (&mut Vec<u8>, Option<&mut Sink<'w>>) {
        (self.rope.owned_mut(), self.sink.as_deref_mut())
    }

    /// Hands what there is to the sink, if there is one.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if let Some(sink) = &mut self.sink {
            self.rope.slices().try_for_each(sink)?;
            self.rope.clear();
        }
        Ok(())
    }

    /// Ends the image. Gives what no sink has.
    pub(crate) fn finish(&mut self) -> Result<Rope<'a>, Error> {
        self.rope.owned_mut().extend_from_slice(&[0xFF, EOI]);
        self.flush()?;
        self.rope.shrink();
        Ok(mem::take(&mut self.rope))
    }
}
