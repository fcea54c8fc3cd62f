//! Folders of images.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{IMAGE, errand, files, tree, write};

#[test]
fn a_folder_becomes_a_tree_of_gray_images() {
    let folder = tree(&[
        ("photos/a.ppm", IMAGE),
        ("photos/b/c.ppm", IMAGE),
        ("photos/notes.txt", b"no image by its name"),
        ("photos/.hidden.ppm", IMAGE),
    ]);
    let line = "2x1 pnm, 8 bit, bt601, pixels, 17 bytes -> 13 bytes";
    let first = errand(folder.path(), &["grayscale", "photos/", "-o", "gray"]);
    assert_eq!(
        (first.code, first.sorted()),
        (
            Some(0),
            vec![&*format!("gray/a.ppm: {line}"), &*format!("gray/b/c.ppm: {line}")]
        )
    );
    assert_eq!(first.sum(), "errand: 2 done; 34 bytes became 26 bytes");
    assert!(
        fs::read(folder.path().join("gray/b/c.ppm"))
            .unwrap()
            .ends_with(&[76, 150])
    );

    let again = errand(folder.path(), &["grayscale", "photos/", "-o", "gray", "--quiet"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
    let mut complaints: Vec<_> = again.stderr.lines().collect();
    complaints.sort_unstable();
    assert_eq!(
        complaints,
        [
            "errand: photos/a.ppm: `gray/a.ppm` exists; replace it with --force, or leave it with --skip-existing",
            "errand: photos/b/c.ppm: `gray/b/c.ppm` exists; replace it with --force, or leave it with --skip-existing",
        ]
    );
    let skipped = errand(
        folder.path(),
        &["grayscale", "photos/", "-o", "gray", "--skip-existing"],
    );
    assert_eq!(
        (skipped.code, skipped.sorted()),
        (
            Some(0),
            vec![
                "gray/a.ppm: skipped, newer than its input",
                "gray/b/c.ppm: skipped, newer than its input"
            ]
        )
    );
    assert_eq!(skipped.sum(), "errand: 0 done, 2 skipped; 0 bytes");
    let forced = errand(folder.path(), &["grayscale", "photos/", "-o", "gray", "--force"]);
    assert_eq!(
        (forced.code, forced.sum()),
        (Some(0), "errand: 2 done; 34 bytes became 26 bytes")
    );

    let beside = errand(folder.path(), &["grayscale", "photos", "gray/a.ppm"]);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    let all = files(folder.path());
    for made in ["output_photos/a.ppm", "output_photos/b/c.ppm", "output_a.ppm"] {
        assert!(all.contains(made), "{all:?}");
    }
}

#[test]
fn of_a_thousand_files_twenty_fail_and_are_told_of_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..1_000 {
        let content: &[u8] = if index % 50 == 7 { b"P6 no image" } else { IMAGE };
        write(
            folder.path(),
            &format!("in/{}/{index:04}.ppm", index % 7),
            content,
        );
    }
    let run = errand(folder.path(), &["grayscale", "in", "-o", "out", "--json"]);
    assert_eq!(run.code, Some(1));
    let lines = run.json();
    let (sum, lines) = lines.split_last().unwrap();
    assert_eq!(
        (
            &sum["summary"]["done"],
            &sum["summary"]["failed"],
            &sum["summary"]["total"]
        ),
        (&980.into(), &20.into(), &1_000.into())
    );
    let inputs: BTreeSet<_> = lines.iter().map(|line| line["input"].as_str().unwrap()).collect();
    assert_eq!((inputs.len(), lines.len()), (1_000, 1_000));
    for line in lines {
        let number = &line["input"].as_str().unwrap()[5..9];
        let fails = number.parse::<u32>().unwrap() % 50 == 7;
        assert_eq!(line["status"], if fails { "failed" } else { "done" }, "{line}");
        assert_eq!(line["error"]["message"].is_string(), fails, "{line}");
    }
    let complaints = run.stderr.lines().filter(|line| line.starts_with("errand: in/"));
    assert_eq!(complaints.count(), 20);
    assert_eq!(run.sum(), "errand: 980 done, 20 failed; 16.7 kB became 12.7 kB");
    assert_eq!(files(&folder.path().join("out")).len(), 980);

    let first = errand(
        folder.path(),
        &["grayscale", "in", "-o", "few", "--fail-fast", "-j", "1"],
    );
    assert_eq!(
        (first.code, files(&folder.path().join("few")).len() < 100),
        (Some(1), true)
    );
    assert!(
        first.stderr.contains("; stopped: --fail-fast;"),
        "{}",
        first.stderr
    );
}
