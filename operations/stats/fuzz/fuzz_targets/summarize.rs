//! Any bytes, as a list, as a table and as JSON objects, whole and in chunks: no panic, and the same answer both times.
//!
//! `cargo +nightly fuzz run summarize` in `operations/stats`. The first byte chooses the parameters.

#![no_main]

use std::num::NonZero;

use errand_stats::{Accumulator, Bins, Column, Columns, Limits, Parameters, ReadError, Selection};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let parameters = Parameters {
        column: match choice & 7 {
            1 => Some(Column::Number(2)),
            5 => Some(Column::Name("a".to_owned())),
            _ => None,
        },
        columns: (choice & 3 == 3).then_some(Columns::All),
        decimal_comma: choice >> 7 == 1,
        skip_invalid: choice >> 2 & 1 == 1,
        statistics: Selection::All,
        histogram: Some(Bins::Auto),
        ..Parameters::default()
    };
    let chunk = 1 + usize::from(choice >> 3 & 15);
    let (whole, chunks) = (
        answer(bytes, &parameters, usize::MAX),
        answer(bytes, &parameters, chunk),
    );
    // Whether damage to a compressed stream or an error in its text is met first depends on the chunks.
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let is_skippable = bytes.get(1..4) == Some(&[0x2a, 0x4d, 0x18]);
    let is_compressed = begins(&[0x1f, 0x8b]) || begins(&[0x28, 0xb5]) || is_skippable;
    assert!(
        whole == chunks || is_compressed && whole.is_err() && chunks.is_err(),
        "{whole:?} is not {chunks:?}"
    );
});

fn answer(bytes: &[u8], parameters: &Parameters, chunk: usize) -> Result<String, String> {
    let mut limits = Limits::default();
    limits.memory_bytes = 16 << 20;
    limits.decompressed_bytes = 16 << 20;
    let mut accumulator = Accumulator::new(parameters)
        .with_limits(limits)
        .with_threads(NonZero::<usize>::MIN);
    let taken = if chunk < bytes.len() {
        let mut chunks = bytes.chunks(chunk);
        chunks.try_for_each(|chunk| accumulator.push(chunk).map_err(ReadError::from))
    } else {
        accumulator.read(bytes)
    };
    match taken.and_then(|()| Ok(accumulator.answer()?)) {
        Ok(answer) => Ok(format!("{answer}\n{answer:?}")),
        Err(error) => Err(error.to_string()),
    }
}
