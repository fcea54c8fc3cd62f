//! The outcomes of jobs: each is written once, and read when its job is delivered again.
//!
//! S3 itself keeps the promise: an outcome is written under the condition that there is none (`If-None-Match: *`), so
//! that of two runs of one job, at the same time or days apart, the first counts and the other one replays it. The
//! only outcome that may be replaced is a provisional one ([`Outcome::replaces`]), and only while it is still the one
//! that was read (`If-Match`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use errand_protocol::{BucketName, JobId, ObjectLocation, Outcome, keys};

use crate::ports::{Condition, ETag, Objects, PortError, PortErrorKind, Written};

/// How often a write is attempted that loses to another one. A round is lost only to a run that stores an outcome, so
/// that more than two need many duplicates at the same time.
const ROUNDS: u32 = 5;

/// The wait, times the round, for the other write to become readable.
const PATIENCE: Duration = Duration::from_millis(20);

/// The outcomes on S3.
pub(crate) struct Outcomes<S> {
    objects: Arc<S>,
    bucket: BucketName,
}

impl<S: Objects> Outcomes<S> {
    pub(crate) fn new(objects: Arc<S>, bucket: BucketName) -> Self {
        Self { objects, bucket }
    }

    /// Where the outcome of a job lies.
    pub(crate) fn location(&self, id: JobId) -> ObjectLocation {
        ObjectLocation {
            bucket: self.bucket.clone(),
            key: keys::outcome(id),
            version_id: None,
        }
    }

    /// The outcome that a job has; none if it has none yet.
    pub(crate) async fn stored(&self, id: JobId) -> Result<Option<(Outcome, ETag)>, PortError> {
        let location = self.location(id);
        let Some((bytes, etag)) = self.objects.read(&location).await? else {
            return Ok(None);
        };
        match Outcome::from_json(&bytes) {
            Ok(outcome) => Ok(Some((outcome, etag))),
            Err(error) => Err(PortError {
                kind: PortErrorKind::Refused,
                action: format!("read {location}"),
                message: format!("not an outcome: {error}"),
            }),
        }
    }

    /// Has a failure that was stored before an attempt, in case that its process is killed, count no earlier than at `unix_ms`: the job goes
    /// on elsewhere.
    pub(crate) async fn postpone(&self, id: JobId, unix_ms: u64) -> Result<(), PortError> {
        let Some((outcome, etag)) = self.stored(id).await? else {
            return Ok(());
        };
        if !outcome.is_provisional() || outcome.not_before_unix_ms.is_none_or(|moment| moment >= unix_ms) {
            return Ok(());
        }
        let postponed = Outcome {
            not_before_unix_ms: Some(unix_ms),
            ..outcome
        };
        let bytes = Bytes::from(postponed.to_json());
        // If somebody else wrote it meanwhile, that is how the job ended.
        let location = self.location(id);
        let written = self
            .objects
            .write(&location, bytes, "application/json", Condition::Unchanged(etag));
        written.await.map(drop)
    }

    /// Stores an outcome, unless its job has one already; gives the one that counts.
    pub(crate) async fn store(&self, outcome: Outcome) -> Result<Outcome, PortError> {
        let location = self.location(outcome.job_id);
        let bytes = Bytes::from(outcome.to_json());
        let mut condition = Condition::Absent;
        for round in 1..=ROUNDS {
            let written = self
                .objects
                .write(&location, bytes.clone(), "application/json", condition)
                .await?;
            match written {
                Written::Yes(_) => return Ok(outcome),
                Written::ConditionFailed => match self.stored(outcome.job_id).await? {
                    Some((stored, etag)) if outcome.replaces(&stored) => {
                        condition = Condition::Unchanged(etag);
                    }
                    Some((stored, _)) => return Ok(stored),
                    None => {
                        condition = Condition::Absent;
                        tokio::time::sleep(PATIENCE * round).await;
                    }
                },
            }
        }
        Err(PortError {
            kind: PortErrorKind::Unavailable,
            action: format!("write {location}"),
            message: "others kept writing it at the same time".to_owned(),
        })
    }
}
