//! The images of `tests/images`, by name.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of a file in `tests/images`.
pub(crate) fn image(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// Names and bytes of all of them, sorted by name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let names = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "make.py").collect();
    names.sort();
    names
        .into_iter()
        .map(|name| (name.clone(), image(&name)))
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images")
}
