//! What is told of each attempt: lines of metrics, each held against the specification of their format.

use std::collections::BTreeSet;

use errand_protocol::{JobId, RequestInput, TraceId, code};

use super::*;

/// What a value may be of: the units of `MetricDatum` in the Amazon `CloudWatch` API reference that are used here.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "Bytes"];

impl Fixture {
    /// The lines that were written so far.
    fn lines(&self) -> Vec<Value> {
        let written = String::from_utf8(self.lines.lock().unwrap().clone()).unwrap();
        assert!(written.is_empty() || written.ends_with('\n'), "{written}");
        let lines = written.lines().map(|line| {
            // What CloudWatch takes for a log event, of which a line has to be one.
            assert!(line.len() < 1_048_576);
            serde_json::from_str(line).unwrap()
        });
        lines.inspect(keeps_the_specification).collect()
    }

    /// The one line that was written.
    fn line(&self) -> Value {
        let [line] = <[Value; 1]>::try_from(self.lines()).unwrap();
        line
    }
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn texts(array: &Value) -> Vec<&str> {
    let texts = array.as_array().unwrap().iter();
    texts.map(|text| text.as_str().unwrap()).collect()
}

/// "Specification: Embedded metric format" in the Amazon `CloudWatch` user guide (read 2026-11).
fn keeps_the_specification(line: &Value) {
    let Some(metadata) = line.get("_aws") else {
        return;
    };
    assert_eq!(
        names(metadata),
        BTreeSet::from(["CloudWatchMetrics", "Timestamp"])
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let told = metadata["Timestamp"].as_u64().unwrap();
    assert!(now.abs_diff(told.into()) < 600_000, "{told}");
    let directives = metadata["CloudWatchMetrics"].as_array().unwrap();
    assert!(!directives.is_empty());
    for directive in directives {
        assert_eq!(
            names(directive),
            BTreeSet::from(["Dimensions", "Metrics", "Namespace"])
        );
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=255).contains(&namespace.len()) && !namespace.starts_with(':'));
        for set in directive["Dimensions"].as_array().unwrap() {
            assert!(texts(set).len() <= 30);
            for name in texts(set) {
                let value = line[name]
                    .as_str()
                    .unwrap_or_else(|| panic!("no dimension {name}"));
                assert!((1..=1_024).contains(&value.len()), "{name}: {value}");
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()), "{metrics:?}");
        for metric in metrics {
            assert_eq!(names(metric), BTreeSet::from(["Name", "Unit"]));
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=255).contains(&name.len()));
            assert!(UNITS.contains(&metric["Unit"].as_str().unwrap()), "{metric}");
            let value = line[name].as_f64().unwrap_or_else(|| panic!("no metric {name}"));
            assert!(value >= 0.0, "{name}: {value}");
        }
    }
}

/// The metrics that a line gives, with the dimensions of each.
fn metrics(line: &Value) -> BTreeSet<(String, String)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().iter();
    let pairs = directives.flat_map(|directive| {
        let dimensions = texts(&directive["Dimensions"][0]).join(" ");
        let metrics = directive["Metrics"].as_array().unwrap().iter();
        metrics.map(move |metric| (metric["Name"].as_str().unwrap().to_owned(), dimensions.clone()))
    });
    pairs.collect()
}

/// The metrics of `names`, by stack and operation.
fn by_operation(names: &[&str]) -> BTreeSet<(String, String)> {
    let pairs = names
        .iter()
        .map(|name| ((*name).to_owned(), "stack operation".to_owned()));
    pairs.collect()
}

/// The same for an attempt that ended its job, which is counted by its outcome as well.
fn of_ended(names: &[&str]) -> BTreeSet<(String, String)> {
    let mut all = by_operation(names);
    all.insert(("Jobs".to_owned(), "stack operation outcome".to_owned()));
    all
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// A record that was sent `ago` before now.
fn sent(ago: Duration, mut record: Value) -> Value {
    let sent = unix_ms() - u64::try_from(ago.as_millis()).unwrap();
    record["attributes"]["SentTimestamp"] = sent.to_string().into();
    record
}

#[tokio::test]
async fn a_job_that_succeeds_is_counted_and_measured() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let record = sent(Duration::from_secs(3), record("m1", 1, &inline(id, "way of it")));
    fixture.handle(&sqs([record])).await.unwrap();
    let line = fixture.line();
    let expected = [
        "Jobs",
        "Failed",
        "Faults",
        "Attempts",
        "QueueMilliseconds",
        "WorkMilliseconds",
        "StoreMilliseconds",
        "BytesIn",
    ];
    assert_eq!(metrics(&line), of_ended(&expected));
    assert_eq!(
        (&line["stack"], &line["operation"], &line["outcome"]),
        (&json!("errand"), &json!("stats"), &json!("succeeded"))
    );
    assert_eq!(
        (&line["Jobs"], &line["Failed"], &line["Faults"], &line["Attempts"]),
        (&json!(1), &json!(0), &json!(0), &json!(1))
    );
    assert_eq!(line["BytesIn"], 9);
    let waited = line["QueueMilliseconds"].as_f64().unwrap();
    assert!((3_000.0..60_000.0).contains(&waited), "{waited}");
    assert_eq!(line["job_id"], json!(id));
    assert_eq!(
        (&line["request_id"], &line["way"], &line["attempt"]),
        (&json!("invocation-1"), &json!("the short one"), &json!(1))
    );
    assert_eq!(line.get("code"), None);
}

