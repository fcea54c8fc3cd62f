//! Files that the queue hears of through SNS and `EventBridge`, and what else comes that way.

use errand_protocol::{ErrorCode, JobId, RequestInput, code};
use serde_json::{Value, json};

use super::*;

const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:uploads";

/// A message of a topic, as SNS sends it without raw message delivery (Amazon SNS developer guide, 2026-11).
fn sns(message: &Value) -> Value {
    let message = message
        .as_str()
        .map_or_else(|| message.to_string(), str::to_owned);
    json!({
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "Amazon S3 Notification",
        "Message": message,
        "Timestamp": "2026-11-24T20:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-east-2.amazonaws.com/a.pem",
        "UnsubscribeURL": "https://sns.us-east-2.amazonaws.com/?Action=Unsubscribe"
    })
}

/// An event as S3 sends it to `EventBridge` (Amazon S3 user guide, 2026-11), where keys are not encoded.
fn bus_event(detail_type: &str, key: &str, version: &str) -> Value {
    json!({
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-24T20:00:00Z",
        "region": "us-east-2",
        "resources": [format!("arn:aws:s3:::{INPUTS}")],
        "detail": {
            "version": "0",
            "bucket": { "name": INPUTS },
            "object": { "key": key, "size": 5, "etag": "e1", "version-id": version, "sequencer": "00617F08299329D189" },
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject"
        }
    })
}

