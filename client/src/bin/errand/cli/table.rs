//! What is typed of a table.

use clap::Args;
use errand_stats::{Column, Columns, Comment, Delimiter, Parameters};

/// Which columns, and how the table is written.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tables")]
pub(crate) struct TableArguments {
    /// Read columns of a CSV or TSV, by number (from 1) or header, in one pass: `amount`, `2`, `amount,tax,5` (may be
    /// repeated). A name with commas is that of one column, if there is one so called; `"2019"`, in quotes, is a name
    #[arg(long, env = "ERRAND_COLUMN", value_name = "COLUMNS", group = "table")]
    pub(crate) column: Vec<Column>,

    /// Read every column of numbers of a CSV or TSV, in one pass, and name those that are none
    #[arg(long, env = "ERRAND_ALL_COLUMNS", group = "table")]
    pub(crate) all_columns: bool,

    /// The first row is headers [default: if a column is asked for by name, or a field of a column in that row is no number]
    #[arg(long, env = "ERRAND_HEADER", conflicts_with = "no_header", requires = "table")]
    pub(crate) header: bool,

    /// The first row is data
    #[arg(long, env = "ERRAND_NO_HEADER", requires = "table")]
    pub(crate) no_header: bool,

    /// What stands between the fields: a character, or `tab` [default: a tab if the first row has one, else the more
    /// frequent of comma and semicolon]
    #[arg(long, env = "ERRAND_DELIMITER", value_name = "CHAR", requires = "table")]
    pub(crate) delimiter: Option<Delimiter>,

    /// Pass over rows that begin with this character [default: they are rows like any other]
    #[arg(long, env = "ERRAND_COMMENT", value_name = "CHAR", requires = "table")]
    pub(crate) comment: Option<Comment>,
}

impl TableArguments {
    /// The parameters that say the same, and for the rest the default.
    pub(crate) fn parameters(&self) -> Parameters {
        let (column, columns) = match &self.column[..] {
            _ if self.all_columns => (None, Some(Columns::All)),
            [] => (None, None),
            [one] => (Some(one.clone()), None),
            several => (None, Some(Columns::These(several.to_vec()))),
        };
        Parameters {
            column,
            columns,
            header: (self.header || self.no_header).then_some(self.header),
            delimiter: self.delimiter,
            comment: self.comment,
            ..Parameters::default()
        }
    }
}
