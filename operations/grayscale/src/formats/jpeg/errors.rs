//! What is wrong with a JPEG, in this crate's terms, and whether to be lenient would help.

use jpeg_luma::Options;

use crate::{Error, Format, Limits};

/// Says in this crate's terms what is wrong with a JPEG.
pub(crate) fn explain(error: &jpeg_luma::Error, input: &[u8]) -> Error {
    match error {
        jpeg_luma::Error::Truncated { offset, .. } => Error::truncated(Format::Jpeg, *offset),
        jpeg_luma::Error::Unsupported { feature } => Error::unsupported(Format::Jpeg, *feature),
        jpeg_luma::Error::MemoryBudget { needed, budget } => {
            let (width, height) = jpeg_luma::inspect(input).map_or((0, 0), |info| (info.width, info.height));
            Error::TooLarge {
                format: Format::Jpeg,
                width,
                height,
                needed_bytes: *needed,
                limit_bytes: *budget,
            }
        }
        jpeg_luma::Error::Corrupt { offset, what } => {
            Error::corrupt(Format::Jpeg, format_args!("{what}, at byte {offset}"))
        }
        other => Error::corrupt(Format::Jpeg, other),
    }
}

/// The same error, with the advice to be lenient if it was strictness that met damage, and something of the first component
/// can be had without it. That is tried, on the way to an error only.
pub(crate) fn advise(error: Error, input: &[u8], lenient: bool, limits: &Limits) -> Error {
    if lenient || !matches!(error, Error::Truncated { .. } | Error::Corrupt { .. }) {
        return error;
    }
    let options = Options::default()
        .lenient(true)
        .memory_budget(limits.memory_bytes);
    if is_worth_a_try(input) && jpeg_luma::component(input, 0, &options).is_ok() {
        error.with_lenient_advice()
    } else {
        error
    }
}

/// Whether a file is long enough to hold more than a trace of the picture that its header claims. To try others would take
/// time, and show nothing.
fn is_worth_a_try(input: &[u8]) -> bool {
    // A block that has no coefficients takes two bits at least.
    const BLOCKS_IN_A_BYTE: u64 = 4;
    jpeg_luma::inspect(input).is_ok_and(|info| {
        let blocks = u64::from(info.width.div_ceil(8)) * u64::from(info.height.div_ceil(8));
        blocks <= BLOCKS_IN_A_BYTE * input.len() as u64
    })
}
