//! Statistics take no more memory than the numbers themselves and a few megabytes, however the numbers are mixed.

use std::num::NonZero;

use errand_stats::{Accumulator, Parameters, Selection, Summary};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What statistics may take besides the stored numbers: a block that is being joined, windows, half a megabyte of counts.
const BESIDE: usize = 24 << 20;

/// All statistics of a list that comes in chunks, and how many bytes were taken at most.
fn measured(chunks: impl Iterator<Item = String>, budget: usize) -> (Summary, usize) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let parameters = Parameters {
        statistics: Selection::All,
        ..Parameters::default()
    };
    let mut list = Accumulator::new(&parameters)
        .with_memory_budget(budget)
        .with_threads(NonZero::new(2).unwrap());
    for chunk in chunks {
        list.push(chunk.as_bytes()).unwrap();
    }
    let summary = list.finish().unwrap();
    (summary, ALLOCATOR.peak_usage() - before)
}

/// One test, since the allocator counts for the whole process.
#[test]
fn modes_and_distinct_take_no_copy_of_the_numbers() {
    let narrow = |batch: u64| format!("{} ", batch % 100).repeat(9_000);
    // One byte each, and one value that is a thousand million times as large.
    let with_outlier = (0..3_000).map(narrow).chain(["99999999999999 ".to_owned()]);
    let (summary, taken) = measured(with_outlier, 32 << 20);
    assert_eq!((summary.count, summary.distinct), (27_000_001, Some(101)));
    assert!(taken < (32 << 20) + BESIDE, "{taken} bytes with an outlier");

    // Batches of one byte and of eight by turns.
    let by_turns = (0..1_200).map(|batch| match batch % 2 {
        0 => narrow(batch),
        _ => format!("{} ", 1_u64 << 40 | batch).repeat(9_000),
    });
    let (summary, taken) = measured(by_turns, 96 << 20);
    assert_eq!(summary.distinct, Some(50 + 600));
    assert!(taken < (96 << 20) + BESIDE, "{taken} bytes by turns");

    // 128 bits each.
    let wide = (0..400).map(|batch| {
        format!("{}00000000000000000000 -{batch}00000000000000000001 ", batch + 1).repeat(1_000)
    });
    let (summary, taken) = measured(wide, 64 << 20);
    assert_eq!(summary.count, 800_000);
    assert!(taken < (64 << 20) + BESIDE, "{taken} bytes of wide ones");
}
