//! A run on one of many objects: several are fetched and stored at the same time, and one is worked on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use errand_protocol::{FileName, JobError, ObjectLocation, Status};
use serde_json::{Map, Value};

use super::{CancelOnDrop, Run, Runner, not_begun, refused_write, too_slow};
use crate::deadline::Deadline;
use crate::operation::{Input, Operation};
use crate::ports::{Condition, ETag, Objects, Range};
use crate::retry::unreadable;

/// A file that takes no more than this part of the memory may stay in it while another operation runs: eight of them, as many as
/// are stored at the same time, are an eighth.
const SMALL_FILE_PART: u64 = 64;

/// What it takes to report an object that was not done in time.
const TIME_TO_TELL: Duration = Duration::from_secs(1);

impl<O: Operation, S: Objects> Runner<O, S> {
    /// Runs the operation on an object in the state in which it was planned, and stores the file that it makes at `to`: one of many,
    /// of which one is worked on while others are fetched and stored.
    ///
    /// # Errors
    ///
    /// It has no result, or what it needs cannot be reached now.
    pub(crate) async fn run_pinned(
        &self,
        object: &ObjectLocation,
        size_bytes: u64,
        etag: &ETag,
        parameters: Map<String, Value>,
        to: ObjectLocation,
        deadline: Deadline,
    ) -> Result<(Map<String, Value>, Option<(ObjectLocation, u64)>), JobError> {
        let cancel = CancelOnDrop::default();
        let (input, _reading) = if size_bytes == 0 {
            (Input::whole(Bytes::new()), None)
        } else {
            let range = Range {
                from: 0,
                to: None,
                of: etag.clone(),
            };
            let opened = self.objects.open_range(object, range).await;
            let opened = opened.map_err(|error| unreadable(error, &object.bucket, &self.config))?;
            (Input::new(opened.size_bytes, opened.chunks), Some(opened.reading))
        };
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        let input = input.with_cancel(Arc::clone(&cancel.0));
        let name = FileName::new(object.key.file_name());
        let (left, started) = (deadline.left_for_work(), Instant::now());
        let operated = self.operate(input, name, parameters, &cancel, turn);
        let Ok(operated) = tokio::time::timeout(left.saturating_sub(TIME_TO_TELL), operated).await else {
            return Err(match too_slow(O::NAME, left, deadline, started.elapsed()) {
                Run::Ended {
                    status: Status::Failed { error },
                    ..
                }
                | Run::NoTime(error) => error,
                _ => not_begun(),
            });
        };
        let (output, turn) = operated?;
        let Some(file) = output.file else {
            return Ok((output.report, None));
        };
        let made = file.bytes.len() as u64;
        // A file that takes little memory is stored while the next object is worked on.
        let turn = (made > self.config.memory_bytes / SMALL_FILE_PART).then_some(turn);
        self.objects
            .write(&to, file.bytes, file.media_type, Condition::None)
            .await
            .map_err(refused_write)?;
        drop(turn);
        Ok((output.report, Some((to, made))))
    }
}
