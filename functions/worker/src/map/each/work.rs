//! Doing the objects of one batch.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use errand_protocol::{
    FileName, JobError, JobId, ObjectLocation, ObjectReport, ObjectStatus, RequestInput, code, keys,
};
use serde_json::{Map, Value};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::super::job::MapJob;
use super::super::listing::{Pinned, name_below};
use super::super::slices::defect;
use super::super::store::{lines, of_lines};
use super::{Batch, page_name, report_name};
use crate::deadline::Deadline;
use crate::invocation::Invocation;
use crate::operation::Operation;
use crate::ports::{Condition, Objects, Queues};
use crate::process::Processor;

/// How many objects of a batch are fetched, done and stored at the same time. One operation runs at a time; the others wait for S3.
const AT_ONCE: usize = 8;
/// How often an object is tried that fails for a reason that may pass, beyond what the SDK tries by itself, and the pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// S3 tells whole seconds, by a clock of its own: what was written so shortly before the request may have been written behind it.
const CLOCK: Duration = Duration::from_secs(2);
/// No object is begun with less time left.
const TIME_FOR_ONE: Duration = Duration::from_secs(5);

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(in super::super) async fn work_batch(
        self: &Arc<Self>,
        job: &MapJob,
        batch: &Batch,
        invocation: &Invocation,
    ) -> Result<(), JobError> {
        let store = self.map_store(job.id());
        let name = report_name(batch.number);
        // Done before, and the answer was lost.
        if store.bytes(&name).await?.is_some() {
            return Ok(());
        }
        let page: Vec<Pinned> = of_lines(&store.needed(&page_name(batch.page)).await?)
            .map_err(|error| defect(&error.to_string()))?;
        let objects = page
            .get(batch.from..batch.to)
            .ok_or_else(|| defect("a batch is not on its page"))?;
        let so_far = format!("{name}.so-far");
        let done: Vec<ObjectReport> = match store.bytes(&so_far).await? {
            Some((bytes, _)) => of_lines(&bytes).map_err(|error| defect(&error.to_string()))?,
            None => Vec::new(),
        };
        let mut done: HashMap<String, ObjectReport> = done
            .into_iter()
            .map(|report| (report.key.clone(), report))
            .collect();
        let rest: Vec<Pinned> = objects
            .iter()
            .filter(|object| !done.contains_key(object.location.key.as_str()))
            .cloned()
            .collect();
        let job = Arc::new(job.clone());
        let worked = self.work_rest(&job, rest, &mut done, &so_far, invocation).await;
        if worked.is_none() {
            // Nobody wants it any more.
            return Ok(());
        }
        let in_order: Vec<&ObjectReport> = objects
            .iter()
            .filter_map(|object| done.get(object.location.key.as_str()))
            .collect();
        let all = lines(&in_order).map_err(|error| defect(&error.to_string()))?;
        if in_order.len() == objects.len() {
            store.write(&name, all, Condition::Absent).await?;
            return Ok(());
        }
        store.write(&so_far, all, Condition::None).await?;
        let message = format!(
            "{} of {} objects of a batch are done",
            in_order.len(),
            objects.len()
        );
        Err(match worked.flatten() {
            Some(error) => JobError {
                message: format!("{message}: {}", error.message),
                ..error
            },
            None => JobError::transient(code::DEADLINE_EXCEEDED, message),
        })
    }

    /// Does objects until all are done or time is over; none if the job has ended meanwhile, else a failure that may pass, if there
    /// was one. What is done is kept under `so_far` every now and then: a process that is killed in the middle says nothing, and
    /// whoever does the batch again goes on from there.
    async fn work_rest(
        self: &Arc<Self>,
        job: &Arc<MapJob>,
        rest: Vec<Pinned>,
        done: &mut HashMap<String, ObjectReport>,
        so_far: &str,
        invocation: &Invocation,
    ) -> Option<Option<JobError>> {
        let mut running: JoinSet<(Pinned, Result<ObjectStatus, JobError>)> = JoinSet::new();
        let mut rest = rest.into_iter();
        let mut trouble = None;
        let mut look = tokio::time::interval(self.config.look_every);
        look.tick().await;
        let mut keep = tokio::time::interval(self.config.keep_every);
        keep.tick().await;
        // Dropped with what it writes: the batch's report says more, or the last word of this function.
        let mut keeping: JoinSet<()> = JoinSet::new();
        let mut kept = done.len();
        let mut begun_at_once = true;
        loop {
            while running.len() < AT_ONCE
                && trouble.is_none()
                && (begun_at_once || invocation.deadline.left_for_work() > TIME_FOR_ONE)
                && let Some(object) = rest.next()
            {
                let (processor, job, deadline) = (Arc::clone(self), Arc::clone(job), invocation.deadline);
                let work = async move {
                    let status = Box::pin(processor.work_object(&job, &object, deadline)).await;
                    (object, status)
                };
                running.spawn(work.in_current_span());
            }
            begun_at_once = false;
            tokio::select! {
                joined = running.join_next() => match joined {
                    None => return Some(trouble),
                    Some(Ok((object, Ok(status)))) => {
                        let key = object.location.key.as_str().to_owned();
                        let size_bytes = object.size_bytes;
                        done.insert(key.clone(), ObjectReport { key, size_bytes, status });
                    }
                    Some(Ok((_, Err(error)))) => trouble = Some(error),
                    Some(Err(panic)) => trouble = Some(defect(&panic.to_string())),
                },
                () = tokio::time::sleep(invocation.deadline.left_for_work()) => {
                    // What runs is dropped with the set.
                    return Some(trouble);
                }
                _ = keep.tick(), if done.len() > kept => {
                    while keeping.try_join_next().is_some() {}
                    if keeping.is_empty() && let Ok(all) = lines(done.values()) {
                        kept = done.len();
                        keeping.spawn(Arc::clone(self).keep(job.id(), so_far.to_owned(), all).in_current_span());
                    }
                }
                _ = look.tick() => {
                    if self.has_ended(job.id()).await.unwrap_or(false) {
                        return None;
                    }
                }
            }
        }
    }

    /// Keeps what is done of a batch. Best effort: without it, a function that is killed is repeated from further back.
    async fn keep(self: Arc<Self>, id: JobId, name: String, all: Bytes) {
        if let Err(error) = self.map_store(id).write(&name, all, Condition::None).await {
            tracing::warn!(%error, "what is done of a batch could not be kept");
        }
    }

    /// Does one object.
    async fn work_object(
        self: &Arc<Self>,
        job: &MapJob,
        object: &Pinned,
        deadline: Deadline,
    ) -> Result<ObjectStatus, JobError> {
        let mut tries = 1;
        loop {
            match self.work_object_once(job, object, deadline).await {
                Ok(status) => return Ok(status),
                Err(error) if !error.retryable => {
                    let JobError { code, message, .. } = error;
                    return Ok(ObjectStatus::Failed { code, message });
                }
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tokio::time::sleep(PAUSE * tries).await,
            }
            tries += 1;
        }
    }

    async fn work_object_once(
        self: &Arc<Self>,
        job: &MapJob,
        object: &Pinned,
        deadline: Deadline,
    ) -> Result<ObjectStatus, JobError> {
        let to = self.place_of_result(job, object)?;
        // Newer than the job, it is the job's own, made before its function was killed: made again, it is in the report as what it is.
        if job.options().to.is_some()
            && let Some(there) = self.objects.describe(&to).await?
            && let Some(written) = there
                .modified
                .and_then(|moment| moment.duration_since(UNIX_EPOCH).ok())
            && written + CLOCK <= Duration::from_millis(job.received_at_unix_ms)
            && object
                .modified_unix_ms
                .is_some_and(|modified| Duration::from_millis(modified) < written)
        {
            return Ok(ObjectStatus::Skipped);
        }
        let parameters = job.request.parameters.clone();
        let (output, stored) = self
            .runner
            .run_pinned(
                &object.location,
                object.size_bytes,
                &object.etag,
                parameters,
                to,
                deadline,
            )
            .await?;
        let report: Map<String, Value> = output;
        Ok(match stored {
            None => ObjectStatus::Done {
                result: report,
                object: None,
                bytes_out: 0,
            },
            Some((location, bytes_out)) => ObjectStatus::Done {
                result: report,
                object: Some(location),
                bytes_out,
            },
        })
    }

    /// Where the file goes that is made of an object: under the object's own name, so that no two objects have the same.
    fn place_of_result(&self, job: &MapJob, object: &Pinned) -> Result<ObjectLocation, JobError> {
        let key = &object.location.key;
        let name = match &job.request.input {
            RequestInput::Prefix(prefix) => name_below(prefix, key).to_owned(),
            // Of any folders and buckets.
            _ => format!("{}/{key}", object.location.bucket),
        };
        let (bucket, key) = match job.options().to {
            Some(to) => (to.bucket, format!("{}{name}", to.prefix).parse().ok()),
            None => (
                self.config.result_bucket.clone(),
                keys::map_result(job.id(), &name),
            ),
        };
        let key = key.ok_or_else(|| {
            let message = format!(
                "the key of its result would be too long: shorten {}",
                FileName::new(&name)
            );
            JobError::permanent(code::DESTINATION_REFUSED, message)
        })?;
        Ok(ObjectLocation {
            bucket,
            key,
            version_id: None,
        })
    }
}
