//! What the worker relies on in [`Objects`] and [`Queues`], as tests that the fakes and the real services both pass.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use errand_protocol::{BucketName, ObjectLocation};

use crate::ports::{Condition, Objects, OpenObject, PortErrorKind, Queues, Written};

fn at(bucket: &BucketName, key: &str) -> ObjectLocation {
    ObjectLocation {
        bucket: bucket.clone(),
        key: key.parse().unwrap(),
        version_id: None,
    }
}

async fn whole(object: OpenObject) -> Vec<u8> {
    let OpenObject {
        size_bytes,
        mut chunks,
        reading: _reading,
        ..
    } = object;
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        whole.extend(chunk.unwrap());
    }
    assert_eq!(whole.len() as u64, size_bytes);
    whole
}

/// Holds `objects` to the contract, in a bucket that is there and empty.
pub(crate) async fn holds_for_objects(objects: &impl Objects, bucket: &BucketName) {
    what_is_written_is_read(objects, bucket).await;
    what_is_given_up_ends(objects, bucket).await;
    what_is_missing_is_told_apart(objects, bucket).await;
    conditions_hold(objects, bucket).await;
    of_many_who_write_first_one_does(objects, bucket).await;
}

async fn what_is_written_is_read(objects: &impl Objects, bucket: &BucketName) {
    for (key, bytes) in [
        ("plain.txt", Bytes::from_static(b"3 1 2")),
        ("stats/é + 100%.txt", Bytes::from_static(b"\0\xff")),
        ("empty", Bytes::new()),
        ("large", Bytes::from(vec![7; 300_000])),
    ] {
        let location = at(bucket, key);
        let written = objects
            .write(&location, bytes.clone(), "text/plain", Condition::None)
            .await;
        let Ok(Written::Yes(etag)) = written else {
            panic!("{key}: {written:?}")
        };
        assert_eq!(
            whole(objects.open(&location).await.unwrap()).await,
            bytes,
            "{key}"
        );
        assert_eq!(objects.read(&location).await, Ok(Some((bytes, etag))), "{key}");
    }
    let location = at(bucket, "plain.txt");
    let new = Bytes::from_static(b"new");
    objects
        .write(&location, new.clone(), "text/plain", Condition::None)
        .await
        .unwrap();
    assert_eq!(objects.read(&location).await.unwrap().unwrap().0, new);
}

/// Whoever waits for a chunk must not wait on when the reading is given up.
async fn what_is_given_up_ends(objects: &impl Objects, bucket: &BucketName) {
    let OpenObject {
        mut chunks, reading, ..
    } = objects.open(&at(bucket, "large")).await.unwrap();
    drop(reading);
    let ended = async { while chunks.recv().await.is_some() {} };
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), ended).await, Ok(()));
}

async fn what_is_missing_is_told_apart(objects: &impl Objects, bucket: &BucketName) {
    let missing = at(bucket, "missing");
    let kind = |opened: Result<OpenObject, crate::ports::PortError>| opened.err().map(|error| error.kind);
    assert_eq!(kind(objects.open(&missing).await), Some(PortErrorKind::NotFound));
    assert_eq!(objects.read(&missing).await, Ok(None));
    let version = ObjectLocation {
        version_id: Some("3HL4kqtJvjVBH40Nrjfkd".to_owned()),
        ..at(bucket, "plain.txt")
    };
    assert_eq!(kind(objects.open(&version).await), Some(PortErrorKind::NotFound));
    // A missing bucket is the stack's fault: its requests must not be answered with "input not found".
    let nowhere = at(&"errand-no-such-bucket".parse().unwrap(), "key");
    assert_eq!(kind(objects.open(&nowhere).await), Some(PortErrorKind::Refused));
    let read = objects.read(&nowhere).await.map_err(|error| error.kind);
    assert_eq!(read, Err(PortErrorKind::Refused));
    for condition in [Condition::None, Condition::Absent] {
        let written = objects
            .write(&nowhere, Bytes::new(), "text/plain", condition)
            .await;
        assert_eq!(written.map_err(|error| error.kind), Err(PortErrorKind::Refused));
    }
}

