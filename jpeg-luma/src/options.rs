//! What the caller chooses.

/// How to convert.
///
/// Strict, with all metadata and the Huffman tables of the input, in as much memory as it takes, unless told otherwise:
///
/// ```
/// let options = jpeg_luma::Options::default().optimize(true).memory_budget(64 << 20);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct Options {
    pub(crate) optimize: bool,
    pub(crate) lenient: bool,
    pub(crate) strip: bool,
    pub(crate) memory_budget: Option<u64>,
}

impl Options {
    /// Whether to make new Huffman tables for luma alone, which costs a second pass and makes the result smaller without
    /// changing its pixels. Default: false.
    pub fn optimize(mut self, optimize: bool) -> Self {
        self.optimize = optimize;
        self
    }

    /// Whether to keep what a browser would show of a damaged file instead of refusing it. Default: false.
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// Whether to leave metadata out. Density and orientation stay: without them the image would be shown differently.
    /// Default: false.
    pub fn strip(mut self, strip: bool) -> Self {
        self.strip = strip;
        self
    }

    /// The bytes that the conversion may allocate, the result included. The input does not count where the caller holds
    /// it, and counts where it is read from a reader. Default: no limit.
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.memory_budget = Some(bytes);
        self
    }
}
