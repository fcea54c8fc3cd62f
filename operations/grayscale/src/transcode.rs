//! The longest way: decode the pixels of one picture, compute its gray, encode it.
//!
//! Taken when the format changes, or where nothing more direct is possible.

use crate::decode::{Decoded, decode};
use crate::encode::{encode, needed_bytes};
use crate::encoded::Encoded;
use crate::report::{Report, Route};
use crate::{Conversion, Error, Format, Limits, Parameters};

/// Converts one picture by way of its pixels.
pub(crate) fn convert(
    input: &[u8],
    from: Format,
    to: Format,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Conversion, Error> {
    let Decoded { gray, untouched } = decode(input, from, parameters, limits)?;
    let (width, height) = gray.dimensions();
    // A gray image in the right format was decoded only to see that it is whole.
    let as_is = untouched && from == to;
    let encoded = if as_is {
        Encoded {
            bytes: input.to_vec(),
            bit_depth: gray.bit_depth(),
        }
    } else {
        limits.check(from, (width, height), needed_bytes(&gray, to))?;
        encode(gray, to, parameters)?
    };
    let route = if as_is { Route::AsIs } else { Route::Pixels };
    let report = Report::new(from, route, parameters.luma, (width, height))
        .with_output_format(to)
        .with_bit_depth(encoded.bit_depth)
        .with_sizes(input.len() as u64, encoded.bytes.len() as u64);
    Ok(Conversion {
        bytes: encoded.bytes,
        report,
    })
}
