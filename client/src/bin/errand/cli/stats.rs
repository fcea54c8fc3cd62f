//! What is typed after `errand stats`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use errand_stats::{Bins, Percentile, Selection};

use super::{ManyArguments, PlotArguments, SendArguments, TableArguments, complete};

/// What --statistics takes.
const STATISTICS: [&str; 12] = [
    "count",
    "sum",
    "minimum",
    "maximum",
    "mean",
    "median",
    "range",
    "variance",
    "standard_deviation",
    "quartiles",
    "modes",
    "distinct",
];

/// Statistics of a list of numbers, or of many
///
/// Prints count, sum, minimum, maximum, mean and median, exactly, for integers and decimals of any size (12.50, -.5,
/// 1.5e-3). They may be separated by white space, commas, semicolons or new lines, or stand in a JSON array, in columns of a
/// CSV file or in a field of JSON objects; in a list `#` begins a comment; gzip, zstd and UTF-16 are recognized.
///
/// Objects on S3 are read where they lie, in any bucket that the stack may read (its parameter ReadableBuckets). What is more than one
/// function reads, there or as a file here, is read by many at once: the answer is the same, and Ctrl-C leaves it running.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[command(after_help = "\
Examples:
  errand stats                              reads input.txt
  errand stats numbers.txt --json
  errand stats numbers.txt.gz --all
  errand stats sales.csv --column amount --percentiles 1,5,95,99
  errand stats sales.csv --column amount,tax     a row for each column
  errand stats sales.csv --all-columns           ... of numbers
  errand stats umsatz.csv --column Betrag --decimal-comma
  errand stats sales.csv --column amount --plot amounts.svg --plot-label 'amount in EUR'
  errand stats log.jsonl --column .request.ms
  cat numbers.txt | errand stats - --histogram
  errand stats lists/                       a row for each list
  errand stats 'lists/**/*.txt' --json      a line of JSON for each, then the sum
  errand --offline stats logs/ --together   all of them as one list, of any length
  errand stats s3://measurements/2026/a.csv --column ms      what lies on S3 already
  errand stats s3://measurements/2026/ --include '*.csv'     all below it as one list
  errand stats s3://measurements/2026/ --each                ... a row for each
  errand stats s3://measurements/2026/ --dry-run             how long, and what it costs")]
pub(crate) struct StatsArguments {
    /// Lists: files, folders, globs; `-` is standard input; s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all below it
    /// [default: input.txt]
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
        hide_default_value = true,
        add = ArgValueCandidates::new(|| complete::words(STATISTICS))
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
    pub(crate) plot: PlotArguments,

    // Last, as its heading goes on for what follows.
    #[command(flatten)]
    pub(crate) many: ManyArguments,

    /// Take all lists together as one, with one answer: files with --offline, or objects on S3
    #[arg(long, env = "ERRAND_TOGETHER", help_heading = "Many at once")]
    pub(crate) together: bool,

    /// Give an answer for each object below a prefix on S3, instead of one for all of them
    #[arg(
        long,
        env = "ERRAND_EACH",
        conflicts_with = "together",
        help_heading = "Many at once"
    )]
    pub(crate) each: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistics_that_complete_are_those_that_there_are() {
        for name in STATISTICS {
            assert!(name.parse::<Selection>().is_ok(), "{name}");
        }
        let help = <StatsArguments as Args>::augment_args(clap::Command::new("stats"));
        let option = help.get_arguments().find(|arg| arg.get_id() == "statistics");
        let told = option.unwrap().get_help().unwrap().to_string();
        assert_eq!(told.split(", ").count(), STATISTICS.len(), "{told}");
    }
}
