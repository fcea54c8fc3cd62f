//! What is kept of values that are too many to be stored: exact sums and extremes, and bounds for the value at any rank.
//!
//! Of values close to one another it is how often each occurs, as long as they are: then nothing has to be looked for.

use std::mem;

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use super::block::Block;
use super::envelope::Envelope;
use super::table::Table;
use super::totals::Totals;
use super::{Keep, Values, leaves};
use crate::Parameters;
use crate::cancel::Cancel;
use crate::number::powers::times_power_of_ten;

/// What an entry of an envelope takes, in bytes, with a big integer in it; others take 16.
const FAR_ENTRY_BYTES: usize = 64;
const ENTRY_BYTES: usize = 16;
/// The share of the memory that envelopes may take: one part of so many.
const ENVELOPE_PART: usize = 8;
/// The fewest entries of an envelope that is made smaller.
const FEWEST_ENTRIES: usize = 4_096;
/// The fewest of one whose integers are large.
const FEWEST_FAR_ENTRIES: usize = 16;
/// About how many groups the values of a table become.
const GROUPS: u64 = 2_048;
/// Why work cannot have been given up.
const NEVER: &str = "nobody holds the flag";
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
    pub(super) by_places: Vec<Digest>,
}

/// What is asked for besides sums, extremes and bounds.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    squares: bool,
    common_zeros: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Digest {
    places: u32,
    totals: Totals,
    squares: BigInt,
    /// How many zeros end every value, up to its decimal places.
    common_zeros: u32,
    held: Held,
}

/// What tells the value at a rank.
#[derive(Debug, Serialize, Deserialize)]
enum Held {
    /// Nothing: no rank is asked for.
    Nothing,
    Table(Table),
    /// Of those that fit 64 bits, and of others.
    Bounds(Envelope<i64>, Envelope<BigInt>),
}

