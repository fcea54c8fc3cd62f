//! The contract on the local cloud, in a bucket and a queue of its own.

use std::io::Write;

use errand_protocol::{BucketName, JobId};

use crate::contract;

/// The local cloud's endpoint; without one the test is skipped, and says so.
fn endpoint(test: &str) -> Option<String> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
    if endpoint.is_none() {
        // Not by a macro, whose output the test runner keeps to itself.
        let skipped =
            format!("SKIPPED: {test}: AWS_ENDPOINT_URL is not set; run it with `make test-contract`\n");
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    endpoint
}

#[tokio::test]
async fn s3_keeps_the_contract() {
    let Some(endpoint) = endpoint("s3_keeps_the_contract") else {
        return;
    };
    let (s3, _) = super::clients_of(&endpoint);
    let bucket: BucketName = format!("errand-contract-{}", JobId::random()).parse().unwrap();
    let created = s3.client.create_bucket().bucket(bucket.as_str()).send().await;
    created.expect("a bucket can be made");
    Box::pin(contract::holds_for_objects(&s3, &bucket)).await;
    let stored = s3
        .client
        .list_objects_v2()
        .bucket(bucket.as_str())
        .send()
        .await
        .unwrap();
    for object in stored.contents() {
        let key = object.key().unwrap();
        let deleted = s3
            .client
            .delete_object()
            .bucket(bucket.as_str())
            .key(key)
            .send()
            .await;
        deleted.unwrap();
    }
    s3.client
        .delete_bucket()
        .bucket(bucket.as_str())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn sqs_keeps_the_contract() {
    let Some(endpoint) = endpoint("sqs_keeps_the_contract") else {
        return;
    };
    let (_, sqs) = super::clients_of(&endpoint);
    let name = format!("errand-contract-{}", JobId::random());
    let created = sqs.0.create_queue().queue_name(name).send().await.unwrap();
    let url = created.queue_url().unwrap();
    let receive = || async {
        let received = sqs
            .0
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .visibility_timeout(60)
            .send()
            .await
            .unwrap();
        let text = |text: Option<&str>| text.unwrap().to_owned();
        let messages = received.messages().iter();
        messages
            .map(|message| (text(message.body()), text(message.receipt_handle())))
            .collect()
    };
    contract::holds_for_queues(&sqs, url, receive).await;
    sqs.0.delete_queue().queue_url(url).send().await.unwrap();
}
