//! How fast lists of several kinds are read and summarized: `cargo bench -p errand-stats`.
//!
//! Every figure is the best of several runs on text in memory, made by a seeded generator. Other load on the machine
//! changes the figures: compare only those of one run.

use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use errand_stats::slices::{Next, Reduction, Slice, SliceReader, layout};
use errand_stats::{Accumulator, Parameters, Selection};

const RUNS: usize = 9;
/// Bytes that come from S3 at once.
const CHUNK_BYTES: usize = 64 << 10;

struct List {
    name: &'static str,
    count: usize,
    separator: char,
    /// Makes a value of 64 random bits.
    value: fn(u64) -> i64,
}

const LISTS: [List; 4] = [
    List {
        name: "10,000,000 of 32 bits, one a line",
        count: 10_000_000,
        separator: '\n',
        value: |bits| bits.cast_signed() >> 32,
    },
    List {
        name: "1,000,000 below 1,000, on one line",
        count: 1_000_000,
        separator: ' ',
        value: |bits| (bits % 1_000).cast_signed(),
    },
    List {
        name: "5,000,000 of 64 bits, one a line",
        count: 5_000_000,
        separator: '\n',
        value: u64::cast_signed,
    },
    List {
        name: "10,000,000 of 1 to 63 bits, commas",
        count: 10_000_000,
        separator: ',',
        value: |bits| (bits >> (1 + bits % 63)).cast_signed(),
    },
];

fn main() {
    let one = NonZero::<usize>::MIN;
    let threads = std::thread::available_parallelism().unwrap_or(one);
    let default = Parameters::default();
    let all = Parameters {
        statistics: Selection::All,
        ..Parameters::default()
    };
    for list in LISTS {
        let text = list.text();
        println!("{}: {} bytes", list.name, text.len());
        for (name, threads, parameters) in [
            ("default, 1 thread", one, &default),
            ("default, all threads", threads, &default),
            ("all, all threads", threads, &all),
        ] {
            print(name, &text, best(|| whole(text.as_bytes(), threads, parameters)));
        }
        print(
            "in chunks, 1 thread",
            &text,
            best(|| in_chunks(text.as_bytes(), &default)),
        );
        print(
            "in chunks, as a slice",
            &text,
            best(|| slice(text.as_bytes(), &default)),
        );
    }
}

fn print(name: &str, text: &str, (reading, finishing): (Duration, Duration)) {
    // Bytes per nanosecond are gigabytes per second.
    let rate = text.len() * 100 / usize::try_from(reading.as_nanos()).unwrap_or(usize::MAX).max(1);
    println!(
        "  {name:22}  read {reading:>9.1?} ({}.{:02} GB/s)  then {finishing:>9.1?}  together {:>9.1?}",
        rate / 100,
        rate % 100,
        reading + finishing
    );
}

/// Times to read and to finish, in the run with the least sum.
fn best(run: impl Fn() -> (Duration, Duration)) -> (Duration, Duration) {
    (0..RUNS)
        .map(|_| run())
        .min_by_key(|(reading, finishing)| *reading + *finishing)
        .expect("there are runs")
}

fn whole(text: &[u8], threads: NonZero<usize>, parameters: &Parameters) -> (Duration, Duration) {
    let start = Instant::now();
    let mut accumulator = Accumulator::new(parameters).with_threads(threads);
    accumulator.read(text).expect("the list is well-formed");
    finished(start, accumulator)
}

fn in_chunks(text: &[u8], parameters: &Parameters) -> (Duration, Duration) {
    let start = Instant::now();
    let mut accumulator = Accumulator::new(parameters).with_threads(NonZero::<usize>::MIN);
    for chunk in text.chunks(CHUNK_BYTES) {
        accumulator.push(chunk).expect("the list is well-formed");
    }
    finished(start, accumulator)
}

fn finished(start: Instant, accumulator: Accumulator) -> (Duration, Duration) {
    let reading = start.elapsed();
    std::hint::black_box(accumulator.finish().expect("the list is not empty"));
    (reading, start.elapsed().saturating_sub(reading))
}

/// The first pass over a list that is one slice: what is made of what it gave is not counted.
fn slice(text: &[u8], parameters: &Parameters) -> (Duration, Duration) {
    let size_bytes = text.len() as u64;
    let known = layout(parameters, &text[..CHUNK_BYTES], size_bytes)
        .expect("it is a list")
        .known;
    let slice = Slice {
        object: 0,
        start: 0,
        end: size_bytes,
        size_bytes,
        is_exact: true,
        known,
        at: None,
    };
    let start = Instant::now();
    let mut reader =
        SliceReader::new(parameters, &slice, None, 1 << 30, &Arc::default()).expect("it is a slice");
    for chunk in text.chunks(CHUNK_BYTES) {
        reader.push(chunk).expect("the list is well-formed");
    }
    let reading = start.elapsed();
    let partial = reader.finish().expect("the list is not empty");
    let times = (reading, start.elapsed().saturating_sub(reading));
    let mut reduction = Reduction::new(parameters, vec![slice], None, 1 << 30).expect("it is a slice");
    reduction.add(Some(&partial.bytes)).expect("it was just written");
    let next = reduction.finish().expect("there are numbers");
    assert!(matches!(next, Next::Pass { .. } | Next::Done(_)));
    times
}

impl List {
    fn text(&self) -> String {
        let mut state = 42_u64;
        let mut text = String::new();
        for _ in 0..self.count {
            // xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2014).
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let value = (self.value)(state.wrapping_mul(0x2545_f491_4f6c_dd1d));
            let _ = write!(text, "{value}{}", self.separator);
        }
        text
    }
}
