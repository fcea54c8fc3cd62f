//! `errand grayscale`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use errand_client::operations::GRAYSCALE;
use errand_client::{Answer, Client, success};
use errand_grayscale::{Format, Limits, Parameters, Report, StreamError, convert_stream};

use super::stats::offline_timing;
use super::{images, objects};
use crate::answer::{ask, detach, download, end_with_signals, job, tell_timing};
use crate::background::Background;
use crate::cli::{Global, GrayscaleArguments};
use crate::error::Error;
use crate::files::{self, OutputFile, Stream};
use crate::limit::within;
use crate::many::inputs::is_single;
use crate::many::plan::{Below, default_output, end_as, format_of};
use crate::output::{self, Style};
use crate::parts;
use crate::preview;
use crate::signals;
use crate::timing::Timing;

pub(super) fn offline(global: &Global, wanted: &GrayscaleArguments) -> Result<(), Error> {
    wanted.send.check_offline()?;
    if !is_single(&wanted.images, wanted.many.files_from.as_deref()) {
        return images::offline(global, wanted);
    }
    check_preview(wanted)?;
    let image = image(wanted);
    let Stream { bytes, size_hint } = Stream::open(image)?;
    signals::on_interruption(parts::remove_all);
    let output = output_path(wanted)?;
    if images::is_done(modified(image), &output, images::Existing::of(wanted))? {
        output::skipped(image, &output, global.json)?;
        return show_preview(&output, wanted, global);
    }
    let target = open(&output, wanted)?;
    let limits = Limits::new(u64::from(global.memory) << 20);
    let mut background = Background::new(target);
    let converted = convert_stream(bytes, size_hint, &mut background, &parameters(wanted), &limits);
    // What is not yet written of a failed conversion is not to be.
    let (target, written) = background.finish(converted.is_ok());
    written.map_err(|source| target.failed(source))?;
    let report = converted.map_err(|error| match error {
        StreamError::Read(source) => Error::Read {
            path: image.to_owned(),
            source,
        },
        StreamError::Write(source) => target.failed(source),
        StreamError::Image(error) => images::rejected(&error, limits).of_input(image),
    })?;
    finish(
        target,
        |path, style| output::grayscale(&report, path, None, style),
        global,
    )?;
    show_preview(&output, wanted, global)?;
    offline_timing(global);
    Ok(())
}

pub(super) async fn online(
    client: &Client,
    global: &Global,
    wanted: &GrayscaleArguments,
) -> Result<(), Error> {
    if let Some(input) = objects::of_images(wanted)? {
        let name = image(wanted);
        let done = objects::all_images(client, global, wanted, input).await;
        return done.map_err(|error| error.of_input(name));
    }
    if !is_single(&wanted.images, wanted.many.files_from.as_deref()) {
        return images::online(client, global, wanted).await;
    }
    check_preview(wanted)?;
    let image = image(wanted);
    let done = one(client, global, wanted, image).await;
    done.map_err(|error| error.of_input(image))
}

/// One image, in the cloud.
async fn one(
    client: &Client,
    global: &Global,
    wanted: &GrayscaleArguments,
    image: &Path,
) -> Result<(), Error> {
    let input = files::input(image)?;
    let changed = match input.location() {
        Some(location) if wanted.skip_existing => {
            let looked = async { Ok(client.look_at(location).await?) };
            within(global.timeout, looked)
                .await?
                .and_then(|object| object.modified)
        }
        _ => modified(image),
    };
    let job = job(GRAYSCALE, &parameters(wanted), input, wanted.send)?;
    let below = below(image, parameters(wanted).format);
    if wanted.send.detach {
        return detach(client, global, job, below.as_ref()).await;
    }
    let output = output_path(wanted)?;
    if images::is_done(changed, &output, images::Existing::of(wanted))? {
        output::skipped(image, &output, global.json)?;
        return show_preview(&output, wanted, global);
    }
    let target = open(&output, wanted)?;
    let (outcome, mut timing) = ask(client, job, below.as_ref(), global.timeout).await?;
    let answer = success::<Report>(outcome)?;
    end_with_signals(answer.job.job_id, global.json);
    fetch(client, global, &answer, target, &mut timing)
        .await
        .map_err(|error| error.not_fetched(answer.job.job_id))?;
    show_preview(&output, wanted, global)?;
    tell_timing(global, &timing);
    Ok(())
}

/// A preview shows a file: there has to be one.
fn check_preview(wanted: &GrayscaleArguments) -> Result<(), Error> {
    if wanted.preview.is_some() && wanted.output.as_deref() == Some(Path::new("-")) {
        return Err(Error::Usage(
            "--preview shows the file that is written: name one with -o".to_owned(),
        ));
    }
    Ok(())
}

fn show_preview(output: &Path, wanted: &GrayscaleArguments, global: &Global) -> Result<(), Error> {
    match wanted.preview {
        Some(how) => preview::show(output, how, global.json),
        None => Ok(()),
    }
}

