//! What is to be done.

use std::collections::BTreeMap;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use errand_protocol::JobId;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::input::Input;
use crate::operations::Operation;

/// An operation, its parameters and its input, under an id of its own.
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) id: JobId,
    pub(crate) operation: Operation,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) input: Input,
}

impl Job {
    /// A job under a new id. `parameters` are those of the operation's crate, such as `errand_stats::Parameters`.
    #[must_use]
    pub fn new(operation: Operation, parameters: &impl Serialize, input: Input) -> Self {
        let parameters = match serde_json::to_value(parameters) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        Self {
            id: JobId::random(),
            operation,
            parameters,
            input,
        }
    }

    /// The same job under another id. A job that was done under it is not done again: it is answered with what became of it
    /// then.
    #[must_use]
    pub fn with_id(self, id: JobId) -> Self {
        Self { id, ..self }
    }

    /// The same job under an id that follows from what it does: operation, parameters and the SHA-256 of the input, whatever
    /// the input is called. The same work is the same job, and done once; see [`Client::outcome`](crate::Client::outcome) for
    /// whether it was. Reads all of the input, in this thread.
    ///
    /// # Errors
    ///
    /// [`Error::Read`].
    pub fn with_id_from_content(self) -> Result<Self, Error> {
        let sorted: BTreeMap<_, _> = self.parameters.iter().collect();
        let parameters = serde_json::to_string(&sorted).unwrap_or_default();
        let id = JobId::of_content(&self.operation.name(), &parameters, &self.input.sha256()?);
        Ok(self.with_id(id))
    }

    /// The same job, the bytes of whose input are added to `sent_bytes` as they leave: see [`Input::counted`].
    #[must_use]
    pub fn counted(self, sent_bytes: Arc<AtomicU64>) -> Self {
        Self {
            input: self.input.counted(sent_bytes),
            ..self
        }
    }

    /// Its id, by which its outcome is found.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What it is done by.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// What it works on.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }
}
