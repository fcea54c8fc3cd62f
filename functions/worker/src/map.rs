//! Jobs that are more than one function does at once: Step Functions' Distributed Map over the same function.
//!
//! 1. The function that receives the request keeps it ([`job`]), [starts](start) an execution under the job's id and lets the
//!    message go: from here on the state machine sees to it that each step is done, and done again where it failed.
//! 2. **Plan** finds the objects ([`listing`]) and divides the work into lines: [`slices`] of long lists, or batches of objects
//!    that have a result [`each`].
//! 3. **Work** is done for each line by a function of its own, and leaves what it found on S3: a few bytes go back.
//! 4. **Reduce** reads all of that and ends the job ([`finish`]) with the ordinary outcome and reply, or begins another round of work.
//! 5. **Fail** ends it where a step failed for good.
//!
//! Every step may be done twice, at the same time or after one another: what it writes follows from what it read.
//! The definition of the state machine is in `template.yaml`.

mod each;
mod finish;
mod job;
mod listing;
mod slices;
mod start;
mod steps;
mod store;

pub(crate) use steps::{Step, handle};
