//! The tables and the restart interval that are in effect: each definition lasts until the next (T.81, B.2.4).

use crate::error::Error;
use crate::huffman::{Class, HuffmanTable};
use crate::marker::{DHT, DQT, DRI, Segment, write_segment};

/// A quantization table: 64 elements of one or two bytes in zigzag order, as they stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quantization {
    elements: Vec<u8>,
}

impl Quantization {
    /// Whether the elements have 16 bits, which baseline does not allow.
    pub(crate) fn is_wide(&self) -> bool {
        self.elements.len() == 128
    }

    /// Appends the table as a segment of its own, for destination 0.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut payload = vec![u8::from(self.is_wide()) << 4];
        payload.extend_from_slice(&self.elements);
        write_segment(out, DQT, &payload);
    }
}

/// Everything that a table or miscellaneous marker segment can set.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) quantization: [Option<Quantization>; 4],
    pub(crate) dc: [Option<HuffmanTable>; 4],
    pub(crate) ac: [Option<HuffmanTable>; 4],
    /// Minimum coded units between restart markers; 0 without.
    pub(crate) restart_interval: u16,
}

impl Tables {
    /// Nothing but the Huffman tables of annex K, which frames of Motion JPEG leave out.
    pub(crate) fn new() -> Self {
        Self {
            quantization: [const { None }; 4],
            dc: [
                Some(HuffmanTable::standard_luma_dc()),
                Some(HuffmanTable::standard_chroma_dc()),
                None,
                None,
            ],
            ac: [
                Some(HuffmanTable::standard_luma_ac()),
                Some(HuffmanTable::standard_chroma_ac()),
                None,
                None,
            ],
            restart_interval: 0,
        }
    }

    /// Takes over what `segment` defines, if it is one that defines something.
    pub(crate) fn define(&mut self, segment: &Segment) -> Result<(), Error> {
        match segment.marker {
            DQT => self.define_quantization(segment),
            DHT => self.define_huffman(segment),
            DRI => self.define_restart_interval(segment),
            _ => Ok(()),
        }
    }

    fn define_quantization(&mut self, segment: &Segment) -> Result<(), Error> {
        let corrupt = |what| Error::corrupt(segment.offset, what);
        let mut rest = segment.payload;
        while let Some((&head, elements)) = rest.split_first() {
            let length = match head >> 4 {
                0 => 64,
                1 => 128,
                _ => return Err(corrupt("a quantization table of unknown precision")),
            };
            let destination = self.quantization.get_mut(usize::from(head & 15));
            let destination = destination.ok_or_else(|| corrupt("a quantization table above 3"))?;
            let split = elements.split_at_checked(length);
            let (elements, after) =
                split.ok_or_else(|| corrupt("a quantization table is longer than its segment"))?;
            *destination = Some(Quantization {
                elements: elements.to_vec(),
            });
            rest = after;
        }
        Ok(())
    }

    fn define_huffman(&mut self, segment: &Segment) -> Result<(), Error> {
        let mut rest = segment.payload;
        while let Some((&head, table)) = rest.split_first() {
            let (class, tables) = match head >> 4 {
                0 => (Class::Dc, &mut self.dc),
                1 => (Class::Ac, &mut self.ac),
                _ => return Err(Error::corrupt(segment.offset, "a Huffman table of unknown class")),
            };
            let destination = tables.get_mut(usize::from(head & 15));
            let destination =
                destination.ok_or_else(|| Error::corrupt(segment.offset, "a Huffman table above 3"))?;
            let (table, after) = HuffmanTable::parse(table, class, segment.offset)?;
            *destination = Some(table);
            rest = after;
        }
        Ok(())
    }

    fn define_restart_interval(&mut self, segment: &Segment) -> Result<(), Error> {
        let &[high, low] = segment.payload else {
            return Err(Error::corrupt(
                segment.offset,
                "a restart interval segment of the wrong length",
            ));
        };
        self.restart_interval = u16::from_be_bytes([high, low]);
        Ok(())
    }
}
