//! The oracle for TIFF: libtiff, by way of imagecodecs. It reads what the tests write and what this crate writes, without a
//! warning, and this crate reads what it writes.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use errand_grayscale::{Format, Limits, Luma, Parameters, convert};

use crate::tiff_grid::{grid, is_refused};

/// The interpreter: `ERRAND_TEST_PYTHON`, or `python3`.
fn python() -> String {
    env::var("ERRAND_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn libtiff_is_there() -> bool {
    let code = "import imagecodecs, numpy; from PIL import Image; assert imagecodecs.TIFF.available";
    let status = Command::new(python())
        .args(["-c", code])
        .stderr(Stdio::null())
        .status();
    let there = status.is_ok_and(|status| status.success());
    if !there {
        println!(
            "SKIPPED: {} has no libtiff (pip install imagecodecs numpy pillow)",
            python()
        );
    }
    there
}

/// An empty folder for this test's files.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the script with these arguments and this input; what it prints.
fn run(arguments: &[&str], input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiff_oracle.py");
    let mut child = Command::new(python())
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}");
    printed
}

/// Samples as the script has them.
fn raw(samples: &[u16], bits: usize) -> Vec<u8> {
    let bytes = samples.iter().map(|sample| sample.to_le_bytes());
    bytes
        .flat_map(|bytes| bytes.into_iter().take(bits.div_ceil(8)))
        .collect()
}

#[test]
fn libtiff_reads_the_same_pixels_from_the_grid_and_gray_files_without_a_warning() {
    if !libtiff_is_there() {
        return;
    }
    let folder = folder("tiff-grid");
    let mut pairs = String::new();
    let mut count = 0;
    for (photometric, bits, extra) in [
        (0, 1, &[][..]),
        (1, 8, &[]),
        (1, 8, &[2]),
        (1, 16, &[0]),
        (2, 8, &[]),
        (2, 8, &[1]),
        (2, 16, &[2]),
        (2, 8, &[0, 0, 0]),
        (5, 8, &[0]),
    ] {
        for picture in grid(photometric, bits, extra) {
            if is_refused(&picture) {
                continue;
            }
            count += 1;
            let planar = if picture.planar && picture.channels() > 1 {
                "-planar"
            } else {
                ""
            };
            let name = folder.join(format!("{count}{planar}.tif"));
            let file = picture.file();
            let samples = name.with_extension("samples");
            fs::write(&name, &file).unwrap();
            fs::write(&samples, raw(&picture.samples, bits)).unwrap();
            // A predictor's tag that is not looked at is one that libtiff warns of, and inks it would turn into RGB.
            if photometric != 5 && (!picture.predictor || picture.has_differences()) {
                writeln!(pairs, "{}\t{}", name.display(), samples.display()).unwrap();
            }
            // What this crate writes, and what it reads of it, which the grid's own test compares with what was put in.
            let convert =
                |file: &[u8], parameters: &Parameters| convert(file, parameters, &Limits::default()).unwrap();
            let strip = Parameters {
                strip: true,
                ..Parameters::default()
            };
            let gray = convert(&file, &strip).bytes;
            let name = folder.join(format!("gray-{count}.tif"));
            let samples = name.with_extension("samples");
            fs::write(&name, &gray).unwrap();
            let expected = if extra == [1] {
                multiplied_gray(&picture.samples)
            } else {
                pixels(&file)
            };
            fs::write(&samples, expected).unwrap();
            writeln!(pairs, "{}\t{}", name.display(), samples.display()).unwrap();
        }
    }
    let printed = run(&["check"], &pairs);
    assert!(printed.ends_with(" 0 failed\n"), "{printed}");
    fs::remove_dir_all(folder).unwrap();
}

/// The samples of a TIFF's gray, by way of a PGM or PAM, as the script has them.
fn pixels(tiff: &[u8]) -> Vec<u8> {
    let parameters = Parameters {
        format: Some(Format::Pnm),
        ..Parameters::default()
    };
    let conversion = convert(tiff, &parameters, &Limits::default()).unwrap();
    let mut samples = without_header(&conversion.bytes).to_vec();
    if conversion.report.bit_depth == 16 {
        samples
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|sample| sample.reverse());
    }
    samples
}

/// The gray of red, green and blue that are multiplied by alpha, and alpha: multiplied too.
fn multiplied_gray(samples: &[u16]) -> Vec<u8> {
    let narrow: Vec<u8> = samples
        .iter()
        .map(|sample| u8::try_from(*sample).unwrap())
        .collect();
    let pixels = narrow.as_chunks::<4>().0.iter();
    pixels
        .flat_map(|[red, green, blue, alpha]| [Luma::Bt601.gray8(*red, *green, *blue), *alpha])
        .collect()
}

/// What comes after the header of a PGM or PAM of this crate's.
fn without_header(pnm: &[u8]) -> &[u8] {
    let end = if pnm.starts_with(b"P7") {
        pnm.windows(7)
            .position(|bytes| bytes == b"ENDHDR\n")
            .map(|at| at + 7)
    } else {
        let ends = pnm.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        ends.map(|(at, _)| at + 1).nth(2)
    };
    &pnm[end.unwrap()..]
}

#[test]
fn what_libtiff_writes_is_read_as_libtiff_reads_it() {
    if !libtiff_is_there() {
        return;
    }
    let folder = folder("tiff-by-libtiff");
    let count: usize = run(&["make", folder.to_str().unwrap()], "")
        .trim()
        .parse()
        .unwrap();
    assert!(count > 200, "{count}");
    let parameters = Parameters {
        format: Some(Format::Pnm),
        ..Parameters::default()
    };
    let mut failures = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "tif") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let expected = fs::read(path.with_extension("gray")).unwrap();
        let pnm = match convert(&fs::read(&path).unwrap(), &parameters, &Limits::default()) {
            Ok(conversion) => conversion.bytes,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let found = without_header(&pnm);
        // Two decoders round a JPEG's samples in their own way, and so does who makes RGB of Y, Cb and Cr and gray of that.
        let tolerance = if name.contains("-ycbcr-") {
            3
        } else if name.starts_with("jpeg") {
            2
        } else {
            0
        };
        let worst = found
            .iter()
            .zip(&expected)
            .map(|(one, other)| one.abs_diff(*other))
            .max();
        if found.len() != expected.len() || worst.is_some_and(|worst| worst > tolerance) {
            failures.push(format!(
                "{name}: {} samples, {} expected, {worst:?} apart",
                found.len(),
                expected.len()
            ));
        }
    }
    assert_eq!(seen, count);
    assert!(failures.is_empty(), "{failures:#?}");
    fs::remove_dir_all(folder).unwrap();
}
