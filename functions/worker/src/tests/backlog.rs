//! More work than there is time for: what is deferred comes again, and does not use up its attempts by that.

use std::collections::HashSet;

use errand_protocol::{JobId, RequestInput, code};

use super::*;
use crate::ports::Queues;

/// Leaves three seconds for work, of which the first is for beginning it.
const SHORT: Duration = Duration::from_secs(6);
/// Too short for anything to begin.
const TOO_SHORT: Duration = Duration::from_secs(4);

/// One process of the function with its queue, as AWS runs it: takes ten messages at a time, deletes those that are done,
/// until all jobs have an answer. Gives the messages that SQS would have moved to the dead-letter queue.
async fn work_off(process: Fixture, jobs: usize) -> Vec<String> {
    let most = process.processor.config.max_receive_count;
    let mut dead_letters = Vec::new();
    while process.queues.bodies(CLIENT_URL).len() + dead_letters.len() < jobs {
        let received = process.queues.receive_at_most(REQUESTS, 10).into_iter();
        let (live, dead): (Vec<_>, Vec<_>) = received.partition(|message| message.receives <= most);
        for message in dead {
            process.queues.delete(REQUESTS, &message.handle);
            dead_letters.push(message.body);
        }
        if live.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let records = live.iter().map(|message| {
            let mut record = record(&message.handle, message.receives, &message.body);
            record["receiptHandle"] = message.handle.clone().into();
            record
        });
        let answer = process.handle_within(SHORT, &sqs(records)).await;
        let kept = identifiers(&answer.unwrap());
        for message in live.iter().filter(|message| !kept.contains(&message.handle)) {
            process.queues.delete(REQUESTS, &message.handle);
        }
    }
    dead_letters
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_slow_jobs_ends_without_a_dead_letter() {
    let fixture = Fixture::new();
    // A quarter, half and nearly all of the time for work. Every second one has its input on S3.
    let times = [[750; 12].as_slice(), &[1_500; 6], &[2_300; 2]].concat();
    for (index, time) in times.iter().enumerate() {
        let (id, text) = (JobId::random(), format!("sleep {time}"));
        let body = if index % 2 == 0 {
            inline(id, &text)
        } else {
            let location = upload(id);
            fixture.objects.put(&location, text);
            request(id, RequestInput::Object(location))
        };
        let sent = fixture.queues.send(REQUESTS, &[body]).await;
        assert_eq!(sent, [Ok(())]);
    }
    let processes = (0..2).map(|_| tokio::spawn(work_off(fixture.another_process(), times.len())));
    for process in processes.collect::<Vec<_>>() {
        assert_eq!(process.await.unwrap(), Vec::<String>::new());
    }
    let replies = fixture.replies(CLIENT_URL);
    let outcomes = || replies.iter().map(|reply| reply.outcome.as_ref().unwrap());
    assert!(
        outcomes().all(|outcome| matches!(outcome.status, Status::Succeeded { .. })),
        "{replies:?}"
    );
    let answered: HashSet<_> = outcomes().map(|outcome| outcome.job_id).collect();
    assert_eq!(answered.len(), times.len());
}

#[tokio::test]
async fn a_deferred_delivery_is_no_attempt_and_those_that_failed_are() {
    let id = JobId::random();
    let location = upload(id);
    let fixture = Fixture::new();
    fixture.objects.put(&location, "1");
    let body = request(id, RequestInput::Object(location));
    let delivered = |receives| sqs([record("m1", receives, &body)]);
    let again = Ok(item_failures(&["m1"]));
    let at_once = |fixture: &Fixture| fixture.queues.visibility_changes().last().unwrap().1.is_zero();
    // Two deferrals before each of four failures.
    for receives in 1..=12 {
        if receives % 3 == 0 {
            let fails = Fault::Fails(PortErrorKind::Unavailable);
            fixture.script.fail(Call::Open, fails, 1);
            assert_eq!(fixture.handle(&delivered(receives)).await, again);
            assert!(!at_once(&fixture), "it waits after a failure");
        } else {
            let answer = fixture.handle_within(TOO_SHORT, &delivered(receives)).await;
            assert_eq!(answer, again);
            assert!(at_once(&fixture));
        }
        assert_eq!(fixture.outcome(id), None);
    }
    fixture.handle(&delivered(13)).await.unwrap();
    assert_eq!(fixture.outcome(id).unwrap().attempt, 5);
}

#[tokio::test]
async fn a_request_is_given_up_after_its_attempts_however_often_it_may_still_be_delivered() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1");
    let body = request(id, RequestInput::Object(location));
    let fails = Fault::Fails(PortErrorKind::Unavailable);
    fixture.script.fail(Call::Open, fails, 9);
    for receives in 1..=9 {
        let answer = fixture.handle(&sqs([record("m1", receives, &body)])).await;
        assert_eq!(answer, Ok(item_failures(&["m1"])));
        // Answered once; the deliveries after that only take it to the dead-letter queue.
        let answers = usize::from(receives >= 5);
        assert_eq!(fixture.replies(CLIENT_URL).len(), answers, "{receives}");
    }
    assert!(
        fixture
            .error(id)
            .message
            .starts_with("failed after 5 attempts, kept in the dead-letter queue")
    );
    let (_, wait) = fixture.queues.visibility_changes()[8];
    assert!(wait.is_zero());
}

