//! What is kept of a job that Step Functions' Distributed Map does, beside its outcome.
//!
//! All of it lies below [`keys::map`](crate::keys::map) in the result bucket. Readers may rely on what is here; the rest of that
//! prefix is the functions' own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ErrorCode, ObjectLocation};

/// What a map job's work is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Parts of long lists, each read by a function.
    Slices,
    /// Groups of objects, each done by a function.
    Batches,
}

/// How far a map job has come: [`keys::map_plan`](crate::keys::map_plan). Written when the job begins, and whenever a round of work
/// begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapPlan {
    /// The version of this message: [`VERSION`](crate::VERSION).
    pub version: u32,
    /// What its work is counted in.
    pub unit: Unit,
    /// Objects found so far.
    pub objects: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Whether all objects were found, and the work divided.
    pub is_planned: bool,
    /// Slices or batches that the round has.
    pub items: u64,
    /// Which round of work it is, counted from 1; 0 while it is planned. Lists are read in up to two as a rule.
    pub round: u32,
    /// What a person may want to know, such as that a compressed list is read by one function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The result of a map job with an answer for each object, in the place of an operation's report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapReport {
    /// How many objects there were.
    pub objects: u64,
    /// How many were done.
    pub done: u64,
    /// How many were left alone, since a newer result is there.
    pub skipped: u64,
    /// How many failed.
    pub failed: u64,
    /// Bytes of those that were read.
    pub bytes_in: u64,
    /// Bytes of the files that were made.
    pub bytes_out: u64,
    /// The first failures, in the order of the objects: at most [`MapReport::FAILURES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailedObject>,
    /// How many reports there are ([`keys::map_report`](crate::keys::map_report), counted from 0): lines of JSON, an [`ObjectReport`] for each
    /// object.
    pub reports: u64,
}

impl MapReport {
    /// The most failures that are told in the outcome. All of them are in the reports.
    pub const FAILURES: usize = 100;
}

/// An object that has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedObject {
    /// Its key.
    pub key: String,
    /// The kind of failure.
    pub code: ErrorCode,
    /// What is wrong, and the cure.
    pub message: String,
}

/// What became of one object: a line of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectReport {
    /// Its key.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
    /// What became of it.
    #[serde(flatten)]
    pub status: ObjectStatus,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ObjectStatus {
    /// The operation gave a result.
    Done {
        /// The operation's own report.
        result: Map<String, Value>,
        /// The file that it made, where it made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<ObjectLocation>,
        /// The file's size; 0 without one.
        #[serde(default)]
        bytes_out: u64,
    },
    /// A newer result is there.
    Skipped,
    /// It failed.
    Failed {
        /// The kind of failure.
        code: ErrorCode,
        /// What is wrong, and the cure.
        message: String,
    },
}
