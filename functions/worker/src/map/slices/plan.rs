//! Finding the lists and dividing them.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use errand_protocol::{JobError, RequestInput, code};

use super::super::job::MapJob;
use super::super::listing::{self, Pinned};
use super::super::steps::Stepped;
use super::{Placed, Round, defect, of_object};
use crate::operation::Operation;
use crate::ports::{Objects, OpenObject, PortError, PortErrorKind, Queues, Range};
use crate::process::Processor;
use crate::retry::unreadable;
use crate::slicing::{HEAD_BYTES, Layout, Slice};

/// How much a function reads of a list unless the request says otherwise: at the 99 MB/s that S3 gives a function, three seconds.
pub(super) const SLICE_BYTES: u64 = 256 << 20;
/// The most slices of a job: what is told of each has to fit one function's memory.
const MOST_SLICES: u64 = 50_000;
/// The most objects of one list, likewise.
const MOST_OBJECTS: usize = 50_000;

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(in super::super) async fn plan_slices(self: &Arc<Self>, job: &MapJob) -> Result<Stepped, JobError> {
        let objects = self.pin_all(&job.request.input).await?;
        if objects.is_empty() {
            return Err(no_objects(&job.request.input));
        }
        let bytes: u64 = objects.iter().map(|object| object.size_bytes).sum();
        let slice_bytes = job
            .options()
            .slice_bytes
            .unwrap_or(SLICE_BYTES)
            .max(bytes / MOST_SLICES)
            .max(1);
        let mut round = Round {
            pass: 1,
            wanted: None,
            objects: Vec::new(),
            slices: Vec::new(),
            notes: Vec::new(),
        };
        for (index, object) in objects.iter().enumerate() {
            let layout = if object.size_bytes > slice_bytes {
                self.layout(job, object)
                    .await
                    .map_err(|error| match objects.len() {
                        1 => error,
                        _ => of_object(&object.location, error),
                    })?
            } else {
                Layout::default()
            };
            if let Some(why) = &layout.uncut {
                round
                    .notes
                    .push(format!("{} is read as one slice: {why}", object.location));
            }
            let step = if layout.uncut.is_some() {
                u64::MAX
            } else {
                slice_bytes
            };
            round
                .slices
                .extend(cut(index as u64, object, step, &layout.known));
        }
        round.objects = objects;
        let all: Vec<usize> = (0..round.slices.len()).collect();
        round.begin(self.map_store(job.id()), 1, &all, slice_bytes).await
    }

    async fn pin_all(&self, input: &RequestInput) -> Result<Vec<Pinned>, JobError> {
        let objects = &*self.objects;
        match input {
            RequestInput::Inline(_) => Err(defect("a map job has an input in its message")),
            RequestInput::Object(location) => Ok(vec![listing::pin(objects, location, &self.config).await?]),
            RequestInput::Objects(locations) => {
                let mut all = Vec::new();
                for location in locations {
                    all.push(listing::pin(objects, location, &self.config).await?);
                }
                Ok(all)
            }
            RequestInput::Prefix(prefix) => {
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let (page, next) = listing::page(objects, prefix, after, &self.config).await?;
                    all.extend(page);
                    if all.len() > MOST_OBJECTS {
                        let message = format!(
                            "over {MOST_OBJECTS} objects below {prefix}: more than one list is made of; join them, or ask for \
                             a narrower prefix"
                        );
                        return Err(JobError::permanent(code::INPUT_TOO_LARGE, message));
                    }
                    after = next;
                    if after.is_none() {
                        return Ok(all);
                    }
                }
            }
        }
    }

    async fn layout(self: &Arc<Self>, job: &MapJob, object: &Pinned) -> Result<Layout, JobError> {
        let range = Range {
            from: 0,
            to: Some(object.size_bytes.min(HEAD_BYTES)),
            of: object.etag.clone(),
        };
        let head = whole(
            self.objects
                .open_range(&object.location, range)
                .await
                .map_err(|error| unreadable(error, &object.location.bucket, &self.config))?,
        )
        .await?;
        let (parameters, size_bytes) = (job.request.parameters.clone(), object.size_bytes);
        let operation = Arc::clone(self.runner.operation());
        let told = tokio::task::spawn_blocking(move || {
            let slicing = operation
                .slicing()
                .expect("only lists that can be read in slices are");
            slicing.layout(&parameters, &head, size_bytes)
        });
        match told.await {
            Ok(layout) => Ok(layout?),
            Err(panic) => Err(defect(&format!("the operation panicked ({panic})"))),
        }
    }
}

/// All that is read of an object, which is little.
async fn whole(mut object: OpenObject) -> Result<Bytes, PortError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = object.chunks.recv().await {
        bytes.extend_from_slice(&chunk?);
    }
    if (bytes.len() as u64) < object.size_bytes {
        return Err(PortError {
            kind: PortErrorKind::Unavailable,
            action: "read the beginning of the input".to_owned(),
            message: format!("ended after {} of {} bytes", bytes.len(), object.size_bytes),
        });
    }
    Ok(bytes.freeze())
}

/// The slices of an object, each of about `step` bytes. One that is empty has one, too.
fn cut(object: u64, pinned: &Pinned, step: u64, known: &[u8]) -> impl Iterator<Item = Placed> {
    let size_bytes = pinned.size_bytes;
    let pieces = size_bytes.div_ceil(step).max(1);
    (0..pieces).map(move |piece| Placed {
        slice: Slice {
            object,
            // As long as one another: a last one that is short would be a function for nothing.
            start: part(size_bytes, piece, pieces),
            end: part(size_bytes, piece + 1, pieces),
            size_bytes,
            is_exact: piece == 0,
            known: known.to_vec(),
            at: None,
        },
        round: 0,
        item: 0,
        position: 0,
    })
}

fn part(size_bytes: u64, piece: u64, pieces: u64) -> u64 {
    let product = u128::from(size_bytes) * u128::from(piece) / u128::from(pieces);
    u64::try_from(product).unwrap_or(size_bytes)
}

pub(in super::super) fn no_objects(input: &RequestInput) -> JobError {
    let message = match input {
        RequestInput::Prefix(prefix) if prefix.include.is_empty() && prefix.exclude.is_empty() => {
            format!("no objects below {prefix}; check the name, and that they are there")
        }
        RequestInput::Prefix(prefix) => {
            format!("no objects below {prefix} that are included and not excluded; check the globs")
        }
        _ => "no objects to work on".to_owned(),
    };
    JobError::permanent(code::NO_OBJECTS, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ETag;

    fn cuts(size_bytes: u64, step: u64) -> Vec<(u64, u64)> {
        let pinned = Pinned {
            location: crate::tests::object("lake", "a"),
            size_bytes,
            etag: ETag(String::new()),
            modified_unix_ms: None,
        };
        let slices = cut(0, &pinned, step, &[]);
        slices
            .map(|placed| (placed.slice.start, placed.slice.end))
            .collect()
    }

    #[test]
    fn slices_follow_one_another_from_the_first_byte_to_the_last() {
        assert_eq!(cuts(10, 4), [(0, 3), (3, 6), (6, 10)]);
        assert_eq!(cuts(10, 100), [(0, 10)]);
        assert_eq!(cuts(0, 4), [(0, 0)]);
        assert_eq!(cuts(3, 1), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(cuts(u64::MAX, u64::MAX), [(0, u64::MAX)]);
    }
}
