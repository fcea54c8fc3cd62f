//! Map jobs, with these tests in the place of the state machine.

use errand_protocol::{
    Destination, Engine, MapOptions, MapPlan, MapReport, ObjectReport, ObjectStatus, Prefix, Unit, code,
};

use super::*;

/// What a client asks for.
fn ask(id: JobId, input: RequestInput, options: MapOptions) -> String {
    let mut request = Request::new(id, "stats".parse().unwrap(), Map::new(), input);
    request.reply_queue = Some(CLIENT.parse().unwrap());
    request.map = Some(options);
    request.to_json()
}

fn below(prefix: &str) -> RequestInput {
    RequestInput::Prefix(Prefix {
        bucket: "lake-1".parse().unwrap(),
        prefix: prefix.to_owned(),
        include: Vec::new(),
        exclude: Vec::new(),
    })
}

fn in_slices_of(slice_bytes: u64) -> MapOptions {
    MapOptions {
        slice_bytes: Some(slice_bytes),
        ..MapOptions::default()
    }
}

fn in_lake(key: &str) -> ObjectLocation {
    object("lake-1", key)
}

impl Fixture {
    async fn send(&self, id: JobId, input: RequestInput, options: MapOptions) {
        let event = sqs([record("m1", 1, &ask(id, input, options))]);
        assert_eq!(self.handle(&event).await, Ok(no_item_failures()));
    }

    fn started(&self, id: JobId) -> bool {
        let start = format!("start {id} with {{\"job_id\":\"{id}\",\"operation\":\"stats\"}}");
        self.log.effects().contains(&start)
    }

    fn kept<T: serde::de::DeserializeOwned>(&self, id: JobId, name: &str) -> T {
        let location = object(RESULTS, keys::map(id, name).as_str());
        let bytes = self
            .objects
            .current(&location)
            .unwrap_or_else(|| panic!("no {name}"));
        serde_json::from_slice(&bytes).unwrap()
    }

    async fn step(&self, id: JobId, step: Value) -> Result<Value, String> {
        let mut event = json!({ "errand_map": { "job_id": id } });
        for (name, value) in step.as_object().unwrap() {
            event["errand_map"][name] = value.clone();
        }
        self.handle(&event).await
    }

    /// Does what the state machine does, every step twice; how many rounds of work there were.
    async fn run_map(&self, id: JobId) -> u64 {
        let mut rounds = 0;
        self.step(id, json!({ "step": "plan" })).await.unwrap();
        let mut turn = self.step(id, json!({ "step": "plan" })).await.unwrap();
        loop {
            match turn["next"].as_str().unwrap() {
                "plan" => turn = self.step(id, json!({ "step": "plan" })).await.unwrap(),
                "work" => {
                    rounds += 1;
                    let work = object(RESULTS, turn["work"].as_str().unwrap());
                    let lines = self.objects.current(&work).unwrap();
                    let round = turn["round"].clone();
                    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                        let item: Value = serde_json::from_slice(line).unwrap();
                        assert!(
                            item.to_string().len() < 64 << 10,
                            "Step Functions passes 256 KiB on"
                        );
                        let work = json!({ "step": "work", "round": round, "item": item });
                        for _ in 0..2 {
                            assert_eq!(self.step(id, work.clone()).await, Ok(json!({})));
                        }
                    }
                    self.step(id, json!({ "step": "reduce", "round": round }))
                        .await
                        .unwrap();
                    turn = self
                        .step(id, json!({ "step": "reduce", "round": round }))
                        .await
                        .unwrap();
                }
                "done" => return rounds,
                other => panic!("{other}"),
            }
        }
    }

    fn report(&self, id: JobId) -> MapReport {
        match self.outcome(id).expect("no outcome is stored").status {
            Status::Succeeded { result, .. } => serde_json::from_value(result.into()).unwrap(),
            Status::Failed { error } => panic!("failed: {error}"),
        }
    }

    fn objects_of(&self, id: JobId) -> Vec<ObjectReport> {
        let mut all = Vec::new();
        for report in 0..self.report(id).reports {
            let bytes = self
                .objects
                .current(&object(RESULTS, keys::map_report(id, report).as_str()))
                .unwrap();
            all.extend(
                serde_json::Deserializer::from_slice(&bytes)
                    .into_iter()
                    .map(Result::unwrap),
            );
        }
        all
    }
}

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
    fixture
        .objects
        .put(&object("gallery", "shades/a"), "of an earlier job");
    tokio::time::sleep(Duration::from_millis(5)).await;
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
    tokio::time::sleep(Duration::from_millis(5)).await;
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
async fn where_there_is_nothing_that_is_said() {
    for fixture in [Fixture::new(), Fixture::with_slices()] {
        let id = JobId::random();
        fixture.send(id, below("nothing/"), MapOptions::default()).await;
        assert_eq!(fixture.run_map(id).await, 0);
        let error = fixture.error(id);
        assert_eq!(error.code, code::NO_OBJECTS);
        assert!(error.message.contains("s3://lake-1/nothing/"), "{error}");
    }
}

