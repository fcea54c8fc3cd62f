//! functions/stats
fn main() {}
