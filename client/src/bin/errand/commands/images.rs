//! `errand grayscale` of many images.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Instant, SystemTime};

use errand_client::operations::GRAYSCALE;
use errand_client::{Client, JobIds, ObjectLocation, success};
use errand_grayscale::{Format, Limits, Parameters, StreamError, convert_stream};
use serde::Serialize;

use super::grayscale::{make_folder, parameters};
use crate::answer::{download, job};
use crate::cli::{Global, GrayscaleArguments};
use crate::error::Error;
use crate::files::{OutputFile, Stream};
use crate::limit::within;
use crate::many::detached;
use crate::many::dry_run::{self, Fate};
use crate::many::online::{self, Way};
use crate::many::plan::{self, Item, format_of};
use crate::many::pool::{self, Event};
use crate::many::report::{Manner, Report, Told};
use crate::many::{all, here};
use crate::output::shown;
use crate::parts;
use crate::timing::Timing;

/// What is written at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What became of an image that did not fail.
enum Ended {
    Done {
        report: errand_grayscale::Report,
        /// The job, where its image stays, and where the time went; none if it was done in
        /// this process.
        stored: Option<Box<Stored>>,
    },
    Skipped,
}

struct Stored {
    job: JobIds,
    location: ObjectLocation,
    timing: Timing,
}

/// What becomes of answers that are there already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Existing {
    may_replace: bool,
    are_skipped: bool,
}

impl Existing {
    pub(super) fn of(wanted: &GrayscaleArguments) -> Self {
        Self {
            may_replace: wanted.force,
            are_skipped: wanted.skip_existing,
        }
    }
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
    let parameters = parameters(wanted);
    let Plan {
        items,
        problems,
        passed_over,
    } = here(plan(None, wanted))?;
    let threads = wanted
        .many
        .jobs
        .or(available_parallelism().ok())
        .unwrap_or(NonZero::<usize>::MIN);
    let limits = Limits::new((u64::from(global.memory) << 20) / threads.get() as u64);
    let mut lines = Lines::new(&items, &problems, global, wanted);
    lines.report.update(|counts| counts.passed_over = passed_over);
    lines.report.end_with_signals();
    remove_left(&items, wanted);
    let stop = AtomicBool::new(lines.report.is_over());
    pool::run(
        items.len(),
        threads.get(),
        &stop,
        |index| convert(&items[index], &parameters, limits, wanted),
        |event| {
            match event {
                Event::Tick => lines.report.tick(),
                Event::Ended(index, ended) => lines.ended(&items[index], ended),
            }
            stop.fetch_or(lines.report.is_over(), Ordering::Relaxed);
        },
    );
    lines.report.end()
}

/// Does all of them in the cloud.
pub(super) async fn online(
    client: &Client,
    global: &Global,
    wanted: &GrayscaleArguments,
) -> Result<(), Error> {
    let Plan {
        items,
        problems,
        passed_over,
    } = within(global.timeout, plan(Some(client), wanted)).await?;
    let (parameters, send) = (Arc::new(parameters(wanted)), wanted.send);
    if send.detach {
        let job = move |item: &Item| job(GRAYSCALE, &*parameters, item.job_input()?, send);
        return detached::send(client, global, &wanted.many, items, &problems, job).await;
    }
    remove_left(&items, wanted);
    let items = Arc::new(items);
    let mut lines = Lines::new(&items, &problems, global, wanted);
    lines.report.update(|counts| counts.passed_over = passed_over);
    let manner = Existing::of(wanted);
    let jobs = wanted.many.jobs.map_or(online::JOBS, NonZero::get);
    let count = if lines.report.is_over() { 0 } else { items.len() };
    let start = |index: usize, way: Arc<Way>| {
        let (items, parameters) = (Arc::clone(&items), Arc::clone(&parameters));
        // Boxed: it holds an upload and a download.
        Box::pin(async move {
            let item = &items[index];
            let changed = match item.unseen().filter(|_| manner.are_skipped) {
                Some(location) => way
                    .client
                    .look_at(location)
                    .await?
                    .and_then(|object| object.modified),
                None => item.modified(),
            };
            if is_done(changed, &item.output, manner)? {
                return Ok(Ended::Skipped);
            }
            let input = item.job_input()?;
            // Before anything is sent: there may be no place for the answer.
            let mut target = open(&item.output, manner.may_replace)?;
            let (outcome, mut timing) = way
                .ask(job(GRAYSCALE, &*parameters, input, send)?, item.below.as_ref())
                .await?;
            let answer = success::<errand_grayscale::Report>(outcome)?;
            let object = answer.object.ok_or(errand_client::Error::BadAnswer {
                job_id: answer.job.job_id,
                message: "it names no image".to_owned(),
            })?;
            let fetched = async {
                let _room = way.room_to_download().await;
                let begun = Instant::now();
                download(&way.client, &object, &mut target).await?;
                timing.download = begun.elapsed();
                target.finish()
            };
            fetched
                .await
                .map_err(|error| error.not_fetched(answer.job.job_id))?;
            Ok(Ended::Done {
                report: answer.result,
                stored: Some(Box::new(Stored {
                    job: answer.job,
                    location: object.location,
                    timing,
                })),
            })
        })
    };
    let session = client.session();
    let ran = online::run(
        client,
        session,
        count,
        jobs,
        global.timeout,
        start,
        |way, event| {
            lines.report.on_the_way(way);
            if let Event::Ended(index, ended) = event {
                lines.ended(&items[index], ended);
            }
            !lines.report.is_over()
        },
    )
    .await;
    lines.report.end_of(ran)
}

