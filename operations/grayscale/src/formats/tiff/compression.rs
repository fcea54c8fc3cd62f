//! A strip or tile of a TIFF: its bytes, decompressed, to exactly as many as its pixels take.
//!
//! What is beyond those is ignored, and a missing end code is no error, as in libtiff.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};
use weezl::decode::{Configuration, Decoder as Lzw};
use weezl::{BitOrder, LzwStatus};

use super::fax;
use crate::{Error, Format};

/// How the bytes of strips and tiles came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    None,
    Fax(fax::Rows),
    Lzw,
    Deflate,
    PackBits,
    /// Each strip or tile is a JPEG, perhaps without tables: they are at this place in the file, once for all.
    Jpeg {
        tables: Range<usize>,
    },
}

impl Method {
    /// The method with this number, for those that need nothing else; or what is not supported.
    pub(super) fn of(number: u64) -> Result<Self, String> {
        let name = match number {
            1 => return Ok(Self::None),
            2 => return Ok(Self::Fax(fax::Rows::Huffman)),
            3 => return Ok(Self::Fax(fax::Rows::Group3 { mixed: false })),
            4 => return Ok(Self::Fax(fax::Rows::Group4)),
            5 => return Ok(Self::Lzw),
            7 => return Ok(Self::Jpeg { tables: 0..0 }),
            8 | 32_946 => return Ok(Self::Deflate),
            32_773 => return Ok(Self::PackBits),
            6 => "old-style JPEG",
            9 | 10 | 34_661 => "JBIG",
            32_766 => "NeXT",
            32_771 => "word-aligned CCITT",
            32_809 => "ThunderScan",
            32_909 => "PixarLog",
            33_003 | 33_005 | 34_712 => "JPEG 2000",
            34_676 | 34_677 => "SGI LogLuv",
            34_887 => "LERC",
            34_892 => "lossy DNG",
            34_925 => "LZMA",
            50_000 => "Zstandard",
            50_001 => "WebP",
            50_002 | 52_546 => "JPEG XL",
            _ => return Err(format!("the compression with the number {number}")),
        };
        Err(format!("{name} compression ({number})"))
    }

    /// Whether a predictor may have come before it. Elsewhere libtiff does not look at the tag.
    pub(super) fn has_predictor(&self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate)
    }

    /// Whether a fill order of 2 means that the bits of each byte are reversed. A JPEG has an order of its own.
    pub(super) fn has_fill_order(&self) -> bool {
        !matches!(self, Self::Jpeg { .. })
    }
}

/// What is wrong with compressed data.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// They end before the pixels do.
    Short,
    /// They break the method's rules.
    Damaged,
    /// They use something that is not supported.
    Feature(&'static str),
}

impl Fault {
    /// As an error of the strip or tile with this index, from 0.
    pub(super) fn of(self, chunk: usize) -> Error {
        let number = chunk + 1;
        match self {
            Self::Short => Error::corrupt(
                Format::Tiff,
                format_args!("strip or tile {number} has fewer pixels than it should"),
            ),
            Self::Damaged => Error::corrupt(
                Format::Tiff,
                format_args!("the compressed data of strip or tile {number} are none"),
            ),
            Self::Feature(feature) => Error::unsupported(Format::Tiff, feature),
        }
    }
}

/// Decompresses one strip or tile after another, always of the same method.
pub(super) struct Decompressor {
    reversed_bits: bool,
    reversed: Vec<u8>,
    lzw: Option<Lzw>,
    deflate: Option<Decompress>,
}

impl Decompressor {
    /// A decompressor; with `reversed_bits`, of bytes whose lowest bit comes first.
    pub(super) fn new(reversed_bits: bool) -> Self {
        Self {
            reversed_bits,
            reversed: Vec::new(),
            lzw: None,
            deflate: None,
        }
    }

    /// Fills `output` with the first bytes of what `input` stands for; fax codes in rows of `width` pixels.
    pub(super) fn decompress(
        &mut self,
        method: &Method,
        input: &[u8],
        width: u32,
        output: &mut [u8],
    ) -> Result<(), Fault> {
        let input = if self.reversed_bits {
            self.reversed.clear();
            self.reversed.reserve_exact(input.len());
            self.reversed.extend(input.iter().map(|byte| byte.reverse_bits()));
            &self.reversed
        } else {
            input
        };
        match method {
            Method::None => output.copy_from_slice(input.get(..output.len()).ok_or(Fault::Short)?),
            Method::Lzw => lzw(&mut self.lzw, input, output)?,
            Method::Deflate => deflate(&mut self.deflate, input, output)?,
            Method::PackBits => pack_bits(input, output)?,
            Method::Fax(rows) => fax::decode(*rows, width, input, output)?,
            Method::Jpeg { .. } => unreachable!("a JPEG is no run of bytes"),
        }
        Ok(())
    }
}

