//! A function made for one test (`devtools/storm/troubles.py`): its operation does what no operation should. It takes the
//! place of the stats function on a local cloud, and shows that the worker answers all the same.
//!
//! The input `panic` panics, `die` ends the process at once, as running out of memory does, `sleep 20` takes 20 seconds,
//! and anything else comes back as it is.

use std::time::Duration;

use errand_worker::{Context, Failure, Input, Operation, Output};
use serde_json::{Map, Value, json};

struct Troubled;

impl Operation for Troubled {
    const NAME: &'static str = "stats";

    fn run(&self, input: Input, _: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let input = input.read_all(context.memory_budget_bytes)?;
        let text = String::from_utf8_lossy(&input);
        assert!(
            text != "panic",
            "a decoder met what its author had not thought of"
        );
        if text == "die" {
            std::process::abort();
        }
        if let Some(seconds) = text.strip_prefix("sleep ").and_then(|text| text.parse().ok()) {
            std::thread::sleep(Duration::from_secs(seconds));
        }
        Output::of_report(&json!({ "echo": text }))
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Troubled).await
}
