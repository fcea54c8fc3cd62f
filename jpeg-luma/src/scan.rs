//! The scan header (T.81, B.2.3), and how the blocks of an interleaved scan are laid out (A.2.3).

use crate::error::Error;
use crate::frame::{Frame, Kind};
use crate::marker::Segment;

/// One component of a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanComponent {
    /// Index into the components of the frame.
    pub(crate) index: usize,
    /// Destination of its DC table.
    pub(crate) dc: usize,
    /// Destination of its AC table.
    pub(crate) ac: usize,
}

/// How a scan codes its coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// All of them (T.81, F.1.2).
    Sequential,
    /// The first bits of the DC coefficients (G.1.2.1).
    DcFirst,
    /// One more bit of the DC coefficients (G.1.2.1).
    DcRefinement,
    /// The first bits of a band of AC coefficients (G.1.2.2).
    AcFirst,
    /// One more bit of a band of AC coefficients (G.1.2.3).
    AcRefinement,
}

impl Process {
    pub(crate) fn uses_dc_table(self) -> bool {
        matches!(self, Self::Sequential | Self::DcFirst)
    }

    pub(crate) fn uses_ac_table(self) -> bool {
        matches!(self, Self::Sequential | Self::AcFirst | Self::AcRefinement)
    }
}

/// The parameters of a scan.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) components: Vec<ScanComponent>,
    /// First and last coefficient in zigzag order.
    pub(crate) spectral: (u8, u8),
    /// Bit positions of successive approximation: of the scan before and of this one (`Ah`, `Al`).
    pub(crate) approximation: (u8, u8),
    pub(crate) process: Process,
}

impl Scan {
    pub(crate) fn parse(segment: &Segment, frame: &Frame) -> Result<Self, Error> {
        let corrupt = |what| Error::corrupt(segment.offset, what);
        let Some((&count, rest)) = segment.payload.split_first() else {
            return Err(corrupt("an empty scan header"));
        };
        let (selectors, parameters) = rest
            .split_at_checked(2 * usize::from(count))
            .ok_or_else(|| corrupt("a scan header that is too short"))?;
        let &[first, last, approximation] = parameters else {
            return Err(corrupt("a scan header whose length does not fit its components"));
        };
        let mut components: Vec<ScanComponent> = Vec::new();
        for &[id, tables] in selectors.as_chunks::<2>().0 {
            let index = frame.components.iter().position(|component| component.id == id);
            let index = index.ok_or_else(|| corrupt("a scan of a component that the frame does not have"))?;
            if components.iter().any(|other| other.index == index) {
                return Err(corrupt("a scan that names a component twice"));
            }
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 {
                return Err(corrupt("a Huffman table above 3"));
            }
            components.push(ScanComponent { index, dc, ac });
        }
        if components.is_empty() {
            return Err(corrupt("a scan without components"));
        }
        if frame.info.kind != Kind::Progressive {
            // The other parameters are fixed, and decoders do not look at them.
            return Ok(Self {
                components,
                spectral: (0, 63),
                approximation: (0, 0),
                process: Process::Sequential,
            });
        }
        let (before, now) = (approximation >> 4, approximation & 15);
        check_progression((first, last), (before, now), components.len()).map_err(corrupt)?;
        let process = match (first, before) {
            (0, 0) => Process::DcFirst,
            (0, _) => Process::DcRefinement,
            (_, 0) => Process::AcFirst,
            _ => Process::AcRefinement,
        };
        Ok(Self {
            components,
            spectral: (first, last),
            approximation: (before, now),
            process,
        })
    }

    /// The part that the component with this index in the frame has in this scan.
    pub(crate) fn part_of(&self, index: usize) -> Option<ScanComponent> {
        self.components
            .iter()
            .copied()
            .find(|component| component.index == index)
    }

    /// Whether the scan holds one component: it is then not interleaved, and can be copied as it is.
    pub(crate) fn has_one_component(&self) -> bool {
        self.components.len() == 1
    }
}

/// The rules of G.1.1.1.
fn check_progression(
    (first, last): (u8, u8),
    (before, now): (u8, u8),
    components: usize,
) -> Result<(), &'static str> {
    if first > last || last > 63 || (first == 0 && last != 0) {
        return Err("a scan of an impossible band of coefficients");
    }
    if first > 0 && components > 1 {
        return Err("a scan of AC coefficients of more than one component");
    }
    if now > 13 || (before != 0 && before != now + 1) {
        return Err("a scan of an impossible bit of the coefficients");
    }
    Ok(())
}

/// One block of a minimum coded unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    /// A block of the wanted component, by its place in the unit.
    Wanted { column: u32, row: u32 },
    /// A block of the scan's component with this index.
    Other(usize),
}

/// The geometry of a scan.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The blocks of one minimum coded unit in their order.
    pub(crate) units: Vec<Unit>,
    /// Minimum coded units in a line, and lines of them.
    pub(crate) mcus: (u32, u32),
    /// Blocks of the wanted component that one unit has in a line, and lines of them.
    pub(crate) extent: (u32, u32),
    /// Blocks of the wanted component in a line of the image, and lines of them; what units hold beyond is padding.
    pub(crate) blocks: (u32, u32),
}

impl Layout {
    /// For the component with index `wanted` in the frame.
    pub(crate) fn new(frame: &Frame, scan: &Scan, wanted: usize) -> Self {
        if scan.has_one_component() {
            // A unit is one block, and the image has no more of them (A.2.2).
            return Self {
                units: vec![Unit::Wanted { column: 0, row: 0 }],
                mcus: frame.blocks(wanted),
                extent: (1, 1),
                blocks: frame.blocks(wanted),
            };
        }
        let mut units = Vec::new();
        for (slot, component) in scan.components.iter().enumerate() {
            let sampling = frame.components[component.index];
            for row in 0..u32::from(sampling.vertical) {
                for column in 0..u32::from(sampling.horizontal) {
                    units.push(if component.index == wanted {
                        Unit::Wanted { column, row }
                    } else {
                        Unit::Other(slot)
                    });
                }
            }
        }
        let sampling = frame.components[wanted];
        let extent = (u32::from(sampling.horizontal), u32::from(sampling.vertical));
        // A unit is as large as the blocks of a component at the highest sampling, whether the scan has one or not.
        let (horizontal, vertical) = frame.info.max_sampling;
        let info = frame.info;
        let mcus = (
            info.width.div_ceil(8 * u32::from(horizontal)),
            info.height.div_ceil(8 * u32::from(vertical)),
        );
        Self {
            units,
            mcus,
            extent,
            blocks: frame.blocks(wanted),
        }
    }
}
