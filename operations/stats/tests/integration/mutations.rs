//! Thousands of damaged inputs: each is quickly answered with a summary or an error, the same whether it came whole
//! or in chunks, on one thread or on several.

use std::io::Write as _;
use std::num::NonZero;
use std::time::{Duration, Instant};

use errand_stats::{Accumulator, Bins, Column, Columns, Limits, Parameters, ReadError, Selection};

use crate::random::Random;

const ROUNDS: u64 = 6_000;

fn lines(values: impl Iterator<Item = i64>) -> String {
    values
        .map(|value| value.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}

fn seeds() -> Vec<Vec<u8>> {
    let long = lines((0..400_i64).map(|index| index.pow(7) - 99_999));
    let mut seeds: Vec<Vec<u8>> = [
        "1 2 3 4 5",
        "[1, -2, 3000000000000000000000, 4]",
        "# comment\n1;2;3 # more\r\n-4,5",
        "\u{feff}9223372036854775807 -9223372036854775808 170141183460469231731687303715884105727",
        "a,b,c\n1,2,3\n\"4\",\"5\",6\n",
        "x\ty\n1\t2\n3\t4\n",
        "a,b,\"c\rd\"\r1,\"x\"\"y\",3\r#4,\"5\",6",
        "é 1 \u{a0} 2",
        "12.50 -.5 1e3 +1.5E-3,0.1;2.75 1e-30",
        "a;b\n1,5;2\n-2,75;\"1e-3\"\n",
        "{\"a\":[{\"b\":7}],\"b\":1.5}\n{\"b\":\"-2e1\",\"c\":\"\\u00e9\\\"x\"}\n{\"b\":null}",
        "[{\"b\": 1},\n {\"x\": {\"b\": 2}, \"b\": 3}]",
        &long,
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let utf16 = "\u{feff}1 2.5\n😀 3".encode_utf16();
    seeds.push(utf16.clone().flat_map(u16::to_le_bytes).collect());
    seeds.push(utf16.flat_map(u16::to_be_bytes).collect());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(long.as_bytes()).unwrap();
    seeds.push(gzip.finish().unwrap());
    seeds.push(ruzstd::encoding::compress_to_vec(
        long.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    ));
    seeds
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const SPECIAL: &[u8] =
        b"0123456789-+.eE,;# \n\r\t[]{}:\\\"\xff\xfe\xd8\xef\xbb\xbf\x00\x1f\x8b\x28\xb5x_";
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = SPECIAL[random.below(SPECIAL.len())],
            2 => bytes.insert(at, SPECIAL[random.below(SPECIAL.len())]),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => bytes.truncate(at),
            5 => {
                let copied = bytes[at..(at + random.below(300)).min(bytes.len())].to_vec();
                bytes.extend_from_slice(&copied);
            }
            _ => {
                let token = SPECIAL[random.below(SPECIAL.len())];
                let count = random.below(200);
                bytes.splice(at..at, std::iter::repeat_n(token, count));
            }
        }
    }
}

fn answer(bytes: &[u8], parameters: &Parameters, chunk: usize, threads: usize) -> String {
    let mut limits = Limits::default();
    limits.memory_bytes = 16 << 20;
    limits.decompressed_bytes = 16 << 20;
    let threads = NonZero::new(threads).unwrap();
    let mut accumulator = Accumulator::new(parameters)
        .with_limits(limits)
        .with_threads(threads);
    let taken = if chunk < bytes.len() {
        bytes.chunks(chunk).try_for_each(|chunk| accumulator.push(chunk))
    } else {
        accumulator.read(bytes).map_err(|error| match error {
            ReadError::List(error) => error,
            ReadError::Input(error) => panic!("{error}"),
        })
    };
    match taken.and_then(|()| accumulator.answer()) {
        Ok(answer) => serde_json::to_string(&answer).unwrap() + &answer.to_string(),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

#[test]
fn damaged_inputs_are_answered_the_same_however_they_arrive() {
    let mut random = Random::seeded(42);
    let seeds = seeds();
    for round in 0..ROUNDS {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        mutate(&mut bytes, &mut random);
        let parameters = Parameters {
            column: match random.below(4) {
                0 => Some(Column::Number(2)),
                1 => Some(Column::Name("b".to_owned())),
                _ => None,
            },
            decimal_comma: random.below(4) == 0,
            skip_invalid: random.below(2) == 0,
            statistics: if random.below(2) == 0 {
                Selection::All
            } else {
                Selection::Default
            },
            histogram: Some(Bins::Auto),
            ..Parameters::default()
        };
        let parameters = if parameters.column.is_none() && random.below(3) == 0 {
            Parameters {
                columns: Some(Columns::All),
                header: [None, Some(true), Some(false)][random.below(3)],
                comment: (random.below(2) == 0).then(|| "#".parse().unwrap()),
                delimiter: (random.below(2) == 0).then(|| ",".parse().unwrap()),
                ..parameters
            }
        } else {
            parameters
        };
        let start = Instant::now();
        let whole = answer(&bytes, &parameters, usize::MAX, 1);
        let chunks = answer(&bytes, &parameters, 1 + random.below(40), 2);
        assert_eq!(
            whole,
            chunks,
            "round {round}: {:?}",
            String::from_utf8_lossy(&bytes)
        );
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "round {round} took {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn a_large_list_with_one_damage_is_answered_the_same_on_several_threads() {
    let mut random = Random::seeded(7);
    let list = lines((0..120_000).map(|index| index * 7_919 % 1_000_003));
    for _ in 0..40 {
        let mut bytes = list.clone().into_bytes();
        mutate(&mut bytes, &mut random);
        let parameters = Parameters {
            skip_invalid: random.below(2) == 0,
            ..Parameters::default()
        };
        assert_eq!(
            answer(&bytes, &parameters, usize::MAX, 1),
            answer(&bytes, &parameters, usize::MAX, 3)
        );
    }
}
