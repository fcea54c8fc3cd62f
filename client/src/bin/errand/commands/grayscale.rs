//! `errand grayscale`.

use std::path::{Path, PathBuf};

use errand_grayscale::{Format, Limits, Parameters, Report, StreamError, convert_stream};

use crate::answer::{JobIds, ask, success};
use crate::background::Background;
use crate::cli::{Global, GrayscaleArguments};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::files::{LocalInput, OutputFile, Stream, default_output};
use crate::limit::within;
use crate::operations::GRAYSCALE;
use crate::output::{self, Style};

pub(super) fn offline(global: &Global, wanted: &GrayscaleArguments) -> Result<(), Error> {
    let Stream { bytes, size_hint } = Stream::open(&wanted.image)?;
    let target = OutputFile::open(&output_path(wanted)?)?;
    let limits = Limits::new(u64::from(global.memory) << 20);
    let mut background = Background::new(target);
    let converted = convert_stream(bytes, size_hint, &mut background, &parameters(wanted), &limits);
    // What is not yet written of a failed conversion is not to be.
    let (target, written) = background.finish(converted.is_ok());
    written.map_err(|source| target.failed(source))?;
    let report = converted.map_err(|error| match error {
        StreamError::Read(source) => Error::Read {
            path: wanted.image.clone(),
            source,
        },
        StreamError::Write(source) => target.failed(source),
        StreamError::Image(error) => Error::offline(error.code(), error.to_string()),
    })?;
    finish(
        target,
        |path, style| output::grayscale(&report, path, None, style),
        global,
    )
}

pub(super) async fn online(cloud: &Cloud, global: &Global, wanted: &GrayscaleArguments) -> Result<(), Error> {
    let input = LocalInput::open(&wanted.image)?;
    let mut target = OutputFile::open(&output_path(wanted)?)?;
    let outcome = ask(cloud, GRAYSCALE, &parameters(wanted), &input, global.timeout).await?;
    let job = JobIds::from(&outcome);
    let (report, object): (Report, _) = success(outcome)?;
    let object = object.ok_or(Error::BadAnswer {
        job_id: job.job_id,
        message: "it names no image".to_owned(),
    })?;
    let downloaded = within(global.timeout, cloud.download(&object.location, &mut target)).await;
    downloaded.map_err(|error| match error {
        Error::OutOfTime { seconds } => Error::TimedOut {
            job_id: job.job_id,
            seconds,
        },
        other => other,
    })?;
    let stored = Some((job, &object.location));
    finish(
        target,
        |path, style| output::grayscale(&report, path, stored, style),
        global,
    )
}

fn output_path(wanted: &GrayscaleArguments) -> Result<PathBuf, Error> {
    if let Some(path) = &wanted.output {
        return Ok(path.clone());
    }
    let name = wanted
        .image
        .file_name()
        .filter(|_| wanted.image != Path::new("-"));
    let name = name.ok_or(Error::Usage(
        "say where the image goes with -o FILE (or -o -)".to_owned(),
    ))?;
    let mut output = default_output(&name.to_string_lossy());
    if let Some(format) = wanted.format
        && format_of(&output) != Some(format)
    {
        output.set_extension(format.extension());
    }
    Ok(output)
}

fn parameters(wanted: &GrayscaleArguments) -> Parameters {
    Parameters {
        // Only a name that the person chose says something: the default one ends as the input's does, right or wrong.
        format: wanted
            .format
            .or_else(|| wanted.output.as_deref().and_then(format_of)),
        luma: wanted.luma,
        quality: wanted.quality,
        strip: wanted.strip,
        optimize: wanted.optimize,
        lenient: wanted.lenient,
        true_gray: wanted.true_gray,
    }
}

fn format_of(path: &Path) -> Option<Format> {
    path.extension()
        .and_then(|extension| extension.to_str())
        .and_then(Format::from_extension)
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
