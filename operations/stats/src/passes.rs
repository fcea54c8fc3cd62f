//! Lists of any length in bounded memory: lists that can be read more than once are, as often as it takes.
//!
//! The first pass is the usual one. If it comes to its end with all numbers in memory, that is all. Otherwise numbers went, whenever
//! they took their share, into digests: exact sums and extremes, and for each rank that is asked for two bounds, between which the
//! value there lies. The second pass counts what is below the lower bound and keeps what is between, which is about a
//! thousandth of the list. Only if that is still too much, with billions of numbers in little memory, another pass follows, between
//! narrower bounds.

use std::io::{self, Read};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use crate::cancel::Cancel;
use crate::contents::Contents;
use crate::decode::Decoder;
use crate::found::Found;
use crate::reading::ReadError;
use crate::search::{Budget, Search};
use crate::summary::compute;
use crate::text::Text;
use crate::values::{Digests, Values};
use crate::{Error, FirstRow, Limits, Parameters, Skipped, Summary};

/// The statistics of lists that can be read more than once, and that count as one: in no more memory than is allowed.
///
/// ```
/// use errand_stats::{Parameters, Passes};
///
/// let lists = ["3 1\n", "2 7"];
/// let passes = Passes::new(&Parameters::default());
/// let summary = passes.summarize(lists.len(), |index| Ok(lists[index].as_bytes()))?;
/// assert_eq!(summary.count, 4);
/// # Ok::<(), errand_stats::PassError>(())
/// ```
#[derive(Debug)]
pub struct Passes {
    parameters: Parameters,
    limits: Limits,
    threads: NonZero<usize>,
    cancel: Cancel,
}

