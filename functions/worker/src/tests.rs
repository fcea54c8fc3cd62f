//! The worker as a whole, from an event to what it leaves in the cloud, on the [`fakes`](crate::fakes).

mod answers;
mod backlog;
mod chained;
mod forms;
mod isolation;
mod killed;
mod map;
mod metrics;
mod once;
mod retries;
mod sliced;
mod time;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use errand_protocol::{
    FileName, JobError, JobId, ObjectLocation, Outcome, Reply, Request, RequestInput, Status, keys,
};
use serde_json::{Map, Value, json};

use crate::batch;
use crate::config::{Config, Monitoring};
use crate::fakes::{Call, Failing, FakeExecutions, FakeObjects, FakeQueues, Fault, Log, Script};
use crate::metrics::Metrics;
use crate::operation::{Context, Failure, Input, MadeFile, Operation, Output, ParameterOf};
use crate::ports::PortErrorKind;
use crate::process::Processor;
use crate::slicing::Slicing;
use sliced::Sliced;

const INPUTS: &str = "errand-input";
const RESULTS: &str = "errand-results";
const RESPONSES: &str = "http://sqs/1/errand-responses";
const REQUESTS: &str = "http://sqs/1/errand-stats-requests";
/// The trace in which Lambda does the invocations of these tests.
const INVOCATION_TRACE: &str = "1-66666666-000000000000000000000001";
const CLIENT: &str = "errand-reply-1";
const CLIENT_URL: &str = "http://sqs/1/errand-reply-1";

pub(crate) fn config() -> Config {
    Config {
        stack: "errand".to_owned(),
        input_bucket: INPUTS.parse().unwrap(),
        result_bucket: RESULTS.parse().unwrap(),
        request_queue_url: REQUESTS.to_owned(),
        response_queue_url: RESPONSES.to_owned(),
        reply_prefix: "errand-reply-".to_owned(),
        state_machine_arn: Some("arn:aws:states:us-east-2:1:stateMachine:errand-map".to_owned()),
        readable_buckets: vec!["lake-*".to_owned()],
        writable_buckets: vec!["gallery".to_owned()],
        max_receive_count: 100,
        retry_base: Duration::from_secs(5),
        look_every: Duration::from_millis(100),
        keep_every: Duration::from_millis(20),
        monitoring: Monitoring::All,
        memory_bytes: 65 << 20,
    }
}

/// An operation that tells how often it ran, and does what its input says.
struct Probe {
    runs: Arc<AtomicUsize>,
    /// How it reads an input in slices, if it does.
    slicing: Option<Sliced>,
}

impl Operation for Probe {
    const NAME: &'static str = "stats";
    const TAKES_BARE_TEXT: bool = true;
    const PARAMETER_OF: ParameterOf = |option| (option == "skip-invalid").then_some(("skip_invalid", "true"));

    fn slicing(&self) -> Option<&dyn Slicing> {
        self.slicing.as_ref().map(|sliced| sliced as &dyn Slicing)
    }

    fn run(
        &self,
        mut input: Input,
        parameters: Map<String, Value>,
        context: &Context,
    ) -> Result<Output, Failure> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let mut text = input.next_chunk()?.unwrap_or_default().to_vec();
        assert!(!text.starts_with(b"pan"), "panics before it has read all");
        text.extend(input.read_all(context.memory_budget_bytes)?);
        let text = String::from_utf8(text).unwrap();
        let mut output = Output::of_report(&json!({ "run": run, "text": text, "parameters": parameters }))?;
        match text.split_once(' ') {
            Some(("outgrow", why)) => return Err(Failure::too_large("memory_budget_exceeded", why)),
            Some(("reject", why)) => return Err(Failure::rejected("not_an_integer", why)),
            Some(("compute", _)) => {
                while !context.canceled.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            Some(("way", _)) => output = output.with_way("the short one"),
            Some(("sleep", ms)) => std::thread::sleep(Duration::from_millis(ms.parse().unwrap())),
            Some(("pad", bytes)) => {
                let padding = "p".repeat(bytes.parse().unwrap());
                output.report.insert("padding".to_owned(), padding.into());
            }
            Some(("file", name)) => {
                output.file = Some(MadeFile {
                    name: FileName::new(name),
                    media_type: "text/plain",
                    bytes: format!("made in run {run}").into(),
                });
            }
            _ => {}
        }
        Ok(output)
    }
}

