//! What happens when the function's time runs out.

use std::time::Instant;

use errand_protocol::{JobId, RequestInput, code};

use super::*;

/// Leaves one second in which work may begin: three are kept for answering, and less than two are not worth it.
const SHORT: Duration = Duration::from_secs(6);

#[tokio::test]
async fn work_that_could_not_be_answered_in_time_is_not_begun() {
    let fixture = Fixture::new();
    let event = sqs([record("m1", 1, &inline(JobId::random(), "1"))]);
    let answer = fixture.handle_within(Duration::from_secs(4), &event).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    assert_eq!(fixture.runs(), 0);
    // Nothing is wrong with it: it may begin at once elsewhere.
    assert_eq!(
        fixture.queues.visibility_changes(),
        [("handle of m1".to_owned(), Duration::ZERO)]
    );
}

#[tokio::test]
async fn a_job_whose_turn_comes_too_late_is_deferred_while_the_others_are_answered() {
    let fixture = Fixture::new();
    let ids = [JobId::random(), JobId::random()];
    let event = sqs([
        record("m1", 1, &inline(ids[0], "sleep 1500")),
        record("m2", 1, &inline(ids[1], "sleep 1500")),
    ]);
    let answer = fixture.handle_within(SHORT, &event).await.unwrap();
    assert_eq!(identifiers(&answer).len(), 1);
    assert_eq!(fixture.runs(), 1);
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_job_that_is_not_begun_on_its_last_delivery_is_answered_too() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let event = sqs([record("m1", 5, &inline(id, "1"))]);
    let answer = fixture.handle_within(Duration::from_secs(4), &event).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    let error = fixture.error(id);
    assert_eq!(error.code, code::DEADLINE_EXCEEDED);
    assert!(
        error.retryable && error.message.starts_with("failed after 5 attempts"),
        "{error}"
    );
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn work_that_takes_longer_than_a_whole_invocation_is_answered_with_the_cure() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let event = sqs([record("m1", 1, &inline(id, "sleep 5000"))]);
    let started = Instant::now();
    let answer = fixture.handle_within(SHORT, &event).await;
    assert!(
        started.elapsed() < Duration::from_millis(4800),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(answer, Ok(no_item_failures()));
    let error = fixture.error(id);
    assert_eq!(error.code, code::DEADLINE_EXCEEDED);
    assert!(error.message.contains("StatsTimeoutSeconds"), "{error}");
    // The thread still runs, and the next invocation of this function waits for its turn.
    let next = JobId::random();
    let event = sqs([record("m2", 1, &inline(next, "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert!(
        started.elapsed() >= Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_input_that_stalls_is_given_up_and_the_small_jobs_after_it_are_answered_within_two_seconds() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1 2 3 4 5 6");
    fixture.script.fail(Call::Open, Fault::Stalls(2), 1);
    let stalled = request(id, RequestInput::Object(location));
    fixture
        .handle_within(SHORT, &sqs([record("m1", 1, &stalled)]))
        .await
        .unwrap();
    assert_eq!(fixture.runs(), 1);
    let started = Instant::now();
    for text in ["1 2 3", "4 5 6", "7 8 9"] {
        let id = JobId::random();
        let answer = fixture.handle(&sqs([record("m2", 1, &inline(id, text))])).await;
        assert_eq!(answer, Ok(no_item_failures()));
        assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), text);
    }
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_operation_that_looks_whether_it_is_still_wanted_ends_soon_after_it_is_given_up() {
    let fixture = Fixture::new();
    let event = sqs([record(
        "m1",
        1,
        &inline(JobId::random(), "compute until canceled"),
    )]);
    fixture.handle_within(SHORT, &event).await.unwrap();
    let started = Instant::now();
    let event = sqs([record("m2", 1, &inline(JobId::random(), "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_service_that_hangs_holds_up_only_its_own_record() {
    let fixture = Fixture::new();
    let (slow, id) = (JobId::random(), JobId::random());
    let location = upload(slow);
    fixture.objects.put(&location, "1");
    // The look-up before the run hangs longer than the function lives.
    fixture
        .script
        .fail(Call::Read, Fault::Takes(Duration::from_mins(1)), 1);
    let event = sqs([
        record("m1", 1, &request(slow, RequestInput::Object(location))),
        record("m2", 1, &inline(id, "1")),
    ]);
    let started = Instant::now();
    let answer = fixture.handle_within(SHORT, &event).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    assert!(started.elapsed() < Duration::from_secs(30), "it was waited for");
    assert!(fixture.outcome(id).is_some());
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn an_event_without_a_queue_that_cannot_be_begun_is_repeated() {
    let fixture = Fixture::new();
    let event = serde_json::from_str(&inline(JobId::random(), "1")).unwrap();
    let error = fixture.handle_within(Duration::from_secs(4), &event).await;
    assert!(error.unwrap_err().contains("have to be retried"));
}

#[tokio::test]
async fn a_job_that_is_canceled_while_it_is_worked_on_ends_and_is_answered_so() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let event = sqs([record("m1", 1, &inline(id, "compute for ever"))]);
    let started = Instant::now();
    let canceling = async {
        while fixture.runs() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let canceled = Outcome::canceled(id, "stats".parse().unwrap(), 1);
        fixture.objects.put(&outcome_location(id), canceled.to_json());
    };
    let (answer, ()) = tokio::join!(fixture.handle(&event), canceling);
    assert_eq!(answer, Ok(no_item_failures()));
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(fixture.error(id).code, code::CANCELED);
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
    // Its thread has ended too: the next job does not wait for it.
    let next = JobId::random();
    fixture
        .handle(&sqs([record("m2", 1, &inline(next, "1"))]))
        .await
        .unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(6),
        "{:?}",
        started.elapsed()
    );
}
