//! How much memory a conversion takes, known from the header before it is taken.

use crate::error::Error;
use crate::frame::Frame;
use crate::sequential::LONGEST_BLOCK;

/// Look-up tables of four components and the like.
const TABLES: usize = 1 << 20;
/// Headers that may take more room than in the input.
const HEADERS: usize = 4096;

/// What the parts of a conversion may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Bytes that luma's coded data gets room for at first: it is almost never larger than the input, but until it is
    /// written, each byte of a line of blocks might need stuffing.
    pub(crate) first_capacity: usize,
    /// Bytes that the output may occupy, while it grows too.
    pub(crate) output_limit: usize,
}

impl Plan {
    /// Refuses a conversion that would take more than `budget` bytes besides its input.
    pub(crate) fn new(
        input: &[u8],
        frame: &Frame,
        optimize: bool,
        budget: Option<u64>,
    ) -> Result<Self, Error> {
        let (columns, lines) = frame.luma_blocks();
        let (columns, lines) = (columns as usize, lines as usize);
        let rows = columns * usize::from(frame.max_sampling().1) * LONGEST_BLOCK;
        let first_capacity = HEADERS + input.len() + rows.min(input.len());
        let Some(budget) = budget else {
            let output_limit = usize::MAX;
            return Ok(Self {
                first_capacity,
                output_limit,
            });
        };
        let row_buffers = (2 * rows).min(3 * input.len());
        let recoder = if optimize {
            first_capacity + 16 * columns * lines
        } else {
            0
        };
        let others = TABLES + row_buffers + recoder;
        let needed = (others + first_capacity) as u64;
        if needed > budget {
            return Err(Error::MemoryBudget { needed, budget });
        }
        let output_limit = usize::try_from(budget).unwrap_or(usize::MAX) - others;
        Ok(Self {
            first_capacity,
            output_limit,
        })
    }
}
