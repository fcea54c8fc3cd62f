//! Every form in which work arrives.

use errand_protocol::{JobId, Message, RequestInput, code};
use serde_json::{Value, json};

use super::*;
use crate::ports::Objects as _;

#[tokio::test]
async fn a_request_from_the_queue_is_answered_to_its_client() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let answer = fixture
        .handle(&sqs([record("m1", 1, &inline(id, "3 1 2"))]))
        .await;
    assert_eq!(answer, Ok(no_item_failures()));
    let outcome = fixture.outcome(id).unwrap();
    assert_eq!(reported(&outcome, "text"), "3 1 2");
    let replies = fixture.replies(CLIENT_URL);
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].outcome.as_ref(), Some(&outcome));
    assert_eq!(replies[0].location, outcome_location(id));
    assert_eq!(fixture.queues.bodies(RESPONSES), Vec::<String>::new());
}

#[tokio::test]
async fn an_uploaded_input_is_fetched_and_named_in_the_outcome() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "10 20 30 40");
    let body = request(id, RequestInput::Object(location.clone()));
    let answer = fixture.handle(&sqs([record("m1", 1, &body)])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    let outcome = fixture.outcome(id).unwrap();
    assert_eq!(reported(&outcome, "text"), "10 20 30 40");
    assert_eq!(outcome.input, Some(location));
}

#[tokio::test]
async fn the_named_version_of_an_input_is_read() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let mut location = upload(id);
    location.version_id = Some(fixture.objects.put(&location, "first"));
    fixture.objects.put(&location, "second");
    let body = request(id, RequestInput::Object(location));
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "first");
}

#[tokio::test]
async fn parameters_reach_the_operation() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let mut body: Value = serde_json::from_str(&inline(id, "1")).unwrap();
    body["parameters"] = json!({ "percentiles": [50] });
    body["later"] = json!("field");
    fixture
        .handle(&sqs([record("m1", 1, &body.to_string())]))
        .await
        .unwrap();
    assert_eq!(
        reported(&fixture.outcome(id).unwrap(), "parameters"),
        json!({ "percentiles": [50] })
    );
}

#[tokio::test]
async fn a_bare_body_is_the_input_and_the_message_is_the_job() {
    let fixture = Fixture::new();
    for (message, body, text) in [
        ("m1", "3 1 2", "3 1 2"),
        ("m2", "\"4 5\"", "4 5"),
        ("m3", "7", "7"),
    ] {
        let answer = fixture.handle(&sqs([record(message, 1, body)])).await;
        assert_eq!(answer, Ok(no_item_failures()));
        let outcome = fixture.outcome(JobId::of_message(message)).unwrap();
        assert_eq!(reported(&outcome, "text"), text);
    }
    assert_eq!(fixture.replies(RESPONSES).len(), 3);
}

#[tokio::test]
async fn whoever_sent_a_message_knows_its_answer_by_the_messages_id() {
    let fixture = Fixture::new();
    let id = JobId::random();
    // The second is the same job, asked for once more.
    let bodies = [
        ("m1", "3 1 2"),
        ("m2", &inline(id, "4")),
        ("m3", &inline(id, "4")),
    ];
    fixture
        .handle(&sqs(bodies.map(|(message, body)| record(message, 1, body))))
        .await
        .unwrap();
    let bare = fixture.outcome(JobId::of_message("m1")).unwrap();
    assert_eq!(bare.message_id, Some("m1".parse().unwrap()));
    let ids = |queue: &str| {
        let replies = fixture.replies(queue).into_iter();
        let mut ids: Vec<_> = replies
            .map(|reply| reply.message_id.unwrap().to_string())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(RESPONSES), ["m1"]);
    assert_eq!(ids(CLIENT_URL), ["m2", "m3"]);
}

#[tokio::test]
async fn a_bare_body_that_is_redriven_is_answered_under_its_first_messages_id() {
    let fixture = Fixture::new();
    let body = "3 1 2";
    let redriven = Message::read(body, "m1", true).redrive_body(body, &"stats".parse().unwrap());
    fixture.handle(&sqs([record("m9", 1, &redriven)])).await.unwrap();
    let first = Some("m1".parse().unwrap());
    assert_eq!(
        fixture.outcome(JobId::of_message("m1")).unwrap().message_id,
        first
    );
    assert_eq!(fixture.replies(RESPONSES)[0].message_id, first);
}

#[tokio::test]
async fn a_job_id_comes_back_as_its_client_wrote_it_and_names_one_job_however_it_is_written() {
    let fixture = Fixture::new();
    let id = JobId::of_message("an id with letters");
    let upper = inline(id, "1").replace(&id.to_string(), &id.to_string().to_uppercase());
    for (message, body) in [("m1", upper), ("m2", inline(id, "1"))] {
        fixture.handle(&sqs([record(message, 1, &body)])).await.unwrap();
    }
    let replies = fixture.replies(CLIENT_URL);
    assert_eq!(replies[0].job_id.as_written(), id.to_string().to_uppercase());
    assert_eq!(replies[1].job_id.as_written(), id.to_string());
    assert_eq!(replies[0].outcome, replies[1].outcome);
    let stored = fixture.outcome(id).unwrap();
    assert_eq!(stored.job_id.as_written(), id.to_string().to_uppercase());
}

