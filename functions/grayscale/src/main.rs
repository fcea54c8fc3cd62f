//! The Lambda function that makes images gray: the worker around `errand-grayscale`.

use errand_grayscale::{Format, Limits, Parameters, convert};
use errand_worker::{Context, Failure, Input, MadeFile, Operation, Output};
use serde_json::{Map, Value};

struct Grayscale;

impl Operation for Grayscale {
    const NAME: &'static str = "grayscale";

    fn run(
        &self,
        input: Input,
        parameters: Map<String, Value>,
        context: &Context,
    ) -> Result<Output, Failure> {
        let parameters: Parameters =
            serde_json::from_value(Value::Object(parameters)).map_err(|e| Failure::invalid_parameters(&e))?;
        let input = input.read_all(context.memory_budget_bytes)?;
        let limits = Limits {
            memory_bytes: context.memory_budget_bytes - input.len() as u64,
            ..Limits::default()
        };
        let gray =
            convert(&input, &parameters, &limits).map_err(|e| Failure::rejected(e.code(), e.to_string()))?;
        let format = gray.report.format;
        let file = MadeFile {
            name: context
                .name_with_extension(format.extension(), |e| Format::from_extension(e) == Some(format)),
            media_type: format.media_type(),
            bytes: gray.bytes.into(),
        };
        Ok(Output {
            file: Some(file),
            ..Output::of_report(&gray.report)?
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    errand_worker::run(Grayscale).await
}
