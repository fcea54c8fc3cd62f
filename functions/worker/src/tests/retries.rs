//! Failures that may pass: another delivery, later each time, and an answer on the last one.

use errand_protocol::{JobId, RequestInput, code};

use super::*;

/// A fixture with one uploaded input, and the request for it.
fn with_upload(id: JobId, text: &str) -> (Fixture, String) {
    let fixture = Fixture::new();
    let location = upload(id);
    fixture.objects.put(&location, text.to_owned());
    (fixture, request(id, RequestInput::Object(location)))
}

#[tokio::test]
async fn a_throttled_job_is_retried_after_a_longer_wait_each_time() {
    let (fixture, body) = with_upload(JobId::random(), "1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 4);
    for attempt in 1..=4 {
        let answer = fixture.handle(&sqs([record("m1", attempt, &body)])).await;
        assert_eq!(answer, Ok(item_failures(&["m1"])));
    }
    assert_eq!(fixture.replies(CLIENT_URL).len(), 0);
    let changes = fixture.queues.visibility_changes();
    for ((handle, time), longest) in changes.iter().zip([5, 20, 80, 320]) {
        let longest = Duration::from_secs(longest);
        assert_eq!(handle, "handle of m1");
        assert!((longest / 2..=longest).contains(time), "{changes:?}");
    }
    assert_eq!(changes.len(), 4);
    let answer = fixture.handle(&sqs([record("m1", 5, &body)])).await;
    assert_eq!(answer, Ok(no_item_failures()), "it had passed by then");
}

#[tokio::test]
async fn the_last_attempt_is_answered_and_its_message_left_for_the_dead_letter_queue() {
    let id = JobId::random();
    let (fixture, body) = with_upload(id, "1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 1);
    let answer = fixture.handle(&sqs([record("m1", 5, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    let error = fixture.error(id);
    assert!(
        error
            .message
            .starts_with("failed after 5 attempts, kept in the dead-letter queue"),
        "{error}"
    );
    assert_eq!(error.code, code::SERVICE_UNAVAILABLE);
    assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, fixture.outcome(id));
    // At once, so that SQS moves it.
    assert_eq!(
        fixture.queues.visibility_changes(),
        [("handle of m1".to_owned(), Duration::ZERO)]
    );
    assert_eq!(
        fixture.log.effects(),
        [
            // For the case that the process is killed, then what really happened.
            format!("write outcomes/{id}.json"),
            format!("write outcomes/{id}.json"),
            format!("send to {CLIENT}"),
            "change visibility of handle of m1".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_last_attempt_whose_outcome_cannot_be_stored_is_answered_by_its_reply() {
    let id = JobId::random();
    let (fixture, body) = with_upload(id, "1");
    fixture
        .script
        .fail(Call::WriteOutcome, Fault::Fails(PortErrorKind::Unavailable), 9);
    let answer = fixture.handle(&sqs([record("m1", 5, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    let outcome = fixture.replies(CLIENT_URL)[0].outcome.clone().unwrap();
    assert!(outcome.is_provisional(), "{outcome:?}");
    // Before the last attempt nothing is said before it is stored.
    let (fixture, body) = with_upload(id, "1");
    fixture
        .script
        .fail(Call::WriteOutcome, Fault::Fails(PortErrorKind::Unavailable), 9);
    fixture.handle(&sqs([record("m1", 4, &body)])).await.unwrap();
    assert_eq!(fixture.replies(CLIENT_URL).len(), 0);
}

#[tokio::test]
async fn an_input_that_breaks_off_is_retried_and_never_taken_for_whole() {
    for fault in [Fault::BreaksOff(2), Fault::EndsEarly(2), Fault::EndsEarly(0)] {
        let id = JobId::random();
        let (fixture, body) = with_upload(id, "1 2 3 4 5 6");
        fixture.script.fail(Call::Open, fault, 1);
        let answer = fixture.handle(&sqs([record("m1", 1, &body)])).await;
        assert_eq!(answer, Ok(item_failures(&["m1"])), "{fault:?}");
        assert_eq!(fixture.outcome(id), None);
        fixture.handle(&sqs([record("m1", 2, &body)])).await.unwrap();
        assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1 2 3 4 5 6");
    }
}

#[tokio::test]
async fn a_result_that_cannot_be_written_is_no_missing_input() {
    for kind in [
        PortErrorKind::Unavailable,
        PortErrorKind::Refused,
        PortErrorKind::NotFound,
    ] {
        let id = JobId::random();
        let (fixture, body) = with_upload(id, "file made.txt");
        fixture.script.fail(Call::WriteFile, Fault::Fails(kind), 1);
        let answer = fixture.handle(&sqs([record("m1", 1, &body)])).await;
        assert_eq!(answer, Ok(item_failures(&["m1"])), "{kind:?}");
        assert_eq!(fixture.outcome(id), None);
    }
}

#[tokio::test]
async fn a_missing_right_is_kept_for_redrive_instead_of_consumed() {
    let id = JobId::random();
    let (fixture, body) = with_upload(id, "1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Refused), 1);
    let answer = fixture.handle(&sqs([record("m1", 5, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    assert_eq!(fixture.error(id).code, code::MISCONFIGURED);
}

#[tokio::test]
async fn a_message_whose_visibility_cannot_be_changed_is_delivered_again_all_the_same() {
    let (fixture, body) = with_upload(JobId::random(), "1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 1);
    fixture.script.fail(
        Call::ChangeVisibility,
        Fault::Fails(PortErrorKind::Unavailable),
        1,
    );
    let answer = fixture.handle(&sqs([record("m1", 1, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
}

#[tokio::test]
async fn without_a_queue_the_whole_event_is_repeated_by_lambda() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&location, "1");
    let event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1");
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 1);
    let error = fixture.handle(&event).await.unwrap_err();
    assert!(error.starts_with("1 jobs have to be retried"), "{error}");
    assert!(fixture.handle(&event).await.is_ok());
    assert!(fixture.outcome(JobId::of_object(&location, &version)).is_some());
}
