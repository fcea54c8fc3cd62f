//! One answer of long lists.

use errand_protocol::{Engine, MapOptions, MapPlan, Unit, code};

use super::*;

#[tokio::test]
async fn objects_below_a_prefix_are_one_list_whatever_the_slices() {
    let texts = ["one two three four", "", "five six", " seven  eight ", "nine"];
    for slice_bytes in [1, 2, 3, 5, 7, 1000] {
        let fixture = Fixture::with_slices();
        for (index, text) in texts.iter().enumerate() {
            fixture.objects.put(&in_lake(&format!("a/{index}.txt")), *text);
        }
        fixture.objects.put(&in_lake("b/other.txt"), "not this one");
        let id = JobId::random();
        fixture.send(id, below("a/"), in_slices_of(slice_bytes)).await;
        assert!(fixture.started(id));
        assert!(fixture.outcome(id).is_none());
        fixture.run_map(id).await;
        assert_eq!(
            reported(&fixture.outcome(id).unwrap(), "words"),
            9,
            "{slice_bytes}"
        );
        let replies = fixture.replies(CLIENT_URL);
        assert!(!replies.is_empty() && replies.iter().all(|reply| reply.job_id == id));
        let plan: MapPlan = fixture.kept(id, "plan.json");
        assert_eq!((plan.unit, plan.objects, plan.bytes), (Unit::Slices, 5, 44));
    }
}

#[tokio::test]
async fn a_slice_that_begins_elsewhere_than_the_one_before_ended_is_read_again() {
    let text = "a b ~c d e f g h i j~ k l ~m n~ o";
    for slice_bytes in [4, 6, 9, 12] {
        let fixture = Fixture::with_slices();
        fixture.objects.put(&in_lake("a.txt"), text);
        let id = JobId::random();
        fixture
            .send(
                id,
                RequestInput::Object(in_lake("a.txt")),
                MapOptions {
                    engine: Some(Engine::Map),
                    ..in_slices_of(slice_bytes)
                },
            )
            .await;
        let rounds = fixture.run_map(id).await;
        assert_eq!(
            reported(&fixture.outcome(id).unwrap(), "words"),
            7,
            "{slice_bytes}"
        );
        assert!(rounds > 2, "{slice_bytes}: {rounds}");
    }
}

#[tokio::test]
async fn what_is_wrong_ends_the_job_with_its_place_and_its_object() {
    let fixture = Fixture::with_slices();
    fixture.objects.put(&in_lake("a/1.txt"), "a b c d e");
    fixture
        .objects
        .put(&in_lake("a/2.txt"), "f g wrong i j k wrong m");
    let id = JobId::random();
    fixture.send(id, below("a/"), in_slices_of(4)).await;
    assert_eq!(fixture.run_map(id).await, 1);
    let error = fixture.error(id);
    assert_eq!(error.code.as_str(), "wrong_word");
    assert_eq!(error.message, "s3://lake-1/a/2.txt: `wrong` behind 7 words");
    // Slices behind it were not read.
    let first: u64 = fixture.kept(id, "wrong/0001");
    let opened = fixture.log.effects();
    let begun = |effect: &String| {
        effect
            .strip_prefix("open a/2.txt from ")?
            .split(' ')
            .next()?
            .parse()
            .ok()
    };
    let furthest: Option<u64> = opened.iter().filter_map(begun).max();
    assert!(first < 6, "{first}");
    // What is behind the second slice, asked for from where its answer had ended.
    assert_eq!(furthest, Some(11), "{opened:?}");
}

#[tokio::test]
async fn an_object_that_cannot_be_cut_is_one_slice_and_that_is_told() {
    let fixture = Fixture::with_slices();
    fixture.objects.put(&in_lake("a.txt"), "whole and not cut");
    let id = JobId::random();
    fixture.send(id, below("a"), in_slices_of(3)).await;
    fixture.run_map(id).await;
    let plan: MapPlan = fixture.kept(id, "plan.json");
    assert_eq!(plan.items, 1);
    assert_eq!(plan.notes, ["s3://lake-1/a.txt is read as one slice: it says so"]);
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "words"), 4);
}

#[tokio::test]
async fn an_object_that_was_written_over_meanwhile_is_an_error() {
    let fixture = Fixture::with_slices();
    fixture.objects.put(&in_lake("a.txt"), "one two");
    let id = JobId::random();
    fixture.send(id, below("a"), in_slices_of(3)).await;
    let turn = fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    assert_eq!(turn["next"], "work");
    fixture.objects.put(&in_lake("a.txt"), "one two three");
    let work = fixture
        .objects
        .current(&object(RESULTS, turn["work"].as_str().unwrap()))
        .unwrap();
    for line in work.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let item: Value = serde_json::from_slice(line).unwrap();
        let work = json!({ "step": "work", "round": 1, "item": item });
        fixture.step(id, work).await.unwrap();
    }
    let turn = fixture
        .step(id, json!({ "step": "reduce", "round": 1 }))
        .await
        .unwrap();
    assert_eq!(turn["next"], "done");
    assert_eq!(fixture.error(id).code, code::INPUT_CHANGED);
}

#[tokio::test]
async fn an_input_over_one_functions_reach_goes_to_the_map_without_a_word() {
    let fixture = Fixture::with_slices();
    let reach = (1 << 20) / 2;
    for (text, is_started) in [
        ("1 ".repeat(reach / 2), false),
        ("1 ".repeat(reach / 2 + 1), true),
        ("outgrow it".to_owned(), true),
    ] {
        let id = JobId::random();
        fixture.objects.put(&upload(id), text);
        let event = sqs([record("m1", 1, &request(id, RequestInput::Object(upload(id))))]);
        assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
        assert_eq!(fixture.started(id), is_started);
        assert_eq!(fixture.outcome(id).is_none(), is_started);
        let id = JobId::random();
        fixture.objects.put(&upload(id), "outgrow it");
        let options = MapOptions {
            engine: Some(Engine::Queue),
            ..MapOptions::default()
        };
        fixture.send(id, RequestInput::Object(upload(id)), options).await;
        assert!(!fixture.started(id));
        assert_eq!(fixture.error(id).code.as_str(), "memory_budget_exceeded");
    }
}
