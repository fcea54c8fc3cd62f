//! Any bytes as a JPEG, with every combination of options: no panic, no hang, no memory beyond the budget, and what
//! comes out is gray, and the same for a writer; likewise each component by itself.
//!
//! `cargo +nightly fuzz run grayscale`, in `jpeg-luma`.

#![no_main]

use jpeg_luma::metadata::{segments, splice};
use jpeg_luma::{Error, GrayJpeg, Options, Outcome, WriteError, component, grayscale, grayscale_to, inspect};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a conversion may take, and what it may take besides: the metadata that it rewrites.
const BUDGET: usize = 16 << 20;
const BESIDE: usize = 4 << 20;

/// What `convert` returns, if it took no more than it may.
fn within_budget<T>(convert: impl FnOnce() -> T) -> T {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let outcome = convert();
    let taken = ALLOCATOR.peak_usage() - before;
    assert!(taken <= BUDGET + BESIDE, "{taken} bytes were taken");
    outcome
}

/// A writer gets what is returned otherwise. It may get it where the budget is too small for the whole.
fn is_written_alike(input: &[u8], options: &Options, converted: &Result<Outcome, Error>) {
    let mut bytes = Vec::new();
    match (grayscale_to(input, options, &mut bytes), converted) {
        (Ok(Outcome::Gray(written)), Ok(Outcome::Gray(gray))) => {
            assert_eq!(written.bytes, bytes.len() as u64);
            assert!(bytes == gray.bytes);
        }
        (Ok(Outcome::NeedsPixels(..)), Ok(Outcome::NeedsPixels(..))) | (Ok(_), Err(Error::MemoryBudget { .. })) => {}
        (Err(WriteError::Jpeg(error)), converted) => assert_eq!(Err(&error), converted.as_ref()),
        (written, converted) => panic!("{written:?} is not {converted:?}"),
    }
}

/// A copy of a component has one component of the size that goes with it.
fn is_what_it_says(copy: &GrayJpeg) {
    let info = inspect(&copy.bytes).expect("a JPEG");
    assert_eq!((info.components, info.width, info.height), (1, copy.width, copy.height));
}

fuzz_target!(|input: &[u8]| {
    for bits in 0..8 {
        let options = Options::default().optimize(bits & 1 != 0).lenient(bits & 2 != 0).strip(bits & 4 != 0).memory_budget(BUDGET as u64);
        let converted = within_budget(|| grayscale(input, &options));
        if let Ok(Outcome::Gray(gray)) = &converted {
            assert_eq!(inspect(&gray.bytes).map(|info| info.components), Ok(1));
        }
        is_written_alike(input, &options, &converted);
        for index in 0..5 {
            if let Ok(copy) = within_budget(|| component(input, index, &options)) {
                is_what_it_says(&copy);
            }
        }
    }
    _ = inspect(input);
    for strip in [false, true] {
        if let Ok(segments) = segments(input, strip) {
            _ = splice(input, &segments);
        }
    }
});
