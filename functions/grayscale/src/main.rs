//! The Lambda function that makes images gray: the worker around `errand-grayscale`.

use errand_grayscale::{Format, Limits, convert};
use errand_worker::{Context, Failure, Input, MadeFile, Operation, Output};
use serde_json::{Map, Value};

struct Grayscale;

impl Operation for Grayscale {
    const NAME: &'static str = errand_grayscale::NAME;

    fn run(&self, input: Input, given: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let parameters = errand_worker::parameters(given)?;
        let input = input.read_all(context.memory_budget_bytes)?;
        let limits = Limits::new(context.memory_budget_bytes - input.len() as u64);
        let gray = convert(&input, &parameters, &limits);
        let gray = gray.map_err(|error| Failure::rejected(error.code(), error.to_string()))?;
        let format = gray.report.format;
        let is_right = |extension: &str| Format::from_extension(extension) == Some(format);
        let output = Output::of_report(&gray.report)?.with_way(gray.report.route.name());
        Ok(output.with_file(MadeFile {
            name: context.name_with_extension(format.extension(), is_right),
            media_type: format.media_type(),
            bytes: gray.bytes.into(),
        }))
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Grayscale).await
}
