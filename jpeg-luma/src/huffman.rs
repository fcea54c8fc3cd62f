//! Huffman tables as they stand in a file (T.81, annex C and B.2.4.2).

use crate::error::Error;
use crate::marker::{DHT, write_segment};

/// The longest code, in bits.
pub(crate) const MAX_LENGTH: usize = 16;
/// The largest category of a DC difference in an 8-bit image (T.81, table F.1).
pub(crate) const MAX_DC_CATEGORY: u8 = 11;

/// What a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Dc,
    Ac,
}

/// How many codes there are of each length (`BITS`), and the symbols in the order of their codes (`HUFFVAL`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HuffmanTable {
    /// Index 0 counts the codes of one bit.
    pub(crate) counts: [u8; MAX_LENGTH],
    pub(crate) symbols: Vec<u8>,
}

/// The code of each symbol, right-aligned, and its length; length 0 where the table has no code.
pub(crate) type Codes = [(u16, u8); 256];

impl HuffmanTable {
    /// Reads one table at the start of `payload`, which lies at `offset` in the file. Returns what is left.
    pub(crate) fn parse(payload: &[u8], class: Class, offset: usize) -> Result<(Self, &[u8]), Error> {
        let cut_off = Error::corrupt(offset, "a Huffman table is longer than its segment");
        let Some((counts, rest)) = payload.split_first_chunk::<MAX_LENGTH>() else {
            return Err(cut_off);
        };
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        if total > 256 {
            return Err(Error::corrupt(offset, "a Huffman table with more than 256 codes"));
        }
        let Some((symbols, rest)) = rest.split_at_checked(total) else {
            return Err(cut_off);
        };
        let table = Self {
            counts: *counts,
            symbols: symbols.to_vec(),
        };
        if table.room().is_none() {
            return Err(Error::corrupt(
                offset,
                "a Huffman table with more codes than its lengths allow",
            ));
        }
        if class == Class::Dc && symbols.iter().any(|&category| category > 15) {
            return Err(Error::corrupt(
                offset,
                "a DC Huffman table with a category above 15",
            ));
        }
        Ok((table, rest))
    }

    /// Appends the table as a segment of its own, for destination 0.
    pub(crate) fn write(&self, class: Class, out: &mut Vec<u8>) {
        let mut payload = vec![if class == Class::Dc { 0x00 } else { 0x10 }];
        payload.extend_from_slice(&self.counts);
        payload.extend_from_slice(&self.symbols);
        write_segment(out, DHT, &payload);
    }

