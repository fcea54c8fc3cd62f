//! A state machine of which only the beginnings are seen.

use std::pin::Pin;

use super::Log;
use crate::ports::{Executions, PortError};

/// Notes what is begun.
pub(crate) struct FakeExecutions(Log);

impl FakeExecutions {
    pub(crate) fn new(log: &Log) -> Self {
        Self(log.clone())
    }
}

impl Executions for FakeExecutions {
    fn start<'a>(
        &'a self,
        name: &'a str,
        input: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), PortError>> + Send + 'a>> {
        self.0.add(format!("start {name} with {input}"));
        Box::pin(async { Ok(()) })
    }
}
