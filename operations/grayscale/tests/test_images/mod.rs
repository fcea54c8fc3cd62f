//! The images of `tests/images`, by name.

use std::fs;
use std::path::Path;

/// The bytes of a file in `tests/images`.
pub(crate) fn image(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    fs::read(folder.join(name)).unwrap()
}
