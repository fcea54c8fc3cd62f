//! The cloud in memory, for tests: one implementation of each port, and a double that fails on purpose.
//!
//! Both fakes keep the contract of [`contract`](crate::contract), which the real services are held to as well, and
//! write what was done to them into one [`Log`], so that a test can tell in which order it happened.

mod executions;
mod failing;
mod objects;
mod queues;

use std::sync::{Arc, Mutex};

pub(crate) use executions::FakeExecutions;
pub(crate) use failing::{Call, Failing, Fault, Script};
pub(crate) use objects::FakeObjects;
pub(crate) use queues::FakeQueues;

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, effect: String) {
        self.0.lock().unwrap().push(effect);
    }

    pub(crate) fn effects(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
