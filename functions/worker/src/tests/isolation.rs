//! What is wrong with one record is told to whoever sent it, and hurts no other.

use errand_protocol::{ErrorCode, JobId, RequestInput, code};
use serde_json::{Value, json};

use super::*;

/// Handles a record that cannot be done, between two that can; gives the error that it was answered with.
async fn between_two_good_ones(fixture: &Fixture, bad: Value, bad_id: JobId) -> JobError {
    let (first, last) = (JobId::random(), JobId::random());
    let event = sqs([
        record("good-1", 1, &inline(first, "1")),
        bad,
        record("good-2", 1, &inline(last, "2")),
    ]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    for (id, text) in [(first, "1"), (last, "2")] {
        assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), text);
    }
    let error = fixture.error(bad_id);
    assert!(!error.retryable, "{error:?}");
    error
}

async fn answered_with(body: &str, id: JobId) -> JobError {
    let fixture = Fixture::new();
    let error = between_two_good_ones(&fixture, record("bad", 1, body), id).await;
    let told = fixture
        .replies(CLIENT_URL)
        .into_iter()
        .chain(fixture.replies(RESPONSES));
    assert_eq!(told.filter(|reply| reply.job_id == id).count(), 1);
    error
}

fn edited(body: &str, field: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body[field] = value;
    body.to_string()
}

#[tokio::test]
async fn broken_json_is_answered_to_the_response_queue() {
    let error = answered_with("{\"version\": 1, ", JobId::of_message("bad")).await;
    assert_eq!(error.code, code::MALFORMED_REQUEST);
}

#[tokio::test]
async fn an_empty_body_is_input_like_any_other() {
    let fixture = Fixture::new();
    fixture.handle(&sqs([record("m1", 1, "")])).await.unwrap();
    assert_eq!(
        reported(&fixture.outcome(JobId::of_message("m1")).unwrap(), "text"),
        ""
    );
}

#[tokio::test]
async fn a_request_that_lacks_a_field_is_answered_to_its_client() {
    let id = JobId::random();
    let error = answered_with(&edited(&inline(id, "1"), "operation", Value::Null), id).await;
    assert_eq!(error.code, code::MALFORMED_REQUEST);
}

#[tokio::test]
async fn an_unknown_operation_is_named() {
    let id = JobId::random();
    let error = answered_with(&edited(&inline(id, "1"), "operation", "colorize".into()), id).await;
    assert_eq!(error.code, code::UNKNOWN_OPERATION);
    assert!(
        error.message.contains("`colorize`") && error.message.contains("`stats`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_later_version_is_told_as_such() {
    let id = JobId::random();
    let error = answered_with(&edited(&inline(id, "1"), "version", 2.into()), id).await;
    assert_eq!(error.code, code::UNSUPPORTED_VERSION);
}

#[tokio::test]
async fn input_that_the_operation_refuses_is_answered_in_its_words() {
    let id = JobId::random();
    let error = answered_with(&inline(id, "reject `x` at line 1"), id).await;
    assert_eq!(
        error,
        JobError::permanent(ErrorCode::new("not_an_integer"), "`x` at line 1")
    );
}

#[tokio::test]
async fn an_object_that_vanished_is_answered_with_its_place() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1");
    fixture.objects.delete(&location);
    let bad = record("bad", 1, &request(id, RequestInput::Object(location)));
    let error = between_two_good_ones(&fixture, bad, id).await;
    assert_eq!(error.code, code::INPUT_NOT_FOUND);
    assert!(
        error
            .message
            .contains(&format!("s3://errand-input/uploads/{id}/list.txt")),
        "{error}"
    );
}

#[tokio::test]
async fn a_version_that_never_was_is_named() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let mut location = upload(id);
    fixture.objects.put(&location, "1");
    location.version_id = Some("v9".to_owned());
    let bad = record("bad", 1, &request(id, RequestInput::Object(location)));
    let error = between_two_good_ones(&fixture, bad, id).await;
    assert_eq!(error.code, code::INPUT_NOT_FOUND);
    assert!(error.message.contains("`v9`"), "{error}");
}