/// Says what would be done.
pub(super) fn dry_run(global: &Global, wanted: &GrayscaleArguments) -> Result<(), Error> {
    let (items, problems) = if let Some((input, output)) = super::grayscale::single(wanted) {
        (vec![Item::of(input, output?)?], Vec::new())
    } else {
        let plan = here(plan(None, wanted))?;
        (plan.items, plan.problems)
    };
    let existing = Existing::of(wanted);
    let fate = |item: &Item| match is_done(item.modified(), &item.output, existing) {
        Ok(true) => Ok(Fate::Skipped),
        Err(error) => Err(error),
        Ok(false) if !existing.may_replace && item.output.exists() => Err(Error::Exists {
            path: item.output.clone(),
        }),
        Ok(false) => Ok(Fate::Done),
    };
    dry_run::say(&items, &problems, global, &wanted.many, GRAYSCALE, fate)
}

/// A line for each image.
struct Lines {
    report: Report,
    fail_fast: bool,
}

impl Lines {
    /// Tells first of those of which it is known that they cannot be done.
    fn new(items: &[Item], problems: &[Item], global: &Global, wanted: &GrayscaleArguments) -> Self {
        let manner = Manner {
            done: "done",
            json: global.json,
            quiet: global.quiet,
            timing: global.timing,
            in_this_run: true,
            makes_files: true,
        };
        let mut lines = Self {
            report: Report::new(items.iter().chain(problems), manner),
            fail_fast: wanted.many.fail_fast,
        };
        for item in problems {
            if let Some(error) = &item.problem {
                lines.failed(item, error);
            }
        }
        lines
    }

    fn ended(&mut self, item: &Item, ended: Result<Ended, Error>) {
        match ended {
            Ok(Ended::Skipped) => self.report.skipped(item),
            Ok(Ended::Done { report, stored }) => {
                if let Some(stored) = &stored {
                    self.report.time(&stored.timing);
                }
                let told = Told {
                    input: &item.input,
                    output: Some(&item.output),
                    answer: Answer {
                        job: stored.as_ref().map(|stored| stored.job),
                        location: stored.as_ref().map(|stored| stored.location.to_string()),
                        report: &report,
                    },
                    output_bytes: report.output_bytes,
                };
                let text = || Some(format!("{}: {report}", shown(&item.output)));
                self.report.done(item, &told, text);
            }
            Err(error) => self.failed(item, &error),
        }
    }

    fn failed(&mut self, item: &Item, error: &Error) {
        self.report.failed(item, error);
        if self.fail_fast {
            self.report.stop("--fail-fast");
        }
    }
}

/// What is to be done.
struct Plan {
    items: Vec<Item>,
    /// Of which it is known that they cannot be done.
    problems: Vec<Item>,
    /// How many files of folders are no images by their names.
    passed_over: usize,
}

