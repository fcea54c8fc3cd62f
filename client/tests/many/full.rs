//! Disks that are full.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{errand, files, made, write};

#[test]
fn a_full_disk_ends_the_run_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..40 {
        let mut image = b"P6 200 200 255\n".to_vec();
        image.resize(image.len() + 120_000, index);
        write(folder.path(), &format!("in/{index:02}.ppm"), &image);
    }
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k", "none"])
        .arg(&out)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a full disk: no file system may be mounted here");
        return;
    }
    let run = errand(folder.path(), &["grayscale", "in", "-o", "out"]);
    let all = files(&out);
    assert!(Command::new("umount").arg(&out).status().unwrap().success());
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in [
        "No space left on device (os error 28); make room there, or name another place",
        "; stopped: there is no room left for what would be written; the same with --skip-existing does what is left",
    ] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert!(!all.is_empty() && made(&all) == all.len(), "{all:?}");
    assert_eq!(all.len(), run.stdout.lines().count(), "what is told is there");
}
