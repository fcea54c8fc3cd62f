//! Finding the objects and dividing them.

use std::time::Duration;

use errand_protocol::{JobError, MapPlan, RequestInput, Unit, VERSION};
use serde::{Deserialize, Serialize};

use super::super::job::MapJob;
use super::super::listing::{self, Pinned};
use super::super::slices::no_objects;
use super::super::steps::{Stepped, Turn};
use super::super::store::lines;
use super::{Batch, page_name};
use crate::invocation::Invocation;
use crate::operation::Operation;
use crate::ports::{Condition, Objects, Queues};
use crate::process::Processor;

/// The most objects and bytes of a batch: what a function does in some seconds.
const BATCH_OBJECTS: usize = 100;
const BATCH_BYTES: u64 = 256 << 20;
/// More batches than this are joined: what Step Functions keeps of each has to fit its 256 KiB.
const MOST_BATCHES: usize = 50_000;
/// With less time left, the rest of the listing is left to another step.
const TIME_FOR_PAGE: Duration = Duration::from_secs(5);
/// Where it is kept how far planning has come.
const PLANNING: &str = "planning.json";
const WORK: &str = "work/0001.jsonl";

/// How far planning has come.
#[derive(Default, Serialize, Deserialize)]
struct Planning {
    /// By what the next page is asked for.
    after: Option<String>,
    is_done: bool,
    pages: u64,
    objects: u64,
    bytes: u64,
    /// The batches so far: page, first object, the one behind the last.
    batches: Vec<(u64, usize, usize)>,
}

impl Planning {
    /// Divides a page's objects.
    fn add(&mut self, page: &[Pinned]) {
        let (mut from, mut bytes) = (0, 0);
        for (at, object) in page.iter().enumerate() {
            if at > from && (at - from == BATCH_OBJECTS || bytes + object.size_bytes > BATCH_BYTES) {
                self.batches.push((self.pages, from, at));
                (from, bytes) = (at, 0);
            }
            bytes += object.size_bytes;
            self.bytes += object.size_bytes;
        }
        if from < page.len() {
            self.batches.push((self.pages, from, page.len()));
        }
        self.objects += page.len() as u64;
        self.pages += 1;
    }

    /// As lines of work: of too many batches, those of a page are joined.
    fn work(&self) -> Vec<Batch> {
        let mut all: Vec<Batch> = Vec::new();
        for &(page, from, to) in &self.batches {
            match all.last_mut() {
                Some(last) if self.batches.len() > MOST_BATCHES && last.page == page => last.to = to,
                _ => all.push(Batch {
                    number: all.len() as u64,
                    page,
                    from,
                    to,
                }),
            }
        }
        all
    }
}

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    /// Lists as many objects as there is time for.
    pub(in super::super) async fn plan_batches(
        &self,
        job: &MapJob,
        invocation: &Invocation,
    ) -> Result<Stepped, JobError> {
        let store = self.map_store(job.id());
        let mut planning: Planning = store.json_if_there(PLANNING).await?.unwrap_or_default();
        while !planning.is_done {
            let (page, next) = match &job.request.input {
                RequestInput::Prefix(prefix) => {
                    listing::page(&*self.objects, prefix, planning.after.clone(), &self.config).await?
                }
                RequestInput::Object(location) => (
                    vec![listing::pin(&*self.objects, location, &self.config).await?],
                    None,
                ),
                RequestInput::Objects(locations) => {
                    let mut all = Vec::new();
                    for location in locations {
                        all.push(listing::pin(&*self.objects, location, &self.config).await?);
                    }
                    (all, None)
                }
                RequestInput::Inline(_) => (Vec::new(), None),
            };
            if !page.is_empty() {
                let bytes = lines(&page).map_err(|error| super::super::slices::defect(&error.to_string()))?;
                store
                    .write(&page_name(planning.pages), bytes, Condition::None)
                    .await?;
                planning.add(&page);
            }
            planning.is_done = next.is_none();
            planning.after = next;
            if invocation.deadline.left_for_work() < TIME_FOR_PAGE {
                break;
            }
        }
        store.write_json(PLANNING, &planning).await?;
        let work = planning.work();
        let plan = MapPlan {
            version: VERSION,
            unit: Unit::Batches,
            objects: planning.objects,
            bytes: planning.bytes,
            is_planned: planning.is_done,
            items: work.len() as u64,
            round: planning.is_done.into(),
            notes: Vec::new(),
        };
        store.write_json("plan.json", &plan).await?;
        if !planning.is_done {
            return Ok(Stepped::On(Turn::plan()));
        }
        if work.is_empty() {
            return Err(no_objects(&job.request.input));
        }
        let work = lines(&work).map_err(|error| super::super::slices::defect(&error.to_string()))?;
        store.write(WORK, work, Condition::None).await?;
        Ok(Stepped::On(Turn::work(1, store.location(WORK).key.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ETag;

    fn page(sizes: &[u64]) -> Vec<Pinned> {
        let pinned = sizes.iter().map(|size_bytes| Pinned {
            location: crate::tests::object("lake", "a"),
            size_bytes: *size_bytes,
            etag: ETag(String::new()),
            modified_unix_ms: None,
        });
        pinned.collect()
    }

    #[test]
    fn a_batch_has_no_more_than_so_many_objects_and_bytes() {
        let mut planning = Planning::default();
        planning.add(&page(&[1; 250]));
        planning.add(&page(&[BATCH_BYTES - 1, 1, 1, 2 * BATCH_BYTES, 1]));
        assert_eq!(
            planning.batches,
            [
                (0, 0, 100),
                (0, 100, 200),
                (0, 200, 250),
                (1, 0, 2),
                (1, 2, 3),
                (1, 3, 4),
                (1, 4, 5)
            ]
        );
        assert_eq!((planning.objects, planning.pages), (255, 2));
        let numbers: Vec<_> = planning.work().iter().map(|batch| batch.number).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn too_many_batches_are_joined_within_their_pages() {
        let mut planning = Planning::default();
        for _ in 0..6_000 {
            planning.add(&page(&[1; 1_000]));
        }
        let work = planning.work();
        assert_eq!(work.len(), 6_000);
        assert!(work.iter().all(|batch| (batch.from, batch.to) == (0, 1_000)));
    }
}
