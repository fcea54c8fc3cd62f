//! UTF-16 (Unicode 16.0, 3.9 and 3.10), as it arrives, to UTF-8.
//!
//! A surrogate without its other half becomes the three bytes that it would have in UTF-8, which are no UTF-8: the reader of the
//! text finds them as it finds any such bytes, and knows the place.

use std::mem;

use crate::Error;

/// The byte order marks that tell UTF-16.
const LITTLE_ENDIAN_MARK: &[u8] = b"\xff\xfe";
const BIG_ENDIAN_MARK: &[u8] = b"\xfe\xff";

/// The surrogates: the first halves, and all.
const HIGH: std::ops::Range<u16> = 0xd800..0xdc00;
const LOW: std::ops::Range<u16> = 0xdc00..0xe000;

/// Decodes UTF-16.
#[derive(Debug)]
pub(crate) struct Utf16 {
    unit_of: fn([u8; 2]) -> u16,
    /// The first byte of a code unit whose second has not arrived.
    half_unit: Option<u8>,
    /// The first half of a character whose second has not arrived.
    high: Option<u16>,
    /// What was decoded of the last chunk.
    text: Vec<u8>,
}

impl Utf16 {
    /// Whether a text that begins so may turn out to be UTF-16.
    pub(crate) fn may_begin(prefix: &[u8]) -> bool {
        LITTLE_ENDIAN_MARK.starts_with(prefix) || BIG_ENDIAN_MARK.starts_with(prefix)
    }

    /// A decoder, if the text begins with a byte order mark of UTF-16, and what follows the mark.
    pub(crate) fn begun(prefix: &[u8]) -> Option<(Self, &[u8])> {
        let new = |unit_of| Self {
            unit_of,
            half_unit: None,
            high: None,
            text: Vec::new(),
        };
        let little = prefix.strip_prefix(LITTLE_ENDIAN_MARK);
        let big = prefix.strip_prefix(BIG_ENDIAN_MARK);
        little
            .map(|rest| (new(u16::from_le_bytes as fn(_) -> _), rest))
            .or_else(|| big.map(|rest| (new(u16::from_be_bytes), rest)))
    }

    /// The next chunk as UTF-8.
    pub(crate) fn decode(&mut self, chunk: &[u8]) -> &[u8] {
        self.text.clear();
        let mut rest = chunk;
        if let (Some(first), Some((second, others))) = (self.half_unit, chunk.split_first()) {
            self.half_unit = None;
            self.take((self.unit_of)([first, *second]));
            rest = others;
        }
        let (units, half) = rest.as_chunks::<2>();
        for unit in units {
            self.take((self.unit_of)(*unit));
        }
        if let [first] = half {
            self.half_unit = Some(*first);
        }
        &self.text
    }

    /// Ends the text. Gives what was held back as UTF-8.
    pub(crate) fn finish(&mut self) -> Result<&[u8], Error> {
        if self.half_unit.is_some() {
            return Err(Error::HalfCodeUnit);
        }
        self.text.clear();
        if let Some(high) = self.high.take() {
            self.push_surrogate(high);
        }
        Ok(&self.text)
    }

    #[inline]
    fn take(&mut self, unit: u16) {
        if self.high.is_none()
            && let Ok(byte @ 0..0x80) = u8::try_from(unit)
        {
            self.text.push(byte);
        } else {
            self.take_any(unit);
        }
    }

    fn take_any(&mut self, unit: u16) {
        if let Some(high) = mem::take(&mut self.high) {
            if LOW.contains(&unit) {
                // Table 3-5: 10 bits of each, from U+10000 on.
                let above = u32::from(high - HIGH.start) << 10 | u32::from(unit - LOW.start);
                self.push(char::from_u32(0x1_0000 + above).expect("20 bits above U+10000 are a character"));
                return;
            }
            self.push_surrogate(high);
        }
        if HIGH.contains(&unit) {
            self.high = Some(unit);
        } else if let Some(character) = char::from_u32(unit.into()) {
            self.push(character);
        } else {
            self.push_surrogate(unit);
        }
    }

    fn push(&mut self, character: char) {
        self.text
            .extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn push_surrogate(&mut self, unit: u16) {
        let six_bits = |shift: u16| u8::try_from(unit >> shift & 0x3f).expect("six bits") | 0x80;
        self.text.extend_from_slice(&[0xed, six_bits(6), six_bits(0)]);
    }
}

/// The surrogate that the bytes begin with, as [`Utf16`] writes it.
pub(crate) fn surrogate(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [0xed, middle @ 0xa0..=0xbf, last @ 0x80..=0xbf, ..] => {
            Some(0xd000 | u16::from(middle & 0x3f) << 6 | u16::from(last & 0x3f))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(units: &[u16], chunk: usize) -> Vec<u8> {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let (mut utf16, _) = Utf16::begun(b"\xfe\xff").unwrap();
        let mut text = Vec::new();
        for chunk in bytes.chunks(chunk) {
            text.extend_from_slice(utf16.decode(chunk));
        }
        text.extend_from_slice(utf16.finish().unwrap());
        text
    }

    #[test]
    fn every_unit_beside_every_kind_of_unit_is_decoded_as_the_standard_library_does() {
        for unit in 0..=u16::MAX {
            for other in [0x31, 0xe9, 0xd83d, 0xde00, 0xfeff] {
                let units = [other, unit, unit, other];
                let expected: String = char::decode_utf16(units)
                    .map(|character| character.unwrap_or('\u{fffd}'))
                    .collect();
                for chunk in [1, 8] {
                    let text = decoded(&units, chunk);
                    let mut shown = String::new();
                    let mut rest = &text[..];
                    while !rest.is_empty() {
                        if surrogate(rest).is_some() {
                            shown.push('\u{fffd}');
                            rest = &rest[3..];
                        } else {
                            let length = rest.utf8_chunks().next().unwrap().valid().len();
                            shown.push_str(str::from_utf8(&rest[..length]).unwrap());
                            rest = &rest[length..];
                        }
                    }
                    assert_eq!(shown, expected, "{units:x?} by {chunk}");
                }
            }
        }
    }

    #[test]
    fn a_lone_surrogate_is_told_by_its_bytes() {
        for unit in 0xd800..0xe000 {
            assert_eq!(surrogate(&decoded(&[unit], 2)), Some(unit));
        }
        assert_eq!(surrogate("\u{d7ff}".as_bytes()), None);
        assert_eq!(surrogate(b"\xed\xa0"), None);
    }
}
