//! Exactness against libjpeg-turbo's tools, Debian package `libjpeg-turbo-progs`: what `djpeg -grayscale` shows of a
//! color JPEG it must show of ours, and what `jpegtran -grayscale` makes of the one it must make of the other, byte
//! for byte. Where the tools are absent, each test says SKIPPED and passes.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "small numbers throughout"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::Random;
use jpeg_luma::{Options, Outcome, grayscale};

const SAMPLINGS: [&str; 15] = [
    "1x1",
    "2x1",
    "1x2",
    "2x2",
    "4x1",
    "1x4",
    "4x2",
    "3x1",
    "3x2",
    "2x3",
    "2x2,1x2",
    "2x2,2x1,1x1",
    "4x1,2x1,1x1",
    "2x2,1x1,2x2",
    "4x1,1x1,2x1",
];

/// Scan scripts in the language of `cjpeg -scans`.
const SCRIPTS: [&str; 5] = [
    // All there is in progressive coding.
    "0,1,2: 0-0, 0, 1; 0: 1-5, 0, 2; 2: 1-63, 0, 1; 1: 1-63, 0, 1; 0: 6-63, 0, 2; 0: 1-63, 2, 1;
     0,1,2: 0-0, 1, 0; 2: 1-63, 1, 0; 1: 1-63, 1, 0; 0: 1-63, 1, 0;",
    // Luma is never interleaved.
    "0: 0-0, 0, 0; 1,2: 0-0, 0, 0; 0: 1-63, 0, 0; 1: 1-63, 0, 0; 2: 1-63, 0, 0;",
    // DC coefficients in four steps, interleaved in different ways.
    "0: 0-0, 0, 3; 1 2: 0-0, 0, 3; 0 1 2: 0-0, 3, 2; 0 1: 0-0, 2, 1; 2: 0-0, 2, 1; 0: 0-0, 1, 0; 1 2: 0-0, 1, 0;
     0: 1-63, 0, 0;",
    // Sequential in several scans.
    "0; 1 2;",
    "0 2; 1;",
];

/// A place for this test's files; nothing if a tool is missing.
fn workshop(test: &str) -> Option<PathBuf> {
    for tool in ["cjpeg", "djpeg", "jpegtran"] {
        let found = Command::new(tool)
            .arg("-version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if found.is_err() {
            println!("SKIPPED {test}: {tool} is not installed (Debian package libjpeg-turbo-progs)");
            return None;
        }
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&directory).unwrap();
    Some(directory)
}

/// What a tool writes to standard output.
fn output_of(tool: &str, arguments: &[&str], file: &Path) -> Vec<u8> {
    Command::new(tool)
        .args(arguments)
        .arg(file)
        .stderr(Stdio::null())
        .output()
        .unwrap()
        .stdout
}

fn gray_of(jpeg: &[u8], options: &Options) -> Vec<u8> {
    match grayscale(jpeg, options) {
        Ok(Outcome::Gray(gray)) => gray.bytes,
        other => panic!("{other:?}"),
    }
}

/// A picture with edges, gradients and noise, as PPM.
fn write_picture(random: &mut Random, (width, height): (u64, u64), file: &Path) {
    let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let stripe = if (x / 5 + y / 7) % 2 == 0 {
            30
        } else {
            random.below(256)
        };
        ppm.extend(
            [x * 7 + y * 3 + random.below(60), x * x / 3 + y * 5, stripe].map(|level| (level % 256) as u8),
        );
    }
    fs::write(file, ppm).unwrap();
}

/// Arguments for `cjpeg`, drawn so that everything meets everything else.
fn arguments(random: &mut Random, case: usize, directory: &Path) -> Vec<String> {
    let quality = 1 + case % 100;
    let sampling = SAMPLINGS[case % SAMPLINGS.len()];
    let mut arguments = vec![
        "-quality".to_owned(),
        quality.to_string(),
        "-sample".to_owned(),
        sampling.to_owned(),
    ];
    let script = random.below(SCRIPTS.len() as u64 + 3) as usize;
    match script.checked_sub(SCRIPTS.len()) {
        None => {
            let file = directory.join(format!("script-{script}"));
            fs::write(&file, SCRIPTS[script]).unwrap();
            arguments.extend(["-scans".to_owned(), file.display().to_string()]);
        }
        Some(0) => arguments.push("-progressive".to_owned()),
        Some(1) => arguments.push("-optimize".to_owned()),
        Some(_) => {}
    }
    if random.below(2) == 0 {
        let interval = ["1B", "2B", "3B", "7B", "1", "2"][random.below(6) as usize];
        arguments.extend(["-restart".to_owned(), interval.to_owned()]);
    }
    arguments
}