async fn conditions_hold(objects: &impl Objects, bucket: &BucketName) {
    let location = at(bucket, "outcomes/1.json");
    let write = |text: &'static str, condition| {
        objects.write(
            &location,
            Bytes::from_static(text.as_bytes()),
            "application/json",
            condition,
        )
    };
    assert!(matches!(write("1", Condition::Absent).await, Ok(Written::Yes(_))));
    assert_eq!(write("2", Condition::Absent).await, Ok(Written::ConditionFailed));
    let (bytes, first) = objects.read(&location).await.unwrap().unwrap();
    assert_eq!(bytes, "1");
    let third = write("3", Condition::Unchanged(first.clone())).await;
    assert!(matches!(third, Ok(Written::Yes(_))), "{third:?}");
    assert_eq!(
        write("4", Condition::Unchanged(first.clone())).await,
        Ok(Written::ConditionFailed)
    );
    assert_eq!(objects.read(&location).await.unwrap().unwrap().0, "3");
    let gone = at(bucket, "outcomes/gone.json");
    let written = objects.write(
        &gone,
        Bytes::new(),
        "application/json",
        Condition::Unchanged(first),
    );
    assert_eq!(written.await, Ok(Written::ConditionFailed));
}

async fn of_many_who_write_first_one_does(objects: &impl Objects, bucket: &BucketName) {
    let location = at(bucket, "outcomes/2.json");
    let write = |text: &'static str| {
        let bytes = Bytes::from_static(text.as_bytes());
        objects.write(&location, bytes, "application/json", Condition::Absent)
    };
    let (a, b, c) = tokio::join!(write("a"), write("b"), write("c"));
    let won = [a, b, c].map(|written| matches!(written, Ok(Written::Yes(_))));
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = ["a", "b", "c"][won.iter().position(|won| *won).unwrap()];
    assert_eq!(objects.read(&location).await.unwrap().unwrap().0, winner);
}

/// Holds `queues` to the contract, on a queue that is there and empty. `receive` takes all visible messages of it:
/// body and receipt handle.
pub(crate) async fn holds_for_queues<Q, R, F>(queues: &Q, url: &str, receive: R)
where
    Q: Queues,
    R: Fn() -> F,
    F: Future<Output = Vec<(String, String)>>,
{
    let bodies: Vec<String> = (0..10).map(|i| format!("{{\"é\": {i}}}")).collect();
    assert_eq!(queues.send(url, &bodies).await, vec![Ok(()); 10]);
    let mut received = Vec::new();
    while received.len() < 10 {
        received.extend(receive().await);
    }
    received.sort();
    let texts: Vec<_> = received.iter().map(|(body, _)| body.clone()).collect();
    assert_eq!(texts, bodies);

    // What was received is invisible; with a visibility timeout of zero it is delivered again.
    assert_eq!(receive().await, []);
    let (body, handle) = &received[3];
    assert_eq!(
        queues.change_visibility(url, handle, Duration::ZERO).await,
        Ok(())
    );
    let again = receive().await;
    assert_eq!(again.iter().map(|(body, _)| body).collect::<Vec<_>>(), [body]);
    let changed = queues
        .change_visibility(url, "no such handle", Duration::ZERO)
        .await;
    assert_eq!(changed.map_err(|error| error.kind), Err(PortErrorKind::Refused));

    let (place, _) = url.rsplit_once('/').unwrap();
    let gone = format!("{place}/errand-reply-no-such-queue");
    for result in queues.send(&gone, &bodies[..2]).await {
        assert_eq!(result.map_err(|error| error.kind), Err(PortErrorKind::NotFound));
    }
}

mod fakes {
    use super::*;
    use crate::fakes::{FakeObjects, FakeQueues, Log};

    #[tokio::test]
    async fn the_fake_objects_keep_the_contract() {
        let objects = FakeObjects::new(&Log::default(), &["errand-results"]);
        holds_for_objects(&objects, &"errand-results".parse().unwrap()).await;
    }

    #[tokio::test]
    async fn the_fake_queues_keep_the_contract() {
        let url = "http://sqs/1/errand-responses";
        let queues = FakeQueues::new(&Log::default(), &[url]);
        holds_for_queues(&queues, url, || async { queues.receive(url) }).await;
    }
}
