//! `errand grayscale` of many images.

use std::fs;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use errand_client::{Client, JobIds};
use errand_grayscale::{Format, Limits, Parameters, StreamError, convert_stream};
use serde::Serialize;

use super::grayscale::{make_folder, parameters};
use crate::cli::{Global, GrayscaleArguments};
use crate::error::Error;
use crate::files::{OutputFile, Stream};
use crate::many::inputs::{Wanted, find};
use crate::many::plan::{self, Item, format_of};
use crate::many::pool::{self, Event};
use crate::many::report::{Manner, Report, Told};
use crate::output::shown;

/// What is written at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What became of an image that did not fail.
enum Ended {
    Done(errand_grayscale::Report),
    Skipped,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    job: Option<JobIds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(flatten)]
    report: &'a errand_grayscale::Report,
}

/// Does all of them in this process.
pub(super) fn offline(global: &Global, wanted: &GrayscaleArguments) -> Result<(), Error> {
    let mut parameters = parameters(wanted);
    parameters.format = wanted.format;
    let (items, problems) = plan(wanted)?;
    let threads = wanted
        .many
        .jobs
        .or(available_parallelism().ok())
        .unwrap_or(NonZero::<usize>::MIN);
    let limits = Limits::new((u64::from(global.memory) << 20) / threads.get() as u64);
    let manner = Manner {
        json: global.json,
        quiet: global.quiet,
        makes_files: true,
    };
    let mut report = Report::new(items.iter().chain(&problems), manner);
    report.end_with_signals();
    let stop = AtomicBool::new(false);
    let failed = |report: &mut Report, item: &Item, error: &Error| {
        report.failed(item, error);
        if wanted.many.fail_fast {
            report.stop("--fail-fast");
        }
        stop.fetch_or(report.is_over(), Ordering::Relaxed);
    };
    for item in &problems {
        if let Some(error) = &item.problem {
            failed(&mut report, item, error);
        }
    }
    pool::run(
        items.len(),
        threads.get(),
        &stop,
        |index| convert(&items[index], &parameters, &limits, wanted),
        |event| match event {
            Event::Tick => report.tick(),
            Event::Ended(index, Ok(Ended::Skipped)) => report.skipped(&items[index]),
            Event::Ended(index, Ok(Ended::Done(done))) => {
                let item = &items[index];
                let told = Told {
                    input: &item.input,
                    output: Some(&item.output),
                    answer: Answer {
                        job: None,
                        location: None,
                        report: &done,
                    },
                    output_bytes: done.output_bytes,
                };
                report.done(item, &told, || Some(format!("{}: {done}", shown(&item.output))));
            }
            Event::Ended(index, Err(error)) => failed(&mut report, &items[index], &error),
        },
    );
    report.end()
}

/// Does all of them in the cloud.
#[expect(clippy::unused_async, reason = "it will wait")]
pub(super) async fn online(
    _client: &Client,
    _global: &Global,
    _wanted: &GrayscaleArguments,
) -> Result<(), Error> {
    Err(Error::Usage("many at once: with --offline for now".to_owned()))
}

/// What can be done, and that of which it is known that it cannot.
fn plan(wanted: &GrayscaleArguments) -> Result<(Vec<Item>, Vec<Item>), Error> {
    let many = &wanted.many;
    let output = wanted.output.as_deref();
    match output {
        Some(output) if output == Path::new("-") => {
            return Err(Error::Usage(
                "many images do not go to standard output: name a folder with -o".to_owned(),
            ));
        }
        Some(output) if output.exists() && !output.is_dir() => {
            return Err(Error::Usage(format!(
                "`{}` is a file: many images go to a folder; name one with -o",
                output.display()
            )));
        }
        _ => {}
    }
    let found = find(&Wanted {
        names: &wanted.images,
        list: many.files_from.as_deref(),
        nul: many.null,
        include: &many.include,
        exclude: &many.exclude,
        output,
        is_fit: Some(|path| format_of(path).is_some()),
    })?;
    let items = plan::images(found.inputs, output, wanted.format)?;
    Ok(items.into_iter().partition(|item| item.problem.is_none()))
}

fn convert(
    item: &Item,
    parameters: &Parameters,
    limits: &Limits,
    wanted: &GrayscaleArguments,
) -> Result<Ended, Error> {
    if is_done(&item.input, &item.output, wanted)? {
        return Ok(Ended::Skipped);
    }
    let Stream { bytes, size_hint } = Stream::open(&item.input)?;
    let target = open(&item.output, wanted.force)?;
    let mut writer = BufWriter::with_capacity(BUFFER_BYTES, target);
    let converted = convert_stream(bytes, size_hint, &mut writer, parameters, limits);
    let (target, rest) = writer.into_parts();
    let done = converted.map_err(|error| match error {
        StreamError::Read(source) => Error::Read {
            path: item.input.clone(),
            source,
        },
        StreamError::Write(source) => target.failed(source),
        StreamError::Image(error) => Error::offline(error.code(), error.to_string()),
    })?;
    let mut target = target;
    let written = rest
        .map_err(io::Error::other)
        .and_then(|rest| io::Write::write_all(&mut target, &rest));
    written.map_err(|source| target.failed(source))?;
    target.finish()?;
    Ok(Ended::Done(done))
}

/// Opens the place of an answer, in a folder that is made where it is not there.
fn open(output: &Path, may_replace: bool) -> Result<OutputFile, Error> {
    match OutputFile::open(output, may_replace) {
        Err(Error::Write { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            make_folder(output.parent().unwrap_or(Path::new("")))?;
            OutputFile::open(output, may_replace)
        }
        opened => opened,
    }
}

/// Whether an image need not be done: its answer is there, whole, and newer. What else is there is in the way, unless it
/// may be replaced.
pub(super) fn is_done(input: &Path, output: &Path, wanted: &GrayscaleArguments) -> Result<bool, Error> {
    if !wanted.skip_existing {
        return Ok(false);
    }
    let Ok(there) = fs::metadata(output) else {
        return Ok(false);
    };
    let made_from = fs::metadata(input).and_then(|input| input.modified());
    let is_newer = matches!((made_from, there.modified()), (Ok(input), Ok(output)) if output >= input);
    if is_newer && is_whole(output, there.len()).unwrap_or(false) {
        return Ok(true);
    }
    if wanted.force {
        return Ok(false);
    }
    Err(Error::Stale {
        path: output.to_owned(),
    })
}

/// Whether a file ends as its format does. What this command writes is whole or not there: this is about what others left,
/// and about a machine that lost its power.
fn is_whole(path: &Path, size_bytes: u64) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut first = [0; 12];
    if size_bytes < first.len() as u64 {
        return Ok(false);
    }
    file.read_exact(&mut first)?;
    let mut last = [0; 12];
    file.seek(SeekFrom::End(-12))?;
    file.read_exact(&mut last)?;
    Ok(match Format::detect(&first) {
        // What follows the end marker is nobody's business: cameras write there.
        Ok(Format::Jpeg) => last != [0; 12],
        Ok(Format::Png) => last[4..8] == *b"IEND",
        Ok(Format::Gif) => last[11] == b';',
        Ok(Format::WebP) => {
            u64::from(u32::from_le_bytes([first[4], first[5], first[6], first[7]])) + 8 <= size_bytes
        }
        _ => last != [0; 12],
    })
}
