//! How a picture of a list is drawn.

use std::path::PathBuf;

use clap::Args;

/// Where a picture of a list goes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Picture")]
pub(crate) struct PlotArguments {
    /// Draw a histogram, with a box plot of the quartiles under it, into FILE.svg or FILE.png
    #[arg(long, env = "ERRAND_PLOT", value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// What the numbers are, with their unit, to be written under the picture's axis [default: the column's name, else
    /// `value`]
    #[arg(long, env = "ERRAND_PLOT_LABEL", value_name = "TEXT", requires = "plot")]
    pub(crate) plot_label: Option<String>,

    /// Replace the picture that is there already
    #[arg(short, long, env = "ERRAND_FORCE")]
    pub(crate) force: bool,
}
