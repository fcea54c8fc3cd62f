//! Many files in one run: what they are ([`inputs`]), where their answers go ([`plan`]), who does them ([`pool`] here, [`online`] in the cloud), and what is
//! told of them ([`report`], [`progress`], [`table`]).
//!
//! The whole plan is made, and refused if two answers would share a place, before anything is done. After that a failure
//! stops nothing but its own file. Memory: some hundred bytes a file for the plan, and one input for each worker,
//! or, in the cloud, a message or a part of an upload for each job on its way.

pub(crate) mod inputs;
pub(crate) mod online;
pub(crate) mod plan;
pub(crate) mod pool;
mod progress;
pub(crate) mod report;
pub(crate) mod table;
mod units;
