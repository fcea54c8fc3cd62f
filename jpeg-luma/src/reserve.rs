//! Growing a vector within a limit.

use crate::error::Error;

/// Makes room for `more` bytes in `out` unless it would occupy more than `limit`, counting that old and new place
/// exist together while the contents move.
pub(crate) fn reserve(out: &mut Vec<u8>, more: usize, limit: usize) -> Result<(), Error> {
    let wanted = out.len() + more;
    if wanted <= out.capacity() {
        return Ok(());
    }
    let capacity = wanted.max(2 * out.capacity());
    let needed = capacity + out.capacity();
    if needed > limit {
        return Err(Error::MemoryBudget {
            needed: needed as u64,
            budget: limit as u64,
        });
    }
    out.reserve_exact(capacity - out.len());
    Ok(())
}
