//! Where a text may be cut.

use serde::{Deserialize, Serialize};

use crate::decimal_sign::DecimalSign;
use crate::scan::separator::Separators;

/// What a place to cut a text at is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cut {
    /// A separator of a list before it.
    Separators,
    /// A line feed or a carriage return before it: in a list with comments, where other separators may be part of one.
    LineBreaks,
    /// A line feed before it.
    LineFeeds,
    /// A line feed before it, and the bracket that opens an object behind it: other lines may be in the middle of one.
    Objects,
}

impl Cut {
    /// The first place to cut at, `from` or more bytes into the text. `last` is the byte before the text. The end of the text is such a
    /// place if that is told by what is before it.
    pub(super) fn find(self, text: &[u8], from: usize, last: Option<u8>, sign: DecimalSign) -> Option<usize> {
        match self {
            Self::Separators => {
                let separators = Separators::beside(sign);
                behind(text, from, last, |byte| separators.contain(byte))
            }
            Self::LineBreaks => behind(text, from, last, |byte| matches!(byte, b'\n' | b'\r')),
            Self::LineFeeds => behind(text, from, last, |byte| byte == b'\n'),
            Self::Objects => {
                let mut from = from;
                loop {
                    let at = behind(text, from, last, |byte| byte == b'\n')?;
                    match text.get(at) {
                        Some(b'{') => return Some(at),
                        Some(_) => from = at + 1,
                        None => return None,
                    }
                }
            }
        }
    }
}

/// The first place, `from` or more bytes into the text, before which a byte is that `ends` something.
fn behind(text: &[u8], from: usize, last: Option<u8>, ends: impl Fn(u8) -> bool) -> Option<usize> {
    let Some(before) = from.checked_sub(1) else {
        return if last.is_some_and(&ends) {
            Some(0)
        } else {
            behind(text, 1, last, ends)
        };
    };
    let found = text.get(before..)?.iter().position(|byte| ends(*byte))?;
    Some(before + found + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_from_any_byte_on() {
        let places = |cut: Cut, text: &str, last| {
            let mut places = Vec::new();
            let mut from = 0;
            while let Some(at) = cut.find(text.as_bytes(), from, last, DecimalSign::Point) {
                places.push(at);
                from = at + 1;
            }
            places
        };
        assert_eq!(places(Cut::Separators, "1, 2\n", None), [2, 3, 5]);
        assert_eq!(places(Cut::Separators, "1", Some(b' ')), [0]);
        assert_eq!(places(Cut::LineBreaks, "1 2\r\n3", None), [4, 5]);
        assert_eq!(places(Cut::LineFeeds, "1 2\r\n3", Some(b'\r')), [5]);
        assert_eq!(places(Cut::Objects, "{}\n{\n{ \n}\n", None), [3, 5]);
        assert_eq!(places(Cut::Objects, "{", Some(b'\n')), [0]);
        assert!(places(Cut::Separators, "", None).is_empty());
    }
}
