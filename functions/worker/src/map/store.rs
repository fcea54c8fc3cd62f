//! What steps of a map job leave for each other on S3, below the job's prefix in the result bucket.

use std::time::Duration;

use bytes::Bytes;
use errand_protocol::{BucketName, JobId, ObjectLocation, keys};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::{Condition, ETag, Objects, PortError, PortErrorKind, Written};

/// How often an object is read, and the pause between.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

/// The objects of one job.
pub(super) struct Store<'a, S> {
    pub(super) objects: &'a S,
    pub(super) bucket: &'a BucketName,
    pub(super) id: JobId,
}

impl<S> Clone for Store<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Store<'_, S> {}

impl<S: Objects> Store<'_, S> {
    pub(super) fn location(&self, name: &str) -> ObjectLocation {
        ObjectLocation {
            bucket: self.bucket.clone(),
            key: keys::map(self.id, name),
            version_id: None,
        }
    }

    /// What is there; none if nothing is. It is asked for again where it breaks off, which the SDK leaves to us: a step that puts
    /// thousands of objects together would hardly ever come to its end otherwise.
    pub(super) async fn bytes(&self, name: &str) -> Result<Option<(Bytes, ETag)>, PortError> {
        let mut tries = 1;
        loop {
            match self.objects.read(&self.location(name)).await {
                Err(error) if error.kind == PortErrorKind::Unavailable && tries < TRIES => {
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                }
                read => return read,
            }
        }
    }

    /// The same of what has to be there.
    pub(super) async fn needed(&self, name: &str) -> Result<Bytes, PortError> {
        match self.bytes(name).await? {
            Some((bytes, _)) => Ok(bytes),
            None => Err(self.defect(name, "it is not there: an earlier step should have written it")),
        }
    }

    /// The same of JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, PortError> {
        self.read_json(name, &self.needed(name).await?)
    }

    /// The same of JSON that may not be there.
    pub(super) async fn json_if_there<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, PortError> {
        let found = self.bytes(name).await?;
        found.map(|(bytes, _)| self.read_json(name, &bytes)).transpose()
    }

    pub(super) async fn write(
        &self,
        name: &str,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<Written, PortError> {
        let media_type = match name.rsplit_once('.') {
            Some((_, "json")) => "application/json",
            Some((_, "jsonl")) => "application/jsonl",
            _ => "application/octet-stream",
        };
        self.objects
            .write(&self.location(name), bytes, media_type, condition)
            .await
    }

    pub(super) async fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), PortError> {
        let bytes = serde_json::to_vec(value).map_err(|error| self.defect(name, &error.to_string()))?;
        self.write(name, bytes.into(), Condition::None).await.map(drop)
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str, bytes: &[u8]) -> Result<T, PortError> {
        serde_json::from_slice(bytes).map_err(|error| self.defect(name, &error.to_string()))
    }

    /// What cannot be as long as only the functions write here.
    fn defect(&self, name: &str, message: &str) -> PortError {
        PortError {
            kind: PortErrorKind::Refused,
            action: format!("read {}", self.location(name)),
            message: message.to_owned(),
        }
    }
}

/// Values as lines of JSON.
pub(super) fn lines<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Bytes, serde_json::Error> {
    let mut lines = Vec::new();
    for value in values {
        serde_json::to_writer(&mut lines, &value)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}

/// The values of lines of JSON.
pub(super) fn of_lines<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, serde_json::Error> {
    serde_json::Deserializer::from_slice(bytes).into_iter().collect()
}
