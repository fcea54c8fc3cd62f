//! What is typed after `errand stats`.

use std::path::PathBuf;

use clap::Args;
use errand_stats::{Bins, Percentile, Selection};

use super::{ManyArguments, SendArguments, TableArguments};

/// Statistics of a list of numbers, or of many
///
/// Prints count, sum, minimum, maximum, mean and median, exactly, for integers and decimals of any size (12.50, -.5,
/// 1.5e-3). They may be separated by white space, commas, semicolons or new lines, or stand in a JSON array or in
/// columns of a CSV file; in a list `#` begins a comment; gzip and zstd are recognized.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand stats                              reads input.txt
  errand stats numbers.txt --json
  errand stats numbers.txt.gz --all
  errand stats sales.csv --column amount --percentiles 1,5,95,99
  errand stats sales.csv --column amount,tax     a row for each column
  errand stats sales.csv --all-columns           ... of numbers
  errand stats umsatz.csv --column Betrag --decimal-comma
  cat numbers.txt | errand stats - --histogram
  errand stats lists/                       a row for each list
  errand stats 'lists/**/*.txt' --json      a line of JSON for each, then the sum
  errand --offline stats logs/ --together   all of them as one list, of any length")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct StatsArguments {
    /// Lists: files, folders, globs; `-` is standard input [default: input.txt]
    #[arg(env = "ERRAND_STATS_FILE", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Give every statistic there is
    #[arg(long, conflicts_with = "statistics")]
    pub(crate) all: bool,

    /// Give these statistics (comma-separated): count, sum, minimum, maximum, mean, median, range, variance,
    /// standard_deviation, quartiles, modes, distinct
    #[arg(
        long,
        env = "ERRAND_STATISTICS",
        value_name = "NAMES",
        default_value = "default",
        hide_default_value = true
    )]
    pub(crate) statistics: Selection,

    /// Give these percentiles besides (comma-separated, linear interpolation)
    #[arg(long, env = "ERRAND_PERCENTILES", value_name = "LIST", value_delimiter = ',')]
    pub(crate) percentiles: Vec<Percentile>,

    /// Draw a histogram, of so many bins if given
    #[arg(long, env = "ERRAND_HISTOGRAM", value_name = "BINS", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub(crate) histogram: Option<Bins>,

    /// Read the comma as the decimal sign (12,50), not as a separator, and no point
    #[arg(long, env = "ERRAND_DECIMAL_COMMA")]
    pub(crate) decimal_comma: bool,

    /// Count and report what is not a number instead of failing
    #[arg(long, env = "ERRAND_SKIP_INVALID")]
    pub(crate) skip_invalid: bool,

    #[command(flatten)]
    pub(crate) send: SendArguments,

    #[command(flatten)]
    pub(crate) table: TableArguments,

    #[command(flatten)]
    pub(crate) many: ManyArguments,

    /// Take all lists together as one, with one answer (with --offline)
    #[arg(long, env = "ERRAND_TOGETHER", help_heading = "Many at once")]
    pub(crate) together: bool,
}
