//! `errand stats --plot`: a histogram, and under it a box plot of the quartiles, as a picture for a report.
//!
//! The picture shows what the answer holds, so it is the same whether the numbers are here or in the cloud. Places on the axis
//! are computed exactly and rounded once, to the pixel: numbers of a thousand digits that differ in the last stand apart.

mod bins;
mod draw;
mod figure;
mod label;
mod png;
mod ticks;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;

use errand_stats::{Bins, Parameters, Selection, Statistic, Summary};

use self::figure::Figure;
use crate::cli::StatsArguments;
use crate::error::Error;
use crate::files::OutputFile;
use crate::output;

/// A picture that is to be written.
#[derive(Debug)]
pub(crate) struct Plot {
    file: OutputFile,
    format: Format,
    title: String,
    label: Option<String>,
    /// Whether the bins were chosen.
    has_bins: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
}

impl Plot {
    /// The picture of lists that count as one, if it is asked for. Nothing is drawn yet, but it is sure that the file can be
    /// written.
    pub(crate) fn open(wanted: &StatsArguments, lists: &[&Path]) -> Result<Option<Self>, Error> {
        let Some(path) = &wanted.plot.plot else {
            return Ok(None);
        };
        let format = format(path)?;
        if wanted.table.parameters().columns.is_some() {
            return Err(of_several());
        }
        if wanted.send.detach {
            let message = "--plot needs the answer, and --detach does not wait for it: leave one of them out";
            return Err(Error::Usage(message.to_owned()));
        }
        let title = match lists {
            [list] if *list == Path::new("-") => "standard input".to_owned(),
            [list] => list
                .file_name()
                .unwrap_or(list.as_os_str())
                .to_string_lossy()
                .into_owned(),
            _ => format!("{} lists", lists.len()),
        };
        Ok(Some(Self {
            file: OutputFile::open(path, wanted.plot.force)?,
            format,
            title,
            label: wanted.plot.plot_label.clone(),
            has_bins: wanted.histogram.is_some(),
        }))
    }

    /// Draws what the answer holds.
    pub(crate) fn write(mut self, summary: &Summary) -> Result<(), Error> {
        let label = self.label.as_deref().or(summary.column.as_deref());
        let label = label.unwrap_or("value");
        let figure = Figure::of(summary, &self.title, label, self.has_bins).ok_or_else(|| {
            let message = "the answer has no histogram to draw: the stack may be of an older release";
            Error::Usage(message.to_owned())
        })?;
        let picture = match self.format {
            Format::Svg => draw::svg(&figure),
            Format::Png => draw::png(&figure),
        };
        let written = picture.and_then(|bytes| self.file.write_all(&bytes));
        written.map_err(|source| self.file.failed(source))?;
        let name = self.file.path().map(output::shown).unwrap_or_default();
        self.file.finish()?;
        output::note(&format!("{name}: written"));
        Ok(())
    }
}

/// Refuses a picture of many lists.
pub(crate) fn refuse_many(wanted: &StatsArguments) -> Result<(), Error> {
    if wanted.plot.plot.is_some() {
        let message = "--plot is for one list: draw them one by one, or, with --offline, --together as one";
        return Err(Error::Usage(message.to_owned()));
    }
    Ok(())
}

/// Why several columns are not drawn.
pub(crate) fn of_several() -> Error {
    Error::Usage("--plot is for one column: name it with --column, and draw others one by one".to_owned())
}

/// What to ask for so that the answer holds what a picture shows.
pub(crate) fn with_what_is_drawn(asked: Parameters) -> Parameters {
    let mut statistics: Vec<Statistic> = Statistic::ALL
        .into_iter()
        .filter(|statistic| asked.statistics.contains(*statistic) || is_drawn(*statistic))
        .collect();
    statistics.retain(|statistic| *statistic != Statistic::Count);
    Parameters {
        statistics: match asked.statistics {
            Selection::All => Selection::All,
            _ => Selection::Only(statistics),
        },
        histogram: asked.histogram.or(Some(Bins::Count(bins::ASKED_FOR))),
        ..asked
    }
}

/// The answer without what was asked for because of the picture alone.
pub(crate) fn without_what_is_drawn(mut summary: Summary, asked: &Parameters) -> Summary {
    let wants = |statistic| asked.statistics.contains(statistic);
    summary.minimum.take_if(|_| !wants(Statistic::Minimum));
    summary.maximum.take_if(|_| !wants(Statistic::Maximum));
    summary.median.take_if(|_| !wants(Statistic::Median));
    summary.quartiles.take_if(|_| !wants(Statistic::Quartiles));
    summary.histogram.take_if(|_| asked.histogram.is_none());
    summary
}

fn is_drawn(statistic: Statistic) -> bool {
    matches!(
        statistic,
        Statistic::Minimum | Statistic::Maximum | Statistic::Median | Statistic::Quartiles
    )
}

fn format(path: &Path) -> Result<Format, Error> {
    let suffix = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    match suffix.to_ascii_lowercase().as_str() {
        "svg" => Ok(Format::Svg),
        "png" => Ok(Format::Png),
        _ => Err(Error::Usage(format!(
            "cannot draw `{}`: a picture is an SVG or a PNG; name a file that ends with .svg or .png",
            output::shown(path)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_tells_the_format_and_others_are_refused() {
        assert_eq!(format(Path::new("a.b/Plot.SVG")).unwrap(), Format::Svg);
        assert_eq!(format(Path::new("plot.png")).unwrap(), Format::Png);
        for other in ["plot", "plot.jpg", "-", ".svg"] {
            assert!(format(Path::new(other)).is_err(), "{other}");
        }
    }

    #[test]
    fn an_answer_shows_no_more_than_without_a_picture() {
        for statistics in ["default", "all", "sum,range", "median"] {
            for histogram in [None, Some(Bins::Count(3))] {
                let asked = Parameters {
                    statistics: statistics.parse().unwrap(),
                    histogram,
                    ..Parameters::default()
                };
                let list = b"3 1 4 1 5 9 2 6";
                let plain = errand_stats::summarize(list, &asked).unwrap();
                let drawn = errand_stats::summarize(list, &with_what_is_drawn(asked.clone())).unwrap();
                assert!(
                    Figure::of(&drawn, "list", "value", false).is_some(),
                    "{statistics}"
                );
                assert_eq!(without_what_is_drawn(drawn, &asked), plain, "{statistics}");
            }
        }
    }
}
