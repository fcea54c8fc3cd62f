//! Bodies that may lie in a request queue, each with the jobs that it asks for. The protocol, the worker and the client are
//! held to the same ones: the worker answers a message's jobs under the ids by which the client knows its dead letter.

use errand_protocol::{JobId, ObjectLocation};
use serde::Deserialize;
use serde_json::Value;

/// One body.
#[derive(Debug, Deserialize)]
pub(crate) struct Sample {
    /// What it is, in words.
    pub(crate) form: String,
    /// The body, where it is JSON. `OPERATION` stands for the operation's name.
    body: Option<Value>,
    /// The body, where it is no JSON object.
    text: Option<String>,
    /// The ids of its jobs: as they are, or derived from the `MESSAGE`'s id, or from an uploaded file's
    /// "bucket key revision".
    jobs: Vec<String>,
}

impl Sample {
    /// All samples.
    pub(crate) fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("messages.json")).unwrap()
    }

    /// The body as it lies in the queue of `operation`.
    pub(crate) fn body(&self, operation: &str) -> String {
        match (&self.body, &self.text) {
            (Some(body), None) => body.to_string().replace("OPERATION", operation),
            (None, Some(text)) => text.clone(),
            _ => panic!("{}: give a body or a text", self.form),
        }
    }

    /// The ids of its jobs, when it lies there in the message `message_id`.
    pub(crate) fn jobs(&self, operation: &str, message_id: &str) -> Vec<JobId> {
        let id = |job: &String| {
            let job = job.replace("OPERATION", operation).replace("MESSAGE", message_id);
            if let Some((bucket, rest)) = job.split_once(' ') {
                let (key, revision) = rest.rsplit_once(' ').unwrap();
                let location = ObjectLocation {
                    bucket: bucket.parse().unwrap(),
                    key: key.parse().unwrap(),
                    version_id: None,
                };
                return JobId::of_object(&location, revision);
            }
            job.parse().unwrap_or_else(|_| JobId::of_message(&job))
        };
        self.jobs.iter().map(id).collect()
    }
}
