//! DC coefficients: decoding differences and writing them again in another order (T.81, F.1.2.1 and F.2.2.1).

use crate::bits::{BitReader, BitWriter};
use crate::huffman::{Codes, HuffmanTable, MAX_DC_CATEGORY, codes};
use crate::interleaved::{Fault, Row};
use crate::lookup::{INVALID_CODE_BITS, SymbolLookup};

/// Reads the wanted component's DC differences as coded in the input, and codes differences for the output.
pub(crate) struct WantedDc {
    lookup: SymbolLookup,
    codes: Codes,
    /// The last DC coefficient read.
    prediction: i32,
    /// The last DC coefficient written.
    written: i32,
    lenient: bool,
}

impl WantedDc {
    /// `input` is the table of the input, `output` that of the output.
    pub(crate) fn new(input: Option<&HuffmanTable>, output: Option<&HuffmanTable>, lenient: bool) -> Self {
        Self {
            lookup: SymbolLookup::new(input),
            codes: codes(output),
            prediction: 0,
            written: 0,
            lenient,
        }
    }

    /// Reads one coefficient, after a refill.
    #[inline(always)]
    pub(crate) fn read(&mut self, reader: &mut BitReader) -> Result<i32, Fault> {
        let Some(decoded) = self.lookup.decode(reader.peek()) else {
            return self.invalid_code(reader);
        };
        reader.skip(u32::from(decoded.length));
        let category = u32::from(decoded.symbol);
        let bits = reader.take(category);
        self.prediction = self.prediction.wrapping_add(extend(bits, category));
        Ok(self.prediction)
    }

    #[cold]
    fn invalid_code(&mut self, reader: &mut BitReader) -> Result<i32, Fault> {
        if !self.lenient {
            return Err(Fault("no Huffman code of the DC table"));
        }
        reader.skip(INVALID_CODE_BITS);
        Ok(self.prediction)
    }

    /// Codes a coefficient that comes next in a row with these ends: new bits, left-aligned, and how many. The first
    /// coefficient gets none; it is written when the row is joined.
    #[inline(always)]
    pub(crate) fn write(&self, coefficient: i32, ends: &mut Option<(i32, i32)>) -> Result<(u64, u32), Fault> {
        let Some((first, last)) = *ends else {
            *ends = Some((coefficient, coefficient));
            return Ok((0, 0));
        };
        let (bits, count, coded) = self.code(coefficient.wrapping_sub(last))?;
        *ends = Some((first, last.wrapping_add(coded)));
        Ok((bits, count))
    }

    /// Writes the coefficient that the row holds back.
    pub(crate) fn join(&mut self, row: &Row, writer: &mut BitWriter) -> Result<(), Fault> {
        if let Some((first, last)) = row.ends {
            let wanted = first.wrapping_sub(self.written);
            let (bits, count, coded) = self.code(wanted)?;
            writer.put((bits, count));
            self.written = last.wrapping_add(coded.wrapping_sub(wanted));
        }
        Ok(())
    }

    pub(crate) fn restart(&mut self) {
        self.prediction = 0;
    }

    /// The bits of a difference, left-aligned, and the difference that they stand for: the nearest there is a code
    /// for, in lenient mode.
    #[inline(always)]
    fn code(&self, difference: i32) -> Result<(u64, u32, i32), Fault> {
        let category = 32 - difference.unsigned_abs().leading_zeros();
        // A negative difference is coded as the low bits of itself less one (F.1.2.1.1).
        let low = difference.wrapping_sub(i32::from(difference < 0)).cast_unsigned();
        let (code, length) = self.codes[category as usize];
        if length == 0 {
            return self.code_nearest(difference);
        }
        let count = u32::from(length) + category;
        let additional = u64::from(low) & ((1 << category) - 1);
        let bits = (u64::from(code) << category | additional) << (64 - count);
        Ok((bits, count, difference))
    }

    #[cold]
    fn code_nearest(&self, difference: i32) -> Result<(u64, u32, i32), Fault> {
        const LARGEST: i32 = (1 << MAX_DC_CATEGORY) - 1;
        if self.lenient && difference.unsigned_abs() > LARGEST.unsigned_abs() {
            return self.code(difference.clamp(-LARGEST, LARGEST));
        }
        Err(Fault("a DC coefficient out of range"))
    }
}

/// Passes over a DC difference of another component.
pub(crate) fn pass(lookup: &SymbolLookup, reader: &mut BitReader, lenient: bool) -> Result<(), Fault> {
    match lookup.decode(reader.peek()) {
        Some(decoded) => reader.skip(u32::from(decoded.length + decoded.symbol)),
        None if lenient => reader.skip(INVALID_CODE_BITS),
        None => return Err(Fault("no Huffman code of the DC table")),
    }
    Ok(())
}

/// T.81, F.2.2.1, figure F.12.
#[inline(always)]
fn extend(bits: u32, category: u32) -> i32 {
    let positive = bits >> category.saturating_sub(1) & 1 != 0;
    let value = bits.cast_signed();
    if positive || category == 0 {
        value
    } else {
        value + 1 - (1 << category)
    }
}

#[cfg(test)]
mod tests {
    use super::extend;

    #[test]
    fn additional_bits_extend_to_signed_differences() {
        assert_eq!(extend(0, 0), 0);
        assert_eq!([extend(0, 1), extend(1, 1)], [-1, 1]);
        assert_eq!(
            [extend(0, 3), extend(3, 3), extend(4, 3), extend(7, 3)],
            [-7, -4, 4, 7]
        );
        assert_eq!(extend(0, 11), -2047);
    }
}
