//! What a later pass over a list looks for: the values in some bands, and how many are below each.

use num_bigint::BigInt;

use super::bins::BinCounts;
use super::block::Batch;
use super::envelope::Envelope;
use super::tally::Tally;

/// About how many groups the values of a band that is too full become.
const GROUPS: u64 = 2_048;

/// A range of values, its ends included.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub(crate) low: BigInt,
    pub(crate) high: BigInt,
    /// The part of it that 64 bits hold.
    narrow: Option<(i64, i64)>,
    /// Whether it is above all that 64 bits hold.
    above: bool,
    /// Whether it has to be known how often each value occurs.
    is_counted: bool,
    pub(super) below: u64,
    pub(super) inside: Inside,
}

/// The values in a band: those below what 64 bits hold, those that fit, those above. While they are few, how often each
/// occurs; else an envelope, with which the band becomes smaller.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside {
    pub(super) narrow: Tally<i64>,
    pub(super) far: Tally<BigInt>,
    pub(super) envelope: Option<Box<Envelope<BigInt>>>,
}

impl Band {
    pub(crate) fn new(low: BigInt, high: BigInt) -> Self {
        let least = BigInt::from(i64::MIN);
        let most = BigInt::from(i64::MAX);
        let narrow = (low <= most && high >= least).then(|| {
            let end = |value: &BigInt, otherwise| i64::try_from(value).unwrap_or(otherwise);
            (end(&low, i64::MIN), end(&high, i64::MAX))
        });
        Self {
            above: low > most,
            narrow,
            low,
            high,
            is_counted: false,
            below: 0,
            inside: Inside::default(),
        }
    }

    /// The same, of which it has to be known how often each value occurs.
    pub(crate) fn counted(self) -> Self {
        Self {
            is_counted: true,
            ..self
        }
    }

    /// How many values of the list are below the band.
    pub(crate) fn below(&self) -> u64 {
        self.below
    }

    /// Whether the values at ranks of the whole list, which ascend, are in the band: unless the list was changed, they are.
    pub(crate) fn holds(&mut self, ranks: &[u64]) -> bool {
        fn sum<T>(runs: &[(T, u64)]) -> u64 {
            runs.iter().map(|(_, count)| count).sum()
        }
        let envelope = self
            .inside
            .envelope
            .as_ref()
            .map_or(0, |envelope| envelope.counts()[0]);
        let inside = sum(self.inside.narrow.runs()) + sum(self.inside.far.runs()) + envelope;
        let is_inside = |rank: &u64| (self.below..self.below + inside).contains(rank);
        ranks.iter().all(is_inside)
    }

    /// The values in the band with how often each occurs, ascending; none if they were too many.
    pub(crate) fn runs(&mut self) -> Option<Vec<(BigInt, u64)>> {
        if self.inside.envelope.is_some() {
            return None;
        }
        let far = self.inside.far.runs();
        let split = far.partition_point(|(value, _)| *value < BigInt::from(i64::MIN));
        let narrow = self.inside.narrow.runs();
        let narrow = narrow.iter().map(|(value, count)| (BigInt::from(*value), *count));
        let runs = far[..split].iter().cloned().chain(narrow);
        Some(runs.chain(far[split..].iter().cloned()).collect())
    }

    /// Bounds of the values at ranks of the whole list, all of which are in the band, if its values were too many to be kept.
    pub(crate) fn bounds(&mut self, ranks: &[u64]) -> Vec<(BigInt, BigInt)> {
        self.shrink();
        let inside: Vec<u64> = ranks.iter().map(|rank| rank - self.below).collect();
        let envelope = self.inside.envelope.take().unwrap_or_default();
        envelope.bounds(&inside)
    }

    #[inline]
    fn take_batch(&mut self, batch: &Batch) {
        let Batch {
            values,
            minimum,
            maximum,
            ..
        } = *batch;
        let Some((low, high)) = self.narrow else {
            self.below += if self.above { values.len() as u64 } else { 0 };
            return;
        };
        if maximum < low {
            self.below += values.len() as u64;
        } else if minimum <= high {
            let mut below = 0;
            for &value in values {
                below += u64::from(value < low);
            }
            self.below += below;
            for &value in values {
                if low <= value && value <= high {
                    self.inside.narrow.push(value);
                }
            }
        }
    }

