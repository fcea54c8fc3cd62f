//! Thousands of damaged images: each gets an answer, quickly, without a panic and within its memory limit.
//!
//! Deterministic: the same mutations in each run. A failing one is written to the test's temporary folder. For others
//! and for more, set the variables `MUTATION_SEED` (any number but 0) and `MUTATIONS` (damaged files for each image).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::messages;
use errand_grayscale::{Format, Limits, Luma, Parameters, convert};

/// Damaged files for each image, and what makes them, unless the environment says otherwise.
const MUTATIONS: u64 = 1_000;
const SEED: u64 = 0x2545_F491_4F6C_DD1D;
/// What one small damaged file may take at most.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn no_damaged_image_makes_the_conversion_panic_or_hang() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: Vec<_> = ["images", "cases"]
        .into_iter()
        .flat_map(|name| fs::read_dir(folder.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mutations = from_environment("MUTATIONS").unwrap_or(MUTATIONS);
    let mut random = Random(from_environment("MUTATION_SEED").unwrap_or(SEED));
    let mut tried = 0_u64;
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let Some(format) = Format::from_extension(name.rsplit('.').next().unwrap()) else {
            continue;
        };
        let original = fs::read(&file).unwrap();
        for round in 0..mutations {
            let mut damaged = original.clone();
            random.damage(&mut damaged);
            if format == Format::Png && round % 2 == 0 {
                repair_checksums(&mut damaged);
            }
            let parameters = random.parameters();
            let begun = Instant::now();
            let limits = Limits::new(64 << 20);
            let outcome = catch_unwind(AssertUnwindSafe(|| convert(&damaged, &parameters, &limits)));
            tried += 1;
            let took = begun.elapsed();
            let fault = match outcome {
                Err(_) => "a panic",
                Ok(_) if took > PATIENCE => "a hang",
                Ok(Ok(conversion))
                    if Format::detect(&conversion.bytes).ok() != Some(conversion.report.format) =>
                {
                    "an output that is no image"
                }
                Ok(Err(error)) => {
                    messages::assert_readable(name, &error);
                    if std::env::var("SHOW").is_ok() {
                        println!("MSG {error}");
                    }
                    continue;
                }
                Ok(Ok(_)) => continue,
            };
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("damaged-{round}-{name}"));
            fs::write(&kept, &damaged).unwrap();
            panic!(
                "{fault} after {took:?} with {parameters:?}: see {}",
                kept.display()
            );
        }
    }
    println!("{tried} damaged images");
    assert!(tried > 20 * mutations, "only {tried} images were tried");
}

/// A decimal or hexadecimal number, with underscores anywhere.
fn from_environment(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?.replace('_', "");
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(number.unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// Marsaglia's xorshift64: the same sequence everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit.max(1)
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        // Headers are where damage tells most.
        for _ in 0..=self.below(4) {
            let reach = if self.below(2) == 0 {
                bytes.len().min(128)
            } else {
                bytes.len()
            };
            let at = self.below(reach);
            match self.below(7) {
                0 => bytes.truncate(at),
                1 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
                2 => {
                    let end = (at + self.below(64)).min(bytes.len());
                    bytes.drain(at..end);
                }
                3 => {
                    let end = (at + self.below(64)).min(bytes.len());
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                4 => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill([0, 0xFF, 0x7F][self.below(3)]);
                }
                _ => bytes[at] ^= 1 << self.below(8),
            }
            if bytes.is_empty() {
                return;
            }
        }
    }

    fn parameters(&mut self) -> Parameters {
        let chance = |random: &mut Self| random.below(4) == 0;
        let format = chance(self).then(|| Format::ALL[self.below(Format::ALL.len())]);
        Parameters {
            format,
            luma: [Luma::Bt601, Luma::Bt601, Luma::Bt709, Luma::Linear][self.below(4)],
            strip: chance(self),
            true_gray: chance(self),
            lenient: chance(self),
            optimize: chance(self),
            ..Parameters::default()
        }
    }
}

/// Sets the checksums of a PNG's chunks right, so that damage is not caught by them.
fn repair_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let Some(end) = (at + 8).checked_add(length).filter(|end| end + 4 <= bytes.len()) else {
            return;
        };
        let checksum = crc32fast::hash(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
        at = end + 4;
    }
}
