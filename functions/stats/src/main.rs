//! The Lambda function that computes statistics: the worker around `errand-stats`.

use errand_stats::{Accumulator, Error, Limits};
use errand_worker::{Context, Failure, Input, Operation, Output};
use serde_json::{Map, Value};

struct Stats;

impl Operation for Stats {
    const NAME: &'static str = "stats";
    const TAKES_BARE_TEXT: bool = true;

    fn run(&self, mut input: Input, given: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let parameters = errand_worker::parameters(given)?;
        let mut limits = Limits::default();
        limits.memory_bytes = usize::try_from(context.memory_budget_bytes).unwrap_or(usize::MAX);
        let mut list = Accumulator::new(&parameters).with_limits(limits);
        while let Some(piece) = input.next_chunk()? {
            list.push(&piece).map_err(rejected)?;
        }
        Output::of_report(&list.finish().map_err(rejected)?)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: Error) -> Failure {
    Failure::rejected(error.code(), error.to_string())
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Stats).await
}
