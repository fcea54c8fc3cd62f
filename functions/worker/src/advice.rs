//! What is advised to those who can do something about a failure.
//!
//! Operations name options of the command line, which whoever uploaded a file cannot give: an uploaded file has its parameters
//! in its metadata. And what they call a limit is a parameter of the stack.

use std::collections::BTreeMap;

use errand_protocol::{JobError, ObjectLocation, code, keys};
use serde_json::value::RawValue;

use crate::operation::ParameterOf;

/// The parameter of the stack that says `what` of the function of `operation`, such as `StatsMemoryMb`.
pub(crate) fn stack_parameter(operation: &str, what: &str) -> String {
    let mut letters = operation.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect::<String>() + what
}

/// The same failure, as whoever uploaded the file at `location` can do something about it.
pub(crate) fn to_uploader(error: JobError, location: &ObjectLocation, parameter_of: ParameterOf) -> JobError {
    let (message, named) = without_options(&error.message, parameter_of);
    if named.is_empty() && error.code != code::INVALID_PARAMETERS || error.retryable {
        return error;
    }
    let example = if named.is_empty() {
        String::new()
    } else {
        format!(
            ", as in: aws s3 cp FILE {location} --metadata '{}'",
            metadata(&named)
        )
    };
    let message = format!(
        "{message}; an uploaded file has its parameters in its metadata ({}, a JSON object){example}",
        keys::PARAMETERS_METADATA
    );
    JobError { message, ..error }
}

/// A message with the parameters that its options stand for, and an example of each.
fn without_options(
    message: &str,
    parameter_of: ParameterOf,
) -> (String, BTreeMap<&'static str, &'static RawValue>) {
    let (mut text, mut named) = (String::new(), BTreeMap::new());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once("--") {
        text.push_str(before);
        let end = after
            .find(|letter: char| !letter.is_ascii_lowercase() && letter != '-')
            .unwrap_or(after.len());
        let (option, behind) = after.split_at(end);
        if let Some((name, example)) = parameter_of(option) {
            text.push_str("the parameter ");
            text.push_str(name);
            if let Ok(example) = serde_json::from_str(example) {
                named.insert(name, example);
            }
        } else {
            text.push_str("--");
            text.push_str(option);
        }
        rest = behind;
    }
    text.push_str(rest);
    (text, named)
}

/// What the AWS CLI takes for the metadata that hold these parameters. Its own short form cannot say JSON.
fn metadata(named: &BTreeMap<&'static str, &'static RawValue>) -> String {
    let parameters = serde_json::to_string(named).unwrap_or_default();
    let metadata = BTreeMap::from([(keys::PARAMETERS_METADATA, parameters)]);
    serde_json::to_string(&metadata).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter_of(option: &str) -> Option<(&'static str, &'static str)> {
        match option {
            "skip-invalid" => Some(("skip_invalid", "true")),
            "column" => Some(("column", "\"amount\"")),
            _ => None,
        }
    }

    fn told(code: errand_protocol::ErrorCode, message: &str) -> String {
        let location = ObjectLocation {
            bucket: "errand-input".parse().unwrap(),
            key: "stats/a.csv".parse().unwrap(),
            version_id: None,
        };
        to_uploader(JobError::permanent(code, message), &location, parameter_of).message
    }

    #[test]
    fn options_become_parameters_with_an_example_that_can_be_typed() {
        let code = errand_protocol::ErrorCode::new("not_an_integer");
        assert_eq!(
            told(
                code.clone(),
                "not a number: `--x`; skip it (--skip-invalid), or name a --column"
            ),
            "not a number: `--x`; skip it (the parameter skip_invalid), or name a the parameter column; an uploaded file has \
             its parameters in its metadata (errand-parameters, a JSON object), as in: aws s3 cp FILE \
             s3://errand-input/stats/a.csv --metadata \
             '{\"errand-parameters\":\"{\\\"column\\\":\\\"amount\\\",\\\"skip_invalid\\\":true}\"}'"
        );
        for as_it_is in [
            "no numbers in the input; send at least one",
            "use --offline",
            "ends with --",
        ] {
            assert_eq!(told(code.clone(), as_it_is), as_it_is);
        }
    }

    #[test]
    fn parameters_that_cannot_be_are_told_with_their_place() {
        let text = told(code::INVALID_PARAMETERS, "parameters: unknown field `color`");
        assert!(
            text.ends_with("in its metadata (errand-parameters, a JSON object)"),
            "{text}"
        );
    }

    #[test]
    fn parameters_of_a_stack_begin_with_their_operation() {
        assert_eq!(stack_parameter("stats", "MemoryMb"), "StatsMemoryMb");
    }
}