#[tokio::test]
async fn a_panic_in_the_middle_of_the_input_is_answered_and_its_turn_is_passed_on() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture
        .objects
        .put(&location, format!("panic {}", "1 ".repeat(1000)));
    let bad = record("bad", 1, &request(id, RequestInput::Object(location)));
    let error = between_two_good_ones(&fixture, bad, id).await;
    assert_eq!(error.code, code::INTERNAL);
    assert!(error.message.contains("panics before it has read all"), "{error}");
}

#[tokio::test]
async fn a_foreign_bucket_and_a_foreign_key_are_refused() {
    let (id, other) = (JobId::random(), JobId::random());
    for (bucket, key) in [
        ("somebody-elses", format!("uploads/{id}/list.txt")),
        (RESULTS, format!("uploads/{id}/list.txt")),
        (INPUTS, "grayscale/photo.jpg".to_owned()),
        (INPUTS, "outcomes/x.json".to_owned()),
        // An upload is for the job whose id it lies under.
        (INPUTS, format!("uploads/{other}/list.txt")),
        (INPUTS, format!("uploads/{id}")),
        (INPUTS, format!("uploads/{id}0/list.txt")),
        (INPUTS, "uploads/list.txt".to_owned()),
    ] {
        let fixture = Fixture::new();
        let location = object(bucket, &key);
        fixture.objects.put(&location, "1");
        let bad = record("bad", 1, &request(id, RequestInput::Object(location)));
        let error = between_two_good_ones(&fixture, bad, id).await;
        assert_eq!(error.code, code::INPUT_REFUSED);
        if bucket == INPUTS {
            let cure = format!("its key has to begin with `uploads/{id}/` or `stats/`");
            assert!(error.message.ends_with(&cure), "{error}");
        }
        let opened = fixture
            .log
            .effects()
            .into_iter()
            .filter(|e| e.starts_with("open"));
        assert_eq!(opened.count(), 0, "it was read all the same");
    }
}

#[tokio::test]
async fn an_event_of_a_foreign_bucket_or_prefix_is_refused() {
    for (bucket, key, refusal) in [
        ("somebody-elses", "stats/list.txt", code::INPUT_REFUSED),
        (INPUTS, "grayscale/photo.jpg", code::UNKNOWN_OPERATION),
    ] {
        let fixture = Fixture::new();
        let id = JobId::of_object(&object(bucket, key), "v1");
        let event = s3_event(bucket, key, Some("v1"), "e1").to_string();
        let error = between_two_good_ones(&fixture, record("bad", 1, &event), id).await;
        assert_eq!(error.code, refusal);
    }
}

#[tokio::test]
async fn a_foreign_reply_queue_is_refused_and_the_refusal_is_not_sent_there() {
    const FOREIGN: &str = "http://sqs/1/errand-stats-requests";
    // A broken request must not get past the check either.
    for breakage in [None, Some("operation")] {
        let fixture = Fixture::new();
        fixture.queues.create(FOREIGN);
        let id = JobId::random();
        let mut body = edited(&inline(id, "1"), "reply_queue", "errand-stats-requests".into());
        if let Some(field) = breakage {
            body = edited(&body, field, Value::Null);
        }
        let error = between_two_good_ones(&fixture, record("bad", 1, &body), id).await;
        assert_eq!(error.code, code::REPLY_QUEUE_REFUSED);
        assert_eq!(fixture.queues.bodies(FOREIGN), Vec::<String>::new());
        assert_eq!(fixture.replies(RESPONSES)[0].job_id, id);
    }
}

