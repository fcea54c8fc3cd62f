//! Writes TIFFs of every layout, for tests: strips and tiles, planes, compressions, predictors, further samples, orders of bits
//! and of bytes. What it writes is read by libtiff as well (`tiff_oracle.rs`).

#![allow(
    clippy::cast_possible_truncation,
    reason = "files of a few kilobytes throughout"
)]

use std::io::Write;

use flate2::write::ZlibEncoder;
use weezl::BitOrder;
use weezl::encode::Encoder;

const SHORT: u16 = 3;
const LONG: u16 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Lzw,
    Deflate,
    OldDeflate,
    PackBits,
}

impl Compression {
    fn number(self) -> u64 {
        match self {
            Self::None => 1,
            Self::Lzw => 5,
            Self::Deflate => 8,
            Self::OldDeflate => 32_946,
            Self::PackBits => 32_773,
        }
    }

    fn compress(self, bytes: &[u8], row_bytes: usize) -> Vec<u8> {
        match self {
            Self::None => bytes.to_vec(),
            Self::Lzw => Encoder::with_tiff_size_switch(BitOrder::Msb, 8)
                .encode(bytes)
                .unwrap(),
            Self::Deflate | Self::OldDeflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            // Nothing, then each row by itself: runs of the same byte, and others, in turn.
            Self::PackBits => {
                let mut packed = vec![128];
                for part in bytes.chunks(row_bytes).flat_map(|row| row.chunks(50)) {
                    let same = part.iter().take_while(|byte| **byte == part[0]).count();
                    packed.extend([(257 - same.max(2)) as u8, part[0]].iter().take(if same > 1 {
                        2
                    } else {
                        0
                    }));
                    let rest = if same > 1 { &part[same..] } else { part };
                    if let Some(last) = rest.len().checked_sub(1) {
                        packed.push(last as u8);
                        packed.extend(rest);
                    }
                }
                packed
            }
        }
    }
}

/// A picture and how it is written.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, and tests make all of them"
)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1, 2, 4, 8 or 16.
    pub(crate) bits: usize,
    /// 0, 1, 2 or 5: gray from white or from black, RGB, CMYK.
    pub(crate) photometric: u64,
    /// What the samples after the color's are: 0 unspecified, 1 associated alpha, 2 unassociated.
    pub(crate) extra: Vec<u64>,
    /// Width and height of a tile, or rows of a strip.
    pub(crate) tile: Option<(usize, usize)>,
    pub(crate) rows_per_strip: usize,
    pub(crate) planar: bool,
    pub(crate) compression: Compression,
    pub(crate) predictor: bool,
    pub(crate) reversed_bits: bool,
    pub(crate) little_endian: bool,
    /// Interleaved.
    pub(crate) samples: Vec<u16>,
}

impl Picture {
    pub(crate) fn colors(&self) -> usize {
        match self.photometric {
            2 => 3,
            5 => 4,
            _ => 1,
        }
    }

    pub(crate) fn channels(&self) -> usize {
        self.colors() + self.extra.len()
    }

    /// Whether the compression is one that a predictor goes with.
    pub(crate) fn has_differences(&self) -> bool {
        matches!(
            self.compression,
            Compression::Lzw | Compression::Deflate | Compression::OldDeflate
        )
    }

