//! What separates tokens: ASCII white space, semicolons and, unless it is the decimal sign, the comma.

use crate::decimal_sign::DecimalSign;

/// Bit b is set if the byte b is a separator: all of them are below 64.
const SEPARATORS: u64 = 1 << b' ' | 0x1f << b'\t' | 1 << b',' | 1 << b';';

/// The bytes that separate numbers with a decimal point.
#[inline]
pub(super) fn is_separator(byte: u8) -> bool {
    Separators(SEPARATORS).contain(byte)
}

/// The bytes that separate numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Separators(u64);

impl Separators {
    /// Those between numbers with this decimal sign.
    pub(crate) const fn beside(sign: DecimalSign) -> Self {
        match sign {
            DecimalSign::Point => Self(SEPARATORS),
            DecimalSign::Comma => Self(SEPARATORS & !(1 << b',')),
        }
    }

    #[inline]
    pub(crate) const fn contain(self, byte: u8) -> bool {
        byte < 64 && self.0 >> byte & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_from_every_other_byte() {
        let separators = [9, 10, 11, 12, 13, b' ', b',', b';'];
        for byte in 0..=255_u8 {
            assert_eq!(is_separator(byte), separators.contains(&byte), "{byte}");
            let beside_comma = Separators::beside(DecimalSign::Comma).contain(byte);
            assert_eq!(beside_comma, byte != b',' && is_separator(byte), "{byte}");
        }
    }
}
