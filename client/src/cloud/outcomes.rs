//! Outcomes: which there are, links to what jobs made, and the one that a client may write.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use errand_protocol::{JobId, ObjectLocation, Outcome, keys};

use super::{Cloud, Deployment};
use crate::error::Error;

/// An outcome, as a listing tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedOutcome {
    /// The job.
    pub job_id: JobId,
    /// When the outcome was stored, in milliseconds since 1970-01-01 UTC.
    pub stored_at_unix_ms: u64,
}

/// A part of a listing.
#[derive(Debug)]
pub struct OutcomePage {
    /// What is in it, by the job's id.
    pub outcomes: Vec<ListedOutcome>,
    /// The key behind which the listing goes on; none at its end.
    pub next: Option<String>,
}

impl Cloud {
    /// Stores an outcome, unless there is one already: whether it did. The client policy allows it under this condition
    /// alone, so that no client can replace what became of a job.
    pub(crate) async fn store_outcome(
        &self,
        deployment: &Deployment,
        outcome: &Outcome,
    ) -> Result<bool, Error> {
        let put = self
            .s3
            .put_object()
            .bucket(deployment.result_bucket.as_str())
            .set_expected_bucket_owner(self.owner())
            .key(keys::outcome(outcome.job_id).as_str())
            .content_type("application/json")
            .if_none_match("*")
            .body(ByteStream::from(outcome.to_json()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if errand_aws::status(&error) == Some(412) => Ok(false),
            Err(error) => Err(self.s3_failure(format!("cancel job {}", outcome.job_id), &error)),
        }
    }

    /// Up to 1,000 outcomes behind a key, in the order of their jobs' ids.
    pub async fn list_outcomes(&self, deployment: &Deployment, behind: &str) -> Result<OutcomePage, Error> {
        let request = self
            .s3
            .list_objects_v2()
            .bucket(deployment.result_bucket.as_str())
            .set_expected_bucket_owner(self.owner())
            .prefix(keys::OUTCOMES)
            .start_after(behind);
        let page = request
            .send()
            .await
            .map_err(|error| self.s3_failure("list the outcomes", &error))?;
        let objects = page.contents.unwrap_or_default();
        let last = objects.last().and_then(|object| object.key.clone());
        let outcomes = objects.iter().filter_map(|object| {
            let name = object.key()?.strip_prefix(keys::OUTCOMES)?;
            Some(ListedOutcome {
                job_id: name.strip_suffix(".json")?.parse().ok()?,
                stored_at_unix_ms: u64::try_from(object.last_modified()?.to_millis().ok()?).ok()?,
            })
        });
        Ok(OutcomePage {
            outcomes: outcomes.collect(),
            next: last.filter(|_| page.is_truncated == Some(true)),
        })
    }

    /// A link to an object, which whoever has it may follow until `lifetime` is over, or the credentials that it was made with
    /// expire, if that is sooner.
    pub(crate) async fn link(&self, to: &ObjectLocation, lifetime: Duration) -> Result<String, Error> {
        let failed = |message: String| Error::Service {
            action: format!("make a link to {to}"),
            message,
            retryable: false,
        };
        let config = PresigningConfig::expires_in(lifetime).map_err(|error| failed(error.to_string()))?;
        // Without the bucket's owner, which a browser would have to send.
        let get = self
            .s3
            .get_object()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str());
        match get.presigned(config).await {
            Ok(request) => Ok(request.uri().to_owned()),
            Err(error) => Err(self.s3_failure(format!("make a link to {to}"), &error)),
        }
    }
}
