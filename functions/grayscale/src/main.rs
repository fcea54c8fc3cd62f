//! The Lambda function that makes images gray: the worker around `errand-grayscale`.

use std::sync::Arc;

use errand_grayscale::{Error, Format, Limits, cancelable, convert};
use errand_worker::{Context, Failure, Input, MadeFile, Operation, Output, ParameterOf};
use serde_json::{Map, Value};

struct Grayscale;

impl Operation for Grayscale {
    const NAME: &'static str = errand_grayscale::NAME;
    const PARAMETER_OF: ParameterOf = errand_grayscale::parameter_of_option;

    fn run(&self, input: Input, given: Map<String, Value>, context: &Context) -> Result<Output, Failure> {
        let parameters = errand_worker::parameters(given)?;
        let input = input.read_all(context.memory_budget_bytes)?;
        let limits = Limits::new(context.memory_budget_bytes - input.len() as u64);
        let gray = cancelable(Arc::clone(&context.canceled), || {
            convert(&input, &parameters, &limits)
        });
        let gray = gray.map_err(rejected)?;
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

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: Error) -> Failure {
    match error {
        Error::TooLarge { .. } | Error::InputTooLarge { .. } => {
            Failure::too_large(error.code(), error.to_string())
        }
        _ => Failure::rejected(error.code(), error.to_string()),
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Grayscale).await
}
