//! A port that fails on purpose.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use errand_protocol::{BucketName, ObjectLocation, keys};
use tokio::sync::mpsc;

use crate::ports::{
    Condition, Described, ETag, Objects, OpenObject, Page, PortError, PortErrorKind, Queues, Range, Written,
};

/// A call that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Open,
    Read,
    WriteOutcome,
    WriteFile,
    Send,
    ChangeVisibility,
}

/// How it fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing is done.
    Fails(PortErrorKind),
    /// It is done, but the answer is lost on the way back.
    LosesResponse,
    /// It is done, and takes that long.
    Takes(Duration),
    /// The object breaks off after so many chunks, with an error.
    BreaksOff(usize),
    /// The object ends after so many chunks, without an error.
    EndsEarly(usize),
    /// After so many chunks of the object nothing comes any more, and no end either.
    Stalls(usize),
    /// The adapter has a defect.
    Panics,
}

/// What is to fail, and how often. Clones are the same script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Mutex<Vec<(Call, Fault, usize)>>>);

impl Script {
    /// Lets the next `times` calls of a kind fail.
    pub(crate) fn fail(&self, call: Call, fault: Fault, times: usize) {
        self.0.lock().unwrap().push((call, fault, times));
    }

    fn next(&self, call: Call) -> Option<Fault> {
        let mut lines = self.0.lock().unwrap();
        let line = lines.iter_mut().find(|(c, _, times)| *c == call && *times > 0)?;
        line.2 -= 1;
        Some(line.1)
    }
}

/// A port, with faults by script.
#[derive(Clone, Debug)]
pub(crate) struct Failing<T> {
    port: T,
    script: Script,
}

impl<T> Failing<T> {
    pub(crate) fn new(port: T, script: &Script) -> Self {
        Self {
            port,
            script: script.clone(),
        }
    }

    /// Applies the next fault of a call: an error if the call is not to reach the port, else what is to happen to its
    /// result.
    async fn apply(&self, call: Call) -> Result<Option<Fault>, PortError> {
        let fault = self.script.next(call);
        match fault {
            Some(Fault::Fails(kind)) => return Err(error(call, kind)),
            Some(Fault::Takes(time)) => tokio::time::sleep(time).await,
            Some(Fault::Panics) => panic!("{call:?} has a defect"),
            _ => {}
        }
        Ok(fault)
    }
}

fn error(call: Call, kind: PortErrorKind) -> PortError {
    PortError {
        kind,
        action: format!("{call:?}"),
        message: "failed on purpose".to_owned(),
    }
}

fn unless_lost<R>(call: Call, fault: Option<Fault>, result: R) -> Result<R, PortError> {
    match fault {
        Some(Fault::LosesResponse) => Err(error(call, PortErrorKind::Unavailable)),
        _ => Ok(result),
    }
}

impl<T: Objects> Objects for Failing<T> {
    async fn open(&self, location: &ObjectLocation) -> Result<OpenObject, PortError> {
        let fault = self.apply(Call::Open).await?;
        let mut object = self.port.open(location).await?;
        let (Some(Fault::BreaksOff(kept) | Fault::EndsEarly(kept) | Fault::Stalls(kept)), size_bytes) =
            (fault, object.size_bytes)
        else {
            return Ok(object);
        };
        let (sender, chunks) = mpsc::channel(1);
        let reading = tokio::spawn(async move {
            let _reading = object.reading;
            for _ in 0..kept {
                if let Some(chunk) = object.chunks.recv().await {
                    let _ = sender.send(chunk).await;
                }
            }
            match fault {
                Some(Fault::BreaksOff(_)) => {
                    let broken = error(Call::Open, PortErrorKind::Unavailable);
                    let _ = sender.send(Err(broken)).await;
                }
                Some(Fault::Stalls(_)) => std::future::pending().await,
                _ => {}
            }
        });
        Ok(OpenObject {
            size_bytes,
            parameters: object.parameters,
            chunks,
            reading: reading.into(),
        })
    }

    async fn open_range(&self, location: &ObjectLocation, range: Range) -> Result<OpenObject, PortError> {
        self.apply(Call::Open).await?;
        self.port.open_range(location, range).await
    }

    async fn describe(&self, location: &ObjectLocation) -> Result<Option<Described>, PortError> {
        self.apply(Call::Read).await?;
        self.port.describe(location).await
    }

    async fn list(
        &self,
        bucket: &BucketName,
        prefix: &str,
        after: Option<String>,
    ) -> Result<Page, PortError> {
        self.apply(Call::Read).await?;
        self.port.list(bucket, prefix, after).await
    }

    async fn read(&self, location: &ObjectLocation) -> Result<Option<(Bytes, ETag)>, PortError> {
        let fault = self.apply(Call::Read).await?;
        unless_lost(Call::Read, fault, self.port.read(location).await?)
    }

    async fn write(
        &self,
        location: &ObjectLocation,
        bytes: Bytes,
        media_type: &str,
        condition: Condition,
    ) -> Result<Written, PortError> {
        let call = if location.key.as_str().starts_with(keys::OUTCOMES) {
            Call::WriteOutcome
        } else {
            Call::WriteFile
        };
        let fault = self.apply(call).await?;
        let written = self.port.write(location, bytes, media_type, condition).await?;
        unless_lost(call, fault, written)
    }
}

impl<T: Queues> Queues for Failing<T> {
    async fn send(&self, queue_url: &str, bodies: &[String]) -> Vec<Result<(), PortError>> {
        match self.apply(Call::Send).await {
            Err(error) => vec![Err(error); bodies.len()],
            Ok(fault) => {
                let results = self.port.send(queue_url, bodies).await.into_iter();
                results
                    .map(|result| result.and_then(|()| unless_lost(Call::Send, fault, ())))
                    .collect()
            }
        }
    }

    async fn change_visibility(
        &self,
        queue_url: &str,
        receipt_handle: &str,
        timeout: Duration,
    ) -> Result<(), PortError> {
        let fault = self.apply(Call::ChangeVisibility).await?;
        self.port
            .change_visibility(queue_url, receipt_handle, timeout)
            .await?;
        unless_lost(Call::ChangeVisibility, fault, ())
    }
}
