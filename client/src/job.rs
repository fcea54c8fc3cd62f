//! What is to be done.

use std::collections::BTreeMap;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use errand_protocol::{Engine, JobId, MapOptions};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::input::Input;
use crate::operations::{self, Operation};

/// An operation, its parameters and its input, under an id of its own.
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) id: JobId,
    pub(crate) operation: Operation,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) input: Input,
    pub(crate) map: Option<MapOptions>,
}

/// A list that is larger may be more than one function reads: the least that a stack's smallest functions hold.
const LARGE_BYTES: u64 = 64 << 20;

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
            map: None,
        }
    }

    /// The same job, done so where it is about more than one function does at once: which engine does it, whether each object
    /// has an answer of its own, where files go. The defaults say nothing.
    #[must_use]
    pub fn with_map(self, options: MapOptions) -> Self {
        let map = (options != MapOptions::default()).then_some(options);
        Self { map, ..self }
    }

    /// Whether the function may start an execution of the stack's state machine for it (a map job) instead of doing it at once. It
    /// is the function that decides; of small jobs, and of a single image, it is certain that it does not.
    #[must_use]
    pub fn may_be_mapped(&self) -> bool {
        match self.map.as_ref().and_then(|map| map.engine) {
            Some(Engine::Map) => true,
            Some(Engine::Queue) => false,
            None => {
                let size_bytes = self.input.size_bytes();
                let is_large = size_bytes >= LARGE_BYTES || self.input.is_uploaded() && size_bytes == 0;
                self.input.is_many() || self.operation == operations::STATS && is_large
            }
        }
    }

    /// The same job under another id. A job that was done under it is not done again: it is answered with what became of it
    /// then.
    #[must_use]
    pub fn with_id(self, id: JobId) -> Self {
        Self { id, ..self }
    }

    /// The same job under an id that follows from what it does: operation, parameters and the SHA-256 of the input, whatever
    /// the input is called; of what is in the cloud already, its name. The same work is the same job, and done once; see [`Client::outcome`](crate::Client::outcome) for
    /// whether it was. Reads all of the input, in this thread.
    ///
    /// # Errors
    ///
    /// [`Error::Read`].
    pub fn with_id_from_content(self) -> Result<Self, Error> {
        let sorted: BTreeMap<_, _> = self.parameters.iter().collect();
        let mut parameters = serde_json::to_string(&sorted).unwrap_or_default();
        if let Some(map) = &self.map {
            parameters.push_str(&serde_json::to_string(map).unwrap_or_default());
        }
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

#[cfg(test)]
mod tests {
    use errand_protocol::Prefix;

    use super::*;
    use crate::operations::{GRAYSCALE, STATS};

    fn prefix() -> Input {
        Input::prefix(Prefix {
            bucket: "abc".parse().unwrap(),
            prefix: "a/".to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
        })
    }

    fn object(size_bytes: u64) -> Input {
        let location = errand_protocol::ObjectLocation {
            bucket: "abc".parse().unwrap(),
            key: "a".parse().unwrap(),
            version_id: None,
        };
        Input::object(location, size_bytes)
    }

    #[test]
    fn only_what_many_functions_may_do_is_worth_a_look() {
        let may = |operation, input| Job::new(operation, &(), input).may_be_mapped();
        assert!(may(STATS, prefix()) && may(GRAYSCALE, prefix()));
        assert!(may(STATS, object(0)), "nobody knows its size");
        assert!(may(STATS, object(LARGE_BYTES)));
        assert!(!may(STATS, object(1)));
        assert!(!may(GRAYSCALE, object(0)), "an image is one function's");
        assert!(!may(STATS, Input::bytes("a", "1 2 3")));
        let forced = |engine, input| {
            let options = MapOptions {
                engine: Some(engine),
                ..MapOptions::default()
            };
            Job::new(STATS, &(), input).with_map(options).may_be_mapped()
        };
        assert!(forced(Engine::Map, Input::bytes("a", "1")));
        assert!(!forced(Engine::Queue, prefix()));
    }

    #[test]
    fn an_id_from_content_follows_from_how_it_is_done_too() {
        let id = |input: Input, options: MapOptions| {
            let job = Job::new(STATS, &(), input).with_map(options);
            job.with_id_from_content().unwrap().id()
        };
        let each = MapOptions {
            each: true,
            ..MapOptions::default()
        };
        assert_eq!(
            id(prefix(), MapOptions::default()),
            id(prefix(), MapOptions::default())
        );
        assert_ne!(id(prefix(), MapOptions::default()), id(prefix(), each));
        assert_ne!(
            id(prefix(), MapOptions::default()),
            id(object(1), MapOptions::default())
        );
    }
}
