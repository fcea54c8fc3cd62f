//! Any bytes as a JPEG, with every combination of options: no panic, no hang, no memory beyond the budget, and what
//! comes out is gray. Then, as for the other formats, by way of pixels and to other formats.
//!
//! `cargo +nightly fuzz run jpeg`, in `operations/grayscale`.

#![no_main]

mod common;

use errand_grayscale::jpeg::{Options, Verdict, grayscale, inspect, metadata_segments, splice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for bits in 0..8 {
        let options = Options {
            optimize: bits & 1 != 0,
            lenient: bits & 2 != 0,
            strip: bits & 4 != 0,
            memory_budget: Some(32 << 20),
        };
        if let Ok(Verdict::Converted(gray)) = grayscale(input, &options) {
            assert_eq!(inspect(&gray.bytes).map(|info| info.components), Ok(1));
        }
    }
    _ = inspect(input);
    for strip in [false, true] {
        if let Ok(segments) = metadata_segments(input, strip) {
            _ = splice(input, &segments);
        }
    }
    common::run(b"\xFF\xD8\xFF", input);
});
