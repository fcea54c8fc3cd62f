//! How much memory a conversion takes, known from the header before it is taken.

use crate::error::Error;
use crate::frame::Frame;
use crate::output::SPILLED_BYTES;
use crate::sequential::LONGEST_BLOCK;

/// Look-up tables of four components and the like.
const TABLES: usize = 1 << 20;
/// Headers that may take more room than in the input.
const HEADERS: usize = 4096;

/// What the parts of a conversion may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Bytes that the wanted component's coded data gets room for at first: it is almost never larger than the input, but until it is
    /// written, each byte of a line of blocks might need stuffing.
    pub(crate) first_capacity: usize,
    /// Bytes that the output may occupy, while it grows too.
    pub(crate) output_limit: usize,
}

/// What a conversion has to hold besides its result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Little of its result, which goes to a sink as it comes.
    pub(crate) spilled: bool,
    /// A scan in its old codes, while it is written with new ones.
    pub(crate) recoded: bool,
    /// Which coefficients are not zero yet, before a scan and after it.
    pub(crate) history: bool,
}

impl Plan {
    /// Refuses a copy of the component with index `wanted` that would take more than `budget` bytes besides its input.
    pub(crate) fn new(
        input: &[u8],
        frame: &Frame,
        wanted: usize,
        needs: Needs,
        budget: Option<u64>,
    ) -> Result<Self, Error> {
        let (columns, lines) = frame.blocks(wanted);
        let (columns, lines) = (columns as usize, lines as usize);
        let rows = columns * usize::from(frame.components[wanted].vertical) * LONGEST_BLOCK;
        let coded = if needs.spilled && !needs.recoded {
            input.len().min(SPILLED_BYTES)
        } else {
            input.len()
        };
        let first_capacity = HEADERS + coded + rows.min(input.len());
        let Some(budget) = budget else {
            let output_limit = usize::MAX;
            return Ok(Self {
                first_capacity,
                output_limit,
            });
        };
        let row_buffers = (2 * rows).min(3 * input.len());
        let recoded = if needs.recoded { first_capacity } else { 0 };
        let history = if needs.history { 16 * columns * lines } else { 0 };
        let others = TABLES + row_buffers + recoded + history;
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
