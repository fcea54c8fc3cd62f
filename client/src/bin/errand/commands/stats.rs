//! `errand stats`.

use std::fs::{self, File};
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use errand_client::operations::STATS;
use errand_client::{Client, Input, success};
use errand_stats::{Accumulator, Answer, Bins, Parameters, PassError, Passes, ReadError, Selection};

use super::{lists, objects};
use crate::answer::{ask, detach, end_with_signals, job, tell_timing};
use crate::cli::{Global, StatsArguments};
use crate::error::Error;
use crate::files::{self, Stream};
use crate::many::inputs::is_single;
use crate::many::units;
use crate::output::{self, Style};
use crate::plot::{self, Plot};

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
    if wanted.together {
        return together(global, wanted);
    }
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        plot::refuse_many(wanted)?;
        return lists::offline(global, wanted);
    }
    let plot = Plot::open(wanted, &[file(wanted)])?;
    let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let memory_bytes = u64::from(global.memory) << 20;
    let file = file(wanted);
    let answer = summarize(file, &asked_for(wanted, plot.as_ref()), memory_bytes, threads)
        .map_err(|error| error.of_input(file))?;
    let answer = drawn(plot, answer, wanted)?;
    output::result(&output::Statistics(&answer), None, style(global))?;
    offline_timing(global);
    Ok(())
}

/// Statistics of all lists together.
fn together(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    if parameters(wanted).may_have_several_answers() {
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
    let plot = Plot::open(wanted, &paths)?;
    let answer = summarize_files(&paths, &asked_for(wanted, plot.as_ref()), memory_bytes, threads)?;
    let answer = drawn(plot, answer, wanted)?;
    output::result(&output::Statistics(&answer), None, style(global))?;
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
    list.read(source.bytes)
        .map_err(|error| failed(path, error, memory_bytes))?;
    list.answer().map_err(|error| rejected(&error, memory_bytes))
}

/// Statistics of files that count as one list, in this process. Numbers that the memory does not hold are read more than once.
fn summarize_files(
    paths: &[&Path],
    parameters: &Parameters,
    memory_bytes: u64,
    threads: NonZero<usize>,
) -> Result<Answer, Error> {
    let passes = Passes::new(parameters)
        .with_memory_budget(budget(memory_bytes))
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
        PassError::List { list, source } => failed(paths[list], source, memory_bytes),
        PassError::All(error) => rejected(&error, memory_bytes),
        changed => Error::Read {
            path: paths[0].to_owned(),
            source: io::Error::other(changed.to_string()),
        },
    })
}

/// Half for the numbers, as in the function: the rest is for a decompressor's window, threads and answers.
fn budget(memory_bytes: u64) -> usize {
    usize::try_from(memory_bytes / 2).unwrap_or(usize::MAX)
}

fn failed(path: &Path, error: ReadError, memory_bytes: u64) -> Error {
    match error {
        ReadError::List(error) => rejected(&error, memory_bytes),
        ReadError::Input(source) => Error::Read {
            path: path.to_owned(),
            source,
        },
    }
}

pub(super) async fn online(client: &Client, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    check_bins(wanted)?;
    if let Some(input) = objects::of_lists(wanted)? {
        let name = file(wanted);
        let done = if wanted.each {
            objects::each_list(client, global, wanted, input).await
        } else {
            one(client, global, wanted, name, input).await
        };
        return done.map_err(|error| error.of_input(name));
    }
    if !is_single(&wanted.files, wanted.many.files_from.as_deref()) {
        plot::refuse_many(wanted)?;
        return lists::online(client, global, wanted).await;
    }
    let file = file(wanted);
    let input = files::input(file)?;
    let done = one(client, global, wanted, file, input).await;
    done.map_err(|error| error.of_input(file))
}

/// One list, in the cloud.
async fn one(
    client: &Client,
    global: &Global,
    wanted: &StatsArguments,
    file: &Path,
    input: Input,
) -> Result<(), Error> {
    let plot = Plot::open(wanted, &[file])?;
    let job = job(STATS, &asked_for(wanted, plot.as_ref()), input, wanted.send)?;
    if wanted.send.detach {
        return detach(client, global, job, None).await;
    }
    let (outcome, timing) = ask(client, job, None, global.timeout).await?;
    let answer = success::<Answer>(outcome)?;
    end_with_signals(answer.job.job_id, global.json);
    drawn(plot, answer.result, wanted)
        .and_then(|shown| output::result(&output::Statistics(&shown), Some(answer.job), style(global)))
        .map_err(|error| error.not_fetched(answer.job.job_id))?;
    tell_timing(global, &timing);
    Ok(())
}

/// What the answer is to hold: what is printed, and what is drawn.
fn asked_for(wanted: &StatsArguments, plot: Option<&Plot>) -> Parameters {
    let printed = parameters(wanted);
    match plot {
        Some(_) => plot::with_what_is_drawn(printed),
        None => printed,
    }
}

/// Draws the answer, if that is asked for. Gives what is to be printed of it.
fn drawn(plot: Option<Plot>, answer: Answer, wanted: &StatsArguments) -> Result<Answer, Error> {
    let Some(plot) = plot else {
        return Ok(answer);
    };
    let Answer::List(summary) = answer else {
        return Err(plot::of_several_columns());
    };
    plot.write(&summary)?;
    let printed = plot::without_what_is_drawn(*summary, &parameters(wanted));
    Ok(Answer::List(Box::new(printed)))
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

fn rejected(error: &errand_stats::Error, memory_bytes: u64) -> Error {
    let (code, message) = (error.code(), error.to_string());
    match error {
        errand_stats::Error::MemoryBudgetExceeded { .. } => Error::too_large(code, &message, memory_bytes),
        _ => Error::offline(code, message),
    }
}
