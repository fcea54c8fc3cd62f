//! The Lambda function that computes statistics: the worker around `errand-stats`.

use std::sync::Arc;

use errand_stats::{Accumulator, Error, Parameters};
use errand_worker::{Context, Failure, Input, Operation, Output, ParameterOf};
use serde_json::{Map, Value};

struct Stats;

impl Operation for Stats {
    const NAME: &'static str = errand_stats::NAME;
    const TAKES_BARE_TEXT: bool = errand_stats::TAKES_BARE_TEXT;
    const PARAMETER_OF: ParameterOf = errand_stats::parameter_of_option;

    fn run(&self, mut input: Input, given: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let parameters: Parameters = errand_worker::parameters(given)?;
        // Half for the numbers; the rest is for a decompressor's window, and for what numbers of many digits are computed in.
        let half = usize::try_from(context.memory_budget_bytes / 2).unwrap_or(usize::MAX);
        let mut list = Accumulator::new(&parameters)
            .with_memory_budget(half)
            .with_cancel(Arc::clone(&context.canceled));
        while let Some(chunk) = input.next_chunk()? {
            list.push(&chunk).map_err(rejected)?;
        }
        let output = Output::of_report(&list.answer().map_err(rejected)?)?;
        Ok(output.with_way(parameters.method().name()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: Error) -> Failure {
    match error {
        Error::MemoryBudgetExceeded { .. } => Failure::too_large(error.code(), error.to_string()),
        _ => Failure::rejected(error.code(), error.to_string()),
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Stats).await
}