#[tokio::test]
async fn parameters_that_are_null_are_not_there() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Known {
        strip: bool,
    }
    impl Default for Known {
        fn default() -> Self {
            Self { strip: true }
        }
    }
    let fixture = Fixture::new();
    let id = JobId::random();
    let mut body: Value = serde_json::from_str(&inline(id, "1")).unwrap();
    body["parameters"] = Value::Null;
    fixture
        .handle(&sqs([record("m1", 1, &body.to_string())]))
        .await
        .unwrap();
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "parameters"), json!({}));
    let given = |value: Value| {
        let Value::Object(map) = json!({ "strip": value }) else {
            unreachable!()
        };
        crate::parameters::<Known>(map).map(|known| known.strip)
    };
    assert!(given(Value::Null).unwrap());
    assert!(!given(false.into()).unwrap());
    assert!(given(1.into()).is_err());
}

#[tokio::test]
async fn a_dropped_file_arrives_through_the_queue() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&location, "1 2 3");
    let event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1");
    let answer = fixture.handle(&sqs([record("m1", 1, &event.to_string())])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    let outcome = fixture.outcome(JobId::of_object(&location, &version)).unwrap();
    assert_eq!(reported(&outcome, "text"), "1 2 3");
    assert_eq!(fixture.replies(RESPONSES).len(), 1);
}

#[tokio::test]
async fn a_dropped_file_arrives_without_a_queue() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&location, "1 2 3");
    let answer = fixture
        .handle(&s3_event(INPUTS, "stats/list.txt", Some(&version), "e1"))
        .await
        .unwrap();
    let outcome = fixture.outcome(JobId::of_object(&location, &version)).unwrap();
    assert_eq!(answer, json!([outcome]));
    assert_eq!(fixture.replies(RESPONSES).len(), 1);
}

#[tokio::test]
async fn a_dropped_file_takes_parameters_from_its_metadata() {
    let fixture = Fixture::new();
    let done = async |key: &str, beside: &str| {
        let location = object(INPUTS, key);
        let version = fixture.objects.put_with(&location, "1 2 3", beside);
        let event = s3_event(INPUTS, key, Some(&version), key);
        fixture
            .handle(&sqs([record(key, 1, &event.to_string())]))
            .await
            .unwrap();
        JobId::of_object(&location, &version)
    };
    let id = done("stats/list.txt", r#"{"percentiles": [50]}"#).await;
    let parameters = reported(&fixture.outcome(id).unwrap(), "parameters");
    assert_eq!(parameters, json!({ "percentiles": [50] }));

    for beside in ["column=2", "[1]", ""] {
        let error = fixture.error(done("stats/wrong.txt", beside).await);
        assert_eq!(error.code, code::INVALID_PARAMETERS, "{beside}");
        let named = ["x-amz-meta-errand-parameters", "stats/wrong.txt", "{\"column\""];
        assert!(
            named.iter().all(|part| error.message.contains(part)),
            "{}",
            error.message
        );
    }
}

/// A request has parameters of its own, and its upload's metadata is nobody's business.
#[tokio::test]
async fn an_upload_s_metadata_does_not_count() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture
        .objects
        .put_with(&location, "1", r#"{"percentiles": [50]}"#);
    let body = request(id, RequestInput::Object(location));
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "parameters"), json!({}));
}

#[tokio::test]
async fn what_a_dropped_file_became_is_under_its_own_key_and_named_with_its_tag() {
    let fixture = Fixture::new();
    let mut tags = Vec::new();
    // Both would be called alike after what they became.
    for key in ["stats/photo.png", "stats/photo.jpg"] {
        let location = object(INPUTS, key);
        let version = fixture.objects.put(&location, "file photo.jpg");
        let event = s3_event(INPUTS, key, Some(&version), key);
        fixture
            .handle(&sqs([record(key, 1, &event.to_string())]))
            .await
            .unwrap();
        let outcome = fixture.outcome(JobId::of_object(&location, &version)).unwrap();
        let Status::Succeeded {
            object: Some(made), ..
        } = outcome.status
        else {
            panic!("{key}")
        };
        assert_eq!(made.location.key.as_str(), key);
        let (_, tag) = fixture.objects.read(&made.location).await.unwrap().unwrap();
        assert_eq!(made.etag, Some(tag.0.clone()));
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1]);
}

#[tokio::test]
async fn a_request_made_by_hand_is_answered_in_place() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let event: Value = serde_json::from_str(&inline(id, "5")).unwrap();
    let answer = fixture.handle(&event).await.unwrap();
    let outcome = fixture.outcome(id).unwrap();
    assert_eq!(answer, json!([outcome]));
    assert_eq!(outcome.message_id, None, "no queue gave it one");
}

#[tokio::test]
async fn the_test_event_of_s3_is_consumed_quietly_in_every_form() {
    let fixture = Fixture::new();
    let event = json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-24T20:00:00.000Z",
        "Bucket": INPUTS, "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"
    });
    let answer = fixture.handle(&sqs([record("m1", 1, &event.to_string())])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(fixture.handle(&event).await, Ok(json!([])));
    assert_eq!(fixture.log.effects(), ["acknowledge m1"]);
}

