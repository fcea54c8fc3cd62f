//! What jobs cost at AWS, about: the requests that docs/cost.md counts, at the list prices of us-east-1 that it names, without
//! free tiers. `devtools/tests/test_cost.py` holds the prices against that page's.

pub(crate) mod map;

use errand_client::Operation;
use errand_client::operations::GRAYSCALE;

/// USD each; `devtools/cost/prices.py` says where they were read.
const SQS_REQUEST: f64 = 0.40e-6;
const S3_WRITE: f64 = 5.00e-6;
const S3_READ: f64 = 0.40e-6;
const INVOCATION: f64 = 0.20e-6;
const GB_SECOND: f64 = 0.000_013_333_4;
const LOG_GB: f64 = 0.50;

/// What SQS counts as one request.
const SQS_BYTES: u64 = 64 << 10;

/// The largest text that goes in a message, what is around it left out.
const MESSAGE_BYTES: u64 = 1_048_000;

/// What goes to S3 in one request, and the parts of what is larger: as the upload cuts it.
const SINGLE_BYTES: u64 = 16 << 20;
const PART_BYTES: u64 = 8 << 20;

/// Memory of the functions, in GB, unless the stack has other parameters; template.yaml, `StatsMemoryMb` and so on.
const STATS_GB: f64 = 1.0;
const GRAYSCALE_GB: f64 = 1769.0 / 1024.0;

/// How long a function works that nobody has seen working, in seconds: it waits for S3, mostly.
const GUESSED_SECS: f64 = 0.1;

/// What is asked of AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bill {
    /// Of the client to SQS and S3.
    pub(crate) client_requests: f64,
    usd: f64,
}

impl Bill {
    /// A run's share: a reply queue that is found, made and removed.
    pub(crate) fn of_a_run() -> Self {
        Self {
            client_requests: 3.0,
            usd: 3.0 * SQS_REQUEST,
        }
    }

    /// A job, which sends what is not in the cloud yet. `function_secs`: how long its function worked, if that is known.
    pub(crate) fn of_a_job(
        operation: Operation,
        size_bytes: u64,
        is_uploaded: bool,
        is_one_of_many: bool,
        function_secs: Option<f64>,
    ) -> Self {
        let is_image = operation == GRAYSCALE;
        let is_inline = !is_image && !is_uploaded && size_bytes <= MESSAGE_BYTES;
        // One of many shares its requests with nine others; replies are not as well filled (docs/cost.md, "in a batch").
        let (client_sqs, other_sqs, invocations): (f64, f64, f64) = match (is_one_of_many, is_image) {
            (false, _) => (2.0, 3.0, 1.0),
            (true, true) => (0.32, 3.0, 1.0),
            (true, false) => (0.3, 0.42, 0.1),
        };
        // A full message is counted by its size, when it is sent and when it is received.
        #[expect(clippy::cast_precision_loss, reason = "16 at most")]
        let more_sqs = if is_inline {
            2.0 * (size_bytes.saturating_sub(1) / SQS_BYTES) as f64
        } else {
            0.0
        };
        #[expect(clippy::cast_precision_loss, reason = "10,002 at most")]
        let client_writes = match size_bytes {
            _ if is_inline || is_uploaded => 0.0,
            0..=SINGLE_BYTES => 1.0,
            _ => (size_bytes.div_ceil(PART_BYTES) + 2) as f64,
        };
        let client_reads = if is_image { 1.0 } else { 0.0 };
        let (writes, reads) = match (is_image, is_inline) {
            (true, _) => (2.0, 2.0),
            (false, true) => (1.0, 0.0),
            (false, false) => (1.0, 2.0),
        };
        let memory_gb = if is_image { GRAYSCALE_GB } else { STATS_GB };
        let function_secs = function_secs.unwrap_or(GUESSED_SECS * invocations);
        let log_bytes = 740.0 * invocations;
        Self {
            client_requests: client_sqs + client_writes + client_reads,
            usd: (client_sqs + other_sqs + more_sqs) * SQS_REQUEST
                + (client_writes + writes) * S3_WRITE
                + (client_reads + reads) * S3_READ
                + invocations * INVOCATION
                + function_secs * memory_gb * GB_SECOND
                + log_bytes / 1e9 * LOG_GB,
        }
    }

    /// In US dollars.
    pub(crate) fn usd(self) -> f64 {
        self.usd
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.client_requests += other.client_requests;
        self.usd += other.usd;
    }

    /// In US dollars, with two digits that mean something, for a person to read.
    pub(crate) fn text(self) -> String {
        let digits = match self.usd {
            0.995.. => 2,
            usd if usd > 0.0 => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "8 at most"
                )]
                let zeros = (-usd.log10()).floor().min(8.0) as usize;
                zeros + 2
            }
            _ => 2,
        };
        format!("{:.digits$} USD", self.usd)
    }
}

#[cfg(test)]
mod tests {
    use errand_client::operations::STATS;

    use super::*;

    #[test]
    fn a_million_cost_what_the_page_says() {
        // docs/cost.md, "Money": one list, one image, a list and an image in a batch. What functions take is guessed here.
        let million = |operation, size, many, secs: f64| {
            let mut bill = Bill::of_a_job(operation, size, false, many, Some(secs));
            if !many {
                bill.add(Bill::of_a_run());
            }
            bill.usd * 1e6
        };
        for (told, page) in [
            (million(STATS, 300, false, 0.0412), 9.31),
            (million(GRAYSCALE, 6_800_000, false, 0.324), 27.44),
            (million(STATS, 300, true, 0.0053), 5.52),
            (million(GRAYSCALE, 6_800_000, true, 0.324), 25.56),
        ] {
            assert!((told - page).abs() < 0.02 * page, "{told} is not {page}");
        }
    }

    #[test]
    fn what_is_large_is_counted_in_its_parts() {
        let requests = |size| Bill::of_a_job(GRAYSCALE, size, false, true, None).client_requests;
        assert!((requests(1 << 20) - 2.32).abs() < 1e-9);
        assert!((requests(40_000_000) - (0.32 + 1.0 + 7.0)).abs() < 1e-9);
        let inline = |size| Bill::of_a_job(STATS, size, false, true, None).usd;
        let more = inline(1_000_000) - inline(1_000);
        assert!((more - 30.0 * SQS_REQUEST).abs() < 1e-9, "{more}");
    }

    #[test]
    fn small_sums_have_two_digits() {
        for (usd, text) in [
            (0.0, "0.00 USD"),
            (0.000_027_4, "0.000027 USD"),
            (0.026, "0.026 USD"),
            (0.26, "0.26 USD"),
            (12.345, "12.35 USD"),
        ] {
            let bill = Bill {
                usd,
                ..Bill::default()
            };
            assert_eq!(bill.text(), text);
        }
    }
}
