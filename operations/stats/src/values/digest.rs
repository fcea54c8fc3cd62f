//! What is kept of values that are too many to be stored: exact sums and extremes, and bounds for the value at any rank.

use std::mem;

use num_bigint::BigInt;

use super::envelope::Envelope;
use super::totals::Totals;
use super::{Keep, Values, leaves};
use crate::Parameters;
use crate::number::powers::times_power_of_ten;

/// What an entry of an envelope takes, in bytes, with a big integer in it; others take 16.
const FAR_ENTRY_BYTES: usize = 64;
const ENTRY_BYTES: usize = 16;
/// The share of the memory that envelopes may take: one part of so many.
const ENVELOPE_PART: usize = 8;
/// The fewest entries of an envelope that is made smaller.
const FEWEST_ENTRIES: usize = 4_096;
/// About how many groups the values that do not fit 64 bits become.
const FAR_GROUPS: u64 = 2_048;
/// Decimal places by which 64 bits can be shifted and fit 128.
const SHIFTED_PLACES: u32 = 18;

/// Digests of values, one for each number of decimal places that they were stored at.
#[derive(Debug)]
pub(crate) struct Digests {
    /// The most bytes of values before they are digested.
    share: usize,
    needs: Needs,
    by_places: Vec<Digest>,
}

/// What is asked for besides sums, extremes and bounds.
#[derive(Clone, Copy, Debug)]
struct Needs {
    squares: bool,
    common_zeros: bool,
}

#[derive(Debug)]
struct Digest {
    places: u32,
    totals: Totals,
    squares: BigInt,
    /// How many zeros end every value, up to its decimal places.
    common_zeros: u32,
    narrow: Envelope<i64>,
    far: Envelope<BigInt>,
}

/// What all values have in common, at the same decimal places.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) places: u32,
    pub(crate) count: u64,
    pub(crate) sum: BigInt,
    /// Zero where it is not asked for.
    pub(crate) squares: BigInt,
    pub(crate) minimum: BigInt,
    pub(crate) maximum: BigInt,
    /// How many zeros end every value; 0 where it is not asked for.
    pub(crate) zeros: u32,
}

impl Digests {
    pub(super) fn new(share: usize, parameters: &Parameters) -> Self {
        Self {
            share,
            needs: Needs {
                squares: parameters.need_squares(),
                common_zeros: parameters.histogram.is_some(),
            },
            by_places: Vec::new(),
        }
    }

    /// None yet, of the same kind.
    pub(super) fn empty(&self) -> Self {
        Self {
            by_places: Vec::new(),
            ..*self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_places.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.by_places.iter().map(|digest| digest.totals.count()).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.by_places.iter().map(Digest::bytes).sum()
    }

    pub(super) fn append(&mut self, other: Self) {
        other.by_places.into_iter().for_each(|digest| self.add(digest));
    }

    fn add(&mut self, digest: Digest) {
        match self
            .by_places
            .iter_mut()
            .find(|each| each.places == digest.places)
        {
            Some(same) => same.append(digest),
            None => self.by_places.push(digest),
        }
        let most = self.share / ENVELOPE_PART;
        if self.bytes() > most {
            let each = most / self.by_places.len();
            self.by_places
                .iter_mut()
                .for_each(|digest| digest.shrink_to(each));
        }
    }

    /// What the values have in common.
    pub(crate) fn common(&self) -> Common {
        let places = self
            .by_places
            .iter()
            .map(|digest| digest.places)
            .max()
            .unwrap_or(0);
        let mut totals = Totals::default();
        let mut squares = BigInt::ZERO;
        let mut zeros = places;
        for digest in &self.by_places {
            let up = places - digest.places;
            totals.append(digest.totals.clone().scaled(up));
            squares += times_power_of_ten(digest.squares.clone(), 2 * up);
            zeros = zeros.min(digest.common_zeros + up);
        }
        let (minimum, maximum) = totals.extremes().expect("digests are of values");
        Common {
            places,
            count: totals.count(),
            sum: totals.sum().clone(),
            squares,
            minimum,
            maximum,
            zeros,
        }
    }

    /// Bounds of the values at `ranks`, which ascend and are below the count, at the decimal places of [`Digests::common`].
    pub(crate) fn bounds(self, ranks: &[u64]) -> Vec<(BigInt, BigInt)> {
        let places = self
            .by_places
            .iter()
            .map(|digest| digest.places)
            .max()
            .unwrap_or(0);
        let all_narrow = |digest: &Digest| digest.far.len() == 0 && places - digest.places <= SHIFTED_PLACES;
        if self.by_places.iter().all(all_narrow) {
            let mut envelope = Envelope::default();
            for digest in self.by_places {
                let power = 10_i128.pow(places - digest.places);
                envelope.append(digest.narrow.map(|value| i128::from(value) * power));
            }
            let bounds = envelope.bounds(ranks).into_iter();
            return bounds.map(|(low, high)| (low.into(), high.into())).collect();
        }
        let mut envelope = Envelope::default();
        for digest in self.by_places {
            let up = places - digest.places;
            envelope.append(digest.narrow.map(|value| times_power_of_ten(value.into(), up)));
            envelope.append(digest.far.map(|value| times_power_of_ten(value, up)));
        }
        envelope.bounds(ranks)
    }
}

impl Digest {
    fn bytes(&self) -> usize {
        self.narrow.len() * ENTRY_BYTES + self.far.len() * FAR_ENTRY_BYTES
    }

