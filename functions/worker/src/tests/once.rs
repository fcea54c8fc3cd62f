//! One outcome for each job, whatever comes twice, and in the order that keeps the promise.

use errand_protocol::{JobId, RequestInput};

use super::*;

#[tokio::test]
async fn the_outcome_is_stored_before_the_reply_and_the_message_acknowledged_last() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "file made.txt");
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    assert_eq!(
        fixture.log.effects(),
        [
            format!("write results/{id}/made.txt"),
            format!("write outcomes/{id}.json"),
            format!("send to {CLIENT}"),
            "acknowledge m1".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_refusal_keeps_the_same_order() {
    let fixture = Fixture::new();
    let id = JobId::of_message("m1");
    fixture.handle(&sqs([record("m1", 1, "{")])).await.unwrap();
    assert_eq!(
        fixture.log.effects(),
        [
            format!("write outcomes/{id}.json"),
            "send to errand-responses".to_owned(),
            "acknowledge m1".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_duplicate_event_does_not_run_the_job_twice() {
    let fixture = Fixture::new();
    let location = object(INPUTS, "stats/list.txt");
    let version = fixture.objects.put(&location, "file list.csv");
    let event = s3_event(INPUTS, "stats/list.txt", Some(&version), "e1").to_string();
    // The copy is a message of its own, so that its receive count begins anew.
    for message in ["m1", "m2"] {
        let answer = fixture.handle(&sqs([record(message, 1, &event)])).await;
        assert_eq!(answer, Ok(no_item_failures()));
    }
    assert_eq!(fixture.runs(), 1);
    let mut replies = fixture.replies(RESPONSES);
    assert_eq!(replies.len(), 2);
    // Each message is answered under its own id, with the one outcome.
    for (reply, message) in replies.iter_mut().zip(["m1", "m2"]) {
        assert_eq!(reply.message_id.take(), Some(message.parse().unwrap()));
    }
    assert_eq!(replies[0], replies[1]);
}

#[tokio::test]
async fn a_request_that_comes_days_later_replays_the_outcome_even_when_its_input_has_gone() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1 2 3");
    let body = request(id, RequestInput::Object(location.clone()));
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    let first = fixture.outcome(id);
    fixture.objects.delete(&location);
    fixture.handle(&sqs([record("m2", 1, &body)])).await.unwrap();
    assert_eq!(fixture.outcome(id), first);
    let replies = fixture.replies(CLIENT_URL);
    assert_eq!(replies[1].outcome, first);
}

#[tokio::test]
async fn the_loser_of_a_race_replays_the_winners_outcome() {
    let fixture = Fixture::new();
    let id = JobId::random();
    // Inline requests are not looked up first: both run, and the write decides. The runs differ, as `run` tells.
    let event = sqs([
        record("m1", 1, &inline(id, "1")),
        record("m2", 1, &inline(id, "1")),
    ]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert_eq!(fixture.runs(), 2);
    let outcome = fixture.outcome(id);
    let replies = fixture.replies(CLIENT_URL);
    assert_eq!(replies.len(), 2);
    assert!(
        replies.iter().all(|reply| reply.outcome == outcome),
        "{replies:?}"
    );
    let writes = fixture
        .log
        .effects()
        .into_iter()
        .filter(|e| e.starts_with("write"));
    assert_eq!(writes.count(), 1);
}

#[tokio::test]
async fn the_lost_response_of_an_outcomes_write_is_replayed_by_the_next_delivery() {
    let fixture = Fixture::new();
    let id = JobId::random();
    fixture.script.fail(Call::WriteOutcome, Fault::LosesResponse, 1);
    let answer = fixture.handle(&sqs([record("m1", 1, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    let stored = fixture.outcome(id);
    assert!(stored.is_some());
    assert_eq!(fixture.replies(CLIENT_URL).len(), 0);
    let answer = fixture.handle(&sqs([record("m1", 2, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(fixture.runs(), 1, "the stored outcome was there");
    assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, stored);
}

#[tokio::test]
async fn the_lost_response_of_the_last_write_does_not_turn_a_success_into_a_failure() {
    let fixture = Fixture::new();
    let id = JobId::random();
    // Before it comes the failure for the case of a sudden death, which the success finds in its place.
    let passes = Fault::Takes(Duration::ZERO);
    fixture.script.fail(Call::WriteOutcome, passes, 2);
    fixture.script.fail(Call::WriteOutcome, Fault::LosesResponse, 1);
    let answer = fixture.handle(&sqs([record("m1", 5, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1");
    assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, fixture.outcome(id));
}

#[tokio::test]
async fn a_redriven_job_replaces_its_provisional_outcome_under_its_old_id() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1");
    let body = request(id, RequestInput::Object(location));
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 1);
    fixture.handle(&sqs([record("m1", 5, &body)])).await.unwrap();
    assert!(fixture.outcome(id).unwrap().is_provisional());
    let answer = fixture.handle(&sqs([record("m2", 1, &body)])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1");
    assert_eq!(fixture.replies(CLIENT_URL)[1].outcome, fixture.outcome(id));
}

#[tokio::test]
async fn a_provisional_outcome_is_not_replaced_by_a_redrive_that_fails_again() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1");
    let body = request(id, RequestInput::Object(location));
    fixture
        .script
        .fail(Call::Open, Fault::Fails(PortErrorKind::Unavailable), 2);
    fixture.handle(&sqs([record("m1", 5, &body)])).await.unwrap();
    let first = fixture.outcome(id);
    let answer = fixture.handle(&sqs([record("m2", 5, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m2"])), "it is dead-lettered again");
    assert_eq!(fixture.outcome(id), first);
}

#[tokio::test]
async fn a_final_outcome_is_never_replaced_by_a_provisional_one() {
    let fixture = Fixture::new();
    let id = JobId::random();
    fixture
        .handle(&sqs([record("m1", 1, &inline(id, "1"))]))
        .await
        .unwrap();
    let first = fixture.outcome(id);
    // The copy cannot look the outcome up, only its deferrals, and is on its last delivery.
    fixture.script.fail(Call::Read, Fault::Takes(Duration::ZERO), 1);
    fixture
        .script
        .fail(Call::Read, Fault::Fails(PortErrorKind::Unavailable), 1);
    let answer = fixture.handle(&sqs([record("m2", 5, &inline(id, "1"))])).await;
    assert_eq!(
        answer,
        Ok(no_item_failures()),
        "the job has ended well, whatever its copy met"
    );
    assert_eq!(fixture.outcome(id), first);
    assert_eq!(fixture.replies(CLIENT_URL)[1].outcome, first);
}

#[tokio::test]
async fn something_else_in_an_outcomes_place_is_not_written_over() {
    let fixture = Fixture::new();
    let id = JobId::random();
    fixture.objects.put(&outcome_location(id), "not an outcome");
    let answer = fixture.handle(&sqs([record("m1", 1, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    assert_eq!(
        fixture.objects.current(&outcome_location(id)).as_deref(),
        Some(&b"not an outcome"[..])
    );
}
