//! `errand stats` and `errand grayscale` of many objects on S3, which are one job: what is sent, and what is told of its end.

mod dry_run;
mod fetch;
mod told;

use errand_client::operations::{GRAYSCALE, STATS};
use errand_client::{Client, Input, JobIds, MapOptions, MapReport, success};

pub(super) use self::told::Told;
use super::{grayscale, images, lists, stats};
use crate::address::{Address, address, prefix};
use crate::answer::{ask, detach, end_with_signals, mapped, tell_timing};
use crate::cli::{Global, GrayscaleArguments, StatsArguments};
use crate::error::Error;
use crate::plot;

/// The one input that lists on S3 are, if they are meant to be one: all below a prefix, or, with `--together`, several objects.
pub(super) fn of_lists(wanted: &StatsArguments) -> Result<Option<Input>, Error> {
    let mut addresses = Vec::new();
    for name in &wanted.files {
        addresses.extend(address(name)?);
    }
    let is_all = addresses.len() == wanted.files.len() && wanted.many.files_from.is_none();
    if wanted.together && (addresses.is_empty() || !is_all) {
        let message =
            "--together of files is done in this process: add --offline; of objects on S3, name these alone";
        return Err(Error::Usage(message.to_owned()));
    }
    let has_prefix = addresses
        .iter()
        .any(|address| matches!(address, Address::Prefix { .. }));
    if wanted.each && has_prefix && (addresses.len() > 1 || !is_all) {
        let message = "--each is about one prefix on S3: name it alone";
        return Err(Error::Usage(message.to_owned()));
    }
    if let [
        Address::Prefix {
            bucket,
            prefix: begin,
        },
    ] = &addresses[..]
        && is_all
    {
        let (include, exclude) = (&wanted.many.include, &wanted.many.exclude);
        let prefix = prefix(bucket.clone(), begin.clone(), include, exclude)?;
        return Ok(Some(Input::prefix(prefix)));
    }
    if !wanted.together {
        return Ok(None);
    }
    let object = |address| {
        match address {
        Address::Object(location) => Ok(location),
        _ => Err(Error::Usage(
            "--together takes objects, or one prefix: name the prefix that is above all of them, with --include for some of it"
                .to_owned(),
        )),
    }
    };
    let objects: Vec<_> = addresses.into_iter().map(object).collect::<Result<_, _>>()?;
    Ok(Some(Input::objects(objects)))
}

/// An answer for each object below a prefix.
pub(super) async fn each_list(
    client: &Client,
    global: &Global,
    wanted: &StatsArguments,
    input: Input,
) -> Result<(), Error> {
    plot::refuse_many(wanted)?;
    let options = MapOptions {
        each: true,
        ..MapOptions::default()
    };
    let begin = input.address();
    let job = mapped(STATS, &stats::parameters(wanted), input, wanted.send, options)?;
    if wanted.send.detach {
        return detach(client, global, job, None).await;
    }
    let (outcome, _) = ask(client, job, None, global.timeout).await?;
    let answer = success::<MapReport>(outcome)?;
    end_with_signals(answer.job.job_id, global.json);
    let told = lists::Reported {
        job: answer.job,
        report: &answer.result,
        bucket: begin.as_deref().and_then(bucket_of),
        json: global.json,
        quiet: global.quiet,
    };
    let done = told.tell(client, global.timeout).await;
    done.map_err(|error| not_fetched(error, answer.job))
}

/// The bucket of an address, as names of objects begin.
pub(super) fn bucket_of(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("s3://")?;
    let slash = address.len() - rest.len() + rest.find('/')?;
    Some(&address[..=slash])
}

/// The images that are one job: all below a prefix. Fails where an option is for such a job, and there is none.
pub(super) fn of_images(wanted: &GrayscaleArguments) -> Result<Option<Input>, Error> {
    if let ([name], None) = (&wanted.images[..], &wanted.many.files_from)
        && let Some(Address::Prefix {
            bucket,
            prefix: begin,
        }) = address(name)?
    {
        let (include, exclude) = (&wanted.many.include, &wanted.many.exclude);
        return Ok(Some(Input::prefix(prefix(bucket, begin, include, exclude)?)));
    }
    if wanted.to.is_some() || wanted.tolerate.is_some() {
        return Err(Error::Usage(
            "--to and --tolerate are for the images below a prefix on S3: name one alone, as s3://BUCKET/PREFIX/".to_owned(),
        ));
    }
    Ok(None)
}

/// All images below a prefix.
pub(super) async fn all_images(
    client: &Client,
    global: &Global,
    wanted: &GrayscaleArguments,
    input: Input,
) -> Result<(), Error> {
    images::check_output(wanted)?;
    let options = MapOptions {
        to: wanted.to.clone(),
        tolerate_percent: wanted.tolerate,
        ..MapOptions::default()
    };
    let address = input.address();
    let job = mapped(
        GRAYSCALE,
        &grayscale::parameters(wanted),
        input,
        wanted.send,
        options,
    )?;
    if wanted.send.detach {
        return detach(client, global, job, None).await;
    }
    let (outcome, timing) = ask(client, job, None, global.timeout).await?;
    let answer = success::<MapReport>(outcome)?;
    end_with_signals(answer.job.job_id, global.json);
    let told = Told {
        job: answer.job,
        report: &answer.result,
        address: address.as_deref(),
        to: wanted.to.as_ref(),
        folder: wanted.output.as_deref(),
        may_replace: wanted.force,
        are_skipped: wanted.skip_existing,
        json: global.json,
        quiet: global.quiet,
    };
    let done = told.tell(client, global.timeout).await;
    done.map_err(|error| not_fetched(error, answer.job))?;
    tell_timing(global, &timing);
    Ok(())
}

/// That some of the objects failed is the answer; anything else kept it from being told.
fn not_fetched(error: Error, job: JobIds) -> Error {
    match error {
        Error::SomeFailed { .. } => error,
        other => other.not_fetched(job.job_id),
    }
}

/// Says what would be done with lists on S3.
pub(super) async fn dry_run_of_lists(
    client: &Client,
    global: &Global,
    wanted: &StatsArguments,
) -> Result<(), Error> {
    // What is refused is refused now.
    of_lists(wanted)?;
    let (names, many) = (&wanted.files, &wanted.many);
    dry_run::say(client, global, STATS, names, many, wanted.together, wanted.each).await
}

/// Says what would be done with images on S3.
pub(super) async fn dry_run_of_images(
    client: &Client,
    global: &Global,
    wanted: &GrayscaleArguments,
) -> Result<(), Error> {
    of_images(wanted)?;
    dry_run::say(
        client,
        global,
        GRAYSCALE,
        &wanted.images,
        &wanted.many,
        false,
        true,
    )
    .await
}
