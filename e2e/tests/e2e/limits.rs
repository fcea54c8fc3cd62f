//! At the edges of what SQS takes in one message and in one batch. Up to which byte the client's lists travel inline,
//! `jobs.rs` tests.

use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use errand_e2e::{ReplyQueue, Stack};
use serde_json::{Value, json};

/// Most bytes of a message, its attributes counted, and of a batch (Amazon SQS developer guide, quotas; read 2026-11).
const MESSAGE_BYTES: usize = 1_048_576;

/// Different integers of seven digits, one after the other, in exactly so many bytes.
fn list(bytes: usize) -> String {
    let integers: Vec<String> = (0..=bytes / 8)
        .map(|index| (1_000_000 + index).to_string())
        .collect();
    let mut list = integers.join(" ") + " ";
    list.truncate(bytes);
    list
}

fn request(id: &str, reply_queue: &str, parameters: &Value, list: &str) -> String {
    json!({
        "version": 1, "job_id": id, "operation": "stats", "parameters": parameters, "reply_queue": reply_queue,
        "input": { "inline": list },
    })
    .to_string()
}

fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[tokio::test]
async fn a_message_of_exactly_one_mebibyte_with_its_attributes_is_one_job() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    // An attribute counts with its name, its type and its value.
    let (name, kind, value) = ("sender", "String", "a test");
    let attributes = name.len() + kind.len() + value.len();
    let id = new_id();
    let empty = request(&id, reply_queue.name(), &json!({}), "");
    let input = list(MESSAGE_BYTES - attributes - empty.len());
    let body = request(&id, reply_queue.name(), &json!({}), &input);
    assert_eq!(body.len() + attributes, MESSAGE_BYTES);
    let attribute = MessageAttributeValue::builder()
        .data_type(kind)
        .string_value(value);
    let requests = stack.queue("stats-requests").await;
    let send = stack.sqs.send_message().queue_url(requests).message_body(body);
    send.message_attributes(name, attribute.build().unwrap())
        .send()
        .await
        .unwrap();
    let reply = reply_queue.replies(1).await.remove(&id).unwrap();
    let count = input.split_whitespace().count();
    assert_eq!(reply["outcome"]["result"]["count"], count);
    assert_eq!(reply["outcome"]["attempt"], 1);
}

/// One integer of so many digits. Its sum, minimum, maximum, mean and median each have as many, and so has each
/// percentile: a short list with a long answer.
fn long_integer(digits: usize) -> String {
    "7".repeat(digits)
}

#[tokio::test]
async fn ten_jobs_of_one_batch_are_all_answered_when_their_replies_do_not_fit_one_batch() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    let input = long_integer(30_000);
    let mut ids = Vec::new();
    let mut batch = stack
        .sqs
        .send_message_batch()
        .queue_url(stack.queue("stats-requests").await);
    for index in 0..10 {
        let id = new_id();
        let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
        let body = request(&id, reply_queue.name(), &json!({}), &input);
        batch = batch.entries(entry.message_body(body).build().unwrap());
        ids.push(id);
    }
    assert!(batch.send().await.unwrap().failed().is_empty());
    let replies = reply_queue.replies(10).await;
    let sizes: usize = replies.values().map(|reply| reply.to_string().len()).sum();
    assert!(sizes > MESSAGE_BYTES, "{sizes} bytes would have fitted one batch");
    for id in ids {
        assert_eq!(replies[&id]["outcome"]["result"]["sum"], input, "{id}");
    }
}

#[tokio::test]
async fn an_outcome_larger_than_a_message_is_answered_with_its_location() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    let id = new_id();
    let input = long_integer(90_000);
    let percentiles: Vec<u32> = (1..=10).collect();
    let body = request(
        &id,
        reply_queue.name(),
        &json!({ "percentiles": percentiles }),
        &input,
    );
    let send = stack
        .sqs
        .send_message()
        .queue_url(stack.queue("stats-requests").await);
    send.message_body(body).send().await.unwrap();
    let reply = reply_queue.replies(1).await.remove(&id).unwrap();
    assert!(reply.get("outcome").is_none());
    assert_eq!(
        reply["location"],
        json!({ "bucket": stack.result_bucket, "key": format!("outcomes/{id}.json") })
    );
    let key = reply["location"]["key"].as_str().unwrap();
    assert!(stack.await_result(key).await.len() > MESSAGE_BYTES);

    // And so the client prints all of it.
    let errand = stack.errand().with("input.txt", &input);
    let percentiles: Vec<String> = percentiles.iter().map(ToString::to_string).collect();
    let ended = errand
        .run(&["stats", "--percentiles", &percentiles.join(","), "--json"])
        .succeeded();
    assert!(ended.stdout.len() > MESSAGE_BYTES);
    assert_eq!(ended.json()["sum"], input);
}
