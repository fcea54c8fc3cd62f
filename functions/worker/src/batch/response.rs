//! What Lambda is answered for a batch of SQS messages.

use serde::Serialize;

/// The messages of a batch that are to be delivered again; Lambda deletes the others.
///
/// The shape is that of "Implementing partial batch responses" in the AWS Lambda developer guide
/// (`services-sqs-errorhandling`, read 2026-11). An identifier that is empty, or that no message of the batch has,
/// makes Lambda repeat the whole batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SqsBatchResponse {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    /// The `messageId` of the SQS record.
    item_identifier: String,
}

/// Made of the ids of the messages to be delivered again.
impl FromIterator<String> for SqsBatchResponse {
    fn from_iter<I: IntoIterator<Item = String>>(message_ids: I) -> Self {
        let failure = |item_identifier| BatchItemFailure { item_identifier };
        Self {
            batch_item_failures: message_ids.into_iter().map(failure).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(message_ids: &[&str]) -> String {
        let response: SqsBatchResponse = message_ids.iter().map(ToString::to_string).collect();
        serde_json::to_string(&response).unwrap()
    }

    #[test]
    fn a_response_has_the_exact_shape_that_lambda_reads() {
        assert_eq!(
            json(&["059f36b4-87a3-44ab-83d2-661975830a7d"]),
            r#"{"batchItemFailures":[{"itemIdentifier":"059f36b4-87a3-44ab-83d2-661975830a7d"}]}"#
        );
        assert_eq!(
            json(&["1", "2"]),
            r#"{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"}]}"#
        );
    }

    #[test]
    fn a_response_without_failures_has_an_empty_list() {
        assert_eq!(json(&[]), r#"{"batchItemFailures":[]}"#);
    }
}