#[tokio::test]
async fn time_is_told_apart_by_what_it_was_spent_on() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "sleep 200");
    let slow = |ms| Fault::Takes(Duration::from_millis(ms));
    fixture.script.fail(Call::Open, slow(100), 1);
    fixture.script.fail(Call::WriteOutcome, slow(300), 1);
    let body = request(id, RequestInput::Object(location));
    fixture.handle(&sqs([record("m1", 1, &body)])).await.unwrap();
    let line = fixture.line();
    for (name, least) in [
        ("FetchMilliseconds", 100.0),
        ("WorkMilliseconds", 200.0),
        ("StoreMilliseconds", 300.0),
    ] {
        let took = line[name].as_f64().unwrap();
        assert!((least..least + 95.0).contains(&took), "{name}: {took}");
    }
}

#[tokio::test]
async fn a_file_that_is_made_is_counted_in_bytes() {
    let fixture = Fixture::new();
    let event = sqs([record("m1", 1, &inline(JobId::random(), "file a.txt"))]);
    fixture.handle(&event).await.unwrap();
    let line = fixture.line();
    assert_eq!(line["BytesOut"], "made in run 1".len());
    let bytes = ("BytesOut".to_owned(), "stack operation".to_owned());
    assert!(metrics(&line).contains(&bytes));
}