/// LZW as TIFF has it (TIFF 6.0, section 13), or as it was before that: from the lowest bit on, and codes grow one later.
/// The first code is always the one that clears the table; libtiff tells the two apart by it.
fn lzw(decoder: &mut Option<Lzw>, input: &[u8], output: &mut [u8]) -> Result<(), Fault> {
    let old = matches!(input, [0, second, ..] if second & 1 == 1);
    let mut of_old;
    let decoder = if old {
        of_old = Configuration::new(BitOrder::Lsb, 8)
            .with_yield_on_full_buffer(true)
            .build();
        &mut of_old
    } else {
        let decoder = decoder.get_or_insert_with(|| {
            Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
                .with_yield_on_full_buffer(true)
                .build()
        });
        decoder.reset();
        decoder
    };
    let (mut read, mut written) = (0, 0);
    while written < output.len() {
        let step = decoder.decode_bytes(&input[read..], &mut output[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Err(_) => return Err(Fault::Damaged),
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) if written < output.len() => return Err(Fault::Short),
            Ok(_) => {}
        }
    }
    Ok(())
}

fn deflate(decoder: &mut Option<Decompress>, input: &[u8], output: &mut [u8]) -> Result<(), Fault> {
    let decoder = decoder.get_or_insert_with(|| Decompress::new(true));
    decoder.reset(true);
    loop {
        let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
        if written == output.len() {
            return Ok(());
        }
        let status = decoder.decompress(&input[read..], &mut output[written..], FlushDecompress::None);
        let stuck = decoder.total_in() as usize == read && decoder.total_out() as usize == written;
        match status {
            // What comes before the damage may be all that there should be.
            Err(_) if decoder.total_out() as usize == output.len() => return Ok(()),
            Err(_) => return Err(Fault::Damaged),
            Ok(Status::StreamEnd) if (decoder.total_out() as usize) < output.len() => {
                return Err(Fault::Short);
            }
            Ok(_) if stuck => return Err(Fault::Short),
            Ok(_) => {}
        }
    }
}

/// Runs of up to 128 bytes, equal ones or others (TIFF 6.0, section 9).
fn pack_bits(mut input: &[u8], mut output: &mut [u8]) -> Result<(), Fault> {
    while !output.is_empty() {
        let (&head, rest) = input.split_first().ok_or(Fault::Short)?;
        input = rest;
        let (run, used) = match head {
            0..=127 => {
                let run = (usize::from(head) + 1).min(output.len());
                let bytes = input.get(..run).ok_or(Fault::Short)?;
                output[..run].copy_from_slice(bytes);
                (run, run)
            }
            128 => (0, 0),
            129.. => {
                let run = (257 - usize::from(head)).min(output.len());
                output[..run].fill(*input.first().ok_or(Fault::Short)?);
                (run, 1)
            }
        };
        input = &input[used..];
        output = &mut output[run..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decompress(method: &Method, input: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
        let mut output = vec![0; length];
        Decompressor::new(false).decompress(method, input, 8, &mut output)?;
        Ok(output)
    }

    #[test]
    fn pack_bits_are_those_of_apples_example() {
        // Apple's Technical Note TN1023, "Understanding PackBits".
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA,
        ];
        let mut expected = vec![0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A];
        expected.extend([0xAA; 4]);
        expected.extend([0x80, 0x00, 0x2A, 0x22]);
        expected.extend([0xAA; 10]);
        assert_eq!(decompress(&Method::PackBits, &packed, 24), Ok(expected.clone()));
        assert_eq!(
            decompress(&Method::PackBits, &packed, 20),
            Ok(expected[..20].to_vec())
        );
        assert_eq!(decompress(&Method::PackBits, &packed, 25), Err(Fault::Short));
    }

    #[test]
    fn lzw_without_an_end_code_and_with_more_than_is_asked_for_is_read() {
        let bytes: Vec<u8> = (0..5_000_u32).map(|at| (at * at / 32) as u8).collect();
        let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8);
        let packed = encoder.encode(&bytes).unwrap();
        let cut = &packed[..packed.len() - 1];
        assert_eq!(decompress(&Method::Lzw, &packed, 5_000), Ok(bytes.clone()));
        assert_eq!(decompress(&Method::Lzw, cut, 4_990), Ok(bytes[..4_990].to_vec()));
        assert_eq!(decompress(&Method::Lzw, &packed, 5_001), Err(Fault::Short));
        assert_eq!(
            decompress(&Method::Lzw, &packed[..packed.len() / 2], 5_000),
            Err(Fault::Short)
        );
    }

    #[test]
    fn lzw_of_the_old_kind_is_told_by_its_first_code() {
        let bytes: Vec<u8> = (0..5_000_u32).map(|at| (at * at / 32) as u8).collect();
        let mut encoder = weezl::encode::Encoder::new(BitOrder::Lsb, 8);
        let packed = encoder.encode(&bytes).unwrap();
        assert_eq!(decompress(&Method::Lzw, &packed, 5_000), Ok(bytes));
    }

    #[test]
    fn methods_that_are_not_supported_are_named() {
        assert_eq!(Method::of(34_925), Err("LZMA compression (34925)".to_owned()));
        assert_eq!(
            Method::of(77),
            Err("the compression with the number 77".to_owned())
        );
    }
}
