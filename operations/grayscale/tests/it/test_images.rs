//! The images of `tests/images` and the cases of `tests/cases`, by name.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of a file in `tests/images`.
pub(crate) fn image(name: &str) -> Vec<u8> {
    fs::read(folder("images").join(name)).unwrap()
}

/// The bytes of a file in `tests/cases`.
pub(crate) fn case(name: &str) -> Vec<u8> {
    fs::read(folder("cases").join(name)).unwrap()
}

/// Names and bytes of all of them, sorted by name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let names = fs::read_dir(folder("images"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "make.py").collect();
    names.sort();
    names
        .into_iter()
        .map(|name| (name.clone(), image(&name)))
        .collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}
