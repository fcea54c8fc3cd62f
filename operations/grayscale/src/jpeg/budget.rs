//! How much memory a conversion takes, known from the header before it is taken.

use super::error::Error;
use super::frame::Frame;

/// Look-up tables of four components, header copies and the like.
const FIXED: usize = 1 << 20;
/// The longest a block of a row buffer can be, in bytes: see the sequential coder.
const LONGEST_BLOCK: usize = 264;

/// What the parts of a conversion may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Bytes that the output may occupy, while it grows too.
    pub(super) output_limit: usize,
}

impl Plan {
    /// Refuses a conversion that would take more than `budget` bytes besides its input.
    pub(super) fn new(
        input: &[u8],
        frame: &Frame,
        optimize: bool,
        budget: Option<u64>,
    ) -> Result<Self, Error> {
        let Some(budget) = budget else {
            return Ok(Self {
                output_limit: usize::MAX,
            });
        };
        let (columns, lines) = frame.luma_blocks();
        let (columns, lines) = (columns as usize, lines as usize);
        let rows = usize::from(frame.max_sampling().1);
        let row_buffers = (3 * input.len()).min(2 * columns * rows * LONGEST_BLOCK);
        let optimizer = if optimize {
            2 * input.len() + 16 * columns * lines
        } else {
            0
        };
        let others = FIXED + row_buffers + optimizer;
        let needed = (others + first_capacity(input)) as u64;
        if needed > budget {
            return Err(Error::MemoryBudget { needed, budget });
        }
        let output_limit = usize::try_from(budget).unwrap_or(usize::MAX) - others;
        Ok(Self { output_limit })
    }
}

/// What the output has room for at first: gray is almost never larger than colour.
pub(super) fn first_capacity(input: &[u8]) -> usize {
    input.len() + 4096
}

/// Makes room for `more` bytes in `out` unless it would occupy more than `limit`, counting that old and new place
/// exist together while the contents move.
pub(super) fn reserve(out: &mut Vec<u8>, more: usize, limit: usize) -> Result<(), Error> {
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