    fn take(&mut self, value: &BigInt) {
        if *value < self.low {
            self.below += 1;
        } else if *value <= self.high {
            self.inside.far.push(value.clone());
        }
    }

    /// Bytes of memory that [`Band::shrink`] frees.
    fn bytes(&self) -> usize {
        // What big integers point to, two words at least with the allocator's share, as much again.
        self.inside.narrow.bytes() + 2 * self.inside.far.bytes()
    }

    fn settle(&mut self) {
        self.inside.narrow.settle();
        self.inside.far.settle();
    }

    /// Gives up how often each value occurs.
    fn shrink(&mut self) {
        let mut narrow = Envelope::default();
        self.inside.narrow.drain_into(&mut narrow, GROUPS);
        let mut envelope = self.inside.envelope.take().unwrap_or_default();
        envelope.append(narrow.map(BigInt::from));
        self.inside.far.drain_into(&mut envelope, GROUPS);
        envelope.shrink_to(4 * usize::try_from(GROUPS).unwrap_or(usize::MAX));
        self.inside.envelope = Some(envelope);
    }

    fn append(&mut self, other: Self) {
        self.below += other.below;
        self.inside.narrow.append(other.inside.narrow);
        self.inside.far.append(other.inside.far);
        if let Some(envelope) = other.inside.envelope {
            self.inside.envelope.get_or_insert_default().append(*envelope);
        }
        if self.inside.envelope.is_some() {
            self.shrink();
        }
    }
}

/// What is looked for in a pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bands {
    /// Ascending, none meeting the next.
    pub(crate) wanted: Vec<Band>,
    pub(crate) bins: Option<BinCounts>,
    /// How many values there were.
    pub(crate) count: u64,
    /// The most bytes that all bands may take before they give up how often each value occurs.
    pub(crate) share: usize,
}

impl Bands {
    /// The same search, with nothing found yet.
    pub(super) fn empty(&self) -> Self {
        let band = |band: &Band| Band {
            is_counted: band.is_counted,
            ..Band::new(band.low.clone(), band.high.clone())
        };
        Self {
            wanted: self.wanted.iter().map(band).collect(),
            bins: self.bins.as_ref().map(BinCounts::empty),
            count: 0,
            share: self.share,
        }
    }

    pub(super) fn take_batch(&mut self, batch: &Batch) {
        self.count += batch.values.len() as u64;
        for band in &mut self.wanted {
            band.take_batch(batch);
        }
        if let Some(bins) = &mut self.bins {
            bins.add_all(batch.values);
        }
        self.hold_share();
    }

    /// A value that does not fit 64 bits.
    pub(super) fn take(&mut self, value: &BigInt) {
        self.count += 1;
        for band in &mut self.wanted {
            band.take(value);
        }
        if let Some(bins) = &mut self.bins {
            bins.add(value);
        }
        self.hold_share();
    }

    /// How many different values that fit 64 bits a band can count in `share` bytes, beside others.
    pub(crate) fn room(share: usize) -> usize {
        share / 2 / size_of::<(i64, u64)>()
    }

    /// Has the bands with most values give up how often each occurs, if all of them take more than their share: the last ones to
    /// do so are those that have to know.
    fn hold_share(&mut self) {
        if self.bytes() <= self.share {
            return;
        }
        self.wanted.iter_mut().for_each(Band::settle);
        while self.bytes() > self.share {
            let largest = self
                .wanted
                .iter_mut()
                .max_by_key(|band| (!band.is_counted && band.bytes() > 0, band.bytes()));
            match largest {
                Some(band) if band.bytes() > 0 => band.shrink(),
                _ => return,
            }
        }
    }

    fn bytes(&self) -> usize {
        self.wanted.iter().map(Band::bytes).sum()
    }

    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        for (band, other) in self.wanted.iter_mut().zip(other.wanted) {
            band.append(other);
        }
        if let (Some(bins), Some(other)) = (&mut self.bins, &other.bins) {
            bins.append(other);
        }
        self.hold_share();
    }
}
