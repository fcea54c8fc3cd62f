//! A list of any length takes the memory that it may take: measured by the allocator, in a program of its own.

use std::io::{self, Read, Write as _};
use std::num::NonZero;

use errand_stats::{Parameters, Passes};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const NUMBERS: u64 = 20_000_000;
/// What is not counted: buffers and counters of each thread.
const BESIDE: usize = 24 << 20;

/// Every number from 0 to [`NUMBERS`] once, mixed up, one a line, without a place where they all are.
struct Mixed {
    next: u64,
    line: Vec<u8>,
}

impl Read for Mixed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.line.is_empty() {
                if self.next == NUMBERS {
                    break;
                }
                // 7,919 has no factor in common with the count.
                writeln!(self.line, "{}", self.next * 7_919 % NUMBERS)?;
                self.next += 1;
            }
            let taken = self.line.len().min(buffer.len() - filled);
            buffer[filled..filled + taken].copy_from_slice(&self.line[..taken]);
            self.line.drain(..taken);
            filled += taken;
        }
        Ok(filled)
    }
}

#[test]
fn twenty_million_numbers_are_summarized_in_eight_megabytes() {
    let parameters: Parameters = serde_json::from_str(
        r#"{"statistics": ["sum", "median", "quartiles", "variance"], "percentiles": ["0.001", "99.9"], "histogram": 10}"#,
    )
    .unwrap();
    let budget = 8 << 20;
    ALLOCATED.reset_peak_usage();
    let summary = Passes::new(&parameters)
        .with_memory_budget(budget)
        .with_threads(NonZero::new(2).unwrap())
        .summarize(1, |_| {
            Ok(Mixed {
                next: 0,
                line: Vec::new(),
            })
        })
        .unwrap();
    let peak = ALLOCATED.peak_usage();
    assert!(peak < budget + BESIDE, "{peak} bytes at the most");

    assert_eq!(summary.count, NUMBERS);
    assert_eq!(summary.sum.unwrap().as_str(), "199999990000000");
    assert_eq!(summary.median.unwrap().as_str(), "9999999.5");
    let quartiles = summary.quartiles.unwrap();
    assert_eq!(quartiles.first.as_str(), "4999999.75");
    assert_eq!(quartiles.third.as_str(), "14999999.25");
    assert_eq!(summary.percentiles[0].value.as_str(), "199.99999");
    let bins = summary.histogram.unwrap().bins;
    assert!(bins.iter().all(|bin| bin.count == NUMBERS / 10), "{bins:?}");
}
