//! Every image of this folder with every option: an image of the right format, or an error that people can read. No panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use crate::messages;
use errand_grayscale::{Conversion, Format, Limits, Luma, Parameters, convert};

#[test]
fn every_image_with_every_option_is_converted_or_refused_in_plain_words() {
    let files = files();
    let options = every_option();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let image = fs::read(file).unwrap();
                    for parameters in &options {
                        check(file, &image, parameters);
                    }
                }
            });
        }
    });
}

fn check(file: &Path, image: &[u8], parameters: &Parameters) {
    let what = format!("{} with {parameters:?}", file.display());
    let limits = Limits::new(256 << 20);
    let outcome = catch_unwind(AssertUnwindSafe(|| convert(image, parameters, &limits)));
    match outcome.unwrap_or_else(|_| panic!("{what}: a panic")) {
        Ok(conversion) => is_an_image(&what, image, parameters, &conversion),
        Err(error) => messages::assert_readable(&what, &error),
    }
}

fn is_an_image(what: &str, image: &[u8], parameters: &Parameters, conversion: &Conversion) {
    let Conversion { bytes, report } = conversion;
    let wanted = parameters.format.unwrap_or(Format::detect(image).unwrap());
    assert_eq!(Format::detect(bytes).unwrap(), wanted, "{what}");
    assert_eq!(report.output_bytes, bytes.len() as u64, "{what}");
    let again = convert(bytes, &Parameters::default(), &Limits::default());
    let again = again.unwrap_or_else(|error| panic!("{what}: its result is refused: {error}"));
    // A gray QOI has three channels, and is not looked at for whether they are equal.
    if wanted != Format::Qoi {
        assert_eq!(again.bytes, *bytes, "{what}: its result is not gray");
    }
}

fn files() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    for folder in ["cases", "images"] {
        for entry in fs::read_dir(here.join(folder)).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|extension| extension != "py") {
                files.push(file);
            }
        }
    }
    files.sort();
    assert!(files.len() > 40, "only {files:?}");
    files
}

fn every_option() -> Vec<Parameters> {
    let formats = Format::ALL.map(Some);
    let mut options = Vec::new();
    for format in [None].into_iter().chain(formats) {
        for luma in [Luma::Bt601, Luma::Bt709, Luma::Linear] {
            for choices in 0..16_u8 {
                let chosen = |bit: u8| choices & (1 << bit) != 0;
                options.push(Parameters {
                    format,
                    luma,
                    quality: chosen(0).then_some(35),
                    strip: chosen(0),
                    optimize: chosen(1),
                    lenient: chosen(2),
                    true_gray: chosen(3),
                });
            }
        }
    }
    options
}