#[tokio::test]
async fn a_redriven_request_has_all_of_its_attempts_again_and_no_more() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "1");
    for receives in 1..=20 {
        let event = sqs([record("m1", receives, &body)]);
        fixture.handle_within(TOO_SHORT, &event).await.unwrap();
    }
    // Another message, whose four deliveries before this one nobody deferred.
    let event = sqs([record("m2", 5, &body)]);
    fixture.handle(&event).await.unwrap();
    assert_eq!(fixture.outcome(id).unwrap().attempt, 5);
}

#[tokio::test]
async fn the_last_delivery_that_sqs_gives_is_the_last_attempt() {
    let fixture = Fixture::new();
    let id = JobId::random();
    for receives in 1..=100 {
        assert_eq!(fixture.outcome(id), None);
        let event = sqs([record("m1", receives, &inline(id, "1"))]);
        fixture.handle_within(TOO_SHORT, &event).await.unwrap();
    }
    assert_eq!(fixture.error(id).code, code::DEADLINE_EXCEEDED);
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_delivery_whose_deferrals_cannot_be_read_waits_and_is_not_taken_for_the_last() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let unavailable = Fault::Fails(PortErrorKind::Unavailable);
    fixture.script.fail(Call::Read, unavailable, 1);
    let event = sqs([record("m1", 60, &inline(id, "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(item_failures(&["m1"])));
    assert_eq!((fixture.outcome(id), fixture.runs()), (None, 0));
    assert!(!fixture.queues.visibility_changes()[0].1.is_zero());
}

#[tokio::test]
async fn a_job_on_an_object_is_not_begun_where_one_like_the_last_would_not_end() {
    let fixture = Fixture::new();
    let bodies = [(), ()].map(|()| {
        let id = JobId::random();
        let location = upload(id);
        fixture.objects.put(&location, "sleep 2300");
        request(id, RequestInput::Object(location))
    });
    fixture.handle(&sqs([record("m1", 1, &bodies[0])])).await.unwrap();
    // The inline job comes first, and leaves 2.2 s.
    let events = sqs([
        record("m2", 1, &inline(JobId::random(), "sleep 800")),
        record("m3", 1, &bodies[1]),
    ]);
    let late = Fault::Takes(Duration::from_millis(200));
    fixture.script.fail(Call::Read, late, 1);
    assert_eq!(
        fixture.handle_within(SHORT, &events).await,
        Ok(item_failures(&["m3"]))
    );
    assert_eq!(fixture.runs(), 2);
}

#[tokio::test]
async fn behind_an_operation_that_does_not_end_every_delivery_counts() {
    let fixture = Fixture::new();
    let endless = sqs([record("m1", 1, &inline(JobId::random(), "sleep 9000"))]);
    fixture.handle_within(SHORT, &endless).await.unwrap();
    let id = JobId::random();
    let answer = fixture
        .handle_within(SHORT, &sqs([record("m2", 1, &inline(id, "1"))]))
        .await;
    assert_eq!(answer, Ok(item_failures(&["m2"])));
    let (_, wait) = &fixture.queues.visibility_changes()[0];
    assert!(
        *wait > Duration::from_secs(2),
        "as after every failure that may pass"
    );
    assert_eq!(fixture.queues.bodies(REQUESTS).len(), 0);
    let last = fixture
        .handle_within(SHORT, &sqs([record("m2", 5, &inline(id, "1"))]))
        .await;
    assert_eq!(last, Ok(item_failures(&["m2"])));
    assert_eq!(fixture.error(id).code, code::DEADLINE_EXCEEDED);
}
