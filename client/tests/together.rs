//! `errand --offline stats` of lists that count as one, and of those that the memory does not hold.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn errand(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_errand"))
        .args(["--offline", "stats"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("ERRAND_NO_CONFIG", "1")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    str::from_utf8(&output.stdout).unwrap()
}

/// So many numbers of up to 62 bits, from a seed.
fn numbers(count: u64, seed: u64) -> String {
    let mut state = seed;
    (0..count).fold(String::new(), |mut text, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        writeln!(text, "{}", (state >> 2).cast_signed() - (1 << 61)).unwrap();
        text
    })
}

#[test]
fn a_file_that_the_memory_does_not_hold_is_read_again() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("list"), numbers(400_000, 1)).unwrap();
    let asked = ["list", "--json", "--percentiles", "1,99", "--histogram=5"];
    let within = errand(folder.path(), &asked);
    let beyond = errand(folder.path(), &[&asked[..], &["--memory", "2"]].concat());
    assert_eq!(stdout(&within), stdout(&beyond));

    let modes = errand(folder.path(), &["list", "--all", "--memory", "2"]);
    let stderr = str::from_utf8(&modes.stderr).unwrap();
    assert_eq!(modes.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("leave out modes and distinct"), "{stderr}");
}

#[test]
fn lists_together_are_one_list() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("lists")).unwrap();
    let (first, second) = (numbers(100_000, 2), numbers(150_000, 3));
    fs::write(folder.path().join("lists/a.txt"), &first).unwrap();
    // Without a line end: its last number is not the first of the next list, too.
    fs::write(folder.path().join("lists/b.txt"), second.trim_end()).unwrap();
    fs::write(folder.path().join("lists/c.txt"), "7 8").unwrap();
    fs::write(folder.path().join("one.txt"), format!("{first}{second}7 8")).unwrap();
    let one = errand(folder.path(), &["one.txt", "--all", "--json"]);
    for memory in ["4096", "16"] {
        let together = errand(
            folder.path(),
            &["lists/", "--together", "--all", "--json", "--memory", memory],
        );
        assert_eq!(stdout(&together), stdout(&one), "{memory} MiB");
    }
}

#[test]
fn an_error_in_one_of_the_lists_names_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("good.txt"), "1 2 3").unwrap();
    fs::write(folder.path().join("bad.txt"), "1\ntwo").unwrap();
    let output = errand(folder.path(), &["good.txt", "bad.txt", "--together"]);
    let stderr = str::from_utf8(&output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("bad.txt") && stderr.contains("`two` at line 2, column 1"),
        "{stderr}"
    );
    assert!(output.stdout.is_empty());
}