#[tokio::test]
async fn bad_input_is_a_failure_and_no_fault() {
    let fixture = Fixture::new();
    let event = sqs([record("m1", 1, &inline(JobId::random(), "reject it"))]);
    fixture.handle(&event).await.unwrap();
    let line = fixture.line();
    assert_eq!(
        (&line["outcome"], &line["code"]),
        (&json!("failed"), &json!("not_an_integer"))
    );
    assert_eq!(
        (&line["Jobs"], &line["Failed"], &line["Faults"]),
        (&json!(1), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_panic_is_a_fault() {
    let fixture = Fixture::new();
    let event = sqs([record("m1", 1, &inline(JobId::random(), "panic"))]);
    fixture.handle(&event).await.unwrap();
    let line = fixture.line();
    assert_eq!(
        (&line["outcome"], &line["code"]),
        (&json!("failed"), &json!(code::INTERNAL))
    );
    assert_eq!((&line["Failed"], &line["Faults"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_run_out_of_time_is_a_fault_and_its_time_is_told() {
    let fixture = Fixture::new();
    let event = sqs([record(
        "m1",
        1,
        &inline(JobId::random(), "compute until canceled"),
    )]);
    fixture
        .handle_within(Duration::from_secs(6), &event)
        .await
        .unwrap();
    let line = fixture.line();
    assert_eq!(
        (&line["code"], &line["Faults"]),
        (&json!(code::DEADLINE_EXCEEDED), &json!(1))
    );
    assert!(line["WorkMilliseconds"].as_f64().unwrap() > 2_000.0, "{line}");
}

#[tokio::test]
async fn an_attempt_that_failed_is_told_as_a_retry_and_its_job_once_when_it_has_ended() {
    let fixture = Fixture::new();
    let id = JobId::random();
    let location = upload(id);
    fixture.objects.put(&location, "1");
    let body = request(id, RequestInput::Object(location));
    let fails = Fault::Fails(PortErrorKind::Unavailable);
    fixture.script.fail(Call::Open, fails, 9);
    // The last four only take it to the dead-letter queue.
    for receives in 1..=9 {
        let record = sent(Duration::from_secs(5), record("m1", receives, &body));
        fixture.handle(&sqs([record])).await.unwrap();
    }
    let lines = fixture.lines();
    let told: Vec<_> = lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["retry", "retry", "retry", "retry", "dead_lettered"]);
    let retry = by_operation(&[
        "Attempts",
        "QueueMilliseconds",
        "FetchMilliseconds",
        "WorkMilliseconds",
        "BytesIn",
    ]);
    assert_eq!(metrics(&lines[0]), retry);
    // Later attempts have waited on purpose.
    assert!(
        lines[1..]
            .iter()
            .all(|line| line.get("QueueMilliseconds").is_none())
    );
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["attempt"], index + 1);
        assert_eq!(line["code"], json!(code::SERVICE_UNAVAILABLE));
    }
    let last = &lines[4];
    assert_eq!(
        (&last["Jobs"], &last["Failed"], &last["Faults"], &last["Attempts"]),
        (&json!(1), &json!(1), &json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_deferral_is_no_attempt_and_the_wait_for_the_first_one_goes_on() {
    let fixture = Fixture::new();
    let body = inline(JobId::random(), "1");
    let delivered = |receives| sqs([sent(Duration::from_secs(8), record("m1", receives, &body))]);
    fixture
        .handle_within(Duration::from_secs(4), &delivered(1))
        .await
        .unwrap();
    fixture.handle(&delivered(2)).await.unwrap();
    let lines = fixture.lines();
    assert_eq!(lines[0]["outcome"], "deferred");
    assert_eq!(lines[0].get("_aws"), None, "nothing of it is a metric");
    assert_eq!(
        (&lines[1]["outcome"], &lines[1]["attempt"]),
        (&json!("succeeded"), &json!(1))
    );
    assert!(lines[1]["QueueMilliseconds"].as_f64().unwrap() >= 8_000.0);
}

#[tokio::test]
async fn jobs_done_at_once_write_whole_lines() {
    let fixture = Fixture::new();
    let records = (0..10).map(|i| record(&format!("m{i}"), 1, &inline(JobId::random(), "1")));
    fixture.handle(&sqs(records)).await.unwrap();
    let lines = fixture.lines();
    let jobs: BTreeSet<_> = lines
        .iter()
        .map(|line| line["job_id"].as_str().unwrap())
        .collect();
    assert_eq!(jobs.len(), 10);
}

#[tokio::test]
async fn what_nobody_watches_is_no_metric() {
    for (monitoring, expected) in [
        (Monitoring::Alarms, Some(by_operation(&["Faults"]))),
        (Monitoring::None, None),
    ] {
        let fixture = Fixture::with_config(Config {
            monitoring,
            ..config()
        });
        let event = sqs([record("m1", 1, &inline(JobId::random(), "1"))]);
        fixture.handle(&event).await.unwrap();
        let line = fixture.line();
        assert_eq!(line.get("_aws").map(|_| metrics(&line)), expected);
        // A query finds it all the same.
        assert_eq!((&line["Jobs"], &line["Failed"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn a_job_belongs_to_the_trace_of_its_request_or_else_of_the_invocation() {
    let own = "1-5759e988-bd862e3fe1be46a994272793";
    for (header, expected) in [
        (Some(format!("Root={own};Sampled=1")), own),
        (Some("nonsense".to_owned()), INVOCATION_TRACE),
        (None, INVOCATION_TRACE),
    ] {
        let fixture = Fixture::new();
        let id = JobId::random();
        let mut record = record("m1", 1, &inline(id, "1"));
        if let Some(header) = header {
            record["attributes"]["AWSTraceHeader"] = header.into();
        }
        fixture.handle(&sqs([record])).await.unwrap();
        let expected: TraceId = expected.parse().unwrap();
        assert_eq!(fixture.line()["trace_id"], json!(expected));
        let outcome = fixture.outcome(id).unwrap();
        assert_eq!(outcome.trace_id, Some(expected));
        assert_eq!(fixture.replies(CLIENT_URL)[0].outcome, Some(outcome));
    }
}

#[tokio::test]
async fn an_uploaded_file_belongs_to_the_invocation_s_trace() {
    let fixture = Fixture::new();
    fixture.objects.put(&object(INPUTS, "stats/a.txt"), "1");
    let event = s3_event(INPUTS, "stats/a.txt", None, "e");
    fixture
        .handle(&sqs([record("m1", 1, &event.to_string())]))
        .await
        .unwrap();
    let line = fixture.line();
    assert_eq!(line["trace_id"], INVOCATION_TRACE);
    assert!(line["FetchMilliseconds"].is_number());
}
