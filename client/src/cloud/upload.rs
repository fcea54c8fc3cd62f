//! Inputs, up: a small one in one request; a large one in parts, some at a time, each of which is tried again by itself
//! (S3's multipart upload).
//!
//! However slow the network, an upload goes on as long as something moves: see `errand_aws::http_client` for when that is
//! no longer so. A part that breaks off is sent again, the others stay. What is not completed is aborted by whoever began
//! it; what not even that could remove goes after a day, by the bucket's lifecycle rule.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use errand_aws::FailureKind;
use errand_protocol::ObjectLocation;

use super::Cloud;
use super::counted::counted;
use crate::error::Error;
use crate::input::{Input, Source, range_of};
use crate::persist::persist;

/// The largest input that goes in one request.
const SINGLE_BYTES: u64 = 16 << 20;

/// What a part has, unless there would be too many of them.
const PART_BYTES: u64 = 8 << 20;

/// Most parts of an upload, and most bytes of a part (Amazon S3 user guide, "Amazon S3 multipart upload limits", read
/// 2026-11).
const MOST_PARTS: u64 = 10_000;
const MOST_PART_BYTES: u64 = 5 << 30;

/// How much of a file is read at once: a part on its way is not held in memory.
const BUFFER_BYTES: usize = 64 << 10;

/// An upload in parts that was begun; empty before, and when it is completed.
#[derive(Debug, Default)]
pub(crate) struct PartialUpload(Mutex<Option<Begun>>);

impl PartialUpload {
    pub(crate) fn is_begun(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn set(&self, begun: Option<Begun>) -> Option<Begun> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), begun)
    }
}

#[derive(Debug)]
struct Begun {
    to: ObjectLocation,
    id: String,
}

impl Cloud {
    /// Uploads an input; gives the version that was made, where the bucket keeps versions. Of an upload that ends in any
    /// other way, [`Self::abort_upload`] removes what `partial` knows of.
    pub(crate) async fn upload(
        &self,
        to: &ObjectLocation,
        input: &Input,
        partial: &PartialUpload,
    ) -> Result<Option<String>, Error> {
        let size_bytes = input.size_bytes();
        if size_bytes <= SINGLE_BYTES {
            return persist(&self.notes, || self.put(to, input)).await;
        }
        let parts = Parts::of(size_bytes)?;
        let id = persist(&self.notes, || self.begin(to)).await?;
        partial.set(Some(Begun {
            to: to.clone(),
            id: id.clone(),
        }));
        let next = AtomicI32::new(1);
        let done = Mutex::new(BTreeMap::new());
        let worker = || async {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > parts.count {
                    return Ok::<_, Error>(());
                }
                let range = parts.range(number);
                let part = persist(&self.notes, || {
                    self.upload_part(to, &id, number, range.clone(), input)
                })
                .await?;
                done.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(number, part);
            }
        };
        tokio::try_join!(worker(), worker(), worker(), worker())?;
        let done: Vec<_> = done
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_values()
            .collect();
        let version = persist(&self.notes, || self.complete(to, &id, done.clone())).await?;
        partial.set(None);
        Ok(version)
    }

    /// Removes the parts of an upload that was begun and not completed, if any.
    pub(crate) async fn abort_upload(&self, partial: &PartialUpload) -> Result<(), Error> {
        let Some(Begun { to, id }) = partial.set(None) else {
            return Ok(());
        };
        let abort = self
            .s3
            .abort_multipart_upload()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .set_expected_bucket_owner(self.owner())
            .upload_id(id);
        match abort.send().await {
            Ok(_) => Ok(()),
            Err(error) if FailureKind::of(&error) == FailureKind::NotFound => Ok(()),
            Err(error) => Err(self.s3_failure(format!("abort the upload to {to}"), &error)),
        }
    }

    async fn put(&self, to: &ObjectLocation, input: &Input) -> Result<Option<String>, Error> {
        let put = self
            .uploads
            .put_object()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .set_expected_bucket_owner(self.owner())
            .body(body(input, 0..input.size_bytes()).await?);
        match put.send().await {
            Ok(stored) => Ok(stored.version_id),
            Err(error) => Err(self.s3_failure(format!("upload to {to}"), &error)),
        }
    }

    async fn begin(&self, to: &ObjectLocation) -> Result<String, Error> {
        let create = self
            .uploads
            .create_multipart_upload()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .set_expected_bucket_owner(self.owner())
            .checksum_algorithm(ChecksumAlgorithm::Crc32);
        let action = || format!("begin the upload to {to}");
        match create.send().await {
            Ok(begun) => begun.upload_id.ok_or_else(|| Error::Service {
                action: action(),
                message: "the answer names no upload".to_owned(),
                retryable: true,
            }),
            Err(error) => Err(self.s3_failure(action(), &error)),
        }
    }

    async fn upload_part(
        &self,
        to: &ObjectLocation,
        id: &str,
        number: i32,
        range: Range<u64>,
        input: &Input,
    ) -> Result<CompletedPart, Error> {
        let upload = self
            .uploads
            .upload_part()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .set_expected_bucket_owner(self.owner())
            .upload_id(id)
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(body(input, range).await?);
        match upload.send().await {
            Ok(stored) => Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(stored.e_tag)
                .set_checksum_crc32(stored.checksum_crc32)
                .build()),
            Err(error) => Err(self.s3_failure(format!("upload part {number} to {to}"), &error)),
        }
    }

    async fn complete(
        &self,
        to: &ObjectLocation,
        id: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<Option<String>, Error> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self
            .uploads
            .complete_multipart_upload()
            .bucket(to.bucket.as_str())
            .key(to.key.as_str())
            .set_expected_bucket_owner(self.owner())
            .upload_id(id)
            .multipart_upload(parts);
        match complete.send().await {
            Ok(stored) => Ok(stored.version_id),
            Err(error) => Err(self.s3_failure(format!("complete the upload to {to}"), &error)),
        }
    }
}

