//! Counting what became of all objects.

use std::collections::VecDeque;
use std::sync::Arc;

use errand_protocol::{FailedObject, JobError, MapPlan, MapReport, ObjectReport, ObjectStatus, Status, code};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::super::job::MapJob;
use super::super::slices::defect;
use super::super::steps::Stepped;
use super::super::store::of_lines;
use super::report_name;
use crate::operation::Operation;
use crate::ports::{Objects, Queues};
use crate::process::Processor;

/// How many reports are read ahead.
const AHEAD: u64 = 16;

impl<O: Operation, S: Objects, Q: Queues> Processor<O, S, Q> {
    pub(in super::super) async fn reduce_batches(
        self: &Arc<Self>,
        job: &MapJob,
    ) -> Result<Stepped, JobError> {
        let store = self.map_store(job.id());
        let plan: MapPlan = store.json("plan.json").await?;
        let mut report = MapReport {
            reports: plan.items,
            ..MapReport::default()
        };
        let mut coming: VecDeque<JoinHandle<_>> = VecDeque::new();
        let mut asked = 0;
        for _ in 0..plan.items {
            while asked < plan.items && (coming.len() as u64) < AHEAD {
                let (processor, id, batch) = (Arc::clone(self), job.id(), asked);
                coming.push_back(tokio::spawn(async move {
                    processor.map_store(id).needed(&report_name(batch)).await
                }));
                asked += 1;
            }
            let read = coming.pop_front().expect("one was asked for").await;
            let bytes = read.map_err(|panic| defect(&panic.to_string()))??;
            let objects: Vec<ObjectReport> = of_lines(&bytes).map_err(|error| defect(&error.to_string()))?;
            for object in objects {
                add(&mut report, object);
            }
        }
        Ok(Stepped::Ended(status(&report, job.options().tolerate_percent)?))
    }
}

fn add(report: &mut MapReport, object: ObjectReport) {
    report.objects += 1;
    match object.status {
        ObjectStatus::Done { bytes_out, .. } => {
            report.done += 1;
            report.bytes_in += object.size_bytes;
            report.bytes_out += bytes_out;
        }
        ObjectStatus::Skipped => report.skipped += 1,
        ObjectStatus::Failed { code, message } => {
            report.failed += 1;
            report.bytes_in += object.size_bytes;
            if report.failures.len() < MapReport::FAILURES {
                let key = object.key;
                report.failures.push(FailedObject { key, code, message });
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of objects are far below 2^53")]
fn status(report: &MapReport, tolerate_percent: Option<f64>) -> Result<Status, JobError> {
    if let (Some(most), Some(first)) = (tolerate_percent, report.failures.first())
        && report.failed as f64 * 100.0 > most * report.objects as f64
    {
        let message = format!(
            "{} of {} objects failed, which is more than the {most} % tolerated; the first is {}: {}. What was done stays, and the \
             reports tell of each",
            report.failed, report.objects, first.key, first.message
        );
        return Ok(Status::Failed {
            error: JobError::permanent(code::TOO_MANY_FAILURES, message),
        });
    }
    match serde_json::to_value(report) {
        Ok(Value::Object(result)) => Ok(Status::Succeeded { result, object: None }),
        _ => Err(defect("a report has no JSON form")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: usize, status: ObjectStatus) -> ObjectReport {
        ObjectReport {
            key: format!("{key}"),
            size_bytes: 10,
            status,
        }
    }

    fn failed() -> ObjectStatus {
        ObjectStatus::Failed {
            code: code::INPUT_NOT_FOUND,
            message: "gone".to_owned(),
        }
    }

    #[test]
    fn more_failures_than_tolerated_fail_the_job() {
        let mut report = MapReport::default();
        (0..95).for_each(|key| add(&mut report, object(key, ObjectStatus::Skipped)));
        (95..100).for_each(|key| add(&mut report, object(key, failed())));
        assert_eq!((report.objects, report.skipped, report.failed), (100, 95, 5));
        for most in [None, Some(5.0), Some(100.0)] {
            assert!(
                matches!(status(&report, most), Ok(Status::Succeeded { .. })),
                "{most:?}"
            );
        }
        for most in [0.0, 4.9] {
            let Ok(Status::Failed { error }) = status(&report, Some(most)) else {
                panic!("{most} tolerates it")
            };
            assert!(error.message.contains("5 of 100 objects failed"), "{error}");
            assert!(error.message.contains("the first is 95: gone"), "{error}");
        }
    }

    #[test]
    fn only_the_first_failures_are_told() {
        let mut report = MapReport::default();
        (0..300).for_each(|key| add(&mut report, object(key, failed())));
        assert_eq!((report.failed, report.failures.len()), (300, MapReport::FAILURES));
        assert_eq!(report.bytes_in, 3_000);
    }
}
