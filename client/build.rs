//! Tells the command what it is built from: the commit, where there is one, and the target.
//!
//! The commit is `ERRAND_COMMIT` where that is set, as for a build without git. Otherwise git is asked, and this package alone is
//! built again after a commit.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ERRAND_COMMIT");
    let target = env::var("TARGET").expect("Cargo names the target");
    let given = env::var("ERRAND_COMMIT").ok().filter(|commit| !commit.is_empty());
    let version = env::var("CARGO_PKG_VERSION").expect("Cargo names the version");
    let origin = match given.or_else(commit) {
        Some(commit) => format!("{commit}, {target}"),
        None => target,
    };
    println!("cargo::rustc-env=ERRAND_VERSION={version} ({origin})");
}

/// The commit that is checked out; none where this is no checkout, or git is not there.
fn commit() -> Option<String> {
    // An archive that was unpacked somewhere in another project's checkout is no part of that.
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    // Each changes whenever another commit is checked out; one that is not there would have this run at every build.
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=9", "HEAD"])
}

/// What git says, on one line; none if it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(done.stdout).ok()?.trim().to_owned();
    (done.status.success()).then_some(said)
}
