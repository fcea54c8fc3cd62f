//! The engine as its users see it: bytes in, in pieces, and a summary out.

use std::num::NonZero;
use std::thread::available_parallelism;

use crate::scan::Scanner;
use crate::{Error, Limits, Parameters, Summary, summary};

/// Takes a list in pieces, cut anywhere, and gives its statistics.
///
/// ```
/// use errand_stats::{Accumulator, Parameters};
///
/// let mut accumulator = Accumulator::new(&Parameters::default());
/// accumulator.push(b"3 1")?;
/// accumulator.push(b"2, 7")?;
/// let summary = accumulator.finish()?;
/// assert_eq!(summary.count, 3);
/// assert_eq!(summary.median.unwrap().as_str(), "7");
/// # Ok::<(), errand_stats::Error>(())
/// ```
#[derive(Debug)]
pub struct Accumulator {
    parameters: Parameters,
    scanner: Scanner,
    threads: NonZero<usize>,
}

impl Accumulator {
    /// An accumulator of an empty list, with the default [`Limits`].
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        let scanner = Scanner::new(parameters.skip_invalid, Limits::default());
        let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self {
            parameters: parameters.clone(),
            scanner,
            threads,
        }
    }

    /// The same accumulator with other limits. To be called before the first piece.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        let scanner = Scanner::new(self.parameters.skip_invalid, limits);
        Self { scanner, ..self }
    }

    /// The same accumulator with at most so many threads; as many as the machine runs at once by default.
    #[must_use]
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads, ..self }
    }

    /// Takes the next piece of the input, of any length.
    ///
    /// # Errors
    ///
    /// Whatever [`Error`] the bytes so far make certain. The accumulator is of no use after one.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.scanner.feed_shared(piece, self.threads)
    }

    /// Ends the input and computes its statistics.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyInput`] if there was no integer, and what only the end of the input shows: an incomplete
    /// last token, JSON array or compressed stream.
    pub fn finish(self) -> Result<Summary, Error> {
        let (values, skipped) = self.scanner.finish()?;
        summary::compute(values, skipped, None, &self.parameters, self.threads)
    }
}

/// The statistics of a list that is in memory as a whole.
///
/// ```
/// let summary = errand_stats::summarize(b"1 2 3 4", &errand_stats::Parameters::default())?;
/// assert_eq!(summary.mean.unwrap().decimal.as_str(), "2.5");
/// # Ok::<(), errand_stats::Error>(())
/// ```
///
/// # Errors
///
/// As [`Accumulator::push`] and [`Accumulator::finish`].
pub fn summarize(bytes: &[u8], parameters: &Parameters) -> Result<Summary, Error> {
    let mut accumulator = Accumulator::new(parameters);
    accumulator.push(bytes)?;
    accumulator.finish()
}