#[tokio::test]
async fn what_the_stack_may_not_reach_is_refused_with_the_parameter_that_lets_it() {
    let fixture = Fixture::new();
    let elsewhere = |bucket: &str, prefix: &str| {
        RequestInput::Prefix(Prefix {
            bucket: bucket.parse().unwrap(),
            prefix: prefix.to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
        })
    };
    let to = |bucket: &str| MapOptions {
        to: Some(Destination {
            bucket: bucket.parse().unwrap(),
            prefix: String::new(),
        }),
        ..MapOptions::default()
    };
    for (input, options, words) in [
        (
            elsewhere("sea", "a/"),
            MapOptions::default(),
            "ReadableBuckets=lake-*,sea",
        ),
        (below("a/"), to("museum"), "WritableBuckets=gallery,museum"),
        (
            elsewhere(INPUTS, "uploads/"),
            MapOptions::default(),
            "has to begin with",
        ),
        (elsewhere(INPUTS, ""), MapOptions::default(), "has to begin with"),
        (elsewhere(RESULTS, ""), MapOptions::default(), "ReadableBuckets"),
        (
            RequestInput::Objects(vec![in_lake("a"), object("sea", "b")]),
            MapOptions::default(),
            "s3://sea/b",
        ),
        (
            below("a/"),
            MapOptions {
                engine: Some(Engine::Queue),
                ..MapOptions::default()
            },
            "leave the engine `queue` out",
        ),
    ] {
        let id = JobId::random();
        fixture.send(id, input, options).await;
        assert!(!fixture.started(id));
        let error = fixture.error(id);
        assert!(error.message.contains(words) && !error.retryable, "{error}");
    }
}

#[tokio::test]
async fn a_canceled_job_is_done_no_further() {
    let fixture = Fixture::new();
    fixture.objects.put(&in_lake("a"), "fine");
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    let turn = fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    let canceled = Outcome::canceled(id, "stats".parse().unwrap(), 1);
    fixture.objects.put(&outcome_location(id), canceled.to_json());
    let item = json!({ "number": 0, "page": 0, "from": 0, "to": 1 });
    let work = json!({ "step": "work", "round": turn["round"], "item": item });
    assert_eq!(fixture.step(id, work).await, Ok(json!({})));
    assert_eq!(fixture.runs(), 0);
    let turn = fixture
        .step(id, json!({ "step": "reduce", "round": 1 }))
        .await
        .unwrap();
    assert_eq!(turn["next"], "done");
    assert_eq!(fixture.error(id).code, code::CANCELED);
}

#[tokio::test]
async fn what_fails_for_a_reason_that_may_pass_is_for_the_state_machine_and_told_at_the_end() {
    let fixture = Fixture::new();
    fixture.objects.put(&in_lake("a"), "fine");
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    fixture.step(id, json!({ "step": "plan" })).await.unwrap();
    let item = json!({ "number": 0, "page": 0, "from": 0, "to": 1 });
    let work = json!({ "step": "work", "round": 1, "item": item });
    let unavailable = Fault::Fails(PortErrorKind::Unavailable);
    fixture.script.fail(Call::Open, unavailable, 3);
    let error = fixture.step(id, work.clone()).await.unwrap_err();
    assert!(error.contains("0 of 1 objects of a batch are done"), "{error}");
    assert!(fixture.outcome(id).is_none());
    let caught =
        json!({ "Error": "States.ExceedToleratedFailureThreshold", "Cause": "The threshold was exceeded" });
    let turn = fixture
        .step(id, json!({ "step": "fail", "error": caught }))
        .await
        .unwrap();
    assert_eq!(turn["next"], "done");
    let error = fixture.error(id);
    assert_eq!((error.code, error.retryable), (code::SERVICE_UNAVAILABLE, false));
    assert!(error.message.contains("failed on purpose"), "{}", error.message);
    assert_eq!(fixture.replies(CLIENT_URL).len(), 1);
}

#[tokio::test]
async fn a_stack_without_a_state_machine_says_so() {
    let config = Config {
        state_machine_arn: None,
        ..config()
    };
    let mut fixture = Fixture::with_config(config);
    Arc::get_mut(&mut fixture.processor).unwrap().executions = None;
    let id = JobId::random();
    fixture.send(id, below(""), MapOptions::default()).await;
    assert_eq!(fixture.error(id).code, code::MISCONFIGURED);
}

#[tokio::test]
async fn the_failure_that_a_killed_last_attempt_leaves_does_not_count_while_the_state_machine_works() {
    let fixture = Fixture::with_slices();
    let id = JobId::random();
    fixture.objects.put(&upload(id), "outgrow it");
    let event = sqs([record("m1", 5, &request(id, RequestInput::Object(upload(id))))]);
    assert_eq!(fixture.handle(&event).await, Ok(no_item_failures()));
    assert!(fixture.started(id));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let in_twenty_hours = u64::try_from(now).unwrap() + 20 * 3_600_000;
    assert!(!fixture.outcome(id).unwrap().is_answer_at(in_twenty_hours));
    fixture.run_map(id).await;
    assert_eq!(reported(&fixture.outcome(id).unwrap(), "words"), 2);
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

#[tokio::test]
async fn an_object_in_a_bucket_that_refuses_it_is_refused_at_once() {
    let fixture = Fixture::new();
    let id = JobId::random();
    // The policy lets the stack read it; the bucket does not.
    fixture
        .send(
            id,
            RequestInput::Object(object("lake-2", "a")),
            MapOptions::default(),
        )
        .await;
    let error = fixture.error(id);
    assert_eq!((error.code, error.retryable), (code::INPUT_REFUSED, false));
}
