//! What Lambda tells of an operation's function, and of what feeds it.

use serde_json::Value;

use super::signed::{Call, Policy};
use super::{Cloud, Seen};
use crate::error::Error;

/// The alias that requests are sent to (`AutoPublishAlias` in the template).
const ALIAS: &str = "live";

/// A function, as far as its queue has to fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionState {
    /// How long it may take over what it is given at once.
    pub timeout_secs: u64,
    /// `Active`, or what keeps it from being so.
    pub state: String,
    /// Why it is not active.
    pub reason: Option<String>,
    /// After how many deliveries it takes a request for one that SQS gives up, as it was told.
    pub max_receive_count: Option<u64>,
}

/// What reads a queue for a function: an event source mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its id.
    pub uuid: String,
    /// The function that it calls, with its alias.
    pub function_arn: String,
    /// `Enabled`, `Disabled`, or on its way from one to the other.
    pub state: String,
    /// Whether the function may answer which messages of a batch it did not do.
    pub reports_item_failures: bool,
    /// What became of its last call, where that is known.
    pub last_result: Option<String>,
}

impl Cloud {
    /// The settings of a function of the stack.
    pub async fn function(&self, name: &str) -> Result<Seen<FunctionState>, Error> {
        let found = self
            .ask(&self.lambda(
                "lambda:GetFunctionConfiguration",
                format!("/2015-03-31/functions/{name}/configuration?Qualifier={ALIAS}"),
            ))
            .await?;
        Ok(found.map(|answer| FunctionState {
            timeout_secs: answer["Timeout"].as_u64().unwrap_or_default(),
            // Left out where there is nothing to say.
            state: text(&answer["State"]).unwrap_or_else(|| "Active".to_owned()),
            reason: text(&answer["StateReason"]),
            max_receive_count: answer["Environment"]["Variables"]["ERRAND_MAX_RECEIVE_COUNT"]
                .as_str()
                .and_then(|count| count.parse().ok()),
        }))
    }

    /// All that reads a queue for a function.
    pub async fn triggers(&self, queue_arn: &str) -> Result<Seen<Vec<Trigger>>, Error> {
        let found = self
            .ask(&self.lambda(
                "lambda:ListEventSourceMappings",
                format!(
                    "/2015-03-31/event-source-mappings?EventSourceArn={}",
                    queue_arn.replace(':', "%3A")
                ),
            ))
            .await?;
        Ok(found.map(|answer| {
            let mappings = answer["EventSourceMappings"].as_array().cloned();
            mappings.unwrap_or_default().iter().map(trigger).collect()
        }))
    }

    fn lambda(&self, action: &'static str, target: String) -> Call<'_> {
        Call {
            action,
            policy: Policy::Operator,
            host: "lambda",
            service: "lambda",
            place: &self.others.lambda,
            target,
            post: None,
        }
    }
}

fn trigger(mapping: &Value) -> Trigger {
    let kinds = mapping["FunctionResponseTypes"].as_array();
    Trigger {
        uuid: text(&mapping["UUID"]).unwrap_or_default(),
        function_arn: text(&mapping["FunctionArn"]).unwrap_or_default(),
        state: text(&mapping["State"]).unwrap_or_default(),
        reports_item_failures: kinds
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "ReportBatchItemFailures")),
        last_result: text(&mapping["LastProcessingResult"]),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
