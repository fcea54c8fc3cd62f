//! A JPEG that goes to a writer while it is made.

use std::io::{self, Write};

use crate::support::{Image, Random};
use jpeg_luma::{Error, Options, Outcome, WriteError, grayscale, grayscale_to};

/// One scan, or several, whose gray is over a megabyte, so that most of it is handed over while the rest is made.
fn large() -> [Vec<u8>; 2] {
    let image = Image::random(&mut Random(43), (5000, 3000), &[(2, 2), (1, 1), (1, 1)]);
    [image.sequential(0), image.progressive(0)]
}

/// Keeps what it is given, up to its room, and notes in how many parts that came.
struct Narrow {
    bytes: Vec<u8>,
    room: usize,
    parts: usize,
}

impl Narrow {
    fn new(room: usize) -> Self {
        let bytes = Vec::new();
        Self {
            bytes,
            room,
            parts: 0,
        }
    }
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        self.parts += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_is_given_in_parts_what_is_returned_in_one() {
    for jpeg in large() {
        for (options, at_once) in [
            (Options::default(), false),
            (Options::default().strip(true).memory_budget(64 << 20), false),
            (Options::default().lenient(true), true),
            (Options::default().optimize(true), true),
        ] {
            let Ok(Outcome::Gray(expected)) = grayscale(&jpeg, &options) else {
                panic!()
            };
            let mut writer = Narrow::new(usize::MAX);
            let Ok(Outcome::Gray(written)) = grayscale_to(&jpeg, &options, &mut writer) else {
                panic!()
            };
            assert!(expected.bytes.len() > 1 << 20);
            assert_eq!(written.bytes, expected.bytes.len() as u64, "{options:?}");
            assert!(writer.bytes == expected.bytes, "{options:?}");
            assert!(at_once || writer.parts > 3, "{options:?}");
        }
    }
}

/// What is handed over is not held: the budget has to be enough for tables and a row of blocks, not for the result.
#[test]
fn a_writer_takes_the_result_off_the_budget() {
    let [jpeg, _] = large();
    let needed = |error| match error {
        Error::MemoryBudget { needed, .. } => needed,
        other => panic!("{other}"),
    };
    let held = needed(grayscale(&jpeg, &Options::default().memory_budget(0)).unwrap_err());
    let Err(WriteError::Jpeg(error)) =
        grayscale_to(&jpeg, &Options::default().memory_budget(0), &mut io::sink())
    else {
        panic!()
    };
    let passed_on = needed(error);
    assert!(passed_on + (1 << 20) < held, "{passed_on} of {held}");
    let options = Options::default().memory_budget(passed_on);
    assert!(grayscale_to(&jpeg, &options, &mut io::sink()).is_ok());
}

#[test]
fn the_writers_own_error_comes_back() {
    for jpeg in large() {
        for room in [0, 10, 700_000] {
            for lenient in [false, true] {
                let options = Options::default().lenient(lenient);
                let error = grayscale_to(&jpeg, &options, &mut Narrow::new(room)).unwrap_err();
                let WriteError::Io(error) = error else {
                    panic!("{error}")
                };
                assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{room}");
            }
        }
    }
}

#[test]
fn damage_is_told_after_what_was_written_before_it() {
    let [mut jpeg, _] = large();
    jpeg.truncate(jpeg.len() * 3 / 4);
    let mut writer = Narrow::new(usize::MAX);
    let error = grayscale_to(&jpeg, &Options::default(), &mut writer).unwrap_err();
    assert!(
        matches!(error, WriteError::Jpeg(Error::Truncated { .. })),
        "{error}"
    );
    assert!(writer.bytes.len() > 700_000);

    let options = Options::default().lenient(true);
    let Ok(Outcome::Gray(expected)) = grayscale(&jpeg, &options) else {
        panic!()
    };
    let mut writer = Narrow::new(usize::MAX);
    assert!(grayscale_to(&jpeg, &options, &mut writer).is_ok());
    assert!(writer.bytes == expected.bytes);
}
