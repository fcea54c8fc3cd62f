//! Conversion from a reader to a writer: the same as in memory, however the input arrives.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use errand_grayscale::{
    Error, Limits, Luma, Parameters, Report, Route, StreamError, convert, convert_stream,
};

/// Reads at most `step` bytes at once, and fails at the end if it is to.
struct Slowly<'a> {
    rest: &'a [u8],
    step: usize,
    fails: bool,
}

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.fails {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let (given, rest) = self
            .rest
            .split_at(self.step.min(buffer.len()).min(self.rest.len()));
        buffer[..given.len()].copy_from_slice(given);
        self.rest = rest;
        Ok(given.len())
    }
}

/// Has room for this many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(name: &str) -> Vec<u8> {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    fs::read(images.join(name)).unwrap()
}

fn streamed(input: &[u8], step: usize, parameters: &Parameters) -> Result<(Vec<u8>, Report), StreamError> {
    let source = Slowly {
        rest: input,
        step,
        fails: false,
    };
    let mut output = Vec::new();
    let report = convert_stream(
        source,
        input.len() as u64,
        &mut output,
        parameters,
        &Limits::default(),
    )?;
    Ok((output, report))
}

#[test]
fn every_format_comes_out_as_from_memory() {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    let mut count = 0;
    for entry in fs::read_dir(images).unwrap() {
        let path = entry.unwrap().path();
        let input = fs::read(&path).unwrap();
        let Ok(expected) = convert(&input, &Parameters::default(), &Limits::default()) else {
            continue;
        };
        for step in [1, 5_000] {
            let (bytes, report) = streamed(&input, step, &Parameters::default()).unwrap();
            assert!(bytes == expected.bytes, "{}", path.display());
            assert_eq!(report, expected.report);
        }
        count += 1;
    }
    assert!(count > 0);
}

/// A GIF of several megabytes with color tables and comments at all places, and what it is as gray, with its comments
/// and without. No sub-block is decoded here or there, so they hold anything.
struct Large {
    color: Vec<u8>,
    gray: Vec<u8>,
    stripped: Vec<u8>,
}

impl Large {
    fn new() -> Self {
        let mut large = Self {
            color: Vec::new(),
            gray: Vec::new(),
            stripped: Vec::new(),
        };
        large.all(b"GIF89a\x40\x01\xC8\x00\x91\x00\x00");
        large.colors(4, 0);
        large.all(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00");
        for frame in 0..40 {
            // A comment that is larger than any window; lengths that shift all that follows against its bounds.
            large.comment(if frame == 7 { 2_000 } else { frame * 13 });
            large.all(b"\x21\xF9\x04\x00\x0A\x00\x00\x00");
            large.all(b"\x2C\x00\x00\x00\x00\x40\x01\xC8\x00\x87");
            large.colors(256, frame);
            large.all(b"\x08");
            large.sub_blocks(400 + frame, frame);
        }
        large.all(b"\x3B");
        large
    }

    fn all(&mut self, bytes: &[u8]) {
        self.gray.extend(bytes);
        self.color.extend(bytes);
        self.stripped.extend(bytes);
    }

    fn colors(&mut self, count: usize, seed: usize) {
        for index in 0..count {
            let [r, g, b] = [17, 23, 29].map(|factor| low_byte((index + seed) * factor));
            self.color.extend([r, g, b]);
            let gray = [Luma::default().gray8(r, g, b); 3];
            self.gray.extend(gray);
            self.stripped.extend(gray);
        }
    }

    fn comment(&mut self, blocks: usize) {
        let kept = self.stripped.clone();
        self.all(b"\x21\xFE");
        self.sub_blocks(blocks, 1);
        self.stripped = kept;
    }

    fn sub_blocks(&mut self, count: usize, seed: usize) {
        for block in 0..count {
            let length = 1 + (block * 7 + seed) % 255;
            self.all(&[u8::try_from(length).unwrap()]);
            self.all(&vec![low_byte(block); length]);
        }
        self.all(&[0]);
    }
}

fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}

#[test]
fn a_gif_passes_through_whatever_its_size_and_pace() {
    let large = Large::new();
    let strip = Parameters {
        strip: true,
        ..Parameters::default()
    };
    for step in [997, 65_536, usize::MAX] {
        let (bytes, report) = streamed(&large.color, step, &Parameters::default()).unwrap();
        assert!(bytes == large.gray, "{step}");
        assert_eq!((report.route, report.frames), (Route::Palette, Some(40)));
        assert_eq!(report.input_bytes, large.color.len() as u64);
        assert_eq!(report.output_bytes, bytes.len() as u64);

        let (stripped, report) = streamed(&large.color, step, &strip).unwrap();
        assert!(stripped == large.stripped, "{step}");
        assert_eq!(report.output_bytes, stripped.len() as u64);

        // Gray already: as it is.
        let (again, report) = streamed(&bytes, step, &Parameters::default()).unwrap();
        assert!(again == bytes);
        assert_eq!(report.route, Route::AsIs);
    }
}

#[test]
fn a_gif_that_ends_early_is_named_with_the_byte() {
    let large = Large::new();
    for length in [7, 20, 1_000, 300_000, large.color.len() - 5] {
        let error = streamed(&large.color[..length], 65_536, &Parameters::default()).unwrap_err();
        let StreamError::Image(Error::Truncated { offset, .. }) = error else {
            panic!("{length}: {error}");
        };
        assert_eq!(offset, length as u64);
    }
    // Behind a whole frame, a missing trailer is made good.
    let (bytes, _) = streamed(
        &large.color[..large.color.len() - 1],
        65_536,
        &Parameters::default(),
    )
    .unwrap();
    assert!(bytes == large.gray);
}

#[test]
fn errors_tell_the_side_that_failed() {
    let large = Large::new();
    let limits = Limits::default();
    let parameters = Parameters {
        luma: Luma::Bt709,
        ..Parameters::default()
    };
    for input in [&large.color[..500_000], b"P6 1 1 255\n"] {
        let broken = Slowly {
            rest: input,
            step: 4_096,
            fails: true,
        };
        let error = convert_stream(broken, 0, &mut Vec::new(), &parameters, &limits).unwrap_err();
        assert!(matches!(error, StreamError::Read(_)), "{error}");
    }
    let jpeg = read("rgb.jpg");
    for (input, room) in [(&large.color[..], 300_000), (b"P6 1 1 255\nabc", 3), (&jpeg, 100)] {
        let error = convert_stream(input, 0, &mut Full(room), &parameters, &limits).unwrap_err();
        assert!(matches!(error, StreamError::Write(_)), "{error}");
    }
    // A damaged file is told of as it is from memory.
    let cut = &jpeg[..jpeg.len() / 2];
    let expected = convert(cut, &Parameters::default(), &limits).unwrap_err();
    let error = convert_stream(cut, 0, &mut Vec::new(), &Parameters::default(), &limits).unwrap_err();
    assert!(matches!(error, StreamError::Image(_)), "{error}");
    assert_eq!(error.to_string(), expected.to_string());
    let endless = || io::Cursor::new(b"P6 9 9 255\n").chain(io::repeat(7));
    let error =
        convert_stream(endless(), 0, &mut Vec::new(), &parameters, &Limits::new(100_000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file is larger than the limit of 100000 bytes of memory; send a smaller one"
    );
    let small = Limits::new(1_000);
    let error = convert_stream(&large.color[..], 0, &mut Vec::new(), &parameters, &small).unwrap_err();
    assert!(
        matches!(error, StreamError::Image(Error::TooLarge { .. })),
        "{error}"
    );
}
