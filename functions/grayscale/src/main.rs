//! functions/grayscale
fn main() {}
