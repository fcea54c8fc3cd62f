//! `errand stats`.

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use errand_client::operations::STATS;
use errand_client::{Client, success};
use errand_stats::{Accumulator, Answer, Method, Parameters, PassError, Passes, ReadError, Selection};

use super::lists;
use crate::answer::{ask, detach, job, tell_timing};
use crate::cli::{Global, StatsArguments};
use crate::error::Error;
use crate::files::{self, Stream};
use crate::many::inputs::is_single;
use crate::many::units;
use crate::output::{self, Statistics, Style};

/// The most bytes of a file's numbers that are kept rather than read again.
const KEPT_BYTES: usize = 128 << 20;

pub(super) fn offline(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    wanted.send.check_offline()?;
    if wanted.together {
        return together(global, wanted);
    }
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        return lists::offline(global, wanted);
    }
    let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let answer = summarize(
        file(wanted),
        &parameters(wanted),
        u64::from(global.memory) << 20,
        threads,
    )?;
    output::result(&Statistics(&answer), None, style(global))?;
    offline_timing(global);
    Ok(())
}

/// Statistics of all lists together.
fn together(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let parameters = parameters(wanted);
    if parameters.columns.is_some() {
        let message = "--together has one answer: name one column";
        return Err(Error::Usage(message.to_owned()));
    }
    let items = lists::local(wanted)?;
    if let Some(problem) = items.iter().find_map(|item| item.problem.as_ref()) {
        return Err(Error::Usage(problem.to_string()));
    }
    let paths: Vec<&Path> = items.iter().map(|item| item.input.as_path()).collect();
    let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let memory_bytes = u64::from(global.memory) << 20;
    let summary = summarize_files(&paths, &parameters, memory_bytes, threads)?;
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

/// Statistics of one file, in this process.
pub(super) fn summarize(
    path: &Path,
    parameters: &Parameters,
    memory_bytes: u64,
    threads: NonZero<usize>,
) -> Result<Answer, Error> {
    // What is no file cannot be read again, and several columns are not.
    if !parameters.may_have_several_answers() && path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return summarize_files(&[path], parameters, memory_bytes, threads);
    }
    let source = Stream::open(path)?;
    let mut list = Accumulator::new(parameters)
        .with_memory_budget(budget(memory_bytes))
        .with_threads(threads);
    list.read(source.bytes).map_err(|error| failed(path, error))?;
    list.answer().map_err(rejected)
}

/// Statistics of files that count as one list, in this process. Numbers that the memory does not hold are read more than once.
fn summarize_files(
    paths: &[&Path],
    parameters: &Parameters,
    memory_bytes: u64,
    threads: NonZero<usize>,
) -> Result<Answer, Error> {
    let passes = Passes::new(parameters)
        .with_memory_budget(budget_of_files(parameters, memory_bytes))
        .with_threads(threads);
    let summary = passes.summarize(paths.len(), |index| File::open(paths[index]));
    let answer = summary.map(|summary| Answer::List(Box::new(summary)));
    answer.map_err(|error| match error {
        // Of several, the message has to say which.
        PassError::List {
            list,
            source: ReadError::List(error),
        } if paths.len() > 1 => {
            Error::offline(error.code(), format!("{}: {error}", output::shown(paths[list])))
        }
        PassError::List { list, source } => failed(paths[list], source),
        PassError::All(error) => rejected(error),
        changed => Error::Read {
            path: paths[0].to_owned(),
            source: io::Error::other(changed.to_string()),
        },
    })
}

/// Half for the numbers, as in the function: modes and the distinct count need a copy of them.
fn budget(memory_bytes: u64) -> usize {
    usize::try_from(memory_bytes / 2).unwrap_or(usize::MAX)
}

/// The same for numbers that can be read again. Getting more memory than this from the system takes longer than reading
/// them twice (decision 0121); only modes and the distinct count may need it.
fn budget_of_files(parameters: &Parameters, memory_bytes: u64) -> usize {
    let budget = budget(memory_bytes);
    match parameters.method() {
        Method::Sort => budget,
        _ => budget.min(KEPT_BYTES),
    }
}

fn failed(path: &Path, error: ReadError) -> Error {
    match error {
        ReadError::List(error) => rejected(error),
        ReadError::Input(source) => Error::Read {
            path: path.to_owned(),
            source,
        },
    }
}

pub(super) async fn online(client: &Client, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    if wanted.together {
        let message = "--together is done in this process: add --offline";
        return Err(Error::Usage(message.to_owned()));
    }
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        return lists::online(client, global, wanted).await;
    }
    let input = files::input(file(wanted))?;
    let job = job(STATS, &parameters(wanted), input, wanted.send)?;
    if wanted.send.detach {
        return detach(client, global, job).await;
    }
    let (outcome, timing) = ask(client, job, global.timeout).await?;
    let answer = success::<Answer>(outcome)?;
    output::result(&Statistics(&answer.result), Some(answer.job), style(global))?;
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
        decimal_comma: wanted.decimal_comma,
        skip_invalid: wanted.skip_invalid,
        statistics: if wanted.all {
            Selection::All
        } else {
            wanted.statistics.clone()
        },
        percentiles: wanted.percentiles.clone(),
        histogram: wanted.histogram,
        ..wanted.table.parameters()
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
