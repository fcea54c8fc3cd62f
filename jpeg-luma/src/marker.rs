//! Markers and the segments they open (T.81, B.1.1).

use crate::error::Error;

pub(crate) const SOF0: u8 = 0xC0;
pub(crate) const SOF1: u8 = 0xC1;
pub(crate) const DHT: u8 = 0xC4;
pub(crate) const JPG: u8 = 0xC8;
pub(crate) const DAC: u8 = 0xCC;
pub(crate) const SOF15: u8 = 0xCF;
pub(crate) const RST0: u8 = 0xD0;
pub(crate) const RST7: u8 = 0xD7;
pub(crate) const SOI: u8 = 0xD8;
pub(crate) const EOI: u8 = 0xD9;
pub(crate) const SOS: u8 = 0xDA;
pub(crate) const DQT: u8 = 0xDB;
pub(crate) const DNL: u8 = 0xDC;
pub(crate) const DRI: u8 = 0xDD;
pub(crate) const DHP: u8 = 0xDE;
pub(crate) const EXP: u8 = 0xDF;
pub(crate) const APP0: u8 = 0xE0;
pub(crate) const APP1: u8 = 0xE1;
pub(crate) const APP2: u8 = 0xE2;
pub(crate) const APP11: u8 = 0xEB;
pub(crate) const APP13: u8 = 0xED;
pub(crate) const APP14: u8 = 0xEE;
pub(crate) const APP15: u8 = 0xEF;
pub(crate) const SOF55: u8 = 0xF7;
pub(crate) const COM: u8 = 0xFE;
const TEM: u8 = 0x01;

/// One marker with the parameters that follow it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    /// The second byte of the marker.
    pub(crate) marker: u8,
    /// Where the marker's `FF` is.
    pub(crate) offset: usize,
    /// The parameters, without the two length bytes; empty for a marker that stands alone.
    pub(crate) payload: &'a [u8],
    /// The first byte after the segment.
    pub(crate) end: usize,
}

impl<'a> Segment<'a> {
    /// Reads the segment at `at`. Fill bytes before the marker (B.1.1.2) are no error; anything else there is,
    /// unless `lenient`, which looks for the next marker instead.
    pub(crate) fn read(input: &'a [u8], at: usize, lenient: bool) -> Result<Self, Error> {
        let mut offset = at;
        let marker = loop {
            match (input.get(offset), input.get(offset + 1)) {
                (Some(0xFF), Some(0xFF)) => offset += 1,
                (Some(0xFF), Some(&code)) if code != 0 => break code,
                (Some(_), Some(_)) if lenient => offset = find_ff(input, offset + 1),
                (Some(_), Some(_)) => return Err(Error::corrupt(offset, "a marker was expected")),
                _ => {
                    return Err(Error::truncated(
                        input.len(),
                        "the end-of-image marker is missing",
                    ));
                }
            }
        };
        let body = offset + 2;
        if stands_alone(marker) {
            return Ok(Self {
                marker,
                offset,
                payload: &[],
                end: body,
            });
        }
        let Some(length) = input.get(body..body + 2) else {
            return Err(Error::truncated(input.len(), "a marker segment is cut off"));
        };
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if length < 2 {
            return Err(Error::corrupt(body, "a segment length below two"));
        }
        match input.get(body + 2..body + length) {
            Some(payload) => Ok(Self {
                marker,
                offset,
                payload,
                end: body + length,
            }),
            None => Err(Error::truncated(input.len(), "a marker segment is cut off")),
        }
    }
}

/// Appends a marker segment.
///
/// # Panics
/// Never: every caller's payload fits, because it is no longer than one read from a segment.
pub(crate) fn write_segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len() + 2).expect("a payload of at most 65,533 bytes");
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
}

/// Where the entropy-coded data beginning at `from` ends: the next marker that is no restart marker, or the end
/// of the input. Nothing is decoded, so this runs at the speed of memory.
pub(crate) fn end_of_scan(input: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at = find_ff(input, at);
        match input.get(at + 1) {
            None => return input.len(),
            Some(0xFF) => at += 1,
            Some(0 | RST0..=RST7) => at += 2,
            Some(_) => return at,
        }
    }
}

/// The next `FF` at or after `from`, or the end of the input.
pub(crate) fn find_ff(input: &[u8], from: usize) -> usize {
    const STEP: usize = 64;
    let mut at = from;
    // The fold has no early exit, so that it compiles to vector compares.
    while let Some(chunk) = input.get(at..).and_then(<[u8]>::first_chunk::<STEP>) {
        if chunk
            .iter()
            .fold(0, |found, &byte| found | u8::from(byte == 0xFF))
            != 0
        {
            break;
        }
        at += STEP;
    }
    // Word by word within the chunk: in coded data it is rarely among the first bytes.
    while let Some(word) = input.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = ff_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = input.get(at..).unwrap_or_default();
    rest.iter()
        .position(|&byte| byte == 0xFF)
        .map_or(input.len(), |distance| at + distance)
}

/// The top bits of those bytes of a word that are `FF`, exact up to and with the least significant of them.
#[inline(always)]
pub(crate) fn ff_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    (!word).wrapping_sub(ONES) & word & (ONES << 7)
}

/// Whether a marker has no parameters (T.81, table B.1).
fn stands_alone(marker: u8) -> bool {
    matches!(marker, TEM | RST0..=EOI)
}