/// Compares `ours` with what the tools make of `source`, and says what differs.
fn difference(source: &Path, ours: &Path) -> Option<&'static str> {
    let pixels = output_of("djpeg", &["-grayscale"], source);
    if pixels.is_empty() || pixels != output_of("djpeg", &[], ours) {
        return Some("pixels");
    }
    let coefficients = output_of("jpegtran", &["-copy", "none", "-grayscale"], source);
    (coefficients != output_of("jpegtran", &["-copy", "none"], ours)).then_some("coefficients")
}

#[test]
fn every_sampling_size_quality_script_and_restart_interval_is_exact() {
    let Some(directory) = workshop("grid") else { return };
    let mut random = Random(0x5EED);
    let (picture, source, ours) = (
        directory.join("in.ppm"),
        directory.join("in.jpg"),
        directory.join("out.jpg"),
    );
    for case in 0..400 {
        let size = (1 + case as u64 % 33, 1 + random.below(33));
        write_picture(&mut random, size, &picture);
        let arguments = arguments(&mut random, case, &directory);
        let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let jpeg = output_of("cjpeg", &borrowed, &picture);
        assert!(!jpeg.is_empty(), "cjpeg {arguments:?}");
        fs::write(&source, &jpeg).unwrap();
        let options = Options::default().optimize(case % 2 == 1);
        fs::write(&ours, gray_of(&jpeg, &options)).unwrap();
        assert_eq!(
            difference(&source, &ours),
            None,
            "{size:?} {arguments:?} {options:?}"
        );
    }
}

#[test]
fn new_tables_are_as_good_as_those_of_jpegtran() {
    let Some(directory) = workshop("optimize") else {
        return;
    };
    let (picture, source) = (directory.join("in.ppm"), directory.join("in.jpg"));
    write_picture(&mut Random(77), (200, 150), &picture);
    fs::write(&source, output_of("cjpeg", &["-quality", "80"], &picture)).unwrap();
    let theirs = output_of("jpegtran", &["-copy", "all", "-grayscale", "-optimize"], &source);
    let ours = gray_of(&fs::read(&source).unwrap(), &Options::default().optimize(true));
    // Which of two codes of one length a symbol has is free, and decides how many bytes need stuffing.
    assert!(
        ours.len().abs_diff(theirs.len()) <= theirs.len() / 200,
        "{} {}",
        ours.len(),
        theirs.len()
    );
}

#[test]
fn lenient_mode_keeps_of_a_truncated_scan_what_the_tools_show() {
    let Some(directory) = workshop("truncated") else {
        return;
    };
    let mut random = Random(99);
    let (picture, source, ours) = (
        directory.join("in.ppm"),
        directory.join("in.jpg"),
        directory.join("out.jpg"),
    );
    for case in 0..60 {
        write_picture(&mut random, (20 + case, 50), &picture);
        let sampling = ["1x1", "2x1", "2x2"][random.below(3) as usize];
        let restart = ["0", "1B", "3B", "1"][random.below(4) as usize];
        let jpeg = output_of("cjpeg", &["-sample", sampling, "-restart", restart], &picture);
        let scan = jpeg.windows(2).position(|bytes| bytes == [0xFF, 0xDA]).unwrap() as u64;
        let length = scan + 14 + random.below(jpeg.len() as u64 - scan - 14);
        let cut = &jpeg[..length as usize];
        fs::write(&source, cut).unwrap();
        fs::write(&ours, gray_of(cut, &Options::default().lenient(true))).unwrap();
        assert_eq!(
            difference(&source, &ours),
            None,
            "{case} {sampling} {restart} {length}"
        );
    }
}

#[test]
fn real_photographs_are_exact() {
    let Some(directory) = workshop("photographs") else {
        return;
    };
    let place = std::env::var_os("ERRAND_PHOTOS").unwrap_or_else(|| "/usr/share/backgrounds".into());
    let place = PathBuf::from(place);
    let known = [
        "mate/abstract/Elephants_5640x3172.jpg",
        "Infinite-Sea_by_Aury88.jpg",
        "A.jpg",
        "B.jpg",
        "C.jpg",
    ];
    let photographs: Vec<PathBuf> = known
        .iter()
        .map(|name| place.join(name))
        .filter(|path| path.exists())
        .collect();
    if photographs.is_empty() {
        println!(
            "SKIPPED photographs: none in {} (Debian packages mate-backgrounds, lomiri-wallpapers-20.04; or set \
             ERRAND_PHOTOS)",
            place.display()
        );
    }
    let ours = directory.join("out.jpg");
    for source in photographs {
        fs::write(&ours, gray_of(&fs::read(&source).unwrap(), &Options::default())).unwrap();
        assert_eq!(difference(&source, &ours), None, "{}", source.display());
    }
}
