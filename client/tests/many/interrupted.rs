//! Runs that are told to end, or are killed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::support::{command, errand, files, made, write};

/// Enough work that a signal comes in the midst of it.
fn much(folder: &Path) -> usize {
    let mut image = b"P6 1200 1000 255\n".to_vec();
    image.extend((0..3_600_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]));
    for index in 0..60 {
        write(folder, &format!("in/{index}.ppm"), &image);
    }
    60
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half_done_and_is_resumed() {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir().unwrap();
    let count = much(folder.path());
    let out = folder.path().join("out");
    // To PNG, which takes its time.
    let arguments = [
        "grayscale",
        "in",
        "-o",
        "out",
        "--format",
        "png",
        "--optimize",
        "--skip-existing",
    ];
    let mut before = 0;
    for (name, signal) in [("-INT", 2), ("-TERM", 15), ("-KILL", 9)] {
        let child = command(folder.path(), &arguments).spawn().unwrap();
        let end = Instant::now() + Duration::from_mins(2);
        while !out.exists() || made(&files(&out)) <= before {
            assert!(Instant::now() < end, "nothing is done");
            std::thread::sleep(Duration::from_millis(1));
        }
        let killed = Command::new("kill")
            .args([name, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(signal), "it dies of the signal");
        let left = files(&out);
        before = made(&left);
        assert!(before > 0 && before < count, "in the midst of it: {before}");
        if signal == 9 {
            continue;
        }
        assert_eq!(left.len(), before, "no part stays: {left:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with("errand: interrupted: ")
                && last.ends_with("; the same with --skip-existing does what is left"),
            "{stderr}"
        );
    }
    // What the last one left is half written, and some time passes.
    let old = SystemTime::now() - Duration::from_mins(5);
    for part in files(&out).iter().filter(|name| name.starts_with('.')) {
        let part = fs::File::options().write(true).open(out.join(part)).unwrap();
        part.set_modified(old).unwrap();
    }
    let rest = errand(folder.path(), &arguments);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    let skipped = rest
        .stdout
        .lines()
        .filter(|line| line.contains(": skipped, "))
        .count();
    assert_eq!((skipped, rest.stdout.lines().count()), (before, count));
    assert_eq!(files(&out).len(), count, "no part is left");
    for index in 0..count {
        let png = fs::read(out.join(format!("{index}.png"))).unwrap();
        assert!(png.ends_with(b"IEND\xaeB`\x82"), "{index} is whole");
    }
}