#[tokio::test]
async fn a_file_is_one_job_whatever_services_its_event_came_through() {
    let key = "stats/two words + é 100%41.txt";
    let fixture = Fixture::new();
    let location = object(INPUTS, key);
    let version = fixture.objects.put(&location, "1 2 3");
    let direct = s3_event(
        INPUTS,
        "stats/two+words+%2B+%C3%A9+100%2541.txt",
        Some(&version),
        "e1",
    );
    let bus = bus_event("Object Created", key, &version);
    let bodies = [sns(&direct), bus.clone(), sns(&bus), direct];
    for (number, body) in bodies.iter().enumerate() {
        let message = format!("m{number}");
        let answer = fixture
            .handle(&sqs([record(&message, 1, &body.to_string())]))
            .await;
        assert_eq!(answer, Ok(no_item_failures()));
    }
    // To a function that is subscribed itself, or a rule's target.
    let subscribed =
        json!({ "Records": [{ "EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns(&bus) }] });
    for event in [subscribed, bus] {
        assert!(fixture.handle(&event).await.unwrap().is_array());
    }
    assert_eq!(fixture.runs(), 1);
    let id = JobId::of_object(&location, &version);
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1 2 3");
    let outcomes = fixture.objects.keys(RESULTS);
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    let replies = fixture.replies(RESPONSES);
    assert!(replies.len() == 6 && replies.iter().all(|reply| reply.job_id == id));
}

#[tokio::test]
async fn what_holds_no_event_of_s3_is_answered_once_with_what_it_is_and_where_it_came_from() {
    let other = |source: &str, kind: &str| {
        let mut event = bus_event(kind, "stats/a.txt", "v1");
        event["source"] = source.into();
        event
    };
    let confirmation = {
        let mut message = sns(&json!("You have chosen to subscribe to the topic."));
        message["Type"] = "SubscriptionConfirmation".into();
        message
    };
    let cases: [(Value, &[&str]); 6] = [
        (sns(&json!("3 1 2")), &[TOPIC, "`3 1 2`", "raw message delivery"]),
        (
            sns(&json!({ "order": 7 })),
            &[TOPIC, "`{\"order\":7}`", "raw message delivery"],
        ),
        (confirmation, &[TOPIC, "`SubscriptionConfirmation`"]),
        (
            other("aws.ec2", "EC2 Instance State-change Notification"),
            &[
                "`EC2 Instance State-change Notification` of `aws.ec2`",
                "`Object Created` of `aws.s3`",
            ],
        ),
        (
            other("aws.s3", "AWS API Call via CloudTrail"),
            &["`AWS API Call via CloudTrail`"],
        ),
        (
            sns(&other("aws.events", "Scheduled Event")),
            &["`Scheduled Event` of `aws.events`", TOPIC],
        ),
    ];
    for (body, words) in cases {
        let fixture = Fixture::new();
        let answer = fixture.handle(&sqs([record("m1", 1, &body.to_string())])).await;
        assert_eq!(answer, Ok(no_item_failures()));
        let error = fixture.error(JobId::of_message("m1"));
        assert_eq!((&error.code, error.retryable), (&code::MALFORMED_REQUEST, false));
        for word in words {
            assert!(error.message.contains(word), "no {word} in: {error}");
        }
        assert_eq!(fixture.replies(RESPONSES).len(), 1);
    }
}

#[tokio::test]
async fn a_request_that_was_published_is_told_to_its_client() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = sns(&inline(id, "3 1 2").into());
    fixture
        .handle(&sqs([record("m1", 1, &body.to_string())]))
        .await
        .unwrap();
    assert!(fixture.error(id).message.contains("raw message delivery"));
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn chained_events_that_tell_of_no_new_file_ask_for_nothing() {
    let fixture = Fixture::new();
    let mut removed = s3_event(INPUTS, "stats/list.txt", Some("v1"), "e1");
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete".into();
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": INPUTS });
    let bodies = [
        sns(&removed),
        sns(&test),
        bus_event("Object Deleted", "stats/list.txt", "v1"),
        sns(&bus_event("Object Tags Added", "stats/list.txt", "v1")),
        bus_event("Object Created", "stats/folder/", "v1"),
    ];
    for body in bodies {
        let answer = fixture.handle(&sqs([record("m1", 1, &body.to_string())])).await;
        assert_eq!(answer, Ok(no_item_failures()));
    }
    assert_eq!(fixture.objects.keys(RESULTS), Vec::<String>::new());
}

#[tokio::test]
async fn an_event_of_another_bucket_or_prefix_is_answered_by_the_name_of_its_object() {
    for (bucket, key, words) in [
        (
            "another-bucket",
            "stats/a.txt",
            "s3://another-bucket/stats/a.txt is not in this stack's input bucket",
        ),
        (
            INPUTS,
            "other/a.txt",
            "s3://errand-input/other/a.txt does not ask for `stats`",
        ),
    ] {
        let fixture = Fixture::new();
        let mut event = bus_event("Object Created", key, "v1");
        event["detail"]["bucket"]["name"] = bucket.into();
        fixture
            .handle(&sqs([record("m1", 1, &sns(&event).to_string())]))
            .await
            .unwrap();
        let error = fixture.error(JobId::of_object(&object(bucket, key), "v1"));
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test]
async fn who_uploaded_a_file_is_advised_metadata_and_who_sent_a_request_the_option() {
    let fixture = Fixture::new();
    let list = "reject not a number: `x`; skip it (--skip-invalid)";
    let location = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&location, list);
    let event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1");
    let id = JobId::random();
    fixture
        .handle(&sqs([
            record("m1", 1, &event.to_string()),
            record("m2", 1, &request(id, RequestInput::Inline(list.to_owned()))),
        ]))
        .await
        .unwrap();
    let uploaded = fixture.error(JobId::of_object(&location, &version));
    assert_eq!(uploaded.code, ErrorCode::new("not_an_integer"));
    assert!(!uploaded.message.contains("--skip-invalid"), "{uploaded}");
    assert!(
        uploaded.message.contains("the parameter skip_invalid")
            && uploaded
                .message
                .contains("s3://errand-input/stats/list.txt --metadata")
            && uploaded.message.contains(r#""{\"skip_invalid\":true}""#),
        "{uploaded}"
    );
    assert!(fixture.error(id).message.contains("(--skip-invalid)"));
}

#[tokio::test]
async fn what_the_memory_does_not_take_names_the_parameter_that_gives_more_and_how_much_it_is() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    // The Probe reads a first chunk, and as much again as its memory takes: 1 MiB.
    let version = fixture.objects.put(&location, vec![b'1'; 3 << 20]);
    let event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1");
    fixture.handle(&event).await.unwrap();
    let error = fixture.error(JobId::of_object(&location, &version));
    assert_eq!(error.code, code::INPUT_TOO_LARGE);
    assert!(
        error
            .message
            .ends_with("or raise the stack's parameter StatsMemoryMb (65 MB now)"),
        "{error}"
    );
}
