//! A result of each object.

use super::*;

#[tokio::test]
async fn each_object_has_a_result_below_a_hash_or_where_it_is_wanted() {
    for to in [None, Some("shades/")] {
        let fixture = Fixture::new();
        for key in ["p/a.txt", "p/x/b.txt", "p/x/c.txt", "p/y/d.txt", "p/y/e.txt"] {
            fixture.objects.put(&in_lake(key), "file made.txt");
        }
        fixture.objects.put(&in_lake("p/x/bad.txt"), "reject it is bad");
        fixture.objects.put(&in_lake("p/x/"), "");
        fixture.objects.put(&in_lake("p/z.txt"), "no file");
        let id = JobId::random();
        let options = MapOptions {
            to: to.map(|prefix| Destination {
                bucket: "gallery".parse().unwrap(),
                prefix: prefix.to_owned(),
            }),
            ..MapOptions::default()
        };
        fixture.send(id, below("p/"), options).await;
        assert_eq!(fixture.run_map(id).await, 1);
        let report = fixture.report(id);
        assert_eq!((report.objects, report.done, report.failed), (7, 6, 1));
        assert_eq!(report.failures[0].key, "p/x/bad.txt");
        assert_eq!(report.failures[0].message, "it is bad");
        // Done once, though every step was done twice.
        assert_eq!(fixture.runs(), 7);
        let mut made = Vec::new();
        for each in fixture.objects_of(id) {
            if let ObjectStatus::Done {
                object: Some(location),
                ..
            } = each.status
            {
                assert!(
                    fixture
                        .objects
                        .current(&location)
                        .unwrap()
                        .starts_with(b"made in run")
                );
                made.push((each.key, location));
            }
        }
        assert_eq!(made.len(), 5);
        for (key, location) in made {
            let name = key.strip_prefix("p/").unwrap();
            if let Some(prefix) = to {
                assert_eq!(location, object("gallery", &format!("{prefix}{name}")));
            } else {
                let rest = location.key.as_str().strip_prefix("results/").unwrap();
                assert_eq!(rest[2..], format!("/{id}/{name}"));
            }
        }
    }
}

#[tokio::test]
async fn what_breaks_off_of_what_steps_left_for_each_other_is_read_again() {
    let fixture = Fixture::new();
    for key in ["a", "b", "c", "d"] {
        fixture.objects.put(&in_lake(key), "fine");
    }
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    for (batch, to) in [(0, 3), (1, 1)] {
        let item = json!({ "number": batch, "page": batch, "from": 0, "to": to });
        let work = json!({ "step": "work", "round": 1, "item": item });
        fixture.step(id, work).await.unwrap();
    }
    fixture
        .script
        .fail(Call::Read, Fault::Fails(PortErrorKind::Unavailable), 3);
    let turn = fixture
        .step(id, json!({ "step": "reduce", "round": 1 }))
        .await
        .unwrap();
    assert_eq!(
        (turn["next"].as_str(), fixture.report(id).done),
        (Some("done"), 4)
    );
}

#[tokio::test]
async fn a_batch_whose_function_is_killed_goes_on_from_what_was_kept() {
    let fixture = Fixture::new();
    for key in ["a", "b", "c"] {
        fixture.objects.put(&in_lake(key), "sleep 200");
    }
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    let item = json!({ "number": 0, "page": 0, "from": 0, "to": 3 });
    let work = json!({ "step": "work", "round": 1, "item": item });
    let so_far = object(RESULTS, keys::map(id, "reports/00000000.jsonl.so-far").as_str());
    let done_so_far = || {
        let kept = fixture.objects.current(&so_far).unwrap_or_default();
        kept.split(|byte| *byte == b'\n').count() - 1
    };
    let killed = async {
        while done_so_far() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = fixture.step(id, work.clone()) => panic!("it lived to answer {answer:?}"),
        () = killed => {}
    }
    // What runs on a thread ends there.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (kept, runs) = (done_so_far(), fixture.runs());
    assert_eq!(fixture.step(id, work).await, Ok(json!({})));
    assert_eq!(fixture.runs(), runs + 3 - kept, "{kept} were kept");
    fixture
        .step(id, json!({ "step": "reduce", "round": 1 }))
        .await
        .unwrap();
    assert_eq!((fixture.report(id).objects, fixture.report(id).done), (3, 3));
    assert_eq!(fixture.objects_of(id).len(), 3);
}

#[tokio::test]
async fn a_result_from_before_the_job_is_skipped_and_one_of_a_killed_function_is_made_again() {
    let fixture = Fixture::new();
    for key in ["p/a", "p/b", "p/c"] {
        fixture.objects.put(&in_lake(key), "file made.txt");
    }
    // S3 tells whole seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    fixture
        .objects
        .put(&object("gallery", "shades/a"), "of an earlier job");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let id = JobId::random();
    let to = Destination {
        bucket: "gallery".parse().unwrap(),
        prefix: "shades/".to_owned(),
    };
    let options = MapOptions {
        to: Some(to),
        ..MapOptions::default()
    };
    fixture.send(id, below("p/"), options).await;
    fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    // In the second in which the request was received: S3 says that it was before.
    fixture
        .objects
        .put(&object("gallery", "shades/b"), "of a function that was killed");
    fixture.run_map(id).await;
    let report = fixture.report(id);
    assert_eq!((report.objects, report.done, report.skipped), (3, 2, 1));
    let kept = |key| fixture.objects.current(&object("gallery", key)).unwrap();
    assert_eq!(kept("shades/a"), "of an earlier job");
    assert!(kept("shades/b").starts_with(b"made in run"));
}

#[tokio::test]
async fn more_failures_than_are_tolerated_fail_the_job() {
    for (tolerated, fails) in [(20.0, true), (25.0, false)] {
        let fixture = Fixture::new();
        for key in ["a", "b", "c"] {
            fixture.objects.put(&in_lake(key), "fine");
        }
        fixture.objects.put(&in_lake("d"), "reject it");
        let id = JobId::random();
        let options = MapOptions {
            tolerate_percent: Some(tolerated),
            ..MapOptions::default()
        };
        fixture.send(id, below(""), options).await;
        fixture.run_map(id).await;
        let outcome = fixture.outcome(id).unwrap();
        assert_eq!(matches!(outcome.status, Status::Failed { .. }), fails);
    }
}

#[tokio::test]
async fn an_object_that_takes_all_of_the_time_is_listed_and_the_others_are_done() {
    let fixture = Fixture::new();
    fixture.objects.put(&in_lake("a"), "compute for ever");
    fixture.objects.put(&in_lake("b"), "fine");
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    let item = json!({ "number": 0, "page": 0, "from": 0, "to": 2 });
    let work = json!({ "errand_map": { "job_id": id, "step": "work", "round": 1, "item": item } });
    for _ in 0..3 {
        // With a longer time-out than this, the state machine's next attempt does what is left.
        let _ = fixture.handle_within(Duration::from_secs(7), &work).await;
    }
    fixture
        .step(id, json!({ "step": "reduce", "round": 1 }))
        .await
        .unwrap();
    let report = fixture.report(id);
    assert_eq!((report.done, report.failed), (1, 1));
    assert_eq!(report.failures[0].code, code::DEADLINE_EXCEEDED);
}
