//! How fast lists of several kinds are read and summarised: `cargo bench -p errand-stats`.
//!
//! Every figure is the best of several runs on text in memory, made by a seeded generator.

use std::fmt::Write as _;
use std::num::NonZero;
use std::time::Instant;

use errand_stats::{Accumulator, Parameters, Selection, Summary};

const RUNS: usize = 7;
/// As large as the pieces the client reads.
const PIECE: usize = 4 << 20;

/// Kinds of lists: name, count, separator, and a value made of 64 random bits.
const LISTS: [(&str, usize, char, fn(u64) -> i64); 4] = [
    ("10,000,000 of 32 bits, one a line", 10_000_000, '\n', |bits| {
        i64::from(bits as i32)
    }),
    ("1,000,000 below 1,000, on one line", 1_000_000, ' ', |bits| {
        (bits % 1_000) as i64
    }),
    ("5,000,000 of 64 bits, one a line", 5_000_000, '\n', |bits| {
        bits as i64
    }),
    ("10,000,000 of 1 to 10 digits, commas", 10_000_000, ',', |bits| {
        (bits % 10_i64.pow(1 + (bits >> 60) as u32 % 10) as u64) as i64
    }),
];

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    for (name, count, separator, value) in LISTS {
        let text = text(count, separator, value);
        println!("{name}: {} bytes", text.len());
        let default = Parameters::default();
        let all = Parameters {
            statistics: Selection::All,
            ..Parameters::default()
        };
        for (name, threads, parameters) in [
            ("default, 1 thread", 1, &default),
            ("default, all threads", threads, &default),
            ("all, all threads", threads, &all),
        ] {
            let (push, finish) = best(&text, threads, parameters);
            let rate = text.len() as f64 / push / 1e9;
            println!(
                "  {name:20}  read {:6.1} ms ({rate:.2} GB/s)  then {:6.1} ms  together {:6.1} ms",
                push * 1e3,
                finish * 1e3,
                (push + finish) * 1e3
            );
        }
    }
}

/// Seconds to read and to finish, in the run with the least sum.
fn best(text: &[u8], threads: usize, parameters: &Parameters) -> (f64, f64) {
    let run = || {
        let start = Instant::now();
        let mut accumulator = Accumulator::new(parameters).with_threads(NonZero::new(threads).unwrap());
        for piece in text.chunks(PIECE) {
            accumulator.push(piece).unwrap();
        }
        let push = start.elapsed().as_secs_f64();
        let summary: Summary = accumulator.finish().unwrap();
        std::hint::black_box(summary);
        (push, start.elapsed().as_secs_f64() - push)
    };
    (0..RUNS)
        .map(|_| run())
        .min_by(|a, b| (a.0 + a.1).total_cmp(&(b.0 + b.1)))
        .unwrap()
}

fn text(count: usize, separator: char, value: fn(u64) -> i64) -> Vec<u8> {
    let mut state = 42_u64;
    let mut text = String::new();
    for _ in 0..count {
        // xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2014).
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let _ = write!(
            text,
            "{}{separator}",
            value(state.wrapping_mul(0x2545_f491_4f6c_dd1d))
        );
    }
    text.into_bytes()
}
