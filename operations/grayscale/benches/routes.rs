//! How fast small images take each route: `cargo bench -p errand-grayscale`.
//!
//! The images are made here by a seeded generator, except for the lossy WebP, which no encoder of the test dependencies writes. Every
//! figure is the least of several runs. What else the machine does shows in them: compare figures of one machine only.

#[path = "../../../jpeg-luma/tests/it/support.rs"]
mod jpeg_support;

use std::hint::black_box;
use std::io::Cursor;
use std::time::{Duration, Instant};

use errand_grayscale::{Limits, Parameters, convert};
use image::{ImageFormat, Rgb, RgbImage};
use jpeg_support::Random;

/// How long one case is repeated, and how often at least.
const PATIENCE: Duration = Duration::from_secs(1);
const RUNS: u32 = 10;
const WIDTH: u16 = 1024;
const HEIGHT: u16 = 768;

fn main() {
    let cases = [
        ("JPEG, sequential", jpeg().sequential(0)),
        ("JPEG, progressive", jpeg().progressive(0)),
        ("PNG, true color", png()),
        ("GIF, palettes", gif()),
        (
            "WebP, lossy",
            include_bytes!("../tests/images/lossy.webp").to_vec(),
        ),
    ];
    // `cargo test --benches` runs this too, to see that it works: once each is enough.
    let testing = !std::env::args().any(|argument| argument == "--bench");
    for (name, input) in cases {
        let (least, runs) = least(&input, testing);
        let report = convert(&input, &Parameters::default(), &Limits::default())
            .expect("it was converted before")
            .report;
        // Bytes a nanosecond are gigabytes a second.
        let rate = input.len() as u128 * 1_000 / least.as_nanos().max(1);
        println!("{name:18} {rate:>6} MB/s  {least:>9.1?}, the least of {runs}: {report}");
    }
}

/// The time of the fastest run, and how many there were.
fn least(input: &[u8], testing: bool) -> (Duration, u32) {
    let begun = Instant::now();
    let mut least = Duration::MAX;
    let mut runs = 0;
    while runs == 0 || (!testing && (runs < RUNS || begun.elapsed() < PATIENCE)) {
        let start = Instant::now();
        let conversion = convert(black_box(input), &Parameters::default(), &Limits::default());
        least = least.min(start.elapsed());
        black_box(conversion.expect("the image is whole"));
        runs += 1;
    }
    (least, runs)
}

/// Luma at twice the sampling in both directions.
fn jpeg() -> jpeg_support::Image {
    jpeg_support::Image::random(
        &mut Random(42),
        (WIDTH.into(), HEIGHT.into()),
        &[(2, 2), (1, 1), (1, 1)],
    )
}

/// Gradients with noise in the lowest bits, as in a photograph.
fn png() -> Vec<u8> {
    let mut random = Random(42);
    let image = RgbImage::from_fn(WIDTH.into(), HEIGHT.into(), |x, y| {
        let noise = random.next().to_le_bytes()[3] & 3;
        Rgb([x / 4, y / 3, (x + y) / 7].map(|value| value.to_le_bytes()[0] & 0xFC | noise))
    });
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("the image fits");
    bytes.into_inner()
}

/// Eight frames of noise, each with a palette of its own.
fn gif() -> Vec<u8> {
    let mut random = Random(42);
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, WIDTH, HEIGHT, &[]).expect("the size fits");
    for _ in 0..8 {
        let mut noise =
            |length: usize| -> Vec<u8> { (0..length).map(|_| random.next().to_le_bytes()[3]).collect() };
        let palette = noise(3 * 256);
        let pixels = noise(usize::from(WIDTH) * usize::from(HEIGHT));
        let frame = gif::Frame::from_palette_pixels(WIDTH, HEIGHT, pixels, palette, None);
        encoder.write_frame(&frame).expect("the frame fits");
    }
    drop(encoder);
    bytes
}