#[tokio::test]
async fn two_broken_records_of_one_event_get_an_outcome_each() {
    let fixture = Fixture::new();
    let good = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&good, "1");
    let mut event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1");
    let records = event["Records"].as_array_mut().unwrap();
    records.insert(0, json!({ "eventSource": "aws:s3" }));
    records.push(json!(7));
    let answer = fixture.handle(&sqs([record("m1", 1, &event.to_string())])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    let told = fixture.replies(RESPONSES);
    assert_eq!(told.len(), 3);
    assert_eq!(fixture.objects.keys(RESULTS).len(), 3);
    assert!(fixture.outcome(JobId::of_object(&good, &version)).is_some());
}

#[tokio::test]
async fn a_record_that_is_none_does_not_hide_the_others() {
    let fixture = Fixture::new();
    let id = JobId::random();
    // Answered under its message id, where it has one; AWS sends no such records.
    let broken = json!({ "messageId": "m0", "body": 7, "eventSource": "aws:sqs" });
    let event = sqs([Value::Null, broken, record("m1", 1, &inline(id, "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert!(fixture.outcome(id).is_some());
    assert_eq!(
        fixture.error(JobId::of_message("m0")).code,
        code::MALFORMED_REQUEST
    );
    assert_eq!(fixture.replies(RESPONSES).len(), 2);
}

#[tokio::test]
async fn only_what_has_to_be_delivered_again_is_reported_and_in_the_exact_shape_that_aws_reads() {
    let fixture = Fixture::new();
    let (good, bad) = (JobId::random(), JobId::random());
    let location = upload(bad);
    fixture.objects.put(&location, "1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 1);
    let event = sqs([
        record("059f36b4-87a3-44ab-83d2-661975830a7d", 1, &inline(good, "1")),
        record(
            "2e1424d4-f796-459a-8184-9c92662be6da",
            1,
            &request(bad, RequestInput::Object(location)),
        ),
    ]);
    assert_eq!(
        fixture.handle(&event).await.unwrap().to_string(),
        r#"{"batchItemFailures":[{"itemIdentifier":"2e1424d4-f796-459a-8184-9c92662be6da"}]}"#
    );
    let event = sqs([record("m1", 1, &inline(good, "1"))]);
    assert_eq!(
        fixture.handle(&event).await.unwrap().to_string(),
        r#"{"batchItemFailures":[]}"#
    );
}

#[tokio::test]
async fn a_record_without_an_id_is_never_reported_under_an_empty_one() {
    // AWS takes an empty identifier for "all of them failed".
    for id in [json!(""), Value::Null] {
        let fixture = Fixture::new();
        fixture
            .script
            .fail(Call::WriteOutcome, Fault::Fails(PortErrorKind::Unavailable), 1);
        let mut nameless = record("", 1, &inline(JobId::random(), "1"));
        nameless["messageId"] = id;
        let error = fixture.handle(&sqs([nameless])).await.unwrap_err();
        assert!(error.contains("without a message id"), "{error}");
    }
}

#[tokio::test]
async fn a_defect_in_one_records_task_fails_that_record_alone() {
    let fixture = Fixture::new();
    let (bad, id) = (JobId::random(), JobId::random());
    let location = upload(bad);
    fixture.objects.put(&location, "1");
    fixture.script.fail(Call::Open, Fault::Panics, 1);
    let event = sqs([
        record("m1", 1, &request(bad, RequestInput::Object(location))),
        record("m2", 1, &inline(id, "1")),
    ]);
    assert_eq!(fixture.handle(&event).await, Ok(item_failures(&["m1"])));
    assert!(fixture.outcome(id).is_some());
}

#[tokio::test]
async fn an_input_that_is_larger_than_the_memory_is_refused_before_it_is_read() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    // The fixture's function has 1 MiB more than what is kept for the worker.
    fixture.objects.put(&location, vec![b'1'; (1 << 20) + 5]);
    let bad = record("bad", 1, &request(id, RequestInput::Object(location)));
    let error = between_two_good_ones(&fixture, bad, id).await;
    assert_eq!(error.code, code::INPUT_TOO_LARGE);
    assert!(
        error.message.contains("1048581 bytes") && error.message.contains("at most 1048576"),
        "{error}"
    );
}
