//! Lists of any length in bounded memory: lists that can be read more than once are, as often as it takes.
//!
//! The first pass is the usual one. If it comes to its end with all numbers in memory, that is all. Otherwise numbers went, whenever
//! they took their share, into digests: exact sums and extremes, and for each rank that is asked for two bounds, between which the
//! value there lies. The second pass counts what is below the lower bound and keeps what is between, which is about a
//! thousandth of the list. Only if that is still too much, with billions of numbers in little memory, another pass follows, between
//! narrower bounds.

use std::cmp::Ordering;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use num_bigint::BigInt;

use crate::cancel::Cancel;
use crate::contents::Contents;
use crate::decode::Decoder;
use crate::found::Found;
use crate::reading::ReadError;
use crate::summary::{Findings, Modes, Plan, compute, ranks};
use crate::text::Text;
use crate::values::{Band, Bands, BinCounts, Common, Digests, Frequencies, Values};
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
    #[error(
        "changed while it was read: {before} numbers in one pass, {after} in the next; leave it alone meanwhile, and try again"
    )]
    Changed {
        /// How many numbers there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
}

/// What was read in a pass over all lists.
struct Pass {
    values: Values,
    skipped: Skipped,
    column: Option<String>,
    first_row: Option<FirstRow>,
}

/// What is known and what is still looked for.
struct Search {
    common: Common,
    /// The ranks whose values are known, with these.
    known: Vec<(u64, BigInt)>,
    /// The ranks that are not, in groups whose values lie between the same bounds. Both ascend.
    open: Vec<(BigInt, BigInt, Vec<u64>)>,
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
        let mut first = self.pass(lists, &open, Values::new_digested(&self.parameters, self.share()))?;
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
        let common = digests.common();
        let plan = self
            .parameters
            .histogram
            .map(|bins| Plan::new(&common.minimum, &common.maximum, common.zeros, common.count, bins));
        let mut counted = self
            .parameters
            .need_frequencies()
            .then(|| self.counted(&common))
            .transpose()?;
        let mut bins = plan
            .as_ref()
            .map(|plan| BinCounts::new(common.minimum.clone(), plan.width.clone(), plan.bins));
        let ranks = ranks(&self.parameters, common.count);
        let mut search = Search::new(common, digests, &ranks);
        let mut frequencies = None;
        let mut histogram = None;
        while !search.open.is_empty() || counted.is_some() || bins.is_some() {
            let mut bands = search.bands();
            // All values that there are go into one band of their own, the last.
            bands.extend(counted.take());
            let wanted = Bands {
                wanted: bands,
                bins: bins.take(),
                count: 0,
                share: self.share(),
            };
            let values = Values::new_searched(wanted, search.common.places);
            let values = self.pass(lists, open, values)?.values;
            if values.places() != search.common.places || values.count() != search.common.count {
                return Err(PassError::Changed {
                    before: search.common.count,
                    after: values.count(),
                });
            }
            let mut found = values.into_found();
            if let (Some(plan), Some(bins)) = (&plan, found.bins.take()) {
                histogram = Some(plan.filled(bins.counts(), search.common.places));
            }
            if found.wanted.len() > search.open.len()
                && let Some(mut all) = found.wanted.pop()
            {
                let runs = all.runs().ok_or_else(|| self.too_many(&search.common))?;
                frequencies = Some(Frequencies::of_runs(&runs, Modes::LISTED));
            }
            search.narrow(found);
        }
        search.known.sort_unstable();
        let (ranks, at_ranks) = search.known.into_iter().unzip();
        let common = search.common;
        let findings = Findings {
            count: common.count,
            places: common.places,
            sum: common.sum,
            squares: self.parameters.need_squares().then_some(common.squares),
            minimum: common.minimum,
            maximum: common.maximum,
            ranks,
            at_ranks,
            histogram,
            frequencies,
            skipped: first.skipped,
            column: first.column,
            first_row: first.first_row,
        };
        Ok(findings.summary(&self.parameters))
    }

    /// The most bytes of values that one thread stores: together they may fill the memory, but for what their digests take.
    fn share(&self) -> usize {
        self.limits.memory_bytes / 9 * 8 / self.threads.get()
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

    /// A band for all values, if so many different ones as there may be can be counted.
    fn counted(&self, common: &Common) -> Result<Band, Error> {
        let different: BigInt = &common.maximum - &common.minimum + 1;
        let room = Bands::room(self.share());
        if different.cmp(&room.into()) == Ordering::Greater && BigInt::from(common.count) > room.into() {
            return Err(self.too_many(common));
        }
        Ok(Band::new(common.minimum.clone(), common.maximum.clone()).counted())
    }

    fn too_many(&self, common: &Common) -> Error {
        Error::TooManyDifferent {
            budget: self.limits.memory_bytes,
            count: common.count,
        }
    }
}

impl Search {
    fn new(common: Common, digests: Digests, ranks: &[u64]) -> Self {
        let mut search = Self {
            common,
            known: Vec::new(),
            open: Vec::new(),
        };
        let bounds = digests.bounds(ranks);
        search.add(ranks, bounds);
        search
    }

    /// Takes bounds for the values at ranks, both ascending.
    fn add(&mut self, ranks: &[u64], bounds: Vec<(BigInt, BigInt)>) {
        for (rank, (low, high)) in ranks.iter().zip(bounds) {
            if low == high {
                self.known.push((*rank, low));
                continue;
            }
            match self.open.last_mut() {
                Some((_, end, group)) if *end >= low => {
                    if high > *end {
                        *end = high;
                    }
                    group.push(*rank);
                }
                _ => self.open.push((low, high, vec![*rank])),
            }
        }
    }

    fn bands(&self) -> Vec<Band> {
        let band = |(low, high, _): &(BigInt, BigInt, Vec<u64>)| Band::new(low.clone(), high.clone());
        self.open.iter().map(band).collect()
    }

    /// Takes what a pass found: values, or narrower bounds.
    fn narrow(&mut self, found: Bands) {
        let open = std::mem::take(&mut self.open);
        for ((_, _, ranks), mut band) in open.into_iter().zip(found.wanted) {
            let Some(runs) = band.runs() else {
                let bounds = band.bounds(&ranks);
                self.add(&ranks, bounds);
                continue;
            };
            let mut before = band.below();
            let mut runs = runs.into_iter().peekable();
            for rank in ranks {
                while let Some((_, count)) = runs.peek()
                    && before + count <= rank
                {
                    before += count;
                    runs.next();
                }
                let (value, _) = runs.peek().expect("the bounds of a rank hold its value");
                self.known.push((rank, value.clone()));
            }
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
