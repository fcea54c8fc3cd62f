//! Buckets in memory.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use errand_protocol::{BucketName, ObjectLocation};
use tokio::sync::mpsc;

use super::Log;
use crate::ports::{
    Condition, Described, ETag, Listed, Objects, OpenObject, Page, PortError, PortErrorKind, Range, Written,
};

/// Small, so that nearly every input arrives in several chunks.
const CHUNK_BYTES: usize = 4;
/// As small, so that most listings have several pages.
const PAGE_KEYS: usize = 3;

/// One version of an object; a delete marker has no bytes.
#[derive(Clone, Debug)]
struct Version {
    id: String,
    bytes: Option<Bytes>,
    parameters: Option<String>,
    written: SystemTime,
}

/// Versioned buckets: `s3://bucket/key` to the versions, the current one last.
type Versions = HashMap<(String, String), Vec<Version>>;

/// Objects that live as long as the test. Clones are the same buckets.
#[derive(Clone, Debug)]
pub(crate) struct FakeObjects {
    buckets: Vec<String>,
    versions: Arc<Mutex<Versions>>,
    log: Log,
}

impl FakeObjects {
    pub(crate) fn new(log: &Log, buckets: &[&str]) -> Self {
        Self {
            buckets: buckets.iter().map(ToString::to_string).collect(),
            versions: Arc::default(),
            log: log.clone(),
        }
    }

    /// Stores an object as somebody else would; gives its version.
    pub(crate) fn put(&self, location: &ObjectLocation, bytes: impl Into<Bytes>) -> String {
        self.add(location, Some(bytes.into()), None)
    }

    /// The same with parameters beside it.
    pub(crate) fn put_with(
        &self,
        location: &ObjectLocation,
        bytes: impl Into<Bytes>,
        parameters: &str,
    ) -> String {
        self.add(location, Some(bytes.into()), Some(parameters.to_owned()))
    }

    /// Deletes an object as somebody else would. Its versions stay.
    pub(crate) fn delete(&self, location: &ObjectLocation) {
        self.add(location, None, None);
    }

    /// What is stored now.
    pub(crate) fn current(&self, location: &ObjectLocation) -> Option<Bytes> {
        let versions = self.versions.lock().unwrap();
        versions.get(&place(location))?.last()?.bytes.clone()
    }

    /// The keys of a bucket that hold an object.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let versions = self.versions.lock().unwrap();
        let mut keys: Vec<_> = versions
            .iter()
            .filter(|((b, _), versions)| b == bucket && versions.last().is_some_and(|v| v.bytes.is_some()))
            .map(|((_, key), _)| key.clone())
            .collect();
        keys.sort();
        keys
    }

    fn add(&self, location: &ObjectLocation, bytes: Option<Bytes>, parameters: Option<String>) -> String {
        let mut versions = self.versions.lock().unwrap();
        let versions = versions.entry(place(location)).or_default();
        let id = format!("v{}", versions.len() + 1);
        versions.push(Version {
            id: id.clone(),
            bytes,
            parameters,
            written: SystemTime::now(),
        });
        id
    }

    fn find(&self, location: &ObjectLocation) -> Result<Bytes, PortError> {
        Ok(self.find_whole(location)?.bytes.unwrap_or_default())
    }

    /// A version that has bytes.
    fn find_whole(&self, location: &ObjectLocation) -> Result<Version, PortError> {
        let error = |kind, message: &str| PortError {
            kind,
            action: format!("read {location}"),
            message: message.to_owned(),
        };
        if !self
            .buckets
            .iter()
            .any(|bucket| bucket == location.bucket.as_str())
        {
            return Err(error(PortErrorKind::Refused, "no such bucket"));
        }
        let versions = self.versions.lock().unwrap();
        let versions = versions.get(&place(location)).map_or(&[][..], Vec::as_slice);
        let version = match &location.version_id {
            None => versions.last(),
            Some(id) => versions.iter().find(|version| version.id == *id),
        };
        version
            .filter(|version| version.bytes.is_some())
            .cloned()
            .ok_or_else(|| error(PortErrorKind::NotFound, "no such key or version"))
    }
}

impl Objects for FakeObjects {
    async fn open(&self, location: &ObjectLocation) -> Result<OpenObject, PortError> {
        let version = self.find_whole(location)?;
        self.log.add(format!("open {}", location.key));
        Ok(OpenObject {
            parameters: version.parameters,
            ..in_chunks(version.bytes.unwrap_or_default())
        })
    }

