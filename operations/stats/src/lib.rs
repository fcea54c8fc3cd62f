//! Exact statistics of lists of numbers.
//!
//! Text goes in, as a whole ([`summarize`]), from a reader or in chunks as it arrives ([`Accumulator`]); a [`Summary`]
//! comes out, or an [`Error`] that names the token and its position. Integers and decimals may have any size; nothing
//! overflows, and nothing is rounded before the end. Every convention is in `docs/statistics.md` of the project.
//!
//! The crate opens no files and knows no cloud: the Lambda function and the client's offline mode run the same code.

mod accumulator;
mod cancel;
mod column;
mod contents;
mod decimal_sign;
mod decode;
mod error;
mod foreign;
mod found;
mod limits;
mod number;
mod parameters;
mod passes;
mod position;
mod prefix;
mod reading;
mod records;
mod scan;
mod search;
mod skipped;
pub mod slices;
mod summary;
mod text;
mod token;
mod utf16;
mod values;

pub use accumulator::{Accumulator, summarize};
pub use error::{Compression, Error};
pub use limits::Limits;
pub use number::{Decimal, Fraction, Integer, InvalidDecimal, InvalidInteger};
pub use parameters::{
    Bins, Column, Columns, Comment, Delimiter, InvalidBins, InvalidColumn, InvalidComment, InvalidDelimiter,
    InvalidPercentile, Method, Parameters, Percentile, Selection, Statistic, UnknownStatistic,
    parameter_of_option,
};
pub use passes::{PassError, Passes};
pub use position::Position;
pub use reading::ReadError;
pub use skipped::{Skipped, SkippedToken};
pub use summary::{
    Answer, Bin, ColumnSummaries, ColumnSummary, FirstRow, Histogram, InWidth, Modes, NotNumeric,
    PercentileValue, Quartiles, Spread, Summary,
};
pub use token::Cure;

/// The operation's name, as requests and the command spell it.
pub const NAME: &str = "stats";

/// Whether a text that comes without a request around it is taken as the list itself.
pub const TAKES_BARE_TEXT: bool = true;
