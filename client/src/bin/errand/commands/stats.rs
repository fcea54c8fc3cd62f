//! `errand stats`.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use errand_client::operations::STATS;
use errand_client::{Client, success};
use errand_stats::{Accumulator, Bins, Parameters, ReadError, Selection, Summary};

use super::lists;
use crate::answer::{ask, detach, end_with_signals, job, tell_timing};
use crate::cli::{Global, StatsArguments};
use crate::error::Error;
use crate::files::{self, Stream};
use crate::many::inputs::is_single;
use crate::many::units;
use crate::output::{self, Style};

/// A number behind `--histogram` is a file; one that is not there was meant for the bins.
fn check_bins(wanted: &StatsArguments) -> Result<(), Error> {
    let is_meant = |name: &&PathBuf| {
        let text = name.to_str().unwrap_or_default();
        text.parse::<u16>().is_ok() && fs::symlink_metadata(name).is_err()
    };
    match wanted.files.iter().find(is_meant) {
        Some(name) if wanted.histogram == Some(Bins::Auto) => {
            let number = name.display();
            Err(Error::Usage(format!(
                "there is no file `{number}`: for {number} bins, write --histogram={number}"
            )))
        }
        _ => Ok(()),
    }
}

pub(super) fn offline(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    check_bins(wanted)?;
    wanted.send.check_offline()?;
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        return lists::offline(global, wanted);
    }
    let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let memory_bytes = u64::from(global.memory) << 20;
    let file = file(wanted);
    let summary =
        summarize(file, &parameters(wanted), memory_bytes, threads).map_err(|error| error.of_input(file))?;
    output::result(&summary, None, style(global))?;
    offline_timing(global);
    Ok(())
}

/// Tells how long it took, if that is asked for.
pub(super) fn offline_timing(global: &Global) {
    if global.timing {
        output::line(&format!(
            "{} in this process; nothing was sent",
            units::time(output::elapsed())
        ));
    }
}

/// Statistics of one list, in this process.
pub(super) fn summarize(
    path: &Path,
    parameters: &Parameters,
    memory_bytes: u64,
    threads: NonZero<usize>,
) -> Result<Summary, Error> {
    let source = Stream::open(path)?;
    // Half for the numbers, as in the function: modes and the distinct count need a copy of them.
    let half = usize::try_from(memory_bytes / 2).unwrap_or(usize::MAX);
    let mut list = Accumulator::new(parameters)
        .with_memory_budget(half)
        .with_threads(threads);
    list.read(source.bytes).map_err(|error| match error {
        ReadError::List(error) => rejected(error),
        ReadError::Input(source) => Error::Read {
            path: path.to_owned(),
            source,
        },
    })?;
    list.finish().map_err(rejected)
}

pub(super) async fn online(client: &Client, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    check_bins(wanted)?;
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        return lists::online(client, global, wanted).await;
    }
    let file = file(wanted);
    let done = one(client, global, wanted, file).await;
    done.map_err(|error| error.of_input(file))
}

/// One list, in the cloud.
async fn one(client: &Client, global: &Global, wanted: &StatsArguments, file: &Path) -> Result<(), Error> {
    let input = files::input(file)?;
    let job = job(STATS, &parameters(wanted), input, wanted.send)?;
    if wanted.send.detach {
        return detach(client, global, job, None).await;
    }
    let (outcome, timing) = ask(client, job, None, global.timeout).await?;
    let answer = success::<Summary>(outcome)?;
    end_with_signals(answer.job.job_id, global.json);
    output::result(&answer.result, Some(answer.job), style(global))
        .map_err(|error| error.not_fetched(answer.job.job_id))?;
    tell_timing(global, &timing);
    Ok(())
}

/// The one list that is meant, if it is one.
pub(super) fn single(wanted: &StatsArguments) -> Option<&Path> {
    is_single(&wanted.files, wanted.many.files_from.as_deref()).then(|| file(wanted))
}

/// The one file that is meant.
fn file(wanted: &StatsArguments) -> &Path {
    wanted
        .files
        .first()
        .map_or(Path::new("input.txt"), PathBuf::as_path)
}

pub(super) fn parameters(wanted: &StatsArguments) -> Parameters {
    Parameters {
        column: wanted.column.clone(),
        decimal_comma: wanted.decimal_comma,
        skip_invalid: wanted.skip_invalid,
        statistics: if wanted.all {
            Selection::All
        } else {
            wanted.statistics.clone()
        },
        percentiles: wanted.percentiles.clone(),
        histogram: wanted.histogram,
    }
}

fn style(global: &Global) -> Style {
    Style {
        json: global.json,
        aside: false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: errand_stats::Error) -> Error {
    Error::offline(error.code(), error.to_string())
}
