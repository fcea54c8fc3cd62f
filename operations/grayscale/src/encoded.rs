//! What every encoder returns.

/// A written file, and how many bits a sample has in it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) bit_depth: u8,
}