    async fn open_range(&self, location: &ObjectLocation, range: Range) -> Result<OpenObject, PortError> {
        let bytes = self.find(location)?;
        if etag(&bytes) != range.of {
            return Err(PortError {
                kind: PortErrorKind::Changed,
                action: format!("read {location}"),
                message: "precondition failed".to_owned(),
            });
        }
        let end = bytes
            .len()
            .min(range.to.map_or(usize::MAX, |to| usize::try_from(to).unwrap()));
        let start = usize::try_from(range.from).unwrap();
        self.log
            .add(format!("open {} from {start} to {end}", location.key));
        Ok(in_chunks(bytes.slice(start..end)))
    }

    async fn describe(&self, location: &ObjectLocation) -> Result<Option<Described>, PortError> {
        let found = match self.find_whole(location) {
            Ok(version) => Some(described(&version)),
            Err(error) if error.kind == PortErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(found)
    }

    async fn list(
        &self,
        bucket: &BucketName,
        prefix: &str,
        after: Option<String>,
    ) -> Result<Page, PortError> {
        let mut keys = self.keys(bucket.as_str());
        keys.retain(|key| key.starts_with(prefix) && after.as_ref().is_none_or(|after| key > after));
        let next = keys
            .get(PAGE_KEYS - 1)
            .filter(|_| keys.len() > PAGE_KEYS)
            .cloned();
        keys.truncate(PAGE_KEYS);
        let objects = keys.into_iter().map(|key| {
            let versions = self.versions.lock().unwrap();
            let version = versions[&(bucket.to_string(), key.clone())].last().unwrap();
            Listed {
                key: key.parse().unwrap(),
                described: described(version),
            }
        });
        Ok(Page {
            objects: objects.collect(),
            next,
        })
    }

    async fn read(&self, location: &ObjectLocation) -> Result<Option<(Bytes, ETag)>, PortError> {
        // Lets others run in between, as a network does.
        tokio::task::yield_now().await;
        match self.find(location) {
            Ok(bytes) => Ok(Some((bytes.clone(), etag(&bytes)))),
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write(
        &self,
        location: &ObjectLocation,
        bytes: Bytes,
        _media_type: &str,
        condition: Condition,
    ) -> Result<Written, PortError> {
        tokio::task::yield_now().await;
        let current = match self.find(location) {
            Ok(bytes) => Some(etag(&bytes)),
            Err(error) if error.kind == PortErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let holds = match (condition, current) {
            (Condition::None, _) | (Condition::Absent, None) => true,
            (Condition::Absent, Some(_)) | (Condition::Unchanged(_), None) => false,
            (Condition::Unchanged(etag), Some(current)) => etag == current,
        };
        if !holds {
            return Ok(Written::ConditionFailed);
        }
        let etag = etag(&bytes);
        self.add(location, Some(bytes), None);
        self.log.add(format!("write {}", location.key));
        Ok(Written::Yes(etag))
    }
}

fn in_chunks(bytes: Bytes) -> OpenObject {
    let size_bytes = bytes.len() as u64;
    let (sender, chunks) = mpsc::channel(1);
    let reading = tokio::spawn(async move {
        for start in (0..bytes.len()).step_by(CHUNK_BYTES) {
            let chunk = bytes.slice(start..bytes.len().min(start + CHUNK_BYTES));
            if sender.send(Ok(chunk)).await.is_err() {
                return;
            }
        }
    });
    OpenObject {
        size_bytes,
        parameters: None,
        chunks,
        reading: reading.into(),
    }
}

fn described(version: &Version) -> Described {
    let bytes = version.bytes.clone().unwrap_or_default();
    Described {
        size_bytes: Some(bytes.len() as u64),
        etag: etag(&bytes),
        modified: Some(whole_seconds(version.written)),
    }
}

/// As S3 tells a time.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap().as_secs();
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn place(location: &ObjectLocation) -> (String, String) {
    (location.bucket.to_string(), location.key.to_string())
}

/// As on S3, the same bytes have the same tag.
fn etag(bytes: &Bytes) -> ETag {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    ETag(format!("\"{:016x}\"", hasher.finish()))
}
