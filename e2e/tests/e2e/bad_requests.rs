//! What other programs may put into the request queues by mistake: each is answered, consumed, and hurts no other.

use errand_e2e::{PATIENCE, ReplyQueue, Stack};
use serde_json::{Value, json};

fn id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[tokio::test]
async fn bad_requests_are_answered_and_the_good_one_among_them_succeeds() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    let foreign = json!({ "bucket": "somebody-elses", "key": "stats/list.txt" });
    let missing = json!({ "bucket": stack.input_bucket, "key": "stats/nothing/here.txt" });
    let outside = json!({ "bucket": stack.input_bucket, "key": "private/list.txt" });
    let object = |object: &Value| json!({ "object": object });
    let cases = [
        (
            "unknown_operation",
            json!({ "operation": "sepia", "input": { "inline": "1" } }),
        ),
        ("input_not_found", json!({ "input": object(&missing) })),
        ("input_refused", json!({ "input": object(&foreign) })),
        ("input_refused", json!({ "input": object(&outside) })),
        ("malformed_request", json!({ "input": {} })),
        (
            "unsupported_version",
            json!({ "version": 99, "input": { "inline": "1" } }),
        ),
        (
            "invalid_parameters",
            json!({ "input": { "inline": "1" }, "parameters": { "color": 1 } }),
        ),
        ("not_an_integer", json!({ "input": { "inline": "1 2 x 4" } })),
        ("empty_input", json!({ "input": { "inline": " " } })),
        ("succeeded", json!({ "input": { "inline": "1 2 3" } })),
    ];
    let mut expected = std::collections::BTreeMap::new();
    let queue = stack.queue("stats-requests").await;
    let mut batch = stack.sqs.send_message_batch().queue_url(&queue);
    for (index, (code, fields)) in cases.into_iter().enumerate() {
        let id = id();
        let mut request =
            json!({ "version": 1, "job_id": id, "operation": "stats", "reply_queue": reply_queue.name() });
        request
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let entry = aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder();
        batch = batch.entries(
            entry
                .id(index.to_string())
                .message_body(request.to_string())
                .build()
                .unwrap(),
        );
        expected.insert(id, code);
    }
    assert!(batch.send().await.unwrap().failed().is_empty());
    for (id, outcome) in reply_queue.outcomes(expected.len()).await {
        let code = if outcome["status"] == "failed" {
            &outcome["error"]["code"]
        } else {
            &outcome["status"]
        };
        assert_eq!(code, expected[&id], "{outcome:#}");
        assert_eq!(outcome["attempt"], 1, "answered at once: {outcome:#}");
        assert_eq!(stack.outcome(&id).await, outcome);
    }
}

#[tokio::test]
async fn an_upload_is_done_for_the_job_whose_id_is_in_its_key_and_for_no_other() {
    let stack = Stack::connect().await;
    let (own, other) = (id(), id());
    let key = format!("uploads/{own}/list.txt");
    stack.upload_file(&key, b"1 2 3".to_vec()).await;
    let object = json!({ "object": { "bucket": stack.input_bucket, "key": key } });
    // The function's role may read all uploads, so that it has to refuse by itself.
    for job in [&other, &own] {
        let body = json!({ "version": 1, "job_id": job, "operation": "stats", "input": object });
        stack.request("stats", body).await;
    }
    let refused = stack.outcome(&other).await;
    assert_eq!(refused["error"]["code"], "input_refused", "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("begin with `uploads/{other}/`")),
        "{message}"
    );
    assert_eq!(stack.outcome(&own).await["result"]["count"], 3);
}

