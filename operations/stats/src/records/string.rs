//! A string of JSON (RFC 8259, section 7), which may arrive in chunks cut anywhere.

use std::mem;

/// Reads strings, and keeps so much of each as is wanted.
#[derive(Debug, Default)]
pub(super) struct StringReader {
    /// What was kept, without escapes.
    text: Vec<u8>,
    /// The most bytes to keep.
    most: usize,
    /// Whether there was more.
    is_cut: bool,
    escape: Escape,
    /// The first half of a character that was written as two escapes.
    high: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    /// A backslash was read.
    Begun,
    /// `\u` was, and so many of its four digits.
    Unit { digits: u32, value: u16 },
}

impl StringReader {
    /// Begins after the quote that opens a string, of which at most so many bytes are kept.
    pub(super) fn begin(&mut self, kept: Option<usize>) {
        self.text.clear();
        self.most = kept.unwrap_or(0);
        self.is_cut = false;
        self.escape = Escape::None;
        self.high = None;
    }

    /// Reads on. Returns how many bytes were read, and whether the last is the quote that closes the string.
    ///
    /// # Errors
    ///
    /// The index of a byte that no string has there.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), usize> {
        let mut index = 0;
        while let Some(&byte) = bytes.get(index) {
            match (self.escape, byte) {
                (Escape::None, b'"') => {
                    self.end_pair();
                    return Ok((index + 1, true));
                }
                (Escape::None, b'\\') => self.escape = Escape::Begun,
                (Escape::None, 0..0x20) => return Err(index),
                (Escape::None, _) => {
                    self.end_pair();
                    let rest = &bytes[index..];
                    let is_plain = |byte: &u8| *byte >= 0x20 && !matches!(byte, b'"' | b'\\');
                    let length = rest.iter().take_while(|byte| is_plain(byte)).count();
                    self.keep(&rest[..length]);
                    index += length;
                    continue;
                }
                (Escape::Begun, b'u') => self.escape = Escape::Unit { digits: 0, value: 0 },
                (Escape::Begun, _) => {
                    self.end_pair();
                    self.keep(&[unescaped(byte).ok_or(index)?]);
                    self.escape = Escape::None;
                }
                (Escape::Unit { digits, value }, _) => {
                    let digit = char::from(byte).to_digit(16).ok_or(index)?;
                    let value = value << 4 | u16::try_from(digit).map_err(|_| index)?;
                    self.escape = if digits < 3 {
                        Escape::Unit {
                            digits: digits + 1,
                            value,
                        }
                    } else {
                        self.keep_unit(value);
                        Escape::None
                    };
                }
            }
            index += 1;
        }
        Ok((bytes.len(), false))
    }

    /// What was kept of the string.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The same, for good.
    pub(super) fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.text)
    }

    /// Whether the string has more than was to be kept.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.text.len());
        self.is_cut |= bytes.len() > room;
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn keep_unit(&mut self, unit: u16) {
        let high = self.high.take();
        if let Some(Ok(character)) = high.and_then(|high| char::decode_utf16([high, unit]).next()) {
            self.keep(character.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
        if high.is_some() {
            self.keep("\u{fffd}".as_bytes());
        }
        match char::from_u32(unit.into()) {
            Some(character) => self.keep(character.encode_utf8(&mut [0; 4]).as_bytes()),
            // The other half may come.
            None if unit < 0xdc00 => self.high = Some(unit),
            None => self.keep("\u{fffd}".as_bytes()),
        }
    }

    /// A half of a character whose other half has not come stands for none.
    fn end_pair(&mut self) {
        if self.high.take().is_some() {
            self.keep("\u{fffd}".as_bytes());
        }
    }
}

/// What stands for a backslash and this letter.
fn unescaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a string without its opening quote, read in chunks.
    fn read(json: &str, chunk: usize) -> Option<String> {
        let mut reader = StringReader::default();
        reader.begin(Some(1_000));
        for chunk in json.as_bytes().chunks(chunk) {
            if reader.read(chunk).ok()?.1 {
                return String::from_utf8(reader.take()).ok();
            }
        }
        None
    }

    #[test]
    fn escapes_are_read_however_they_are_cut() {
        for (json, text) in [
            (r#"""#, ""),
            (r#"a b"x"#, "a b"),
            (r#"\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#"\u0031\u00e9\u20AC""#, "1é€"),
            (r#"\ud83d\ude00""#, "😀"),
            (r#"\ud83d""#, "\u{fffd}"),
            (r#"\ud83dx""#, "\u{fffd}x"),
            (r#"\ud83d\n""#, "\u{fffd}\n"),
            (r#"\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#"\ude00\u0041""#, "\u{fffd}A"),
            ("é😀\"", "é😀"),
        ] {
            for chunk in [1, 2, 3, 100] {
                assert_eq!(read(json, chunk).as_deref(), Some(text), "{json} by {chunk}");
            }
        }
        for json in ["a", "a\n\"", r#"\x""#, r#"\u12g4""#, "\u{1}\""] {
            assert_eq!(read(json, 1), None, "{json:?}");
        }
    }
}