type TestProcessor = Processor<Probe, Failing<FakeObjects>, Failing<FakeQueues>>;

/// A function and its cloud.
struct Fixture {
    processor: Arc<TestProcessor>,
    objects: FakeObjects,
    queues: FakeQueues,
    script: Script,
    log: Log,
    runs: Arc<AtomicUsize>,
    /// The lines of metrics.
    lines: Lines,
}

type Lines = Arc<Mutex<Vec<u8>>>;

impl Fixture {
    fn new() -> Self {
        Self::with_config(config())
    }

    fn with_config(config: Config) -> Self {
        Self::with(config, None)
    }

    /// A function that reads inputs in slices, too.
    fn with_slices() -> Self {
        Self::with(config(), Some(Sliced))
    }

    fn with(config: Config, slicing: Option<Sliced>) -> Self {
        let (log, script, runs) = (Log::default(), Script::default(), Arc::default());
        let lines = Lines::default();
        let objects = FakeObjects::new(&log, &[INPUTS, RESULTS, "lake-1", "gallery"]);
        let queues = FakeQueues::new(&log, &[REQUESTS, RESPONSES, CLIENT_URL]);
        Self {
            processor: Arc::new(processor(
                config, slicing, &runs, &objects, &queues, &script, &lines, &log,
            )),
            objects,
            queues,
            script,
            log,
            runs,
            lines,
        }
    }