/// Why lists have no statistics.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassError {
    /// One of them cannot be read, or is wrong.
    #[error("{source}")]
    List {
        /// The list's index.
        list: usize,
        /// What is wrong with it.
        source: ReadError,
    },

    /// All of them together have no statistics.
    #[error(transparent)]
    All(#[from] Error),

    /// They were not the same in every pass.
    #[error("{}", changed_message(*.before, *.after))]
    Changed {
        /// How many numbers there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
}

/// What is told of a list that was not the same in two passes, by how many numbers there were.
pub(crate) fn changed_message(before: u64, after: u64) -> String {
    let numbers = if before == after {
        "other numbers in one pass than in the one before".to_owned()
    } else {
        format!("{before} numbers in one pass, {after} in the next")
    };
    format!("changed while it was read: {numbers}; leave it alone meanwhile, and try again")
}

/// What was read in a pass over all lists.
struct Pass {
    values: Values,
    skipped: Skipped,
    column: Option<String>,
    first_row: Option<FirstRow>,
}

impl Passes {
    /// With the default [`Limits`] and as many threads as the machine can run at once.
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            parameters: parameters.clone(),
            limits: Limits::default(),
            threads: available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            cancel: Cancel::default(),
        }
    }

    /// Sets [`Limits::memory_bytes`]. With more numbers than that many bytes hold, the lists are read again.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: usize) -> Self {
        self.limits.memory_bytes = bytes;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the most threads to use.
    #[must_use]
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads, ..self }
    }

    /// Has the work end soon, with [`Error::Canceled`], once `canceled` is true.
    #[must_use]
    pub fn with_cancel(self, canceled: Arc<AtomicBool>) -> Self {
        Self {
            cancel: Cancel(canceled),
            ..self
        }
    }

    /// The statistics of all numbers of so many lists. `open` gives a list by its index, from its beginning, in every pass.
    ///
    /// Each list is a text by itself: it may be compressed, a JSON array or a table with headers of its own. Modes and the distinct
    /// count of numbers that memory does not hold are given only where the numbers are close to one another: where every integer (or
    /// decimal of the longest fraction) between the smallest and the largest could be counted in it.
    ///
    /// # Errors
    ///
    /// As [`Accumulator`](crate::Accumulator)'s, with the list's index; [`PassError::Changed`] if a list was another one when it was read
    /// again; [`Error::TooManyDifferent`] for modes and the distinct count of numbers far apart.
    pub fn summarize<R: Read>(
        &self,
        lists: usize,
        open: impl Fn(usize) -> io::Result<R>,
    ) -> Result<Summary, PassError> {
        self.parameters.check().map_err(PassError::All)?;
        if self.parameters.need_frequencies() {
            // As long as all numbers fit, their modes can be counted: only if they do not are they digested.
            let in_memory = self
                .pass(lists, &open, Values::new(&self.parameters))
                .and_then(|pass| self.compute(pass));
            match in_memory {
                Err(
                    PassError::All(Error::MemoryBudgetExceeded { .. })
                    | PassError::List {
                        source: ReadError::List(Error::MemoryBudgetExceeded { .. }),
                        ..
                    },
                ) => {}
                ended => return ended,
            }
        }
        let mut first = self.pass(
            lists,
            &open,
            Values::new_digested(&self.parameters, self.budget().share),
        )?;
        match std::mem::take(&mut first.values).into_digests() {
            Ok(digests) => self.search(lists, &open, first, digests),
            Err(values) => self.compute(Pass { values, ..first }),
        }
    }

    /// The statistics of what is in memory as a whole.
    fn compute(&self, pass: Pass) -> Result<Summary, PassError> {
        let contents = Contents {
            values: pass.values,
            skipped: pass.skipped,
            column: pass.column,
        };
        let (limits, cancel) = (&self.limits, &self.cancel);
        let summary = compute(contents, &self.parameters, limits, self.threads, cancel)?;
        Ok(Summary {
            first_row: pass.first_row,
            ..summary
        })
    }

    /// The statistics of lists of which there are digests, with as many more passes as that takes.
    fn search<R: Read>(
        &self,
        lists: usize,
        open: &impl Fn(usize) -> io::Result<R>,
        first: Pass,
        digests: Digests,
    ) -> Result<Summary, PassError> {
        let budget = self.budget();
        let mut search = Search::new(digests, &self.parameters, budget)?;
        while !search.is_done() {
            let values = Values::new_searched(search.wanted(budget), search.places());
            let values = self.pass(lists, open, values)?.values;
            let (places, count) = (values.places(), values.count());
            let is_same = places == search.places() && count == search.count();
            if !is_same || !search.take(values.into_found(), budget)? {
                return Err(PassError::Changed {
                    before: search.count(),
                    after: count,
                });
            }
        }
        let findings = search.findings(&self.parameters, first.skipped, first.column, first.first_row);
        Ok(findings.summary(&self.parameters))
    }

    fn budget(&self) -> Budget {
        Budget::new(self.limits.memory_bytes, self.threads)
    }

    /// Reads all lists once.
    fn pass<R: Read>(
        &self,
        lists: usize,
        open: &impl Fn(usize) -> io::Result<R>,
        values: Values,
    ) -> Result<Pass, PassError> {
        let mut pass = Pass {
            values,
            skipped: Skipped::default(),
            column: None,
            first_row: None,
        };
        for list in 0..lists {
            let (contents, first_row) = self
                .read(open(list), &pass.values)
                .map_err(|source| PassError::List { list, source })?;
            pass.values.append(contents.values);
            pass.skipped.append(contents.skipped);
            pass.column = pass.column.or(contents.column);
            pass.first_row = pass.first_row.or(first_row);
        }
        Ok(pass)
    }

    /// Reads a list into values like those of the lists before it.
    fn read<R: Read>(
        &self,
        source: io::Result<R>,
        before: &Values,
    ) -> Result<(Contents, Option<FirstRow>), ReadError> {
        let limits = Limits {
            memory_bytes: self.limits.memory_bytes.saturating_sub(before.bytes()),
            ..self.limits
        };
        let text = Text::new(&self.parameters, limits, self.threads, Values::empty_like(before));
        let decoder = Decoder::new(text, limits.decompressed_bytes, self.cancel.clone());
        let mut source = Watched {
            source: source?,
            cancel: &self.cancel,
        };
        let found = match decoder.read_from(&mut source) {
            Ok(decoder) => decoder.finish()?,
            Err(error) => return Err(self.cancel.check().map_or_else(ReadError::from, |()| error)),
        };
        match found {
            Found::One { contents, first_row } => Ok((*contents, first_row)),
            Found::Columns { .. } => Err(Error::SeveralAnswers.into()),
        }
    }
}

/// A source that ends when the work is given up.
struct Watched<'a, R> {
    source: R,
    cancel: &'a Cancel,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        self.source.read(buffer)
    }
}
