//! Any bytes as a JPEG, with every combination of options: no panic, no hang, no memory beyond the budget, and what
//! comes out is gray.
//!
//! `cargo +nightly fuzz run grayscale`, in `jpeg-luma`.

#![no_main]

use jpeg_luma::metadata::{segments, splice};
use jpeg_luma::{Options, Outcome, grayscale, inspect};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a conversion may take, and what it may take besides: the metadata that it rewrites.
const BUDGET: usize = 16 << 20;
const BESIDE: usize = 4 << 20;

fuzz_target!(|input: &[u8]| {
    for bits in 0..8 {
        let options = Options::default().optimize(bits & 1 != 0).lenient(bits & 2 != 0).strip(bits & 4 != 0).memory_budget(BUDGET as u64);
        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let outcome = grayscale(input, &options);
        let taken = ALLOCATOR.peak_usage() - before;
        assert!(taken <= BUDGET + BESIDE, "{taken} bytes were taken");
        if let Ok(Outcome::Gray(gray)) = outcome {
            assert_eq!(inspect(&gray.bytes).map(|info| info.components), Ok(1));
        }
    }
    _ = inspect(input);
    for strip in [false, true] {
        if let Ok(segments) = segments(input, strip) {
            _ = splice(input, &segments);
        }
    }
});
