//! The gray JPEG as it is put together: one component, tables and restart intervals written where they change.

use crate::huffman::{Class, HuffmanTable};
use crate::marker::{DRI, EOI, SOF0, SOF1, SOI, SOS, write_segment};
use crate::rope::Rope;
use crate::scan::Scan;
use crate::tables::Quantization;

/// The component identifier that JFIF gives to luma (ITU-T T.871, 6.1).
const LUMA: u8 = 1;

/// What is written so far, and what a decoder reading it would know by now.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    pub(crate) rope: Rope<'a>,
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

impl<'a> Output<'a> {
    /// An output that is empty but for its start of image.
    pub(crate) fn new(capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(&[0xFF, SOI]);
        Self {
            rope: bytes.into(),
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

    /// Ends the image.
    pub(crate) fn finish(mut self) -> Rope<'a> {
        self.rope.owned_mut().extend_from_slice(&[0xFF, EOI]);
        self.rope.shrink();
        self.rope
    }
}
