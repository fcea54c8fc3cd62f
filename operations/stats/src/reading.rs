//! Input that is read rather than pushed.

use std::io::{self, Read};

use crate::Error;

/// Bytes read at once where one thread does all.
const CHUNK_BYTES: usize = 256 << 10;

/// Why [`Accumulator::read`](crate::Accumulator::read) failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input could not be read. Whether trying again would help, its kind tells.
    #[error("the list cannot be read: {0}")]
    Input(#[from] io::Error),

    /// The input was read, and is wrong.
    #[error(transparent)]
    List(#[from] Error),
}

/// Reads all that `source` has left and hands it over chunk by chunk.
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