    /// Another process of the same function, in the same cloud.
    fn another_process(&self) -> Self {
        let (objects, queues) = (self.objects.clone(), self.queues.clone());
        Self {
            processor: Arc::new(processor(
                self.processor.config.clone(),
                self.processor.runner.operation().slicing.clone(),
                &self.runs,
                &objects,
                &queues,
                &self.script,
                &self.lines,
                &self.log,
            )),
            objects,
            queues,
            script: self.script.clone(),
            log: self.log.clone(),
            runs: Arc::clone(&self.runs),
            lines: Arc::clone(&self.lines),
        }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    /// Has an event answered, with a minute of time.
    async fn handle(&self, event: &Value) -> Result<Value, String> {
        self.handle_within(Duration::from_mins(1), event).await
    }

    /// Has an event answered, and logs what Lambda then acknowledges.
    async fn handle_within(&self, time: Duration, event: &Value) -> Result<Value, String> {
        let mut context = lambda_runtime::Context::default();
        context.request_id = "invocation-1".to_owned();
        let header = format!("Root={INVOCATION_TRACE};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:1:0");
        context.xray_trace_id = Some(header);
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        context.deadline = u64::try_from(end.as_millis()).unwrap();
        let answer = batch::handle(Arc::clone(&self.processor), &event.to_string(), &context)
            .await
            .map_err(|error| error.to_string())?;
        if answer.get("batchItemFailures").is_some() {
            let kept = identifiers(&answer);
            for record in event["Records"].as_array().unwrap() {
                let id = record["messageId"].as_str().unwrap_or_default().to_owned();
                if !kept.contains(&id) {
                    self.log.add(format!("acknowledge {id}"));
                }
            }
        }
        Ok(answer)
    }

    fn outcome(&self, id: JobId) -> Option<Outcome> {
        let stored = self.objects.current(&outcome_location(id))?;
        Some(Outcome::from_json(&stored).unwrap())
    }

    fn error(&self, id: JobId) -> JobError {
        match self.outcome(id).expect("no outcome is stored").status {
            Status::Failed { error } => error,
            Status::Succeeded { .. } => panic!("succeeded"),
        }
    }

    fn replies(&self, queue_url: &str) -> Vec<Reply> {
        let bodies = self.queues.bodies(queue_url);
        bodies
            .iter()
            .map(|body| Reply::from_json(body).unwrap())
            .collect()
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "all that a function and its cloud are made of"
)]
fn processor(
    config: Config,
    slicing: Option<Sliced>,
    runs: &Arc<AtomicUsize>,
    objects: &FakeObjects,
    queues: &FakeQueues,
    script: &Script,
    lines: &Lines,
    log: &Log,
) -> TestProcessor {
    let lines = Arc::clone(lines);
    let metrics = Metrics::to(&config, Probe::NAME, move |line| {
        lines.lock().unwrap().extend_from_slice(line);
    });
    Processor::new(
        Probe {
            runs: Arc::clone(runs),
            slicing,
        },
        config,
        Failing::new(objects.clone(), script),
        Failing::new(queues.clone(), script),
        Some(Arc::new(FakeExecutions::new(log))),
        metrics,
    )
}

fn outcome_location(id: JobId) -> ObjectLocation {
    object(RESULTS, keys::outcome(id).as_str())
}

pub(crate) fn object(bucket: &str, key: &str) -> ObjectLocation {
    ObjectLocation {
        bucket: bucket.parse().unwrap(),
        key: key.parse().unwrap(),
        version_id: None,
    }
}

/// Where the client of a job puts its input.
fn upload(id: JobId) -> ObjectLocation {
    object(INPUTS, keys::claim_check(id, &FileName::new("list.txt")).as_str())
}

/// A request of the client [`CLIENT`].
fn request(id: JobId, input: RequestInput) -> String {
    let mut request = Request::new(id, "stats".parse().unwrap(), Map::new(), input);
    request.reply_queue = Some(CLIENT.parse().unwrap());
    request.to_json()
}

fn inline(id: JobId, text: &str) -> String {
    request(id, RequestInput::Inline(text.to_owned()))
}

/// One record of an SQS event as AWS sends it (the sample in the AWS Lambda developer guide, 2026-11).
fn record(message_id: &str, attempt: u32, body: &str) -> Value {
    json!({
        "messageId": message_id,
        "receiptHandle": format!("handle of {message_id}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": attempt.to_string(),
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185"
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:errand-stats-requests",
        "awsRegion": "us-east-2"
    })
}

fn sqs(records: impl IntoIterator<Item = Value>) -> Value {
    json!({ "Records": records.into_iter().collect::<Vec<_>>() })
}

/// An S3 event (message structure 2.1 of the Amazon S3 user guide, 2026-11). `key` is written as given.
fn s3_event(bucket: &str, key: &str, version: Option<&str>, etag: &str) -> Value {
    let mut object = json!({ "key": key, "size": 5, "eTag": etag, "sequencer": "0055AED6DCD90281E5" });
    if let Some(version) = version {
        object["versionId"] = version.into();
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-2",
        "eventTime": "2026-11-24T20:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AIDAJDPLRKLG7UEXAMPLE" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "errand",
            "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
            "object": object
        }
    }] })
}

/// The messages that a batch response tells Lambda to have delivered again.
fn identifiers(answer: &Value) -> Vec<String> {
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}

fn no_item_failures() -> Value {
    json!({ "batchItemFailures": [] })
}

fn item_failures(ids: &[&str]) -> Value {
    json!({ "batchItemFailures": ids.iter().map(|id| json!({ "itemIdentifier": id })).collect::<Vec<_>>() })
}

/// The field of a successful outcome's report.
fn reported(outcome: &Outcome, field: &str) -> Value {
    match &outcome.status {
        Status::Succeeded { result, .. } => result[field].clone(),
        Status::Failed { error } => panic!("failed: {error}"),
    }
}
