//! Map jobs, with these tests in the place of the state machine.

mod each;
mod slices;

use errand_protocol::{Destination, Engine, MapOptions, MapReport, ObjectReport, ObjectStatus, Prefix, code};

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
