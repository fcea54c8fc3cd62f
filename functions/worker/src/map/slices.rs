//! One answer of lists of any length: planned, read and put together in slices.

mod partials;
mod plan;
mod read;
mod reduce;

pub(super) use self::plan::no_objects;
use errand_protocol::{JobError, MapPlan, ObjectLocation, Unit, VERSION, code};
use serde::{Deserialize, Serialize};

use super::listing::Pinned;
use super::steps::{Stepped, Turn};
use super::store::{Store, lines};
use crate::ports::{Condition, Objects};
use crate::slicing::Slice;

/// The most slices that one line of work holds, and about the most bytes that it takes: Step Functions passes 256 KiB on.
const LINE_SLICES: usize = 64;
const LINE_BYTES: usize = 32 << 10;

/// The most rounds of work that a job has: two as a rule, and one more for each time that slices turn out to begin elsewhere.
const ROUNDS: u32 = 60;

/// A round of work: what a reduction needs to know of it, and of the rounds before.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Round {
    /// Which reading of the whole input it belongs to, counted from 1. One that is repeated in parts has several rounds.
    pass: u32,
    /// Where it is kept what the pass looks for; none for the first.
    wanted: Option<String>,
    objects: Vec<Pinned>,
    /// All slices of the pass.
    slices: Vec<Placed>,
    notes: Vec<String>,
}

/// A slice, and where its partial is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Placed {
    slice: Slice,
    round: u32,
    item: u64,
    /// Which one of the item it is.
    position: usize,
}

/// What one function does in a round: a line of the work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    item: u64,
    pass: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    slices: Vec<OfObject>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfObject {
    /// Which slice of the pass it is.
    index: u64,
    slice: Slice,
    object: Pinned,
}

fn round_name(round: u32) -> String {
    format!("rounds/{round:04}.json")
}

fn partials_name(round: u32, item: u64) -> String {
    format!("partials/{round:04}/{item:08}")
}

fn wanted_name(pass: u32) -> String {
    format!("wanted/{pass:04}")
}

impl Round {
    /// Has the slices of these indexes read in round `number`, and keeps all that the reduction behind it has to know.
    async fn begin<S: Objects>(
        mut self,
        store: Store<'_, S>,
        number: u32,
        indexes: &[usize],
        slice_bytes: u64,
    ) -> Result<Stepped, JobError> {
        if number > ROUNDS {
            let message = "its parts could not be fitted together: it has quotes or comments that go on for very long; close them, \
                           or send a shorter list";
            return Err(JobError::permanent(code::INPUT_TOO_LARGE, message));
        }
        let mut work: Vec<Line> = Vec::new();
        let (mut bytes, mut written) = (0, 0);
        for &index in indexes {
            let placed = &mut self.slices[index];
            let object = &self.objects[usize::try_from(placed.slice.object).unwrap_or(usize::MAX)];
            let of_object = OfObject {
                index: index as u64,
                slice: placed.slice.clone(),
                object: object.clone(),
            };
            let long = placed.slice.end - placed.slice.start;
            let size = placed.slice.known.len() * 4 + object.location.key.as_str().len() + 400;
            let fits = work.last().is_some_and(|line| {
                line.slices.len() < LINE_SLICES && written + size <= LINE_BYTES && bytes + long <= slice_bytes
            });
            if !fits {
                (bytes, written) = (0, 0);
                work.push(Line {
                    item: work.len() as u64,
                    pass: self.pass,
                    wanted: self.wanted.clone(),
                    slices: Vec::new(),
                });
            }
            (bytes, written) = (bytes + long, written + size);
            let line = work.last_mut().expect("one was pushed where there was none");
            (placed.round, placed.item, placed.position) = (number, line.item, line.slices.len());
            line.slices.push(of_object);
        }
        let plan = MapPlan {
            version: VERSION,
            unit: Unit::Slices,
            objects: self.objects.len() as u64,
            bytes: self.objects.iter().map(|object| object.size_bytes).sum(),
            is_planned: true,
            items: work.len() as u64,
            round: number,
            notes: self.notes.clone(),
        };
        let name = format!("work/{number:04}.jsonl");
        let work = lines(&work).map_err(|error| defect(&error.to_string()))?;
        store.write(&name, work, Condition::None).await?;
        store.write_json(&round_name(number), &self).await?;
        store.write_json("plan.json", &plan).await?;
        Ok(Stepped::On(Turn::work(number, store.location(&name).key.into())))
    }
}

/// The failure of one object among several.
fn of_object(location: &ObjectLocation, error: JobError) -> JobError {
    JobError {
        message: format!("{location}: {}", error.message),
        ..error
    }
}

pub(super) fn defect(message: &str) -> JobError {
    JobError::permanent(
        code::INTERNAL,
        format!("{message}: this is a defect of errand, please report it"),
    )
}
