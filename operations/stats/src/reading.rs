//! Reading the input from a source, and why that can fail.

use std::io::{self, Read};

use crate::Error;

/// Bytes read at once where one thread does all the work.
const CHUNK_BYTES: usize = 256 << 10;

/// Why [`Accumulator::read`](crate::Accumulator::read) failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source could not be read; the error's kind tells whether trying again may help.
    #[error("the list cannot be read: {0}")]
    Input(#[from] io::Error),

    /// The source was read, but what it holds is wrong.
    #[error(transparent)]
    List(#[from] Error),
}

/// Reads all that `source` has left, and calls `take` with each chunk.
pub(crate) fn in_chunks(
    source: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), ReadError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}
