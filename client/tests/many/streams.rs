//! Standard outputs that take no more.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Ended, IMAGE, command, ended, files, tree};

#[test]
fn a_standard_output_that_takes_no_more_is_told() {
    let folder = tree(&[
        ("in/a.ppm", IMAGE),
        ("in/b.ppm", IMAGE),
        ("lists/a", b"1"),
        ("lists/b", b"2"),
    ]);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let images = command(folder.path(), &["grayscale", "in", "-o", "out"])
        .stdout(full())
        .spawn()
        .unwrap();
    let images = ended(images);
    assert_eq!(
        (images.code, files(&folder.path().join("out")).len()),
        (Some(5), 2),
        "{images:?}"
    );
    assert!(
        images
            .stderr
            .contains("(No space left on device (os error 28)): the rest is done, but not listed"),
        "{images:?}"
    );
    let lists = ended(
        command(folder.path(), &["stats", "lists"])
            .stdout(full())
            .spawn()
            .unwrap(),
    );
    assert_eq!(lists.code, Some(5));
    let last = "errand: cannot write standard output: No space left on device (os error 28); send it to another place\n";
    assert!(lists.stderr.ends_with(last), "{lists:?}");
    // A reader that has had enough is no error.
    let mut child = command(folder.path(), &["stats", "lists", "--json"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(ended(child).code, Some(0));
}

/// Runs the command by a shell that closes its standard output, or sends it to where nothing fits.
fn errand_to(sink: &str, folder: &Path, arguments: &[&str]) -> Ended {
    let command = command(folder, arguments);
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("exec \"$0\" \"$@\" {sink}")])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(folder)
        .env_clear()
        .env("ERRAND_NO_CONFIG", "1")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    ended(shell.spawn().unwrap())
}

#[test]
fn a_standard_output_that_is_closed_or_full_is_told_by_every_command_that_needs_no_cloud() {
    let folder = tree(&[
        ("input.txt", b"1 2 3"),
        ("bad.txt", b"1 x"),
        ("image.ppm", IMAGE),
        ("lists/a", b"1"),
        ("in/a.ppm", IMAGE),
    ]);
    let full = "No space left on device (os error 28)";
    for (sink, why) in [(">&-", "it is closed"), (">/dev/full", full)] {
        let told = format!("errand: cannot write standard output: {why}; send it to another place\n");
        for arguments in [
            &["stats"][..],
            &["stats", "--all"],
            &["stats", "lists"],
            &["stats", "lists", "--dry-run"],
            &["grayscale", "image.ppm", "--force"],
            &["grayscale", "image.ppm", "-o", "-"],
            &["grayscale", "image.ppm", "--skip-existing"],
            &["grayscale", "in", "-o", "out", "--force"],
            &["--help"],
            &["--version"],
            &["stats", "--help"],
        ] {
            for json in [&[][..], &["--json"]] {
                let ended = errand_to(sink, folder.path(), &[arguments, json].concat());
                assert_eq!(ended.code, Some(5), "{sink} {arguments:?} {json:?}: {ended:?}");
                assert!(
                    ended.stderr.ends_with(&told),
                    "{sink} {arguments:?} {json:?}: {ended:?}"
                );
                assert_eq!(ended.stderr.matches(&told).count(), 1, "{ended:?}");
            }
        }
        // A failure keeps its own exit code.
        let failed = errand_to(sink, folder.path(), &["stats", "bad.txt", "--json"]);
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(
            failed.stderr.starts_with("errand: bad.txt: not a number: `x`") && failed.stderr.ends_with(&told),
            "{failed:?}"
        );
        let wrong = errand_to(sink, folder.path(), &["stats", "-", "lists", "--json"]);
        assert_eq!(wrong.code, Some(2), "{wrong:?}");
    }
    // Nobody is deaf to what is not closed.
    let null = errand_to(">/dev/null", folder.path(), &["stats"]);
    assert_eq!((null.code, null.stderr.as_str()), (Some(0), ""));
    let both_ways = errand_to("1<>/dev/null", folder.path(), &["stats"]);
    assert_eq!((both_ways.code, both_ways.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_has_had_enough_is_no_error_of_any_command() {
    let folder = tree(&[("input.txt", b"1 2 3"), ("bad.txt", b"x"), ("image.ppm", IMAGE)]);
    for arguments in [
        &["stats"][..],
        &["stats", "--json"],
        &["grayscale", "image.ppm", "-o", "-"],
        &["grayscale", "image.ppm", "-o", "-", "--json"],
        &["--help"],
        &["--version"],
    ] {
        let mut child = command(folder.path(), arguments).spawn().unwrap();
        drop(child.stdout.take());
        let ended = ended(child);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.contains("standard output"), "{ended:?}");
    }
}

#[test]
fn json_does_not_get_into_an_image_on_standard_output() {
    let folder = tree(&[("bad.ppm", b"P6 2 1 255\n\xff")]);
    let ended = ended(
        command(folder.path(), &["grayscale", "bad.ppm", "-o", "-", "--json"])
            .spawn()
            .unwrap(),
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let last = ended.stderr.lines().last().unwrap();
    let json: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(json["input"], "bad.ppm", "{ended:?}");
}
