//! The Lambda function that computes statistics: the worker around `errand-stats`.

mod slicing;

use std::sync::Arc;

use errand_stats::{Accumulator, Answer, Error, Parameters};
use errand_worker::{Context, Failure, Input, Operation, Output, ParameterOf, Slicing};
use serde_json::{Map, Value};

struct Stats;

impl Operation for Stats {
    const NAME: &'static str = errand_stats::NAME;
    const TAKES_BARE_TEXT: bool = errand_stats::TAKES_BARE_TEXT;
    const PARAMETER_OF: ParameterOf = errand_stats::parameter_of_option;

    fn slicing(&self) -> Option<&dyn Slicing> {
        Some(self)
    }

    fn run(&self, mut input: Input, given: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let parameters: Parameters = errand_worker::parameters(given)?;
        let mut list = Accumulator::new(&parameters)
            .with_memory_budget(for_numbers(context.memory_budget_bytes))
            .with_cancel(Arc::clone(&context.canceled));
        while let Some(chunk) = input.next_chunk()? {
            list.push(&chunk).map_err(rejected)?;
        }
        output(&list.answer().map_err(rejected)?, &parameters)
    }
}

/// Half of the memory; the rest is for a decompressor's window, and for what numbers of many digits are computed in.
fn for_numbers(memory_budget_bytes: u64) -> usize {
    usize::try_from(memory_budget_bytes / 2).unwrap_or(usize::MAX)
}

fn output(answer: &Answer, parameters: &Parameters) -> Result<Output, Failure> {
    Ok(Output::of_report(answer)?.with_way(parameters.method().name()))
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: Error) -> Failure {
    match error {
        Error::MemoryBudgetExceeded { .. } | Error::TooManyDifferent { .. } => {
            Failure::too_large(error.code(), error.to_string())
        }
        _ => Failure::rejected(error.code(), error.to_string()),
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Stats).await
}