/// Brings the image of a job that is done to its place, and tells of it.
async fn fetch(
    client: &Client,
    global: &Global,
    answer: &Answer<Report>,
    mut target: OutputFile,
    timing: &mut Timing,
) -> Result<(), Error> {
    let object = answer.object.as_ref().ok_or(errand_client::Error::BadAnswer {
        job_id: answer.job.job_id,
        message: "it names no image".to_owned(),
    })?;
    let begun = Instant::now();
    let downloaded = within(global.timeout, download(client, object, &mut target)).await;
    downloaded.map_err(|error| match error {
        Error::OutOfTime { seconds } => errand_client::Error::TimedOut {
            job_id: answer.job.job_id,
            seconds,
        }
        .into(),
        other => other,
    })?;
    timing.download = begun.elapsed();
    output::step("downloaded");
    let stored = Some((answer.job, &object.location));
    finish(
        target,
        |path, style| output::grayscale(&answer.result, path, stored, style),
        global,
    )
}

/// The one image that is meant, if it is one, and where the answer goes.
pub(super) fn single(wanted: &GrayscaleArguments) -> Option<(&Path, Result<PathBuf, Error>)> {
    is_single(&wanted.images, wanted.many.files_from.as_deref()).then(|| (image(wanted), output_path(wanted)))
}

/// The one image that is meant.
fn image(wanted: &GrayscaleArguments) -> &Path {
    wanted
        .images
        .first()
        .map_or(Path::new("image.jpg"), PathBuf::as_path)
}

/// Where the answer to one image goes in a folder; none of standard input, which has no name.
fn below(image: &Path, format: Option<Format>) -> Option<Below> {
    let name = image.file_name().filter(|_| image != Path::new("-"))?;
    let mut path = PathBuf::from(name);
    end_as(&mut path, format);
    Some(Below {
        path,
        folder: PathBuf::new(),
    })
}

fn output_path(wanted: &GrayscaleArguments) -> Result<PathBuf, Error> {
    let image = image(wanted);
    let name = image.file_name().filter(|_| image != Path::new("-"));
    match &wanted.output {
        Some(path) if !is_folder(path) => {
            check_ending(path, wanted.format)?;
            Ok(path.clone())
        }
        folder => {
            let name = name.ok_or(Error::Usage(
                "say where the image goes with -o FILE (or -o -)".to_owned(),
            ))?;
            let mut output = match folder {
                Some(folder) => folder.join(name),
                None => default_output(Path::new(name)),
            };
            end_as(&mut output, wanted.format);
            Ok(output)
        }
    }
}

/// Opens the place of the answer. A folder is made only where it was named as one.
fn open(output: &Path, wanted: &GrayscaleArguments) -> Result<OutputFile, Error> {
    if let Some(folder) = wanted.output.as_deref().filter(|output| is_folder(output)) {
        make_folder(folder)?;
    }
    OutputFile::open(output, wanted.force)
}

/// When a file was last changed.
fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Whether a name is that of a folder: there is one, or it ends with a slash.
pub(super) fn is_folder(path: &Path) -> bool {
    let ends_with_slash = path.as_os_str().as_encoded_bytes().last().is_some_and(|last| {
        let last = char::from(*last);
        std::path::is_separator(last)
    });
    ends_with_slash || path.is_dir()
}

/// Makes a folder, and those above it.
pub(super) fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })
}

/// An ending that is no format's, such as .heic, would be a promise that is not kept.
fn check_ending(path: &Path, format: Option<Format>) -> Result<(), Error> {
    match path.extension() {
        Some(extension) if format.is_none() && format_of(path).is_none() => Err(Error::Usage(format!(
            "`{}`: cannot write `.{}`; let the name end with .jpg, .png, .webp, .gif, .bmp, .tif, .pnm or .qoi, or say with \
             --format what it is to hold",
            path.display(),
            extension.display()
        ))),
        _ => Ok(()),
    }
}

pub(super) fn parameters(wanted: &GrayscaleArguments) -> Parameters {
    Parameters {
        // Only a name that the person chose says something: the default one ends as the input's does, right or wrong.
        format: wanted.format.or_else(|| {
            wanted
                .output
                .as_deref()
                .filter(|output| {
                    is_single(&wanted.images, wanted.many.files_from.as_deref()) && !is_folder(output)
                })
                .and_then(format_of)
        }),
        luma: wanted.luma,
        quality: wanted.quality,
        strip: wanted.strip,
        optimize: wanted.optimize,
        lenient: wanted.lenient,
        true_gray: wanted.true_gray,
    }
}

/// Puts the image in its place, then tells of it.
fn finish(
    target: OutputFile,
    tell: impl FnOnce(Option<&Path>, Style) -> Result<(), Error>,
    global: &Global,
) -> Result<(), Error> {
    let path = target.path().map(Path::to_owned);
    target.finish()?;
    tell(
        path.as_deref(),
        Style {
            json: global.json,
            aside: path.is_none(),
        },
    )
}
