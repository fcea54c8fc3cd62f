//! How often a job was deferred: delivered in a message that there was no time for.
//!
//! SQS counts every delivery. In a backlog of slow jobs most deliveries are deferred, for which nothing in the request is
//! to blame: they are counted here, on S3, and taken off, so that only attempts lead to the dead-letter queue. What is
//! counted is the deferral, since the process has the time to write it down then; one that is killed counts nothing, and
//! its delivery stays an attempt. Nothing is read on a first delivery, and nothing written where there is no backlog.

use std::sync::Arc;

use bytes::Bytes;
use errand_protocol::{BucketName, ObjectLocation, keys};
use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::ports::{Condition, Objects, PortError};

/// The counts on S3.
pub(crate) struct Deferrals<S> {
    objects: Arc<S>,
    bucket: BucketName,
}

/// The count of one job. A redrive is another message, which begins anew.
#[derive(Deserialize, Serialize)]
struct Count {
    message_id: String,
    deferrals: u32,
}

impl<S: Objects> Deferrals<S> {
    pub(crate) fn new(objects: Arc<S>, bucket: BucketName) -> Self {
        Self { objects, bucket }
    }

    /// How often the job was deferred in the deliveries of this message before.
    pub(crate) async fn of(&self, job: &Job) -> Result<u32, PortError> {
        if job.receives <= 1 || job.max_receives.is_none() {
            return Ok(0);
        }
        let stored = self.objects.read(&self.location(job)).await?;
        let count = stored.and_then(|(bytes, _)| serde_json::from_slice::<Count>(&bytes).ok());
        let count = count.filter(|count| count.message_id == job.message_id);
        Ok(count.map_or(0, |count| count.deferrals))
    }

    /// Counts this delivery as deferred.
    pub(crate) async fn add(&self, job: &Job) -> Result<(), PortError> {
        let count = Count {
            message_id: job.message_id.clone(),
            deferrals: job.receives.saturating_sub(job.attempt) + 1,
        };
        let bytes = Bytes::from(serde_json::to_vec(&count).expect("a count always has a JSON form"));
        let location = self.location(job);
        let written = self
            .objects
            .write(&location, bytes, "application/json", Condition::None);
        written.await.map(drop)
    }

    fn location(&self, job: &Job) -> ObjectLocation {
        ObjectLocation {
            bucket: self.bucket.clone(),
            key: keys::deferrals(job.id),
            version_id: None,
        }
    }
}