/// Finds what is to be done. Without a client, nothing is in the cloud.
async fn plan(client: Option<&Client>, wanted: &GrayscaleArguments) -> Result<Plan, Error> {
    let output = wanted.output.as_deref();
    check_output(wanted)?;
    let is_image: fn(&Path) -> bool = |path| format_of(path).is_some();
    let found = all(
        client,
        GRAYSCALE,
        &wanted.images,
        &wanted.many,
        output,
        Some(is_image),
    )
    .await?;
    let items = plan::images(found.inputs, output, wanted.format)?;
    let (items, problems) = items.into_iter().partition(|item| item.problem.is_none());
    Ok(Plan {
        items,
        problems,
        passed_over: found.passed_over,
    })
}

/// Many images go to a folder, and none of them is shown.
pub(super) fn check_output(wanted: &GrayscaleArguments) -> Result<(), Error> {
    let output = wanted.output.as_deref();
    if wanted.preview.is_some() {
        return Err(Error::Usage(
            "--preview shows one image: leave it out, or name one".to_owned(),
        ));
    }
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
    Ok(())
}

pub(super) fn rejected(error: &errand_grayscale::Error, limits: Limits) -> Error {
    let (code, message) = (error.code(), error.to_string());
    match error {
        errand_grayscale::Error::TooLarge { .. } | errand_grayscale::Error::InputTooLarge { .. } => {
            Error::too_large(code, &message, limits.memory_bytes)
        }
        _ => Error::offline(code, message),
    }
}

fn convert(
    item: &Item,
    parameters: &Parameters,
    limits: Limits,
    wanted: &GrayscaleArguments,
) -> Result<Ended, Error> {
    if is_done(item.modified(), &item.output, Existing::of(wanted))? {
        return Ok(Ended::Skipped);
    }
    let Stream { bytes, size_hint } = Stream::open(&item.input)?;
    let target = open(&item.output, wanted.force)?;
    let mut writer = BufWriter::with_capacity(BUFFER_BYTES, target);
    let converted = convert_stream(bytes, size_hint, &mut writer, parameters, &limits);
    let (target, rest) = writer.into_parts();
    let done = converted.map_err(|error| match error {
        StreamError::Read(source) => Error::Read {
            path: item.input.clone(),
            source,
        },
        StreamError::Write(source) => target.failed(source),
        StreamError::Image(error) => rejected(&error, limits),
    })?;
    let mut target = target;
    let written = rest
        .map_err(io::Error::other)
        .and_then(|rest| io::Write::write_all(&mut target, &rest));
    written.map_err(|source| target.failed(source))?;
    target.finish()?;
    Ok(Ended::Done {
        report: done,
        stored: None,
    })
}

/// A run that goes on where another was killed removes what that had half written.
fn remove_left(items: &[Item], wanted: &GrayscaleArguments) {
    if wanted.skip_existing {
        let folders: BTreeSet<_> = items.iter().filter_map(|item| item.output.parent()).collect();
        for folder in folders {
            let is_here = folder.as_os_str().is_empty();
            parts::remove_left_in(if is_here { Path::new(".") } else { folder });
        }
    }
}

/// Opens the place of an answer, in a folder that is made where it is not there.
pub(super) fn open(output: &Path, may_replace: bool) -> Result<OutputFile, Error> {
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
pub(super) fn is_done(changed: Option<SystemTime>, output: &Path, existing: Existing) -> Result<bool, Error> {
    if !existing.are_skipped {
        return Ok(false);
    }
    let Ok(there) = fs::metadata(output) else {
        return Ok(false);
    };
    let is_newer = matches!((changed, there.modified()), (Some(input), Ok(output)) if output >= input);
    if is_newer && is_whole(output, there.len()).unwrap_or(false) {
        return Ok(true);
    }
    if existing.may_replace {
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
        Ok(Format::Png) => last[4..8] == *b"IEND",
        Ok(Format::Gif) => last[11] == b';',
        Ok(Format::WebP) => {
            u64::from(u32::from_le_bytes([first[4], first[5], first[6], first[7]])) + 8 <= size_bytes
        }
        // Of a JPEG, too: behind its end marker, cameras write what they like.
        _ => last != [0; 12],
    })
}
