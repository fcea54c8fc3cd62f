//! How much memory a conversion may take, decided from the header before anything is allocated.

use crate::{Error, Format};

/// The memory that one conversion may take.
///
/// Each route predicts its need from the image's header and refuses with [`Error::TooLarge`] when it exceeds the
/// budget; a file of a few bytes that claims 60,000 x 60,000 pixels therefore costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the conversion may take, the input not counted, the output counted.
    pub memory_bytes: u64,
}

impl Limits {
    /// Limits with this budget in bytes.
    #[must_use]
    pub fn new(memory_bytes: u64) -> Self {
        Self { memory_bytes }
    }

    /// Refuses an image whose conversion is predicted to take `needed_bytes`, if that is over the budget.
    pub(crate) fn check(
        &self,
        format: Format,
        (width, height): (u32, u32),
        needed_bytes: u64,
    ) -> Result<(), Error> {
        if needed_bytes > self.memory_bytes {
            return Err(Error::TooLarge {
                format,
                width,
                height,
                needed_bytes,
                limit_bytes: self.memory_bytes,
            });
        }
        Ok(())
    }
}

impl Default for Limits {
    /// 1 GiB: a picture of 150 megapixels in 24 bits still passes.
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
        }
    }
}
