//! What the programs of the field write, cut at random: `zstd`, `pzstd` and `gzip`, each where it is installed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use errand_stats::{Accumulator, Parameters, Summary, summarize};

use crate::random::Random;

/// What a program makes of its standard input; nothing where it is not installed.
fn through(program: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program[0])
        .args(&program[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program:?}");
    Some(output.stdout)
}

fn in_random_chunks(bytes: &[u8], random: &mut Random) -> Summary {
    let mut accumulator = Accumulator::new(&Parameters::default());
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = [3, 100, 70_000, 400_000][usize::try_from(random.next() % 4).unwrap()];
        let length = usize::try_from(random.next() % most + 1).unwrap().min(rest.len());
        accumulator.push(&rest[..length]).unwrap();
        rest = &rest[length..];
    }
    accumulator.finish().unwrap()
}

#[test]
fn what_compressors_write_is_read_however_it_is_cut() {
    let mut random = Random::seeded(20_261_130);
    let tokens: Vec<String> = (0..400_000)
        .map(|_| (random.next() % 1_000_000).to_string())
        .collect();
    let list = tokens.join(
        "
",
    );
    let (first, second) = list.as_bytes().split_at(list.len() / 3);
    let plain = summarize(list.as_bytes(), &Parameters::default()).unwrap();
    for program in [
        &["gzip", "-c"][..],
        &["gzip", "-1c"],
        &["zstd", "-qc"],
        &["zstd", "-qc", "-19", "--no-check"],
        &["zstd", "-qc", "-T2", "--long=27"],
        &["pzstd", "-qc", "-p", "2"],
    ] {
        let Some(whole) = through(program, list.as_bytes()) else {
            println!("SKIPPED: there is no {}", program[0]);
            continue;
        };
        let halves = [
            through(program, first).unwrap(),
            through(program, second).unwrap(),
        ];
        for packed in [whole, halves.concat()] {
            for _ in 0..8 {
                assert_eq!(in_random_chunks(&packed, &mut random), plain, "{program:?}");
            }
        }
        if program[0] == "gzip" {
            let padded = [&halves.concat()[..], &[0; 10_240]].concat();
            assert_eq!(
                in_random_chunks(&padded, &mut random),
                plain,
                "padded {program:?}"
            );
            assert_eq!(through(&["gzip", "-dc"], &padded).unwrap(), list.as_bytes());
        }
    }
}
