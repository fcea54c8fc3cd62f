//! What can be wrong with a JPEG, and where.

use std::io;

/// Why a JPEG cannot be made gray. None of these goes away by trying again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data does not begin with a start-of-image marker.
    #[error("not a JPEG: the data does not begin with FF D8")]
    NotJpeg,
    /// The data ends, or a scan runs into the next marker, before the image is complete.
    #[error("truncated JPEG at byte {offset}: {what}; lenient mode keeps the part that is there")]
    Truncated {
        /// Where the data ran out.
        offset: usize,
        /// What was still to come.
        what: &'static str,
    },
    /// The data contradicts ITU-T T.81.
    #[error("corrupt JPEG at byte {offset}: {what}")]
    Corrupt {
        /// The first byte known to be wrong; inside entropy-coded data, the byte the decoder had reached.
        offset: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A valid JPEG of a kind that is not handled.
    #[error("unsupported JPEG: {feature}; convert it to a baseline or progressive 8-bit JPEG first")]
    Unsupported {
        /// The feature of the file, such as `arithmetic coding`.
        feature: &'static str,
    },
    /// There is no component with the index that was asked for.
    #[error("this JPEG has {components} components and none with index {index}; count them from 0")]
    NoSuchComponent {
        /// As asked for.
        index: usize,
        /// How many there are.
        components: u8,
    },
    /// The conversion would need more memory than allowed.
    #[error("this JPEG needs {needed} bytes of memory, the budget is {budget} bytes")]
    MemoryBudget {
        /// Bytes that would be allocated besides the input.
        needed: u64,
        /// Bytes that may be.
        budget: u64,
    },
    /// What the result is written to failed. Only [`grayscale_to`](crate::grayscale_to) writes, and gives the writer's own
    /// error instead.
    #[error("the gray JPEG cannot be written")]
    Write,
    /// What is read from a reader takes more memory than allowed by itself.
    #[error("this JPEG is too long to be held in memory, the budget is {budget} bytes")]
    InputTooLarge {
        /// Bytes that may be allocated.
        budget: u64,
    },
}

/// Why a JPEG that is read from a reader cannot be made gray.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed. Whether trying again would help, the error's kind tells.
    #[error("the JPEG cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The JPEG was read, and is wrong or takes too much memory.
    #[error(transparent)]
    Jpeg(#[from] Error),
}

/// Why a JPEG cannot be made gray and written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer failed. Whether trying again would help, the error's kind tells.
    #[error("the gray JPEG cannot be written: {0}")]
    Io(#[source] io::Error),
    /// The JPEG is wrong or takes too much memory.
    #[error(transparent)]
    Jpeg(#[from] Error),
}

impl Error {
    /// A stable name for the kind of error, in snake case, for programs to act on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJpeg => "not_jpeg",
            Self::Truncated { .. } => "jpeg_truncated",
            Self::Corrupt { .. } => "jpeg_corrupt",
            Self::Unsupported { .. } => "jpeg_unsupported",
            Self::NoSuchComponent { .. } => "no_such_component",
            Self::MemoryBudget { .. } => "memory_budget",
            Self::Write => "write_failed",
            Self::InputTooLarge { .. } => "input_too_large",
        }
    }

    pub(crate) fn corrupt(offset: usize, what: &'static str) -> Self {
        Self::Corrupt { offset, what }
    }

    pub(crate) fn truncated(offset: usize, what: &'static str) -> Self {
        Self::Truncated { offset, what }
    }
}
