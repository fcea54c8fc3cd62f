//! Objects: inputs up, outcomes and results down.

use std::io::Write as _;

use aws_sdk_s3::primitives::ByteStream;
use errand_protocol::{BucketName, JobId, ObjectLocation, Outcome, keys};

use super::{Cloud, Place, failure};
use crate::error::Error;
use crate::files::{Source, Target};

/// How often a download may break off before it is given up.
const BREAKS: u32 = 5;

impl Cloud {
    /// Uploads an input; gives the version that was made, where the bucket keeps versions.
    pub(crate) async fn upload(&self, to: &ObjectLocation, source: &Source) -> Result<Option<String>, Error> {
        let body = match source {
            Source::Bytes(bytes) => ByteStream::from(bytes.clone()),
            Source::File { path, .. } => ByteStream::from_path(path).await.map_err(|error| Error::Read {
                path: path.clone(),
                source: std::io::Error::other(error),
            })?,
        };
        let put = self
            .s3
            .put_object()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .body(body);
        match put.send().await {
            Ok(stored) => Ok(stored.version_id),
            Err(error) => Err(self.failure(format!("upload to {to}"), &error)),
        }
    }

    /// Reads a job's outcome; none if there is none yet.
    pub(crate) async fn outcome(&self, place: &Place, job_id: JobId) -> Result<Option<Outcome>, Error> {
        let key = keys::outcome(job_id);
        let action = format!("read the outcome of job {job_id}");
        let get = self
            .s3
            .get_object()
            .bucket(place.result_bucket.as_str())
            .key(key.as_str());
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if failure::is_missing(&error) => return Ok(None),
            Err(error) => return Err(self.failure(action, &error)),
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

    /// Downloads an object into a file. Where the connection breaks, it goes on from there.
    pub(crate) async fn download(&self, from: &ObjectLocation, target: &mut Target) -> Result<(), Error> {
        let action = format!("download {from}");
        let (mut received, mut etag, mut breaks) = (0, None, 0);
        loop {
            let get = self
                .s3
                .get_object()
                .bucket(from.bucket.as_str())
                .key(from.key.as_str())
                // The rest has to be of the same object.
                .set_if_match(etag.clone())
                .set_range((received > 0).then(|| format!("bytes={received}-")));
            let mut object = get.send().await.map_err(|error| self.failure(&action, &error))?;
            etag = etag.or(object.e_tag.take());
            let broken = loop {
                match object.body.next().await {
                    Some(Ok(piece)) => {
                        received += piece.len();
                        target.write_all(&piece).map_err(|error| target.failed(error))?;
                    }
                    Some(Err(error)) => break error,
                    None => return Ok(()),
                }
            };
            breaks += 1;
            if breaks > BREAKS {
                return Err(broken_off(action, &broken));
            }
        }
    }

    /// The revision of an object, as the events about it name it; none if the object does not exist.
    pub(crate) async fn revision(&self, bucket: &BucketName, key: &str) -> Result<Option<String>, Error> {
        match self
            .s3
            .head_object()
            .bucket(bucket.as_str())
            .key(key)
            .send()
            .await
        {
            Ok(head) => {
                let version = head.version_id.filter(|version| version != "null");
                Ok(version.or(head.e_tag.map(|etag| etag.trim_matches('"').to_owned())))
            }
            Err(error) if failure::is_missing(&error) => Ok(None),
            Err(error) => Err(self.failure(format!("look at s3://{bucket}/{key}"), &error)),
        }
    }
}

fn broken_off(action: String, error: &dyn std::error::Error) -> Error {
    Error::Service {
        action,
        message: format!("the answer broke off: {error}"),
        retryable: true,
    }
}
