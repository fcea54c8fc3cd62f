//! Strips of gray, compressed.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::ZlibEncoder;
use weezl::BitOrder;
use weezl::encode::Encoder as Lzw;

use super::compression::Method;
use crate::{Error, Format};

/// How strips are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lzw,
    PackBits,
    Deflate,
}

impl Compression {
    /// As the page was, or, instead of fax codes and JPEG, Deflate.
    pub(super) fn of(method: &Method) -> Self {
        match method {
            Method::None => Self::None,
            Method::Lzw => Self::Lzw,
            Method::PackBits => Self::PackBits,
            Method::Deflate | Method::Fax(_) | Method::Jpeg { .. } => Self::Deflate,
        }
    }

    /// TIFF 6.0, section 3; Deflate: TIFF Technical Note 3.
    pub(super) fn number(self) -> u16 {
        match self {
            Self::None => 1,
            Self::Lzw => 5,
            Self::Deflate => 8,
            Self::PackBits => 32_773,
        }
    }

    /// Where bytes repeat, differences do so more often.
    pub(super) fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate)
    }

    /// How many bytes this many become at most: LZW's longest code has 12 bits, and stands for one byte at least.
    pub(super) fn most(self, bytes: u64) -> u64 {
        match self {
            Self::None => bytes,
            Self::Lzw => bytes.saturating_mul(3) / 2,
            Self::PackBits | Self::Deflate => bytes.saturating_add(bytes / 64),
        }
    }
}

/// Compresses one strip after another.
pub(super) struct Compressor {
    lzw: Lzw,
}

impl Compressor {
    pub(super) fn new() -> Self {
        Self {
            lzw: Lzw::with_tiff_size_switch(BitOrder::Msb, 8),
        }
    }

    /// Appends a strip of rows of `row_bytes` to `bytes`, compressed.
    pub(super) fn compress(
        &mut self,
        compression: Compression,
        strip: &[u8],
        row_bytes: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match compression {
            Compression::None => bytes.extend_from_slice(strip),
            // Each row by itself, as the standard has it.
            Compression::PackBits => strip.chunks(row_bytes).for_each(|row| pack_bits(row, bytes)),
            Compression::Lzw => {
                self.lzw.reset();
                let outcome = self.lzw.into_vec(bytes).encode_all(strip);
                outcome
                    .status
                    .map_err(|error| Error::encode(Format::Tiff, error))?;
            }
            Compression::Deflate => {
                let mut encoder = ZlibEncoder::new(bytes, Level::default());
                encoder
                    .write_all(strip)
                    .and_then(|()| encoder.finish().map(drop))
                    .map_err(|error| Error::encode(Format::Tiff, error))?;
            }
        }
        Ok(())
    }
}

/// A row as runs of equal bytes and of others (TIFF 6.0, section 9).
fn pack_bits(mut row: &[u8], bytes: &mut Vec<u8>) {
    while let Some(first) = row.first() {
        let equal = row.iter().take(128).take_while(|byte| *byte == first).count();
        let length = if equal > 1 {
            bytes.extend([(257 - equal) as u8, *first]);
            equal
        } else {
            // Two equal bytes are not worth an end; three are.
            let end = row
                .windows(3)
                .take(128)
                .position(|three| three[0] == three[1] && three[1] == three[2]);
            let length = end.unwrap_or(row.len().min(128));
            bytes.push((length - 1) as u8);
            bytes.extend_from_slice(&row[..length]);
            length
        };
        row = &row[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::super::compression::Decompressor;
    use super::*;

    #[test]
    fn runs_of_any_length_are_packed_to_what_they_were() {
        let mut rows = vec![vec![7], vec![7, 7], vec![1, 2, 2, 3], vec![1, 2, 2, 2]];
        for length in [127, 128, 129, 130, 257, 400_usize] {
            rows.push(vec![9; length]);
            rows.push((0..length).map(|at| (at % 251) as u8).collect());
            rows.push((0..length).map(|at| (at / 5 % 3) as u8).collect());
        }
        for row in rows {
            let mut packed = Vec::new();
            Compressor::new()
                .compress(Compression::PackBits, &row, row.len(), &mut packed)
                .unwrap();
            let most = Compression::PackBits.most(row.len() as u64) + 1;
            assert!(packed.len() as u64 <= most, "{} of {}", packed.len(), row.len());
            let mut found = vec![0; row.len()];
            let mut decompressor = Decompressor::new(false);
            decompressor
                .decompress(&Method::PackBits, &packed, 8, &mut found)
                .unwrap();
            assert_eq!(found, row);
        }
    }
}
