//! Replies: where they go, how they are gathered, and what happens when they cannot be delivered.

use errand_protocol::{JobId, limits};

use super::*;

#[tokio::test]
async fn the_replies_that_come_while_one_is_sent_leave_together() {
    let fixture = Fixture::new();
    let slow = Fault::Takes(Duration::from_secs(1));
    fixture.script.fail(Call::Send, slow, 1);
    let records = (0..10).map(|i| record(&format!("m{i}"), 1, &inline(JobId::random(), "1")));
    assert_eq!(fixture.handle(&sqs(records)).await, Ok(no_item_failures()));
    let batches = fixture.queues.batches(CLIENT_URL);
    assert_eq!(batches.iter().sum::<usize>(), 10);
    assert!(batches.len() <= 3, "{batches:?}");
}

#[tokio::test]
async fn a_reply_too_large_for_a_message_carries_the_location() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, &format!("pad {}", limits::MESSAGE_BYTES));
    assert_eq!(
        fixture.handle(&sqs([record("m1", 1, &body)])).await,
        Ok(no_item_failures())
    );
    let reply = &fixture.replies(CLIENT_URL)[0];
    assert_eq!((&reply.outcome, &reply.location), (&None, &outcome_location(id)));
    assert_eq!(
        reported(&fixture.outcome(id).unwrap(), "text")
            .as_str()
            .map(|t| &t[..3]),
        Some("pad")
    );
}

#[tokio::test]
async fn ten_replies_that_exceed_a_batch_together_all_arrive() {
    let fixture = Fixture::new();
    let records = (0..10).map(|i| record(&format!("m{i}"), 1, &inline(JobId::random(), "pad 300000")));
    assert_eq!(fixture.handle(&sqs(records)).await, Ok(no_item_failures()));
    let replies = fixture.replies(CLIENT_URL);
    assert_eq!(replies.len(), 10);
    assert!(replies.iter().all(|reply| reply.outcome.is_some()));
}

#[tokio::test]
async fn a_reply_queue_that_has_gone_is_no_failure() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "1").replace(CLIENT, "errand-reply-gone");
    assert_eq!(
        fixture.handle(&sqs([record("m1", 1, &body)])).await,
        Ok(no_item_failures())
    );
    assert!(fixture.outcome(id).is_some());
}

#[tokio::test]
async fn a_reply_queue_that_is_not_known_everywhere_yet_is_retried() {
    let fixture = Fixture::new();
    fixture
        .script
        .fail(Call::Send, Fault::Fails(PortErrorKind::NotFound), 2);
    let event = sqs([record("m1", 1, &inline(JobId::random(), "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_reply_that_sqs_left_out_is_sent_again_at_once() {
    let fixture = Fixture::new();
    fixture
        .script
        .fail(Call::Send, Fault::Fails(PortErrorKind::Unavailable), 1);
    let event = sqs([record("m1", 1, &inline(JobId::random(), "1"))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_reply_that_cannot_be_sent_is_sent_by_the_next_delivery() {
    let fixture = Fixture::new();
    let id = JobId::random();
    fixture
        .script
        .fail(Call::Send, Fault::Fails(PortErrorKind::Unavailable), 2);
    let answer = fixture.handle(&sqs([record("m1", 1, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(item_failures(&["m1"])));
    let answer = fixture.handle(&sqs([record("m1", 2, &inline(id, "1"))])).await;
    assert_eq!(answer, Ok(no_item_failures()));
    assert_eq!((fixture.runs(), fixture.replies(CLIENT_URL).len()), (1, 1));
}

#[tokio::test]
async fn a_reply_that_cannot_be_sent_to_the_end_leaves_the_stored_outcome() {
    let fixture = Fixture::new();
    let id = JobId::random();
    fixture
        .script
        .fail(Call::Send, Fault::Fails(PortErrorKind::Unavailable), 2);
    let answer = fixture.handle(&sqs([record("m1", 5, &inline(id, "1"))])).await;
    assert_eq!(
        answer,
        Ok(no_item_failures()),
        "the job succeeded: it is no dead letter"
    );
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "text"), "1");
}

#[tokio::test]
async fn a_message_that_sqs_could_not_carry_is_made_one_that_it_can() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let body = inline(id, "reject `\u{FFFF}` is no integer");
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    assert!(!fixture.queues.bodies(CLIENT_URL)[0].contains('\u{FFFF}'));
    assert!(fixture.error(id).message.contains('\u{FFFF}'));
}

#[tokio::test]
async fn two_clients_in_one_batch_get_their_own_answers() {
    let fixture = Fixture::new();
    fixture.queues.create("http://sqs/1/errand-reply-2");
    let ids = [JobId::random(), JobId::random()];
    let event = sqs([
        record("m1", 1, &inline(ids[0], "1")),
        record("m2", 1, &inline(ids[1], "2").replace(CLIENT, "errand-reply-2")),
    ]);
    fixture.handle(&event).await.unwrap();
    for (url, id) in [(CLIENT_URL, ids[0]), ("http://sqs/1/errand-reply-2", ids[1])] {
        let told: Vec<_> = fixture.replies(url).iter().map(|reply| reply.job_id).collect();
        assert_eq!(told, [id]);
    }
}
