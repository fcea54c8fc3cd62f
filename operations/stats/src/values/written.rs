//! What a pass found, as it is written for whoever joins it with what others found.

use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bands::{Band, Bands};
use super::digest::{Digest, Digests};
use super::envelope::Envelope;
use super::tally::Tally;
use super::{Keep, Values};

/// The most entries of all envelopes that are written: 8,192 groups, of lower and of upper bounds.
const ENTRIES: usize = 1 << 14;
/// The fewest of each, where there are many.
const FEWEST_ENTRIES: usize = 64;
/// About the most bytes of integers in an envelope that do not fit 64 bits.
const FAR_BYTES: u64 = 1 << 18;

/// What was found in a part of a list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Written {
    /// In the first pass.
    Digests(Vec<Digest>),
    /// In a later one.
    Bands(WrittenBands),
}

/// What [`Bands`] found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WrittenBands {
    count: u64,
    places: u32,
    wanted: Vec<WrittenBand>,
    bins: Option<Vec<u64>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenBand {
    below: u64,
    #[serde(serialize_with = "gaps", deserialize_with = "from_gaps")]
    narrow: Vec<(i64, u64)>,
    far: Vec<(BigInt, u64)>,
    envelope: Option<Envelope<BigInt>>,
}

/// Values that ascend take few bytes as distances.
fn gaps<S: Serializer>(runs: &[(i64, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut last = 0_i64;
    serializer.collect_seq(runs.iter().map(|(value, count)| {
        let gap = value.wrapping_sub(std::mem::replace(&mut last, *value));
        (gap.cast_unsigned(), *count)
    }))
}

fn from_gaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(i64, u64)>, D::Error> {
    let gaps = Vec::<(u64, u64)>::deserialize(deserializer)?;
    let mut value = 0_i64;
    let run = |(gap, count): (u64, u64)| {
        value = value.wrapping_add(gap.cast_signed());
        (value, count)
    };
    Ok(gaps.into_iter().map(run).collect())
}

impl Values {
    /// What is known of a list that was made by [`Values::new_digested`] or [`Values::new_searched`].
    pub(crate) fn written(mut self) -> Written {
        self.close_batch();
        if let Keep::Bands(bands) = self.keep {
            return Written::Bands(bands.written(self.places));
        }
        let mut digests = self.digested();
        let each = (ENTRIES / digests.by_places.len().max(1)).max(FEWEST_ENTRIES);
        for digest in &mut digests.by_places {
            digest.bound_to(each, FAR_BYTES);
        }
        Written::Digests(digests.by_places)
    }
}

impl Digests {
    /// Joins what was written of another part. Whether these are digests of some.
    pub(crate) fn take_written(&mut self, written: Written) -> bool {
        let Written::Digests(digests) = written else {
            return false;
        };
        if !digests.iter().all(Digest::is_sound) {
            return false;
        }
        for digest in digests {
            self.add(digest);
        }
        true
    }
}

impl Bands {
    fn written(mut self, places: u32) -> WrittenBands {
        let written = |band: &mut Band| WrittenBand {
            below: band.below,
            narrow: band.inside.narrow.runs().to_vec(),
            far: band.inside.far.runs().to_vec(),
            envelope: band.inside.envelope.take().map(|envelope| *envelope),
        };
        WrittenBands {
            count: self.count,
            places,
            wanted: self.wanted.iter_mut().map(written).collect(),
            bins: self.bins.map(|bins| bins.counts().to_vec()),
        }
    }

    /// Joins what was written of another part, at so many places. Whether it was found in the same search.
    pub(crate) fn take_written(&mut self, written: Written, places: u32) -> bool {
        let Written::Bands(written) = written else {
            return false;
        };
        let mut other = self.empty();
        let bins = (
            written.bins.as_ref().map(Vec::len),
            other.bins.as_ref().map(|bins| bins.counts().len()),
        );
        if written.places != places || written.wanted.len() != other.wanted.len() || bins.0 != bins.1 {
            return false;
        }
        other.count = written.count;
        for (band, written) in other.wanted.iter_mut().zip(written.wanted) {
            band.below = written.below;
            band.inside.narrow = Tally::of_runs(written.narrow);
            band.inside.far = Tally::of_runs(written.far);
            band.inside.envelope = written.envelope.map(Box::new);
        }
        if let (Some(bins), Some(counts)) = (&mut other.bins, written.bins) {
            bins.set(counts);
        }
        self.append(other);
        true
    }
}