/// What all values have in common, at the same decimal places.
#[derive(Debug, Serialize, Deserialize)]
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
    /// None yet. Of more values than `share` bytes hold, there will be some.
    pub(crate) fn new(share: usize, parameters: &Parameters) -> Self {
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

    pub(crate) fn is_empty(&self) -> bool {
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

    pub(super) fn add(&mut self, digest: Digest) {
        let most = self.share / ENVELOPE_PART;
        match self
            .by_places
            .iter_mut()
            .find(|each| each.places == digest.places)
        {
            Some(same) => same.append(digest, most),
            None => self.by_places.push(digest),
        }
        if self.bytes() > most {
            let each = most / self.by_places.len();
            self.by_places
                .iter_mut()
                .for_each(|digest| digest.shrink_to(each));
        }
    }

    /// What the values have in common.
    pub(crate) fn common(&self) -> Common {
        let places = self.places();
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

    /// The values, ascending, with how often each occurs, at the decimal places of [`Digests::common`]; none if they are not known.
    pub(crate) fn runs(&self) -> Option<Vec<(i128, u64)>> {
        let places = self.places();
        let mut runs = Vec::new();
        for digest in &self.by_places {
            let Held::Table(table) = &digest.held else {
                return None;
            };
            let up = places - digest.places;
            if up > SHIFTED_PLACES {
                return None;
            }
            let power = 10_i128.pow(up);
            runs.extend(
                table
                    .runs()
                    .map(|(value, count)| (i128::from(value) * power, count)),
            );
        }
        runs.sort_unstable();
        runs.dedup_by(|(next, more), (first, count)| {
            let same = next == first;
            *count += if same { *more } else { 0 };
            same
        });
        Some(runs)
    }

    /// Bounds of the values at `ranks`, which ascend and are below the count, at the decimal places of [`Digests::common`].
    pub(crate) fn bounds(self, ranks: &[u64]) -> Vec<(BigInt, BigInt)> {
        if ranks.is_empty() {
            return Vec::new();
        }
        let places = self.places();
        let bounds = self.by_places.into_iter().map(|digest| {
            let (narrow, far) = digest.held.into_bounds(u64::MAX);
            (places - digest.places, narrow, far)
        });
        let bounds: Vec<_> = bounds.collect();
        if bounds
            .iter()
            .all(|(up, _, far)| far.len() == 0 && *up <= SHIFTED_PLACES)
        {
            let mut envelope = Envelope::default();
            for (up, narrow, _) in bounds {
                let power = 10_i128.pow(up);
                envelope.append(narrow.map(|value| i128::from(value) * power));
            }
            let bounds = envelope.bounds(ranks).into_iter();
            return bounds.map(|(low, high)| (low.into(), high.into())).collect();
        }
        let mut envelope = Envelope::default();
        for (up, narrow, far) in bounds {
            envelope.append(narrow.map(|value| times_power_of_ten(value.into(), up)));
            envelope.append(far.map(|value| times_power_of_ten(value, up)));
        }
        envelope.bounds(ranks)
    }

    fn places(&self) -> u32 {
        self.by_places
            .iter()
            .map(|digest| digest.places)
            .max()
            .unwrap_or(0)
    }
}

impl Held {
    /// The bounds, of a table in about so many groups.
    fn into_bounds(self, groups: u64) -> (Envelope<i64>, Envelope<BigInt>) {
        match self {
            Self::Nothing => Default::default(),
            Self::Table(table) => {
                let mut narrow = Envelope::default();
                let runs: Vec<_> = table.runs().collect();
                narrow.add_runs(&runs, groups);
                (narrow, Envelope::default())
            }
            Self::Bounds(narrow, far) => (narrow, far),
        }
    }

    /// Gives the table up, if there is one.
    fn bound(&mut self) -> (&mut Envelope<i64>, &mut Envelope<BigInt>) {
        if !matches!(self, Self::Bounds(..)) {
            let (narrow, far) = mem::replace(self, Self::Nothing).into_bounds(GROUPS);
            *self = Self::Bounds(narrow, far);
        }
        match self {
            Self::Bounds(narrow, far) => (narrow, far),
            _ => unreachable!("it was just made so"),
        }
    }

    /// Takes what is held of others. A table may have so many bytes.
    fn append(&mut self, other: Self, most: usize) {
        let other = match (&mut *self, other) {
            (_, Self::Nothing) => return,
            (Self::Nothing, other) => {
                *self = other;
                return;
            }
            (Self::Table(table), Self::Table(more)) => match table.join(more, most) {
                Ok(()) => return,
                Err(more) => Self::Table(more),
            },
            (_, other) => other,
        };
        let (more_narrow, more_far) = other.into_bounds(GROUPS);
        let (narrow, far) = self.bound();
        narrow.append(more_narrow);
        far.append(more_far);
    }
}

impl Digest {
    fn bytes(&self) -> usize {
        match &self.held {
            Held::Nothing => 0,
            Held::Table(table) => table.bytes(),
            Held::Bounds(narrow, far) => narrow.len() * ENTRY_BYTES + far.len() * FAR_ENTRY_BYTES,
        }
    }

    fn append(&mut self, other: Self, most: usize) {
        self.totals.append(other.totals);
        self.squares += other.squares;
        self.common_zeros = self.common_zeros.min(other.common_zeros);
        self.held.append(other.held, most);
    }

    fn shrink_to(&mut self, bytes: usize) {
        if self.bytes() <= bytes && !matches!(self.held, Held::Bounds(..)) {
            return;
        }
        let (narrow, far) = self.held.bound();
        // To half, so that it is not done again at once.
        narrow.shrink_to((bytes / 2 / ENTRY_BYTES).max(FEWEST_ENTRIES));
        far.shrink_to((bytes / 2 / FAR_ENTRY_BYTES).max(FEWEST_ENTRIES));
    }

    /// Makes bounds no more than `entries`, and fewer if they are of so large integers that they would take over `far_bytes`.
    pub(super) fn bound_to(&mut self, entries: usize, far_bytes: u64) {
        let Held::Bounds(narrow, far) = &mut self.held else {
            return;
        };
        narrow.shrink_to(entries);
        let extremes = self.totals.extremes();
        let bits = extremes.map_or(0, |(low, high)| low.bits().max(high.bits()));
        let most = usize::try_from(far_bytes / (bits / 8 + 1)).unwrap_or(usize::MAX);
        far.shrink_to(entries.min(most).max(FEWEST_FAR_ENTRIES));
    }

    /// Whether what was read is a digest of some values, and none that was damaged.
    pub(super) fn is_sound(&self) -> bool {
        let count = self.totals.count();
        let held = match &self.held {
            Held::Nothing => count,
            Held::Table(table) => table.runs().map(|(_, count)| count).sum(),
            Held::Bounds(narrow, far) => {
                let [[low, high], [far_low, far_high]] = [narrow.counts(), far.counts()];
                if low + far_low == high + far_high {
                    low + far_low
                } else {
                    0
                }
            }
        };
        count > 0 && held == count && self.totals.extremes().is_some()
    }

    /// The digest of all that `values` hold, which is not nothing. A table may have so many bytes.
    fn of(mut values: Values, needs: Needs, most: usize) -> Self {
        let (minimum, maximum) = values.extremes().expect("there are values");
        let totals = Totals::of(values.count(), values.sum(), minimum, maximum);
        // Few values, so that this does not take long: whether it is still wanted is asked between digests.
        let never = Cancel::default();
        let squares = if needs.squares {
            values.sum_of_squares(&never).expect(NEVER)
        } else {
            BigInt::ZERO
        };
        let common_zeros = if needs.common_zeros {
            values.common_zeros(&never).expect(NEVER)
        } else {
            0
        };
        let is_narrow = values.wide.is_empty() && values.big.is_empty();
        let table = is_narrow.then(|| Table::of(&values.blocks, most)).flatten();
        Self {
            places: values.places,
            totals,
            squares,
            common_zeros,
            held: table.map_or_else(|| values.bounds(), Held::Table),
        }
    }

    /// The digest of values that were not stored.
    fn of_sums(places: u32, blocks: &[Block], mut totals: Totals) -> Self {
        for block in blocks {
            totals.append(block.totals());
        }
        Self {
            places,
            totals,
            squares: BigInt::ZERO,
            common_zeros: 0,
            held: Held::Nothing,
        }
    }
}

impl Values {
    /// Bounds of what is stored in blocks and beside them.
    fn bounds(&mut self) -> Held {
        let mut narrow = Envelope::default();
        leaves::add_blocks(&mut narrow, &self.blocks);
        let mut far = Envelope::default();
        let mut beyond = mem::take(&mut self.big);
        beyond.extend(self.wide.iter().map(|value| BigInt::from(*value)));
        beyond.sort_unstable();
        let runs: Vec<_> = beyond
            .chunk_by(BigInt::eq)
            .map(|run| (run[0].clone(), run.len() as u64))
            .collect();
        far.add_runs(&runs, FAR_GROUPS);
        Held::Bounds(narrow, far)
    }

    /// The digests of a list that was made by [`Values::new_digested`], also of what is still in memory, and of sums.
    pub(super) fn digested(mut self) -> Digests {
        if let Keep::Digests(_) = self.keep {
            self.digest();
        }
        if let Keep::Digests(digests) = self.keep {
            return digests;
        }
        let mut by_places = vec![Digest::of_sums(self.places, &self.blocks, self.totals)];
        let earlier = self.earlier.into_iter();
        by_places.extend(earlier.map(|part| Digest::of_sums(part.places, &part.blocks, part.totals)));
        by_places.retain(|digest| digest.totals.count() > 0);
        Digests {
            share: 0,
            needs: Needs::default(),
            by_places,
        }
    }

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
                let most = digests.share / ENVELOPE_PART;
                digests.add(Digest::of(values, digests.needs, most));
            }
        }
        self.bytes = 0;
        self.earlier_bytes = 0;
    }
}
