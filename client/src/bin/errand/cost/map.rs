//! How long a job takes that many functions do, and what it costs, about: the model of docs/scale.md, which `bench/scale.py` computes.
//! The figures are here under the names that they have there.

use std::time::Duration;

use super::{Bill, GB_SECOND, GRAYSCALE_GB, INVOCATION, S3_READ, S3_WRITE, STATS_GB};

/// Bytes of a list that one function reads.
pub(crate) const SLICE_BYTES: u64 = 256 << 20;
/// Objects that one function does.
pub(crate) const BATCH_OBJECTS: u64 = 100;
/// What a function of 1 GB reads from S3 in a second: 1,000 of them, as Lithops published it ("Benchmark: COS and S3 throughput",
/// 2020).
pub(crate) const READ_BYTES_PER_SEC: f64 = 99e6;
/// What a function makes gray in a second: an image of 6.8 MB takes 0.324 s (docs/cost.md).
pub(crate) const GRAYSCALE_BYTES_PER_SEC: f64 = 21e6;
/// How long a new function's environment takes to start, in seconds (bench/README.md, with what AWS adds).
pub(crate) const START_SECS: f64 = 0.3;
/// How many environments Lambda adds, and in how many seconds ("Understanding Lambda function scaling", AWS Lambda developer guide,
/// read 2026-11).
pub(crate) const NEW_ENVIRONMENTS: f64 = 1_000.0;
pub(crate) const NEW_ENVIRONMENTS_SECS: f64 = 10.0;
/// How many functions work at once: an account's default ("Lambda quotas", the same guide).
pub(crate) const MOST_AT_ONCE: f64 = 1_000.0;
/// How much longer the slowest of many takes, in seconds; how long Step Functions takes to have all begun, to divide the work, and to
/// join what came of it. Estimates (docs/scale.md).
pub(crate) const STRAGGLER_SECS: f64 = 4.0;
pub(crate) const RAMP_SECS: f64 = 3.0;
pub(crate) const PLAN_SECS: f64 = 3.0;
pub(crate) const REDUCE_SECS: f64 = 2.0;
/// How often a list is read.
pub(crate) const PASSES: f64 = 2.0;
/// USD for a transition of a Standard workflow, and for starting an Express one ("AWS Step Functions pricing", us-east-1, read 2026-11).
pub(crate) const TRANSITION: f64 = 25e-6;
pub(crate) const EXPRESS_REQUEST: f64 = 1e-6;
/// Transitions of the workflow that holds all together, about.
pub(crate) const TRANSITIONS: f64 = 20.0;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// One list.
    List,
    /// A list of each object.
    Lists,
    /// An image of each object.
    Images,
}

/// What a job is expected to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) items: u64,
    pub(crate) time: Duration,
    pub(crate) bill: Bill,
}

impl Work {
    /// What it takes to do so many objects, of so many bytes in all, that are divided into so many slices.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn estimate(self, objects: u64, size_bytes: u64, slices: u64) -> Estimate {
        let items = match self {
            Self::List => slices,
            Self::Lists | Self::Images => objects.div_ceil(BATCH_OBJECTS),
        };
        let (count, objects) = (items.max(1) as f64, objects as f64);
        let (passes, rate, memory_gb) = match self {
            Self::List => (PASSES, READ_BYTES_PER_SEC, STATS_GB),
            Self::Lists => (1.0, READ_BYTES_PER_SEC, STATS_GB),
            Self::Images => (1.0, GRAYSCALE_BYTES_PER_SEC, GRAYSCALE_GB),
        };
        let each_secs = START_SECS + size_bytes as f64 / count / rate;
        let rounds = (count / MOST_AT_ONCE).max(1.0);
        let pass_secs = each_secs * rounds + STRAGGLER_SECS + REDUCE_SECS;
        // The later ones of the first thousand begin while the earlier ones work.
        let begin_secs = (count.min(MOST_AT_ONCE) / NEW_ENVIRONMENTS * NEW_ENVIRONMENTS_SECS).min(RAMP_SECS);
        let secs = PLAN_SECS + begin_secs + passes * pass_secs;
        let (reads, writes) = match self {
            Self::List => (count * passes, count * passes),
            Self::Lists => (objects, count),
            Self::Images => (objects, objects + count),
        };
        let usd = passes * count * (each_secs * memory_gb * GB_SECOND + INVOCATION + EXPRESS_REQUEST)
            + reads * S3_READ
            + writes * S3_WRITE
            + TRANSITIONS * TRANSITION;
        Estimate {
            items,
            time: Duration::from_secs_f64(secs),
            bill: Bill {
                client_requests: 6.0,
                usd,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(size_bytes: u64) -> Estimate {
        Work::List.estimate(1, size_bytes, size_bytes.div_ceil(SLICE_BYTES))
    }

    #[test]
    fn a_list_of_100_gb_takes_half_a_minute_and_cents() {
        let (small, large, huge) = (
            list(10_000_000_000),
            list(100_000_000_000),
            list(1_000_000_000_000),
        );
        assert_eq!(small.items, 38);
        assert_eq!(large.items, 373);
        for (estimate, secs, usd) in [
            (small, 20.0..26.0, 0.003),
            (large, 20.0..26.0, 0.03),
            (huge, 35.0..45.0, 0.3),
        ] {
            assert!(secs.contains(&estimate.time.as_secs_f64()), "{estimate:?}");
            assert!((usd..3.0 * usd).contains(&estimate.bill.usd()), "{estimate:?}");
        }
    }

    #[test]
    fn a_million_images_take_minutes_and_some_dollars() {
        let images = Work::Images.estimate(1_000_000, 1_000_000_000_000, 0);
        assert_eq!(images.items, 10_000);
        assert!((50.0..300.0).contains(&images.time.as_secs_f64()), "{images:?}");
        assert!((5.0..9.0).contains(&images.bill.usd()), "{images:?}");
    }
}
