//! How long a job takes that many functions do, and what it costs, about. docs/scale.md simulates such jobs; here is one formula for
//! what comes out there, with the same figures, under the names and from the sources of `devtools/scale/model.py`.

use std::time::Duration;

use super::{Bill, GB_SECOND, GRAYSCALE_GB, INVOCATION, S3_READ, S3_WRITE, STATS_GB};

/// Bytes of a list that one function reads.
pub(crate) const SLICE_BYTES: u64 = 256 << 20;
/// Objects that one function does, one after the other.
pub(crate) const BATCH_KEYS: u64 = 100;
/// How often a list is read.
const PASSES: f64 = 2.0;
/// What is stored of a slice in a pass.
const PARTIAL_BYTES: f64 = 200_000.0;

/// Bytes of S3 that a function reads in a second (published: Lithops' benchmark), and of an image that it makes gray with a processor
/// of its own (measured).
pub(crate) const READ_BYTES_PER_SEC: f64 = 99e6;
const GRAY_BYTES_PER_SEC: f64 = 132e6;
/// How long a new environment takes to start (assumed).
const START_SECS: f64 = 0.3;
/// How many functions an account runs at once by default (published).
const CONCURRENCY_QUOTA: f64 = 1000.0;
/// How long S3 takes until the first byte (assumed), and for a page of keys (assumed), of which there are so many (published).
const S3_REQUEST_SECS: f64 = 0.03;
const LIST_PAGE_SECS: f64 = 0.1;
const LIST_PAGE_KEYS: f64 = 1000.0;
/// What S3 writes in a second below a prefix (published).
const WRITES_PER_SEC: f64 = 3500.0;
/// How long Step Functions takes until the first function of a pass is begun, and for any other step (assumed); the steps of a job.
const MAP_START_SECS: f64 = 1.0;
const TRANSITION_SECS: f64 = 0.1;
const TRANSITIONS: f64 = 12.0;

/// How much slower functions are than the rate above, on average and at the end of a pass, in the time of one slice: what the
/// log-normal tail of the simulation comes to.
const SLOWNESS: f64 = 1.28;
const TAIL: f64 = 0.7;

/// USD for a transition of the workflow, of which each function's start is one; for an Express workflow, one a function; and for what
/// it holds, in GB-seconds. Step Functions' prices in us-east-1; `devtools/cost/prices.py` says where they were read.
const TRANSITION: f64 = 25e-6;
const EXPRESS: f64 = 1e-6;
const EXPRESS_GB_SECOND: f64 = 0.000_016_67;
const EXPRESS_GB: f64 = 0.0625;

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
    /// Slices, or batches.
    pub(crate) items: u64,
    pub(crate) time: Duration,
    pub(crate) bill: Bill,
}

impl Work {
    /// How long a function works on one object of so many bytes, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn secs(self, size_bytes: u64) -> f64 {
        self.secs_of(size_bytes as f64)
    }

    fn secs_of(self, size_bytes: f64) -> f64 {
        match self {
            Self::List | Self::Lists => S3_REQUEST_SECS + size_bytes / READ_BYTES_PER_SEC,
            // It is read, made gray, and written.
            Self::Images => {
                2.0 * S3_REQUEST_SECS
                    + 2.0 * size_bytes / READ_BYTES_PER_SEC
                    + size_bytes / GRAY_BYTES_PER_SEC
            }
        }
    }

    /// What it takes many functions to do so many objects, of so many bytes in all, which as one list have so many slices.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn estimate(self, objects: u64, size_bytes: u64, slices: u64) -> Estimate {
        let items = match self {
            Self::List => slices,
            Self::Lists | Self::Images => objects.div_ceil(BATCH_KEYS),
        }
        .max(1);
        let (count, objects_in_one) = match self {
            Self::List => (items as f64, 1.0),
            Self::Lists | Self::Images => (items as f64, objects as f64 / items as f64),
        };
        let objects = objects as f64;
        let passes = if self == Self::List { PASSES } else { 1.0 };
        let memory_gb = if self == Self::Images {
            GRAYSCALE_GB
        } else {
            STATS_GB
        };
        let each_secs = objects_in_one * self.secs_of(size_bytes as f64 / count / objects_in_one);
        let at_once = count.min(CONCURRENCY_QUOTA);
        let work_secs = each_secs * (SLOWNESS * count / at_once + TAIL);
        // Whoever waits for S3 is paid all the same.
        let written = if self == Self::Images { objects } else { 0.0 };
        let pass_secs = work_secs.max(written / WRITES_PER_SEC);
        let paid_secs = (each_secs * SLOWNESS * count).max(written / WRITES_PER_SEC * at_once);
        let join_secs = if self == Self::List {
            count * PARTIAL_BYTES / READ_BYTES_PER_SEC
        } else {
            0.0
        };
        let plan_secs = (objects / LIST_PAGE_KEYS).ceil() * LIST_PAGE_SECS + TRANSITIONS * TRANSITION_SECS;
        let secs = plan_secs + START_SECS + passes * (MAP_START_SECS + pass_secs + join_secs);
        let (reads, writes) = match self {
            Self::List => (2.0 * count * passes, count * passes),
            Self::Lists => (objects, count),
            Self::Images => (objects, objects + count),
        };
        let children = passes * count;
        let usd = children * (INVOCATION + TRANSITION + EXPRESS)
            + passes * paid_secs * (memory_gb * GB_SECOND + EXPRESS_GB * EXPRESS_GB_SECOND)
            + at_once * START_SECS * memory_gb * GB_SECOND
            + reads * S3_READ
            + (writes + objects / LIST_PAGE_KEYS) * S3_WRITE
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

    /// That the formula comes to what docs/scale.md says of 1,000 functions at once, within a fifth.
    #[track_caller]
    fn is_about(estimate: Estimate, secs: f64, usd: f64) {
        let found = (estimate.time.as_secs_f64(), estimate.bill.usd());
        assert!((found.0 / secs - 1.0).abs() < 0.2, "{found:?} is not {secs} s");
        assert!((found.1 / usd - 1.0).abs() < 0.2, "{found:?} is not {usd} USD");
    }

    #[test]
    fn the_formula_comes_to_what_the_simulation_does() {
        let list = |size_bytes: u64| Work::List.estimate(1, size_bytes, size_bytes.div_ceil(SLICE_BYTES));
        assert_eq!(list(10_000_000_000).items, 38);
        is_about(list(10_000_000_000), 16.0, 0.0064);
        is_about(list(100_000_000_000), 18.0, 0.06);
        is_about(list(1_000_000_000_000), 55.0, 0.59);
        let images = Work::Images.estimate(1_000_000, 1_000_000_000_000, 0);
        assert_eq!(images.items, 10_000);
        is_about(images, 7.1 * 60.0, 12.58);
    }
}
