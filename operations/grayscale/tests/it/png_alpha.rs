//! An alpha channel that is opaque everywhere is dropped; one that turns out not to be, late, is there from the start.

use std::io::Write;

use errand_grayscale::{Limits, Luma, Parameters, convert};
use flate2::write::ZlibEncoder;
use png::{ColorType, Decoder, Transformations};

/// A true-color PNG with alpha.
struct Picture {
    size: (u32, u32),
    wide: bool,
    interlaced: bool,
    frames: u32,
    /// The frame and the place of the only pixel that is not opaque.
    translucent: Option<(u32, u32, u32)>,
}

const ALPHA: u16 = 0xFEFD;

impl Picture {
    /// Colors and alpha, in 16 bits: a mosaic in which each filter does best somewhere.
    fn pixel(&self, frame: u32, x: u32, y: u32) -> [u16; 4] {
        let noise = (x * 7_919 + y * 104_729 + frame).wrapping_mul(2_654_435_761) >> 16;
        let value = match (y * 6 / self.size.1, self.wide) {
            (0, _) => noise,
            (1, _) => x * 911,
            (2, _) => y * 1_511,
            (3, _) => x * 300 + y * 421,
            (4, _) => x / 9 * 5_001 + y / 7 * 3_001 + noise % 700,
            _ => x * 300 + y * 421 + noise % 1_900,
        };
        let [low, high, ..] = value.to_le_bytes();
        let value = u16::from_le_bytes([low, high]);
        let alpha = if self.translucent == Some((frame, x, y)) {
            ALPHA
        } else {
            u16::MAX
        };
        let pixel = [value, value / 2 + 100, value / 3 + 7, alpha];
        if self.wide {
            pixel
        } else {
            pixel.map(|sample| sample >> 8)
        }
    }

    fn gray(&self, frame: u32, x: u32, y: u32) -> Vec<u8> {
        let [red, green, blue, alpha] = self.pixel(frame, x, y);
        let luma = Luma::default();
        let bytes = if self.wide {
            [luma.gray16(red, green, blue), alpha]
                .map(u16::to_be_bytes)
                .concat()
        } else {
            let [red, green, blue, alpha] = [red, green, blue, alpha].map(|sample| sample.to_le_bytes()[0]);
            vec![luma.gray8(red, green, blue), alpha]
        };
        let kept = if self.translucent.is_some() {
            bytes.len()
        } else {
            bytes.len() / 2
        };
        bytes[..kept].to_vec()
    }

    fn file(&self) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
        let size = [self.size.0.to_be_bytes(), self.size.1.to_be_bytes()].concat();
        let depth = if self.wide { 16 } else { 8 };
        chunk(
            &mut file,
            *b"IHDR",
            &[&size[..], &[depth, 6, 0, 0, self.interlaced.into()]].concat(),
        );
        let mut sequence = 0_u32;
        let mut number = || {
            sequence += 1;
            (sequence - 1).to_be_bytes()
        };
        if self.frames > 1 {
            chunk(&mut file, *b"acTL", &[self.frames.to_be_bytes(), [0; 4]].concat());
        }
        for frame in 0..self.frames {
            if self.frames > 1 {
                let control = [&number()[..], &size, &[0; 8], &[0, 1, 0, 9, 0, 0]].concat();
                chunk(&mut file, *b"fcTL", &control);
            }
            // More than one chunk.
            for part in self.compressed(frame).chunks(60_000) {
                if frame == 0 {
                    chunk(&mut file, *b"IDAT", part);
                } else {
                    chunk(&mut file, *b"fdAT", &[&number()[..], part].concat());
                }
            }
        }
        chunk(&mut file, *b"IEND", &[]);
        file
    }

    fn compressed(&self, frame: u32) -> Vec<u8> {
        const ADAM7: [[u32; 4]; 7] = [
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ];
        let passes = if self.interlaced {
            &ADAM7[..]
        } else {
            &[[0, 0, 1, 1]]
        };
        let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        for &[x0, y0, across, down] in passes {
            let columns = || (x0..self.size.0).step_by(across as usize);
            for y in (y0..self.size.1).step_by(down as usize) {
                if columns().next().is_none() {
                    continue;
                }
                let mut row = vec![0];
                for x in columns() {
                    for sample in self.pixel(frame, x, y) {
                        let bytes = sample.to_be_bytes();
                        row.extend_from_slice(if self.wide { &bytes } else { &bytes[1..] });
                    }
                }
                zlib.write_all(&row).unwrap();
            }
        }
        zlib.finish().unwrap()
    }

    fn check(&self) {
        let case = format!(
            "{:?}, wide: {}, interlaced: {}, {} frames, {:?}",
            self.size, self.wide, self.interlaced, self.frames, self.translucent
        );
        let conversion = convert(&self.file(), &Parameters::default(), &Limits::default()).expect(&case);
        let mut decoder = Decoder::new(std::io::Cursor::new(&conversion.bytes));
        decoder.set_transformations(Transformations::IDENTITY);
        let mut reader = decoder.read_info().expect(&case);
        let expected_type = if self.translucent.is_some() {
            ColorType::GrayscaleAlpha
        } else {
            ColorType::Grayscale
        };
        assert_eq!(reader.info().color_type, expected_type, "{case}");
        for frame in 0..self.frames {
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).expect(&case);
            let expected: Vec<u8> = (0..self.size.1)
                .flat_map(|y| (0..self.size.0).map(move |x| (x, y)))
                .flat_map(|(x, y)| self.gray(frame, x, y))
                .collect();
            assert!(pixels == expected, "{case}: frame {frame} differs");
        }
    }
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let content = [&name[..], data].concat();
    file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    file.extend(&content);
    file.extend(crc32fast::hash(&content).to_be_bytes());
}

#[test]
fn alpha_that_shows_late_is_there_from_the_first_row_on() {
    // One that takes one thread, and one that takes two, for which fewer cases are enough.
    for (size, step) in [((37, 29), 1), ((810, 700), 3)] {
        for (wide, interlaced) in [(false, false), (false, true), (true, false), (true, true)] {
            for frames in [1, 2] {
                let (x, y) = (size.0 - 1, size.1 - 1);
                let places = [(0, 0), (x, 0), (0, y), (x, y / 2), (x, y)];
                let late = places
                    .map(|(x, y)| Some((frames - 1, x, y)))
                    .into_iter()
                    .step_by(step);
                for translucent in late.chain([None, Some((0, x / 2, y / 2))]) {
                    let picture = Picture {
                        size,
                        wide,
                        interlaced,
                        frames,
                        translucent,
                    };
                    picture.check();
                }
            }
        }
    }
}

#[test]
fn alpha_that_shows_in_the_only_pixel_is_kept() {
    let picture = Picture {
        size: (1, 1),
        wide: false,
        interlaced: true,
        frames: 1,
        translucent: Some((0, 0, 0)),
    };
    picture.check();
}
