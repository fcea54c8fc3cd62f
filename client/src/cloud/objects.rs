//! Objects: outcomes and results, down.

use std::io::Write;
use std::time::SystemTime;

use errand_aws::{FailureKind, status};
use errand_protocol::{BucketName, JobId, ObjectKey, ObjectLocation, Outcome, StoredObject, keys, revision};

use super::{Cloud, Deployment};
use crate::clock;
use crate::error::Error;

/// What S3 answers when an object is no longer the one that was asked for.
const PRECONDITION_FAILED: u16 = 412;

/// How often a download may break off before it is given up.
const BREAKS: u32 = 5;

/// An object that lies in a bucket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Uploaded {
    /// Where it is: no version is meant but the one that is there when it is read.
    pub location: ObjectLocation,
    /// Its size in bytes; 0 where it was not looked at.
    pub size_bytes: u64,
    /// When it was put there.
    pub modified: Option<SystemTime>,
}

impl Uploaded {
    /// One that was not looked at.
    #[must_use]
    pub fn at(location: ObjectLocation) -> Self {
        Self {
            location,
            size_bytes: 0,
            modified: None,
        }
    }
}

impl Cloud {
    /// The objects of a bucket whose keys begin with `prefix`, but for those that only stand for a folder.
    pub(crate) async fn list(&self, bucket: &BucketName, prefix: &str) -> Result<Vec<Uploaded>, Error> {
        let list = self
            .s3
            .list_objects_v2()
            .bucket(bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(bucket))
            .prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| self.s3_failure(format!("list s3://{bucket}/{prefix}"), &error))?;
            for object in page.contents.unwrap_or_default() {
                let Some(key) = object.key.filter(|key| !key.ends_with('/')) else {
                    continue;
                };
                // A key that is none here would be refused by the function, too.
                if let Ok(key) = key.parse() {
                    found.push(Uploaded {
                        location: ObjectLocation {
                            bucket: bucket.clone(),
                            key,
                            version_id: None,
                        },
                        size_bytes: size_of(object.size),
                        modified: object
                            .last_modified
                            .and_then(|time| SystemTime::try_from(time).ok()),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Reads a job's outcome; none if there is none yet. One that is no answer before a later moment is none yet either.
    pub async fn outcome(&self, deployment: &Deployment, job_id: JobId) -> Result<Option<Outcome>, Error> {
        let stored = self.stored_outcome(deployment, job_id).await?;
        Ok(stored.filter(|outcome| outcome.is_answer_at(clock::unix_ms())))
    }

    /// The same, also while it is none yet: what is stored before a last attempt begins.
    pub(crate) async fn stored_outcome(
        &self,
        deployment: &Deployment,
        job_id: JobId,
    ) -> Result<Option<Outcome>, Error> {
        let key = keys::outcome(job_id);
        let action = format!("read the outcome of job {job_id}");
        let get = self
            .s3
            .get_object()
            .bucket(deployment.result_bucket.as_str())
            .set_expected_bucket_owner(self.owner())
            .key(key.as_str());
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(self.s3_failure(action, &error)),
        };
        let bytes = object
            .body
            .collect()
            .await
            .map_err(|error| broken_off(action, &error))?;
        match Outcome::from_json(&bytes.into_bytes()) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(error) => Err(Error::BadAnswer {
                job_id,
                message: error.to_string(),
            }),
        }
    }

    /// Reads something small of the result bucket; none where it is not there.
    pub(crate) async fn kept(
        &self,
        deployment: &Deployment,
        key: &ObjectKey,
    ) -> Result<Option<Vec<u8>>, Error> {
        let action = || format!("read s3://{}/{key}", deployment.result_bucket);
        let get = self
            .s3
            .get_object()
            .bucket(deployment.result_bucket.as_str())
            .set_expected_bucket_owner(self.owner())
            .key(key.as_str());
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(self.s3_failure(action(), &error)),
        };
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(|error| broken_off(action(), &error))?;
        Ok(Some(bytes.to_vec()))
    }

    /// Looks at an object, the current one where it has versions; none where it is not there, or this user may not look.
    pub(crate) async fn look_at(&self, location: &ObjectLocation) -> Result<Option<Uploaded>, Error> {
        let head = self
            .s3
            .head_object()
            .bucket(location.bucket.as_str())
            .set_expected_bucket_owner(self.owner_of(&location.bucket))
            .key(location.key.as_str());
        match head.send().await {
            Ok(head) => Ok(Some(Uploaded {
                location: location.clone(),
                size_bytes: size_of(head.content_length),
                modified: head
                    .last_modified
                    .and_then(|time| SystemTime::try_from(time).ok()),
            })),
            // A HEAD has no body that could tell why.
            Err(error)
                if matches!(
                    FailureKind::of(&error),
                    FailureKind::NotFound | FailureKind::Denied
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(self.s3_failure(format!("look at {location}"), &error)),
        }
    }

    /// Downloads what a job made into a writer, and nothing else that is there by now. Where the connection breaks, it goes on
    /// from there.
    pub(crate) async fn download(
        &self,
        made: &StoredObject,
        target: &mut (impl Write + Send),
    ) -> Result<u64, Error> {
        let from = &made.location;
        let action = format!("download {from}");
        let (mut received, mut etag, mut breaks) = (0_u64, made.etag.clone(), 0);
        loop {
            let get = self
                .s3
                .get_object()
                .bucket(from.bucket.as_str())
                .set_expected_bucket_owner(self.owner_of(&from.bucket))
                .key(from.key.as_str())
                // The rest has to be of the same object.
                .set_if_match(etag.clone())
                .set_range((received > 0).then(|| format!("bytes={received}-")));
            let mut object = match get.send().await {
                Ok(object) => object,
                Err(error) if status(&error) == Some(PRECONDITION_FAILED) => {
                    return Err(Error::Replaced {
                        location: from.clone(),
                    });
                }
                Err(error) => return Err(self.s3_failure(&action, &error)),
            };
            etag = etag.or(object.e_tag.take());
            let broken = loop {
                match object.body.next().await {
                    Some(Ok(chunk)) => {
                        received += chunk.len() as u64;
                        target
                            .write_all(&chunk)
                            .map_err(|source| Error::Write { source })?;
                    }
                    Some(Err(error)) => break error,
                    None if received != made.size_bytes => {
                        return Err(Error::Replaced {
                            location: from.clone(),
                        });
                    }
                    None => return Ok(received),
                }
            };
            breaks += 1;
            if breaks > BREAKS {
                return Err(broken_off(action, &broken));
            }
        }
    }

    /// The id of the job that a file uploaded to the input bucket asked for; none if there is no such file, or it may not
    /// be read: to those who may not list a bucket, S3 says the same of both.
    pub async fn job_of_uploaded(&self, file: &ObjectLocation) -> Result<Option<JobId>, Error> {
        let head = self
            .s3
            .head_object()
            .bucket(file.bucket.as_str())
            .set_expected_bucket_owner(self.owner())
            .key(file.key.as_str());
        match head.send().await {
            Ok(head) => {
                let revision = revision(head.version_id.as_deref(), head.e_tag.as_deref());
                Ok(Some(JobId::of_object(file, revision)))
            }
            // A HEAD has no body that could tell a bucket from an object.
            Err(error)
                if matches!(
                    FailureKind::of(&error),
                    FailureKind::NotFound | FailureKind::Denied
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(self.s3_failure(format!("look at {file}"), &error)),
        }
    }
}

fn size_of(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default()
}

fn broken_off(action: String, error: &(dyn std::error::Error + Send + Sync)) -> Error {
    Error::Service {
        action,
        message: format!("the answer broke off: {error}"),
        retryable: true,
    }
}