    /// Every code in order: symbol, code, length (T.81, figures C.1 and C.2).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, u16, u8)> {
        let lengths = (1..=16u8)
            .zip(self.counts)
            .flat_map(|(length, count)| (0..count).map(move |_| length));
        let mut code = 0u16;
        let mut previous = 0;
        self.symbols.iter().zip(lengths).map(move |(&symbol, length)| {
            if previous != 0 {
                code = (code + 1) << (length - previous);
            }
            previous = length;
            (symbol, code, length)
        })
    }

    /// The codes by symbol. Where a table names a symbol twice, its first and shortest code.
    pub(crate) fn codes(&self) -> Codes {
        let mut codes = [(0, 0); 256];
        for (symbol, code, length) in self.iter() {
            let entry = &mut codes[usize::from(symbol)];
            if entry.1 == 0 {
                *entry = (code, length);
            }
        }
        codes
    }

    /// How many codes of 16 bits are still free, or nothing if the table has too many codes.
    fn room(&self) -> Option<u32> {
        (0..MAX_LENGTH).try_fold(1 << 16, |room: u32, index| {
            room.checked_sub(u32::from(self.counts[index]) << (MAX_LENGTH - 1 - index))
        })
    }

    /// Makes sure that every one of `wanted` has a code. Codes already there stay, so that coded data may still be
    /// copied; new ones are longer than all others. Returns nothing if there is no room.
    pub(crate) fn with(mut self, wanted: impl Iterator<Item = u8>) -> Option<Self> {
        let missing: Vec<u8> = wanted.filter(|symbol| !self.symbols.contains(symbol)).collect();
        for symbol in missing {
            // Half of the room goes to the new code, the rest stays for those to come: the code of all ones must
            // stay free (annex C).
            let room = self.room()?;
            let longest = self
                .counts
                .iter()
                .rposition(|&count| count > 0)
                .map_or(0, |index| index + 1);
            let length = (longest.max(1)..=MAX_LENGTH).find(|&length| room > 1 << (MAX_LENGTH - length))?;
            self.counts[length - 1] = self.counts[length - 1].checked_add(1)?;
            self.symbols.push(symbol);
        }
        Some(self)
    }

    /// A table that has a code for every DC difference of an 8-bit image: this one if it can be extended.
    pub(crate) fn for_any_dc_difference(self) -> Self {
        self.with(0..=MAX_DC_CATEGORY)
            .unwrap_or_else(Self::standard_luma_dc)
    }

    /// T.81, table K.3.
    pub(crate) fn standard_luma_dc() -> Self {
        Self {
            counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            symbols: (0..=MAX_DC_CATEGORY).collect(),
        }
    }

    /// T.81, table K.4.
    pub(crate) fn standard_chroma_dc() -> Self {
        Self {
            counts: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
            symbols: (0..=MAX_DC_CATEGORY).collect(),
        }
    }

    /// T.81, table K.5.
    pub(crate) fn standard_luma_ac() -> Self {
        Self {
            counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
            symbols: STANDARD_LUMA_AC.to_vec(),
        }
    }

    /// T.81, table K.6.
    pub(crate) fn standard_chroma_ac() -> Self {
        Self {
            counts: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
            symbols: STANDARD_CHROMA_AC.to_vec(),
        }
    }
}

/// The codes of a table that a scan may do without.
pub(crate) fn codes(table: Option<&HuffmanTable>) -> Codes {
    table.map_or([(0, 0); 256], HuffmanTable::codes)
}

#[rustfmt::skip]
const STANDARD_LUMA_AC: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
    0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
    0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
    0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

#[rustfmt::skip]
const STANDARD_CHROMA_AC: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
    0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
    0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_writing_and_parsing() {
        let table = HuffmanTable::standard_luma_ac();
        let mut out = Vec::new();
        table.write(Class::Ac, &mut out);
        let (parsed, rest) = HuffmanTable::parse(&out[5..], Class::Ac, 0).unwrap();
        assert_eq!((parsed, rest.len()), (table, 0));
    }

    #[test]
    fn codes_follow_figure_c_2() {
        let codes = HuffmanTable::standard_luma_dc().codes();
        assert_eq!(codes[0], (0b00, 2));
        assert_eq!(codes[1], (0b010, 3));
        assert_eq!(codes[6], (0b1110, 4));
        assert_eq!(codes[11], (0b1_1111_1110, 9));
        assert_eq!(codes[12], (0, 0));
    }

    #[test]
    fn an_extended_table_keeps_its_codes_and_leaves_all_ones_free() {
        let table = HuffmanTable {
            counts: [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            symbols: vec![4, 2],
        };
        let extended = table.clone().for_any_dc_difference();
        let (old, new) = (table.codes(), extended.codes());
        assert_eq!((new[4], new[2]), (old[4], old[2]));
        assert!(new[..=11].iter().all(|&(_, length)| length > 0));
        assert!(extended.room().unwrap() > 0);
    }

    #[test]
    fn a_full_table_gives_way_to_the_standard_one() {
        let mut counts = [0; 16];
        counts[0] = 2;
        let full = HuffmanTable {
            counts,
            symbols: vec![0, 1],
        };
        assert_eq!(full.for_any_dc_difference(), HuffmanTable::standard_luma_dc());
    }

    #[test]
    fn a_table_with_too_many_codes_is_corrupt() {
        let mut payload = [0; 19];
        payload[0] = 3;
        let error = HuffmanTable::parse(&payload, Class::Dc, 7).unwrap_err();
        assert!(matches!(error, Error::Corrupt { offset: 7, .. }));
    }
}
