//! What a client asks for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::decode::{self, DecodeError};
use crate::{BucketName, InvalidName, JobId, MessageId, ObjectLocation, QueueName, VERSION, encode};

/// The name of an operation, such as `stats`: 1 to 32 of `a-z`, `0-9` and `-`.
///
/// The protocol does not list the operations: a function knows its own, and fails requests for any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationName(String);

impl OperationName {
    /// Longest name, in bytes.
    pub const MAX_LEN: usize = 32;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OperationName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = (1..=Self::MAX_LEN).contains(&text.len())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if valid {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidName::new(
            text,
            "an operation",
            "expected 1 to 32 lower-case letters, digits and hyphens",
        ))
    }
}

impl TryFrom<String> for OperationName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OperationName> for String {
    fn from(operation: OperationName) -> Self {
        operation.0
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a job works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RequestInputFields", into = "RequestInputFields")]
pub enum RequestInput {
    /// The input itself, as text. Written `{"inline": "3 1 2"}`.
    Inline(String),
    /// Where the input is (claim check): below `uploads/` and the request's own job id, among the files uploaded for the
    /// operation, or in another bucket that the stack may read. Written `{"object": {"bucket": …, "key": …}}`.
    Object(ObjectLocation),
    /// Several objects, in this order. Written `{"objects": [{"bucket": …, "key": …}, …]}`.
    Objects(Vec<ObjectLocation>),
    /// All objects whose keys begin alike. Written `{"prefix": {"bucket": …, "prefix": …}}`.
    Prefix(Prefix),
}

/// The objects of a bucket whose keys begin alike, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// The bucket.
    pub bucket: BucketName,
    /// What the keys begin with; empty for all.
    #[serde(default)]
    pub prefix: String,
    /// Globs, of which one has to fit the key behind the prefix, or its last part; none for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Globs, of which none may fit the key behind the prefix, or its last part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// How a request about objects is done that is more than one function does at once: its field `map`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapOptions {
    /// What does the job; none for the function to choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// Whether each object has an answer of its own, where all together could have one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each: bool,
    /// Where the files that are made of the objects go, each under what its key has behind the prefix; none for the result
    /// bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Destination>,
    /// About how many bytes a function reads of a long list at a time; none for 256 MiB. Shorter slices are more functions at once, of
    /// which there are at most 50,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_bytes: Option<u64>,
    /// The share of the objects, in percent, that may fail without failing the job; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerate_percent: Option<f64>,
}

/// What does a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The function that receives the request.
    Queue,
    /// Step Functions' Distributed Map, over many of that function.
    Map,
}

/// Where many files go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The bucket.
    pub bucket: BucketName,
    /// What their keys begin with; may be empty.
    #[serde(default)]
    pub prefix: String,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// How [`RequestInput`] is written: one of the fields, and any number of fields that a later version may add.
#[derive(Default, Serialize, Deserialize)]
struct RequestInputFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inline: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<ObjectLocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    objects: Option<Vec<ObjectLocation>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<Prefix>,
}

impl TryFrom<RequestInputFields> for RequestInput {
    type Error = &'static str;

    fn try_from(fields: RequestInputFields) -> Result<Self, Self::Error> {
        let mut given = [
            fields.inline.map(Self::Inline),
            fields.object.map(Self::Object),
            fields.objects.map(Self::Objects),
            fields.prefix.map(Self::Prefix),
        ]
        .into_iter()
        .flatten();
        match (given.next(), given.next()) {
            (Some(Self::Objects(objects)), None) if objects.is_empty() => Err("`objects` is empty"),
            (Some(input), None) => Ok(input),
            (None, _) => Err("`input` has none of `inline`, `object`, `objects` and `prefix`"),
            (Some(_), Some(_)) => {
                Err("`input` has several of `inline`, `object`, `objects` and `prefix`: expected one of them")
            }
        }
    }
}

impl From<RequestInput> for RequestInputFields {
    fn from(input: RequestInput) -> Self {
        let none = Self::default();
        match input {
            RequestInput::Inline(text) => Self {
                inline: Some(text),
                ..none
            },
            RequestInput::Object(location) => Self {
                object: Some(location),
                ..none
            },
            RequestInput::Objects(locations) => Self {
                objects: Some(locations),
                ..none
            },
            RequestInput::Prefix(prefix) => Self {
                prefix: Some(prefix),
                ..none
            },
        }
    }
}

/// A request for one job: the body of a message on a request queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The version of this message: [`VERSION`].
    pub version: u32,
    /// The job's identity. A request sent again under the same id is the same job.
    pub job_id: JobId,
    /// What to do.
    pub operation: OperationName,
    /// How to do it: the operation's own parameters. None, or null, means the operation's defaults.
    #[serde(default, deserialize_with = "null_as_none")]
    pub parameters: Map<String, Value>,
    /// What to do it on.
    pub input: RequestInput,
    /// Where the reply goes; none means the stack's response queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_queue: Option<QueueName>,
    /// The message whose sender waits for the answer, where it is another than the one that holds this request: a bare text
    /// is redriven as a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// How it is done where it is about more than one function does at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<MapOptions>,
}

/// Many libraries write what is not there as null.
fn null_as_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Request {
    /// A request of this version.
    #[must_use]
    pub fn new(
        job_id: JobId,
        operation: OperationName,
        parameters: Map<String, Value>,
        input: RequestInput,
    ) -> Self {
        Self {
            version: VERSION,
            job_id,
            operation,
            parameters,
            input,
            reply_queue: None,
            message_id: None,
            map: None,
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// The text is not JSON, is of an unknown version, or lacks a field; see [`DecodeError`].
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        decode::message(text.as_bytes())
    }

    /// Writes a request.
    ///
    /// # Panics
    ///
    /// Never: every field has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        encode::message(self)
    }
}
