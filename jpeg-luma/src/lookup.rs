//! Huffman decoding by table: one symbol at a look-up where the symbol matters, several where only their lengths do.

use crate::bits::REFILLED;
use crate::huffman::HuffmanTable;

/// Bits that index a look-up table.
const INDEX_BITS: u32 = 13;
/// Bits that a stride passes at the most, additional bits included. Three strides fit into one refill, and hardly any
/// symbol in a photograph is longer.
pub(crate) const LONGEST_STRIDE: u32 = REFILLED / 3;
const SIZE: usize = 1 << INDEX_BITS;

/// Bits that common decoders take off the data when they meet no valid code; lenient mode does as they do.
pub(crate) const INVALID_CODE_BITS: u32 = 17;

/// A code with its symbol.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Decoded {
    pub(crate) symbol: u8,
    /// Bits of the code; 0 if it is longer than the index.
    pub(crate) length: u8,
}

/// One symbol at a look-up.
#[derive(Debug)]
pub(crate) struct SymbolLookup {
    short: Box<[Decoded; SIZE]>,
    /// The longer codes: code left-aligned in 16 bits, length and symbol, in ascending order.
    long: Vec<(u32, Decoded)>,
}

impl SymbolLookup {
    /// A scan that does without the table never looks anything up.
    pub(crate) fn new(table: Option<&HuffmanTable>) -> Self {
        let mut short = boxed([Decoded::default(); SIZE]);
        let mut long = Vec::new();
        for (symbol, code, length) in table.into_iter().flat_map(HuffmanTable::iter) {
            let decoded = Decoded { symbol, length };
            match INDEX_BITS.checked_sub(u32::from(length)) {
                Some(free) => {
                    let first = usize::from(code) << free;
                    short[first..first + (1 << free)].fill(decoded);
                }
                None => long.push((u32::from(code) << (16 - length), decoded)),
            }
        }
        Self { short, long }
    }

    /// The symbol whose code begins `bits`, which are left-aligned. Nothing if there is no such code.
    #[inline(always)]
    pub(crate) fn decode(&self, bits: u64) -> Option<Decoded> {
        let decoded = self.short[index(bits)];
        if decoded.length == 0 {
            self.decode_long(bits)
        } else {
            Some(decoded)
        }
    }

    #[cold]
    fn decode_long(&self, bits: u64) -> Option<Decoded> {
        let bits = (bits >> 48) as u32;
        let after = self.long.partition_point(|&(code, _)| code <= bits);
        let (code, decoded) = *self.long.get(after.checked_sub(1)?)?;
        (bits - code < 1 << (16 - decoded.length)).then_some(decoded)
    }
}

/// What a look-up passes over.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stride {
    /// Bits of all codes and all additional bits.
    pub(crate) bits: u8,
    /// How far it goes along the zigzag sequence. An end of block adds [`END_OF_BLOCK`]; [`UNRESOLVED`] if the
    /// index does not hold one whole code, or its symbol is too long.
    pub(crate) advance: u8,
}

/// Added to the advance of a [`Stride`] that ends the block.
pub(crate) const END_OF_BLOCK: u8 = 128;
const UNRESOLVED: Stride = Stride {
    bits: 0,
    advance: u8::MAX,
};

/// As many symbols at a look-up as the index holds, for passing over coefficients.
#[derive(Debug)]
pub(crate) struct StrideLookup {
    strides: Box<[Stride; SIZE]>,
}

impl StrideLookup {
    /// Strides along AC coefficients.
    pub(crate) fn ac(ac: &SymbolLookup) -> Self {
        Self::new(|index| Stride::default().extended(index, ac))
    }

    /// Strides that begin with a DC coefficient and go on along AC coefficients.
    pub(crate) fn dc_then_ac(dc: &SymbolLookup, ac: &SymbolLookup) -> Self {
        Self::new(|index| {
            let Decoded {
                symbol: category,
                length,
            } = dc.short[index];
            if length == 0 || u32::from(length + category) > LONGEST_STRIDE {
                return UNRESOLVED;
            }
            Stride {
                bits: length + category,
                advance: 1,
            }
            .extended(index, ac)
        })
    }

    fn new(stride: impl Fn(usize) -> Stride) -> Self {
        let mut strides = boxed([UNRESOLVED; SIZE]);
        for (index, entry) in strides.iter_mut().enumerate() {
            *entry = stride(index);
        }
        Self { strides }
    }

    #[inline(always)]
    pub(crate) fn stride(&self, bits: u64) -> Stride {
        self.strides[index(bits)]
    }
}

impl Stride {
    /// Goes on with the AC symbols that `index` holds after `self.bits`.
    fn extended(mut self, index: usize, ac: &SymbolLookup) -> Self {
        while let Some(left @ 1..) = INDEX_BITS.checked_sub(u32::from(self.bits)) {
            let Decoded { symbol, length } = ac.short[(index << self.bits) % SIZE];
            if length == 0 || u32::from(length) > left {
                break;
            }
            let (run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                self.bits += length;
                self.advance += END_OF_BLOCK;
                return self;
            }
            if self.advance + run + 1 > 63 || u32::from(self.bits + length + size) > LONGEST_STRIDE {
                break;
            }
            self.bits += length + size;
            self.advance += run + 1;
        }
        if self.bits == 0 { UNRESOLVED } else { self }
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "at most 13 bits remain")]
fn index(bits: u64) -> usize {
    (bits >> (64 - INDEX_BITS)) as usize
}

fn boxed<T: Copy, const N: usize>(array: [T; N]) -> Box<[T; N]> {
    Box::new(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_aligned(code: u16, length: u8) -> u64 {
        u64::from(code) << (64 - length)
    }

    #[test]
    fn every_code_of_the_standard_tables_decodes_to_its_symbol() {
        for table in [
            HuffmanTable::standard_luma_ac(),
            HuffmanTable::standard_chroma_dc(),
        ] {
            let lookup = SymbolLookup::new(Some(&table));
            for (symbol, code, length) in table.iter() {
                let decoded = lookup.decode(left_aligned(code, length)).unwrap();
                assert_eq!((decoded.symbol, decoded.length), (symbol, length));
            }
            assert!(lookup.decode(u64::MAX).is_none());
        }
    }

    #[test]
    fn one_stride_passes_several_symbols_up_to_the_end_of_the_block() {
        let ac = SymbolLookup::new(Some(&HuffmanTable::standard_luma_ac()));
        let strides = StrideLookup::ac(&ac);
        // Symbols 01, 02, 00: codes 00, 01, 1010, with additional bits 1, 11 and none.
        let stride = strides.stride(0b001_0111_1010 << (64 - 11));
        assert_eq!((stride.bits, stride.advance), (11, 2 + END_OF_BLOCK));
    }

    #[test]
    fn a_code_longer_than_the_index_is_left_to_the_symbol_lookup() {
        let ac = SymbolLookup::new(Some(&HuffmanTable::standard_luma_ac()));
        assert_eq!(
            StrideLookup::ac(&ac).stride(left_aligned(0xFFFE, 16)).advance,
            u8::MAX
        );
    }
}