    /// Fills in samples that look random, with flat places among them. Associated colors are not above alpha.
    pub(crate) fn fill(&mut self) {
        let channels = self.channels();
        let most = ((1_u32 << self.bits) - 1) as u16;
        let mut state = 77_u32;
        self.samples.clear();
        for at in 0..self.width * self.height * channels {
            if at / channels % 11 < 8 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            }
            self.samples.push((state >> 9) as u16 & most);
        }
        if let Some(alpha) = self.extra.iter().position(|kind| *kind == 1) {
            let colors = self.colors();
            for pixel in self.samples.chunks_exact_mut(channels) {
                let alpha = pixel[colors + alpha];
                for color in &mut pixel[..colors] {
                    *color = (*color).min(alpha);
                }
            }
        }
    }

    /// The file.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut out = if self.little_endian {
            b"II*\0".to_vec()
        } else {
            b"MM\0*".to_vec()
        };
        out.extend([0; 4]);
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        let side_by_side = if self.planar { 1 } else { self.channels() };
        let width = self.tile.map_or(self.width, |(width, _)| width);
        let row_bytes = (width * side_by_side * self.bits).div_ceil(8);
        for chunk in self.chunks() {
            let mut bytes = self.compression.compress(&chunk, row_bytes);
            if self.reversed_bits {
                for byte in &mut bytes {
                    *byte = byte.reverse_bits();
                }
            }
            offsets.push(out.len() as u64);
            lengths.push(bytes.len() as u64);
            out.extend(bytes);
        }
        let mut tags = vec![
            (256, LONG, vec![self.width as u64]),
            (257, LONG, vec![self.height as u64]),
            (258, SHORT, vec![self.bits as u64; self.channels()]),
            (259, SHORT, vec![self.compression.number()]),
            (262, SHORT, vec![self.photometric]),
            (266, SHORT, vec![1 + u64::from(self.reversed_bits)]),
            (277, SHORT, vec![self.channels() as u64]),
            (284, SHORT, vec![1 + u64::from(self.planar)]),
            (317, SHORT, vec![1 + u64::from(self.predictor)]),
        ];
        if !self.extra.is_empty() {
            tags.push((338, SHORT, self.extra.clone()));
        }
        if let Some((width, height)) = self.tile {
            tags.push((322, LONG, vec![width as u64]));
            tags.push((323, LONG, vec![height as u64]));
            tags.push((324, LONG, offsets));
            tags.push((325, LONG, lengths));
        } else {
            tags.push((278, LONG, vec![self.rows_per_strip as u64]));
            tags.push((273, LONG, offsets));
            tags.push((279, LONG, lengths));
        }
        self.append_directory(&mut out, tags);
        out
    }

    fn append_directory(&self, out: &mut Vec<u8>, mut tags: Vec<(u16, u16, Vec<u64>)>) {
        tags.sort_by_key(|tag| tag.0);
        let mut directory = self.number(tags.len() as u64, 2);
        for (tag, kind, values) in tags {
            let size = if kind == SHORT { 2 } else { 4 };
            let mut data: Vec<u8> = values
                .iter()
                .flat_map(|value| self.number(*value, size))
                .collect();
            if data.len() > 4 {
                out.resize(out.len().next_multiple_of(2), 0);
                let at = out.len() as u64;
                out.extend(data);
                data = self.number(at, 4);
            }
            data.resize(4, 0);
            directory.extend(self.number(tag.into(), 2));
            directory.extend(self.number(kind.into(), 2));
            directory.extend(self.number(values.len() as u64, 4));
            directory.extend(data);
        }
        out.resize(out.len().next_multiple_of(2), 0);
        let here = self.number(out.len() as u64, 4);
        out[4..8].copy_from_slice(&here);
        out.extend(directory);
        out.extend([0; 4]);
    }

    /// The last `size` bytes of a number, in the file's order.
    fn number(&self, value: u64, size: usize) -> Vec<u8> {
        let mut bytes = value.to_be_bytes()[8 - size..].to_vec();
        if self.little_endian {
            bytes.reverse();
        }
        bytes
    }

    /// Strips or tiles before they are compressed: left to right, top to bottom, plane after plane.
    fn chunks(&self) -> Vec<Vec<u8>> {
        let (width, height) = self.tile.unwrap_or((self.width, self.rows_per_strip));
        let planes: Vec<Vec<usize>> = if self.planar {
            (0..self.channels()).map(|channel| vec![channel]).collect()
        } else {
            vec![(0..self.channels()).collect()]
        };
        let mut chunks = Vec::new();
        for plane in &planes {
            for top in (0..self.height).step_by(height) {
                for left in (0..self.width).step_by(width) {
                    let rows = if self.tile.is_some() {
                        height
                    } else {
                        height.min(self.height - top)
                    };
                    let row = |row| self.row(plane, top + row, left, width);
                    chunks.push((0..rows).flat_map(row).collect());
                }
            }
        }
        chunks
    }

    /// A row of a strip or tile. Beyond the picture, tiles hold something that must not be seen.
    fn row(&self, plane: &[usize], y: usize, left: usize, width: usize) -> Vec<u8> {
        let most = ((1_u32 << self.bits) - 1) as u16;
        let sample = |x: usize, channel: usize| {
            if x < self.width && y < self.height {
                self.samples[(y * self.width + x) * self.channels() + channel]
            } else {
                (x * 7 + y * 3) as u16 & most
            }
        };
        let mut samples: Vec<u16> = (left..left + width)
            .flat_map(|x| plane.iter().map(move |channel| (x, *channel)))
            .map(|(x, channel)| sample(x, channel))
            .collect();
        // Elsewhere readers do not look at the tag.
        if self.predictor && self.has_differences() {
            for at in (plane.len()..samples.len()).rev() {
                samples[at] = samples[at].wrapping_sub(samples[at - plane.len()]) & most;
            }
        }
        if self.bits == 16 {
            return samples
                .iter()
                .flat_map(|sample| self.number((*sample).into(), 2))
                .collect();
        }
        let per_byte = 8 / self.bits;
        let packed = |samples: &[u16]| {
            let bits = samples.iter().enumerate();
            bits.fold(0, |byte, (at, sample)| {
                byte | (*sample as u8) << (8 - self.bits * (at + 1))
            })
        };
        samples.chunks(per_byte).map(packed).collect()
    }
}