#[tokio::test]
async fn broken_json_is_answered_and_consumed() {
    let stack = Stack::alone().await;
    let (stats, grayscale) = (
        stack.queue("stats-requests").await,
        stack.queue("grayscale-requests").await,
    );
    let mut ids = Vec::new();
    for queue in [&stats, &grayscale] {
        let id = id();
        // Cut off, but the job's id can still not be read from what is no JSON: the outcome goes under the message's.
        let body = format!(r#"{{"version": 1, "job_id": "{id}", "#);
        let sent = stack
            .sqs
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .send()
            .await
            .unwrap();
        ids.push(sent.message_id.unwrap());
    }
    // A request whose only fault is one field is answered under its own id.
    let id = id();
    let body = json!({ "version": 1, "job_id": id, "operation": "stats" });
    stack
        .sqs
        .send_message()
        .queue_url(&stats)
        .message_body(body.to_string())
        .send()
        .await
        .unwrap();
    let outcome = stack.outcome(&id).await;
    assert_eq!(outcome["error"]["code"], "malformed_request");
    assert!(
        outcome["error"]["message"]
            .as_str()
            .unwrap()
            .contains("missing field `input`"),
        "{outcome}"
    );
    // Nothing is left in the queues or went to the dead letters.
    let end = std::time::Instant::now() + PATIENCE;
    for queue in [stats, grayscale] {
        for queue in [queue.clone(), queue.replace("-requests", "-dead-letters")] {
            let names = [
                aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages,
                aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            ];
            loop {
                let asked = stack.sqs.get_queue_attributes().queue_url(&queue);
                let answer = asked
                    .set_attribute_names(Some(names.to_vec()))
                    .send()
                    .await
                    .unwrap();
                let counts: Vec<String> = answer.attributes.unwrap_or_default().into_values().collect();
                if counts.iter().all(|count| count == "0") {
                    break;
                }
                assert!(std::time::Instant::now() < end, "{queue} still holds {counts:?}");
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        }
    }
}

/// The job of a message that names none, by the rule of docs/protocol.md.
fn job_of_message(message_id: &str) -> String {
    let names = uuid::uuid!("6f4d9d0e-51b3-4c0a-9a5e-0c8e7b1d2f63");
    let name = format!("7:message{}:{message_id}", message_id.len());
    uuid::Uuid::new_v5(&names, name.as_bytes()).to_string()
}

#[tokio::test]
async fn what_came_to_the_wrong_queue_or_through_another_service_is_told_as_that() {
    let stack = Stack::connect().await;
    let topic = "arn:aws:sns:us-east-1:000000000000:orders";
    let published = json!({ "Type": "Notification", "TopicArn": topic, "Message": "3 1 2" });
    let event = json!({ "detail-type": "Scheduled Event", "source": "aws.events", "detail": {} });
    let cases = [
        (
            "grayscale",
            "3 1 2".to_owned(),
            "`3 1 2` is not a request, and this queue takes no bare text",
        ),
        ("stats", published.to_string(), topic),
        ("grayscale", published.to_string(), topic),
        ("stats", event.to_string(), "`Scheduled Event` of `aws.events`"),
    ];
    for (operation, body, words) in cases {
        let message_id = stack.request(operation, &body).await;
        let outcome = stack.outcome(&job_of_message(&message_id)).await;
        assert_eq!(outcome["error"]["code"], "malformed_request", "{outcome:#}");
        let message = outcome["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "no {words} in: {message}");
        assert_eq!(outcome["message_id"], *message_id);
    }
}

#[tokio::test]
async fn a_foreign_reply_queue_is_refused_and_hears_nothing() {
    let stack = Stack::connect().await;
    let name = format!("foreign-{}", uuid::Uuid::now_v7().simple());
    let url = stack
        .sqs
        .create_queue()
        .queue_name(&name)
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    let id = id();
    let body = json!({
        "version": 1, "job_id": id, "operation": "stats", "input": { "inline": "1 2 3" }, "reply_queue": name
    });
    stack.request("stats", body).await;
    let outcome = stack.outcome(&id).await;
    assert_eq!(outcome["error"]["code"], "reply_queue_refused", "{outcome}");
    let received = stack
        .sqs
        .receive_message()
        .queue_url(&url)
        .wait_time_seconds(2)
        .send()
        .await
        .unwrap();
    assert_eq!(received.messages.unwrap_or_default().len(), 0);
    stack.sqs.delete_queue().queue_url(url).send().await.unwrap();
}

#[tokio::test]
async fn the_same_request_twice_is_one_job_with_one_outcome() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    let id = id();
    // Other numbers under the same id: the job has its outcome already, and keeps it.
    for list in ["1 2 3", "7 8 9"] {
        let body = json!({
            "version": 1, "job_id": id, "operation": "stats", "input": { "inline": list },
            "reply_queue": reply_queue.name()
        });
        stack.request("stats", body).await;
        stack.outcome(&id).await;
    }
    let end = std::time::Instant::now() + PATIENCE;
    let mut replies = Vec::new();
    while replies.len() < 2 && std::time::Instant::now() < end {
        let receive = stack.sqs.receive_message().queue_url(reply_queue.url());
        let received = receive
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        replies.extend(
            received
                .messages
                .unwrap_or_default()
                .into_iter()
                .map(|message| message.body.unwrap()),
        );
    }
    assert_eq!(replies.len(), 2, "{replies:#?}");
    let outcomes: Vec<Value> = replies
        .iter()
        .map(|reply| serde_json::from_str::<Value>(reply).unwrap()["outcome"].take())
        .collect();
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[0], stack.outcome(&id).await);
    stack
        .sqs
        .delete_queue()
        .queue_url(reply_queue.url())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reply_queue_that_has_gone_is_no_failure() {
    let stack = Stack::connect().await;
    let id = id();
    let body = json!({
        "version": 1, "job_id": id, "operation": "stats", "input": { "inline": "1 2 3" },
        "reply_queue": format!("{}-reply-{}", stack.name, uuid::Uuid::now_v7().simple()),
    });
    stack.request("stats", body).await;
    let outcome = stack.outcome(&id).await;
    assert_eq!(
        (&outcome["status"], &outcome["attempt"]),
        (&"succeeded".into(), &1.into())
    );
    // Nobody takes the message up again for the reply's sake: the outcome stays the one of the first delivery.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(stack.outcome(&id).await, outcome);
}