/// A part of an input, to be sent. A file is read as it is sent.
async fn body(input: &Input, range: Range<u64>) -> Result<ByteStream, Error> {
    let stream = match &input.source {
        Source::Chunks(chunks) => ByteStream::from(range_of(chunks, range)),
        Source::File(path) => {
            let stream = ByteStream::read_from()
                .path(path)
                .buffer_size(BUFFER_BYTES)
                .offset(range.start)
                .length(Length::Exact(range.end - range.start));
            stream.build().await.map_err(|error| Error::Read {
                path: path.clone(),
                source: io::Error::other(errand_aws::root_cause(&error)),
            })?
        }
        // It is there already.
        Source::Object(_) | Source::Objects(_) | Source::Prefix(_) => ByteStream::from_static(b""),
    };
    Ok(match &input.sent_bytes {
        Some(sent_bytes) => counted(stream, sent_bytes),
        None => stream,
    })
}

/// How an input is cut.
#[derive(Debug, PartialEq)]
struct Parts {
    size_bytes: u64,
    part_bytes: u64,
    count: i32,
}

impl Parts {
    /// Parts of the usual size, or, where that would be too many, of more whole mebibytes.
    fn of(size_bytes: u64) -> Result<Self, Error> {
        const MIB: u64 = 1 << 20;
        let part_bytes = size_bytes
            .div_ceil(MOST_PARTS)
            .next_multiple_of(MIB)
            .max(PART_BYTES);
        if part_bytes > MOST_PART_BYTES {
            return Err(Error::InputTooLarge {
                size_bytes,
                most_bytes: MOST_PARTS * MOST_PART_BYTES,
            });
        }
        let count = size_bytes.div_ceil(part_bytes);
        Ok(Self {
            size_bytes,
            part_bytes,
            count: i32::try_from(count).expect("no more than 10,000"),
        })
    }

    /// The bytes of a part, counted from 1 as S3 does.
    fn range(&self, number: i32) -> Range<u64> {
        let start = u64::from(number.unsigned_abs() - 1) * self.part_bytes;
        start..(start + self.part_bytes).min(self.size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_an_input_of_any_size_that_s3_takes() {
        const MIB: u64 = 1 << 20;
        for (size, part, count) in [
            (SINGLE_BYTES + 1, PART_BYTES, 3),
            (40_000_000, PART_BYTES, 5),
            (PART_BYTES * MOST_PARTS, PART_BYTES, 10_000),
            (PART_BYTES * MOST_PARTS + 1, 9 * MIB, 8_889),
            (MOST_PARTS * MOST_PART_BYTES, MOST_PART_BYTES, 10_000),
        ] {
            let parts = Parts::of(size).unwrap();
            assert_eq!((parts.part_bytes, parts.count), (part, count), "{size}");
            assert_eq!(parts.range(1), 0..part);
            let last = parts.range(count);
            assert_eq!(last.end, size);
            assert!(!last.is_empty() && last.end - last.start <= part);
            assert_eq!(parts.range(count - 1).end, last.start);
        }
    }

    #[test]
    fn what_no_upload_can_hold_is_refused_with_the_limit() {
        let error = Parts::of(MOST_PARTS * MOST_PART_BYTES + 1).unwrap_err();
        assert!(
            error.to_string().contains("53687091200000 bytes in all"),
            "{error}"
        );
        assert!(!error.is_retryable());
    }
}
