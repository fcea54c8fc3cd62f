//! The search for exact values between bounds, in one pass after the other over lists that were digested.

use std::cmp::Ordering;
use std::num::NonZero;

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use crate::summary::{Findings, Modes, Plan, ranks};
use crate::values::{Band, Bands, BinCounts, Common, Digests, Frequencies};
use crate::{Error, FirstRow, Parameters, Skipped};

/// How much memory a search may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    memory_bytes: usize,
    /// The most bytes of values that one thread stores: together they may fill the memory, but for what their digests take.
    pub(crate) share: usize,
}

impl Budget {
    pub(crate) fn new(memory_bytes: usize, threads: NonZero<usize>) -> Self {
        Self {
            memory_bytes,
            share: memory_bytes / 9 * 8 / threads.get(),
        }
    }
}

/// What is known and what is still looked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Search {
    common: Common,
    /// The ranks whose values are known, with these.
    known: Vec<(u64, BigInt)>,
    /// The ranks that are not, in groups whose values lie between the same bounds. Both ascend.
    open: Vec<(BigInt, BigInt, Vec<u64>)>,
    /// Whether all values are still to be counted, each by itself.
    counts_values: bool,
    frequencies: Option<Frequencies>,
    /// The bins of the histogram, if one is asked for.
    plan: Option<Plan>,
    /// How many values are in each of them.
    bins: Option<Vec<u64>>,
}

impl Search {
    /// What the digests of a whole list tell, which are not empty, and what they leave open.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyDifferent`].
    pub(crate) fn new(digests: Digests, parameters: &Parameters, budget: Budget) -> Result<Self, Error> {
        let common = digests.common();
        let plan = |bins| Plan::new(&common.minimum, &common.maximum, common.zeros, common.count, bins);
        let ranks = ranks(parameters, common.count);
        let mut search = Self {
            plan: parameters.histogram.map(plan),
            common,
            known: Vec::new(),
            open: Vec::new(),
            counts_values: parameters.need_frequencies(),
            frequencies: None,
            bins: None,
        };
        if let Some(runs) = digests.runs() {
            search.take_all(&runs, &ranks);
            return Ok(search);
        }
        if search.counts_values {
            search.check_room(budget)?;
        }
        let bounds = digests.bounds(&ranks);
        search.add(&ranks, bounds);
        Ok(search)
    }

    pub(crate) fn count(&self) -> u64 {
        self.common.count
    }

    /// The decimal places of all values.
    pub(crate) fn places(&self) -> u32 {
        self.common.places
    }

    /// Whether nothing is left to look for.
    pub(crate) fn is_done(&self) -> bool {
        self.open.is_empty() && !self.counts_values && (self.plan.is_none() || self.bins.is_some())
    }

    /// What the next pass looks for.
    pub(crate) fn wanted(&self, budget: Budget) -> Bands {
        let band = |(low, high, _): &(BigInt, BigInt, Vec<u64>)| Band::new(low.clone(), high.clone());
        let mut wanted: Vec<Band> = self.open.iter().map(band).collect();
        // All values that there are go into one band of their own, the last.
        let common = &self.common;
        let all = || Band::new(common.minimum.clone(), common.maximum.clone()).counted();
        wanted.extend(self.counts_values.then(all));
        let bins = self.plan.as_ref().filter(|_| self.bins.is_none());
        Bands {
            wanted,
            bins: bins.map(|plan| self.bin_counts(plan)),
            count: 0,
            share: budget.share,
        }
    }

    /// Takes what a pass found: values, or narrower bounds. Whether the values that were looked for were there: they are, unless the
    /// list was changed.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyDifferent`].
    pub(crate) fn take(&mut self, mut found: Bands, budget: Budget) -> Result<bool, Error> {
        if let Some(bins) = found.bins.take() {
            self.bins = Some(bins.counts().to_vec());
        }
        if self.counts_values
            && let Some(mut all) = found.wanted.pop()
        {
            let runs = all.runs().ok_or_else(|| self.too_many(budget))?;
            self.frequencies = Some(Frequencies::of_runs(&runs, Modes::LISTED));
            self.counts_values = false;
        }
        let open = std::mem::take(&mut self.open);
        for ((_, _, ranks), mut band) in open.into_iter().zip(found.wanted) {
            if !band.holds(&ranks) {
                return Ok(false);
            }
            if let Some(runs) = band.runs() {
                self.know(&runs, band.below(), &ranks);
            } else {
                let bounds = band.bounds(&ranks);
                self.add(&ranks, bounds);
            }
        }
        Ok(true)
    }

    /// What was found. Nothing is left to look for.
    pub(crate) fn findings(
        mut self,
        parameters: &Parameters,
        skipped: Skipped,
        column: Option<String>,
        first_row: Option<FirstRow>,
    ) -> Findings {
        self.known.sort_unstable();
        let (ranks, at_ranks) = self.known.into_iter().unzip();
        let common = self.common;
        let histogram = self.plan.zip(self.bins);
        Findings {
            count: common.count,
            places: common.places,
            sum: common.sum,
            squares: parameters.need_squares().then_some(common.squares),
            minimum: common.minimum,
            maximum: common.maximum,
            ranks,
            at_ranks,
            histogram: histogram.map(|(plan, bins)| plan.filled(&bins, common.places)),
            frequencies: self.frequencies,
            skipped,
            column,
            first_row,
        }
    }

    /// Takes all values, ascending, each with how often it occurs: they leave nothing open.
    fn take_all(&mut self, runs: &[(i128, u64)], ranks: &[u64]) {
        if std::mem::take(&mut self.counts_values) {
            self.frequencies = Some(Frequencies::of_runs(runs, Modes::LISTED));
        }
        if let Some(plan) = &self.plan {
            let mut bins = self.bin_counts(plan);
            for (value, count) in runs {
                bins.add_run(&(*value).into(), *count);
            }
            self.bins = Some(bins.counts().to_vec());
        }
        self.know(runs, 0, ranks);
    }

    /// Takes values that ascend, each with how often it occurs, among which are those at the ranks; so many are below all of them.
    fn know<T: Clone + Into<BigInt>>(&mut self, runs: &[(T, u64)], below: u64, ranks: &[u64]) {
        let mut before = below;
        let mut runs = runs.iter().peekable();
        for rank in ranks {
            while let Some((_, count)) = runs.peek()
                && before + count <= *rank
            {
                before += count;
                runs.next();
            }
            let (value, _) = runs.peek().expect("the bounds of a rank hold its value");
            self.known.push((*rank, value.clone().into()));
        }
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

    fn bin_counts(&self, plan: &Plan) -> BinCounts {
        BinCounts::new(self.common.minimum.clone(), plan.width.clone(), plan.bins)
    }

    /// Fails if there may be more different values than can be counted.
    fn check_room(&self, budget: Budget) -> Result<(), Error> {
        let common = &self.common;
        let different: BigInt = &common.maximum - &common.minimum + 1;
        let room = Bands::room(budget.share);
        if different.cmp(&room.into()) == Ordering::Greater && BigInt::from(common.count) > room.into() {
            return Err(self.too_many(budget));
        }
        Ok(())
    }

    fn too_many(&self, budget: Budget) -> Error {
        Error::TooManyDifferent {
            budget: budget.memory_bytes,
            count: self.common.count,
        }
    }
}
