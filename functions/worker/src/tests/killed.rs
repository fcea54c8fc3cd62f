//! What is left when the process is killed in the middle of a job.

use errand_protocol::{JobId, code};

use super::*;

/// Has an event answered by a process that is killed soon after the work has begun.
async fn handle_and_be_killed(fixture: &Fixture, event: &Value) {
    let runs = fixture.runs();
    let killed = async {
        while fixture.runs() == runs {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = fixture.handle(event) => panic!("it lived to answer {answer:?}"),
        () = killed => {}
    }
}

fn now_unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

#[tokio::test]
async fn a_process_killed_during_the_last_delivery_leaves_an_answer() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "sleep 300");
    for attempt in 1..=4 {
        handle_and_be_killed(&fixture, &sqs([record("m1", attempt, &body)])).await;
        assert_eq!(fixture.outcome(id), None, "there will be another delivery");
    }
    handle_and_be_killed(&fixture, &sqs([record("m1", 5, &body)])).await;
    let outcome = fixture.outcome(id).unwrap();
    assert!(outcome.is_provisional());
    // The minute that the invocation had, and a little for clocks that differ.
    let now = now_unix_ms();
    assert!(!outcome.is_answer_at(now + 60_000), "{outcome:?}");
    assert!(outcome.is_answer_at(now + 66_000), "{outcome:?}");
    let error = fixture.error(id);
    assert_eq!(error.code, code::PROCESS_KILLED);
    let beginning = "failed after 5 attempts, kept in the dead-letter queue for redrive: the function's process was killed";
    assert!(error.message.starts_with(beginning), "{error}");
    assert_eq!(fixture.replies(CLIENT_URL).len(), 0);
}

#[tokio::test]
async fn a_last_attempt_that_succeeds_replaces_the_failure_stored_before_it() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let answer = fixture.handle(&sqs([record("m1", 5, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    let outcome = fixture.outcome(id).unwrap();
    assert_eq!(reported(&outcome, "text"), "1");
    assert!(outcome.is_answer_at(0));
    assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, Some(outcome));
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_failure_that_cannot_be_stored_before_the_last_attempt_does_not_keep_it_from_succeeding() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let fails = Fault::Fails(PortErrorKind::Unavailable);
    fixture.script.fail(Call::WriteOutcome, fails, 1);
    let answer = fixture.handle(&sqs([record("m1", 5, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1");
}

#[tokio::test]
async fn those_that_wait_for_their_turn_behind_the_killer_are_answered_too() {
    let fixture = Fixture::new();
    let ids = [JobId::random(), JobId::random()];
    let event = sqs([
        record("m1", 5, &inline(ids[0], "sleep 300")),
        record("m2", 5, &inline(ids[1], "sleep 300")),
    ]);
    let killed = tokio::time::timeout(Duration::from_millis(200), fixture.handle(&event)).await;
    assert!(killed.is_err(), "it lived to answer");
    assert_eq!(fixture.runs(), 1);
    for id in ids {
        assert_eq!(fixture.error(id).code, code::PROCESS_KILLED);
    }
}

#[tokio::test]
async fn a_redrive_takes_the_place_of_what_a_killed_process_left() {
    let fixture = Fixture::new();
    let id = JobId::random();
    handle_and_be_killed(&fixture, &sqs([record("m1", 5, &inline(id, "sleep 100"))])).await;
    let answer = fixture
        .handle(&sqs([record("m2", 1, &inline(id, "sleep 100"))]))
        .await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "sleep 100");
}

#[tokio::test]
async fn a_request_that_had_its_last_attempt_is_not_run_again_on_its_way_to_the_dead_letters() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "sleep 100");
    handle_and_be_killed(&fixture, &sqs([record("m1", 5, &body)])).await;
    let answer = fixture.handle(&sqs([record("m1", 6, &body)])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    assert_eq!(fixture.runs(), 1);
    let outcome = fixture.outcome(id).unwrap();
    assert!(
        outcome.is_answer_at(0),
        "the process that did it is known to be dead"
    );
    assert_eq!(fixture.error(id).code, code::PROCESS_KILLED);
    assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, Some(outcome));
}
