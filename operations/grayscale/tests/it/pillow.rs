//! The oracle: what Pillow makes of every test image, within one level of gray, alpha and frames exactly.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use errand_grayscale::{Format, Limits, Parameters, convert};

/// The interpreter: `ERRAND_TEST_PYTHON`, or `python3`.
fn python() -> String {
    env::var("ERRAND_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn pillow_is_there() -> bool {
    let code = "from PIL import Image, features; assert features.check('webp')";
    Command::new(python())
        .args(["-c", code])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn pixels_are_those_of_pillow_within_one_level_and_alpha_is_the_same() {
    if !pillow_is_there() {
        println!(
            "SKIPPED: {} has no Pillow with WebP (pip install pillow)",
            python()
        );
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pillow");
    fs::create_dir_all(&out).unwrap();
    let mut pairs = Vec::new();
    for true_gray in [false, true] {
        for entry in fs::read_dir(here.join("images")).unwrap() {
            let original = entry.unwrap().path();
            let name = original.file_name().unwrap().to_str().unwrap();
            let format = original
                .extension()
                .and_then(|extension| Format::from_extension(extension.to_str()?));
            // Other JPEGs have an oracle of their own; those of inks are compared before they are encoded again.
            let inks = ["cmyk.jpg", "ycck.jpg"].contains(&name);
            let Some(format) = format.filter(|format| inks || *format != Format::Jpeg) else {
                continue;
            };
            let parameters = Parameters {
                true_gray,
                format: inks.then_some(Format::Png),
                ..Parameters::default()
            };
            let conversion = convert(&fs::read(&original).unwrap(), &parameters, &Limits::default());
            let conversion = conversion.unwrap_or_else(|error| panic!("{name}: {error}"));
            let gray = out.join(format!("{true_gray}-{name}"));
            fs::write(&gray, conversion.bytes).unwrap();
            // A lossy WebP's luma is kept exactly (`webp.rs`), while Pillow's gray goes by way of RGB, where colors
            // that do not exist are cut off: near on the whole, and off by some levels in strong colors.
            let lossy =
                name.starts_with("lossy") || name.starts_with("animated") || name.starts_with("segments");
            let tolerance = match format {
                Format::WebP if lossy => 16,
                // Two decoders round each of four components in their own way.
                Format::Jpeg => 3,
                _ => 1,
            };
            writeln!(pairs, "{}\t{}\t{tolerance}", original.display(), gray.display()).unwrap();
        }
    }
    let mut child = Command::new(python())
        .arg(here.join("pillow.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&pairs).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