#[tokio::test]
async fn events_that_tell_of_no_new_file_ask_for_nothing() {
    let fixture = Fixture::new();
    let mut removed = s3_event(INPUTS, "stats/list.txt", Some("v1"), "e1");
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete".into();
    let folder = s3_event(INPUTS, "stats/2026/", Some("v1"), "e1");
    for (message, event) in [("m1", removed), ("m2", folder)] {
        let answer = fixture
            .handle(&sqs([record(message, 1, &event.to_string())]))
            .await;
        assert_eq!(answer, Ok(no_item_failures()));
    }
    assert_eq!(fixture.objects.keys(RESULTS), Vec::<String>::new());
}

#[tokio::test]
async fn keys_in_events_are_form_encoded() {
    for (encoded, key) in [
        ("stats/my+list.txt", "stats/my list.txt"),
        ("stats/1%2B1.txt", "stats/1+1.txt"),
        ("stats/caf%C3%A9.txt", "stats/café.txt"),
        ("stats/100%25.txt", "stats/100%.txt"),
        ("stats/a%20b+c.txt", "stats/a b c.txt"),
        ("stats/caf\u{e9}.txt", "stats/café.txt"),
        ("stats/%2525.txt", "stats/%25.txt"),
    ] {
        let fixture = Fixture::new();
        let location = object(INPUTS, key);
        let version = fixture.objects.put(&location, key.as_bytes().to_vec());
        let event = s3_event(INPUTS, encoded, Some(&version), "e1");
        fixture
            .handle(&sqs([record("m1", 1, &event.to_string())]))
            .await
            .unwrap();
        let id = JobId::of_object(&location, &version);
        let outcome = fixture
            .outcome(id)
            .unwrap_or_else(|| panic!("{encoded}: no outcome"));
        assert_eq!(reported(&outcome, "text"), key, "{encoded}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_utf8_is_answered() {
    let fixture = Fixture::new();
    let event = s3_event(INPUTS, "stats/%FF", Some("v1"), "e1");
    let answer = fixture.handle(&sqs([record("m1", 1, &event.to_string())])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    let error = fixture.replies(RESPONSES)[0].outcome.clone().unwrap();
    assert!(format!("{error:?}").contains("stats/%FF"), "{error:?}");
}

#[tokio::test]
async fn a_dropped_file_becomes_a_file_under_its_own_key() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/2026/é 1.txt");
    let version = fixture.objects.put(&location, "file é 1.csv");
    let event = s3_event(INPUTS, "stats/2026/%C3%A9+1.txt", Some(&version), "e1");
    fixture.handle(&event).await.unwrap();
    let made = fixture.objects.current(&object(RESULTS, "stats/2026/é 1.txt"));
    assert_eq!(made.as_deref(), Some(&b"made in run 1"[..]));
}

#[tokio::test]
async fn a_file_made_for_a_request_lies_under_its_job_id() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "file made.txt");
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    assert_eq!(
        fixture.objects.keys(RESULTS),
        [format!("outcomes/{id}.json"), format!("results/{id}/made.txt")]
    );
    let Status::Succeeded {
        object: Some(made), ..
    } = fixture.outcome(id).unwrap().status
    else {
        panic!("no file is told of")
    };
    assert_eq!((made.size_bytes, made.media_type.as_str()), (13, "text/plain"));
}

#[tokio::test]
async fn without_versions_the_content_tells_one_dropped_file_from_the_next() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    for (text, version, etag) in [("1", None, "e1"), ("2", Some(""), "e2")] {
        fixture.objects.put(&location, text);
        let event = s3_event(INPUTS, "stats/list.txt", version, etag);
        fixture.handle(&event).await.unwrap();
        let outcome = fixture.outcome(JobId::of_object(&location, etag)).unwrap();
        assert_eq!(reported(&outcome, "text"), text);
    }
}

#[tokio::test]
async fn where_versioning_was_suspended_each_version_is_called_null_and_is_a_job_of_its_own() {
    let fixture = Fixture::new();
    for etag in ["e1", "e2"] {
        let event = s3_event(INPUTS, "stats/list.txt", Some("null"), etag);
        fixture.handle(&event).await.unwrap();
        let id = JobId::of_object(&object(INPUTS, "stats/list.txt"), etag);
        // The fake's buckets keep versions, so that it has none of this name.
        assert!(fixture.error(id).message.contains("in version `null`"));
    }
}

#[tokio::test]
async fn fields_that_aws_adds_or_changes_do_not_break_a_record() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let mut record = record("m1", 1, &inline(id, "1"));
    record["messageAttributes"] = json!({ "new": { "dataType": 7, "anything": [] } });
    record["attributes"]["New"] = json!({ "nested": true });
    record["md5OfBody"] = Value::Null;
    record["messageSystemAttributes"] = json!([1]);
    assert_eq!(fixture.handle(&sqs([record])).await, Ok(no_item_failures()));
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1");
}
