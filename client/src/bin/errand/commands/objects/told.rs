//! What is told of a job that made a file of each of many objects.

use std::path::Path;

use errand_client::{Client, Destination, JobIds, MapReport, ObjectReport, ObjectStatus};
use errand_protocol::keys;
use serde::Serialize;

use super::bucket_of;
use super::fetch::{self, name_in_tree};
use crate::error::Error;
use crate::limit::{Limit, within};
use crate::many::units;
use crate::output::{self, Style};

/// A job that is done, and what is wanted of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Told<'a> {
    pub(crate) job: JobIds,
    pub(crate) report: &'a MapReport,
    /// What it was about, as far as that is known: `s3://BUCKET/PREFIX`.
    pub(crate) address: Option<&'a str>,
    /// Where its files are, if it was told where to put them.
    pub(crate) to: Option<&'a Destination>,
    /// The folder that they are to be brought to.
    pub(crate) folder: Option<&'a Path>,
    pub(crate) may_replace: bool,
    /// Whether those are left that are there.
    pub(crate) are_skipped: bool,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    job: JobIds,
    #[serde(flatten)]
    report: &'a MapReport,
    /// Where the reports are that tell of each object.
    reports_location: String,
    /// What the places of the files begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// The folder that they were brought to.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl Told<'_> {
    /// Brings the files here, if that is wanted, and tells of the job; an error if any object failed.
    pub(crate) async fn tell(&self, client: &Client, limit: Option<Limit>) -> Result<(), Error> {
        let job_id = self.job.job_id;
        let bucket = within(limit, async { Ok(client.deployment().await?) }).await?;
        let location = match self.to {
            Some(to) => Some(to.to_string()),
            None => within(limit, self.location(client)).await?,
        };
        let mut fetched = None;
        if let Some(folder) = self.folder {
            let wanted = fetch::Wanted {
                job_id,
                prefix: self.prefix(),
                folder,
                may_replace: self.may_replace,
                are_skipped: self.are_skipped,
                quiet: self.quiet,
            };
            fetched = Some(within(limit, fetch::all(client, self.report, &wanted)).await?);
        }
        let reports_location = format!("s3://{}/{}reports/", bucket.result_bucket, keys::maps_of(job_id));
        let answer = Answer {
            job: self.job,
            report: self.report,
            reports_location,
            location,
            output: self.folder.map(|folder| folder.to_string_lossy().into_owned()),
        };
        let style = Style {
            json: self.json,
            aside: false,
        };
        output::said(style, &answer, || self.text(&answer))?;
        self.tell_failures();
        let not_fetched = fetched.map_or(0, |fetched| fetched.failed);
        match usize::try_from(self.report.failed).unwrap_or(usize::MAX) + not_fetched {
            0 => Ok(()),
            failed => Err(Error::SomeFailed {
                failed,
                total: usize::try_from(self.report.objects).unwrap_or(usize::MAX),
            }),
        }
    }

    fn tell_failures(&self) {
        for failure in &self.report.failures {
            output::line(&format!("{}: {}", self.name_of(&failure.key), failure.message));
        }
        let told = self.report.failures.len() as u64;
        if self.report.failed > told {
            output::line(&format!(
                "{} more failed: the reports tell of each",
                self.report.failed - told
            ));
        }
    }

    fn name_of(&self, key: &str) -> String {
        let bucket = self.address.and_then(bucket_of).unwrap_or_default();
        output::shown(Path::new(&format!("{bucket}{key}")))
    }

    /// What the keys of the objects begin with, as far as that is known.
    fn prefix(&self) -> Option<&str> {
        let address = self.address?;
        address.strip_prefix(bucket_of(address)?)
    }

    /// Where the files are, by the first of them.
    async fn location(&self, client: &Client) -> Result<Option<String>, Error> {
        if self.report.reports == 0 || self.report.done == 0 {
            return Ok(None);
        }
        let reports = client.object_reports(self.job.job_id, 0).await?;
        Ok(reports.iter().find_map(|report| self.location_of(report)))
    }

    fn location_of(&self, report: &ObjectReport) -> Option<String> {
        let ObjectStatus::Done { object, .. } = &report.status else {
            return None;
        };
        let object = object.as_ref()?;
        let job_id = self.job.job_id;
        // Each key of the result bucket begins with a hash of its own.
        let name = name_in_tree(job_id, object, &report.key, self.prefix());
        let begin = object.key.as_str().strip_suffix(name).unwrap_or_default();
        let is_hashed = begin.starts_with(keys::RESULTS) && begin.ends_with(&format!("/{job_id}/"));
        Some(if is_hashed {
            format!("s3://{}/{}*/{job_id}/", object.bucket, keys::RESULTS)
        } else {
            format!("s3://{}/{begin}", object.bucket)
        })
    }

    fn text(&self, answer: &Answer) -> String {
        let report = self.report;
        let mut text = format!(
            "{}: {} done",
            units::count(report.objects, "object", "objects"),
            report.done
        );
        for (count, word) in [(report.skipped, "skipped"), (report.failed, "failed")] {
            if count > 0 {
                text = format!("{text}, {count} {word}");
            }
        }
        if report.done > 0 {
            let (read, made) = (units::bytes(report.bytes_in), units::bytes(report.bytes_out));
            text = format!("{text}; {read} became {made}");
        }
        if let Some(output) = &answer.output {
            text = format!("{text}\nhere in {}", output::shown(Path::new(output)));
        }
        if let Some(location) = &answer.location {
            text = format!("{text}\nkept at {location}");
        }
        format!("{text}\neach is told of at {}", answer.reports_location)
    }
}