    fn append(&mut self, other: Self) {
        self.totals.append(other.totals);
        self.squares += other.squares;
        self.common_zeros = self.common_zeros.min(other.common_zeros);
        self.narrow.append(other.narrow);
        self.far.append(other.far);
    }

    fn shrink_to(&mut self, bytes: usize) {
        // To half, so that it is not done again at once.
        self.narrow
            .shrink_to((bytes / 2 / ENTRY_BYTES).max(FEWEST_ENTRIES));
        self.far
            .shrink_to((bytes / 2 / FAR_ENTRY_BYTES).max(FEWEST_ENTRIES));
    }

    /// The digest of all that `values` hold, which is not nothing.
    fn of(mut values: Values, needs: Needs) -> Self {
        let (minimum, maximum) = values.extremes().expect("there are values");
        let totals = Totals::of(values.count(), values.sum(), minimum, maximum);
        let squares = if needs.squares {
            values.sum_of_squares()
        } else {
            BigInt::ZERO
        };
        let common_zeros = if needs.common_zeros {
            values.common_zeros()
        } else {
            0
        };
        let mut narrow = Envelope::default();
        leaves::add_blocks(&mut narrow, &values.blocks);
        let mut far = Envelope::default();
        let mut beyond = mem::take(&mut values.big);
        beyond.extend(values.wide.iter().map(|value| BigInt::from(*value)));
        beyond.sort_unstable();
        let runs: Vec<_> = beyond
            .chunk_by(BigInt::eq)
            .map(|run| (run[0].clone(), run.len() as u64))
            .collect();
        far.add_runs(&runs, FAR_GROUPS);
        Self {
            places: values.places,
            totals,
            squares,
            common_zeros,
            narrow,
            far,
        }
    }
}

impl Values {
    /// Digests what is stored, if it takes more than its share.
    pub(super) fn hold_share(&mut self) {
        if let Keep::Digests(digests) = &self.keep
            && self.bytes + self.earlier_bytes > digests.share
        {
            self.digest();
        }
    }

    /// Digests what is stored in blocks and beside them.
    pub(super) fn digest(&mut self) {
        let Keep::Digests(digests) = &mut self.keep else {
            return;
        };
        let current = Self {
            places: self.places,
            blocks: mem::take(&mut self.blocks),
            wide: mem::take(&mut self.wide),
            big: mem::take(&mut self.big),
            ..Self::default()
        };
        let earlier = mem::take(&mut self.earlier).into_iter().map(|part| Self {
            places: part.places,
            blocks: part.blocks,
            wide: part.wide,
            big: part.big,
            ..Self::default()
        });
        for values in earlier.chain([current]) {
            if values.count() > 0 {
                digests.add(Digest::of(values, digests.needs));
            }
        }
        self.bytes = 0;
        self.earlier_bytes = 0;
    }
}
