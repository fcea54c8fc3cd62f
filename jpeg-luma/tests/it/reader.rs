//! A JPEG that comes from a reader.

use std::io::{self, Read};

use crate::support::{Image, Random};
use jpeg_luma::{Error, Options, Outcome, ReadError, grayscale, grayscale_reader};

fn jpeg() -> Vec<u8> {
    Image::random(&mut Random(41), (400, 300), &[(2, 2), (1, 1), (1, 1)]).sequential(0)
}

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1000);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn a_reader_gives_what_its_bytes_give() {
    let jpeg = jpeg();
    for options in [
        Options::default(),
        Options::default().optimize(true).memory_budget(64 << 20),
    ] {
        let Ok(Outcome::Gray(read)) = grayscale_reader(Trickle(&jpeg), &options) else {
            panic!()
        };
        assert_eq!(grayscale(&jpeg, &options), Ok(Outcome::Gray(read)));
    }
}

#[test]
fn a_budget_bounds_what_is_read_and_what_is_made_of_it_together() {
    let jpeg = jpeg();
    let read = |budget: u64| grayscale_reader(&jpeg[..], &Options::default().memory_budget(budget));
    for budget in [0, 1, 1000, jpeg.len() as u64 - 1] {
        let refused = read(budget).unwrap_err();
        assert!(
            matches!(refused, ReadError::Jpeg(Error::InputTooLarge { budget: named }) if named == budget),
            "{refused}"
        );
    }
    let too_little = 2 * jpeg.len() as u64;
    let Err(ReadError::Jpeg(Error::MemoryBudget { needed, budget })) = read(too_little) else {
        panic!()
    };
    assert_eq!(budget, too_little);
    assert!(read(needed).is_ok());
}

#[test]
fn an_endless_reader_is_given_up_at_the_budget() {
    let options = Options::default().memory_budget(1 << 20);
    let error = grayscale_reader(io::repeat(0xFF), &options).unwrap_err();
    assert!(
        matches!(error, ReadError::Jpeg(Error::InputTooLarge { .. })),
        "{error}"
    );
}

#[test]
fn a_reader_that_fails_is_no_damaged_jpeg() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let jpeg = jpeg();
    for options in [Options::default(), Options::default().memory_budget(1 << 20)] {
        let error = grayscale_reader(jpeg[..100].chain(Broken), &options).unwrap_err();
        assert!(
            matches!(&error, ReadError::Io(error) if error.kind() == io::ErrorKind::ConnectionReset),
            "{error}"
        );
    }
}
