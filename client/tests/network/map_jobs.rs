//! Jobs that many functions do, to the letter: what is sent, how far they are told to be, how they are canceled, and what is told of
//! their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::command::Errand;
use crate::stand_in::{ACCOUNT, Answer, Asked, StandIn, s3_error};

const ID: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

/// How a stack is with its one map job.
#[derive(Clone, Default)]
struct Job {
    /// The looks after which it has its outcome; none for never.
    outcome_after: Option<usize>,
    result: Value,
    /// Lines of its one report.
    report: Vec<Value>,
    /// How its execution has ended, if it has.
    ended: Option<&'static str>,
    /// The action that the user may not do.
    denied: Option<&'static str>,
}

fn in_json(body: &Value) -> Answer {
    let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
    ("200 OK", vec![kind], body.to_string())
}

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:states:eu-west-1:{ACCOUNT}:{kind}:errand-map:{id}")
}

impl Job {
    fn start(self) -> StandIn {
        let looks = Arc::new(AtomicUsize::new(0));
        StandIn::with(f64::INFINITY, move |asked| self.answer(asked, &looks))
    }

    #[expect(clippy::option_option, reason = "what the stand-in takes")]
    fn answer(&self, asked: &Asked, looks: &AtomicUsize) -> Option<Option<Answer>> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if self.denied.is_some_and(|denied| asked.action() == denied) {
            let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
            let body = json!({ "__type": "AccessDeniedException", "Message": "no" });
            return Some(Some(("400 Bad Request", vec![kind], body.to_string())));
        }
        match asked.action().as_str() {
            // Its function begins an execution, and does not answer.
            "SendMessage" => Some(Some(in_json(
                &json!({ "MessageId": "1", "MD5OfMessageBody": "" }),
            ))),
            "ListMapRuns" => Some(Some(in_json(&json!({ "mapRuns": [
                { "mapRunArn": "arn:old", "startDate": 1.0, "executionArn": body["executionArn"] },
                { "mapRunArn": "arn:new", "startDate": 2.5, "executionArn": body["executionArn"] },
            ] })))),
            "DescribeMapRun" => {
                assert_eq!(body["mapRunArn"], "arn:new");
                Some(Some(in_json(&json!({ "status": "RUNNING", "itemCounts": {
                    "total": 3, "succeeded": 1, "failed": 0, "pending": 1, "running": 1, "aborted": 0, "timedOut": 0,
                } }))))
            }
            "DescribeExecution" => Some(Some(in_json(&json!({
                "status": self.ended.unwrap_or("RUNNING"), "startDate": 1.0, "error": "States.Runtime", "cause": "no such key",
                "input": r#"{"operation":"grayscale"}"#,
            })))),
            "ListExecutions" if body["statusFilter"] == "RUNNING" => Some(Some(in_json(&json!({
                "executions": [{ "name": ID, "startDate": 1_700_000_000.0 }, { "name": "by-hand", "startDate": 1.0 }],
            })))),
            "ListExecutions" => Some(Some(in_json(&json!({
                "executions": [{ "name": ID, "startDate": 1.0, "stopDate": 1_700_000_000.0 }],
            })))),
            "StopExecution" => Some(Some(in_json(&json!({ "stopDate": 1.0 })))),
            _ if asked.method != "GET" => None,
            _ if asked.target.contains("/plan.json") => Some(Some(in_json(&json!({
                "version": 1, "unit": "batches", "objects": 250, "bytes": 250_000_000, "is_planned": true, "items": 3,
                "round": 1, "notes": ["a note of the plan"],
            })))),
            _ if asked.target.contains("/reports/00000000.jsonl") => {
                let lines: Vec<String> = self.report.iter().map(Value::to_string).collect();
                Some(Some(("200 OK", vec![], lines.join("\n"))))
            }
            _ if asked.target.contains("/outcomes/") => {
                let name = asked.target.split("/outcomes/").nth(1)?;
                let after = self.outcome_after?;
                if looks.fetch_add(1, Ordering::Relaxed) < after {
                    return None;
                }
                Some(Some(in_json(&json!({
                    "version": 1, "job_id": name.split('.').next()?, "operation": if self.result["bytes_out"] == 0 { "stats" } else { "grayscale" },
                    "status": "succeeded", "result": self.result, "attempt": 1, "duration_ms": 9000, "finished_at_unix_ms": 1,
                }))))
            }
            _ if asked.target.contains("list-type=2") => {
                Some(Some(("200 OK", vec![], "<ListBucketResult/>".to_owned())))
            }
            _ if asked.target.contains("/results/3f/") => Some(Some(("200 OK", vec![], "gray".to_owned()))),
            _ => None,
        }
    }
}

fn errand(stand_in: &StandIn) -> Errand {
    Errand::new().with("ERRAND_ENDPOINT_URL", &stand_in.endpoint)
}

fn request(stand_in: &StandIn) -> Value {
    let sent = stand_in.asked_for("SendMessage");
    assert_eq!(sent.len(), 1);
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap()
}

fn images() -> Job {
    let result = format!("errand-results-{ACCOUNT}-eu-west-1");
    let made = |name: &str| json!({ "bucket": result, "key": format!("results/3f/{ID}/{name}") });
    Job {
        outcome_after: Some(0),
        result: json!({
            "objects": 4, "done": 2, "skipped": 1, "failed": 1, "bytes_in": 250_000_000, "bytes_out": 8, "reports": 1,
            "failures": [{ "key": "2026/notes.txt", "code": "not_an_image", "message": "it is no image: leave it out" }],
        }),
        report: vec![
            json!({ "key": "2026/a.jpg", "size_bytes": 9, "status": "done", "result": {}, "object": made("a.jpg"), "bytes_out": 4 }),
            json!({ "key": "2026/b/c.jpg", "size_bytes": 9, "status": "done", "result": {}, "object": made("b/c.jpg"), "bytes_out": 4 }),
            json!({ "key": "2026/d.jpg", "size_bytes": 9, "status": "skipped" }),
            json!({ "key": "2026/notes.txt", "size_bytes": 9, "status": "failed", "code": "not_an_image", "message": "it is no image: leave it out" }),
        ],
        ..Job::default()
    }
}

#[test]
fn a_prefix_of_images_is_one_job_whose_progress_and_end_are_told() {
    let job = Job {
        outcome_after: Some(8),
        ..images()
    };
    let stand_in = job.start();
    let ended = errand(&stand_in).run(&[
        "grayscale",
        "s3://photos/2026/",
        "--to",
        "s3://gray/2026/",
        "--tolerate",
        "25%",
        "--include",
        "*.jpg",
        "--exclude",
        "thumbs/",
    ]);
    ended.with(
        1,
        &[
            "errand: planned 3 batches, 1 done",
            "4 objects: 2 done, 1 skipped, 1 failed; 250 MB became 8 bytes",
            "kept at s3://gray/2026/",
            "errand: s3://photos/2026/notes.txt: it is no image: leave it out",
        ],
    );
    let request = request(&stand_in);
    assert_eq!(
        request["input"],
        json!({ "prefix": { "bucket": "photos", "prefix": "2026/", "include": ["*.jpg"], "exclude": ["thumbs/**"] } })
    );
    assert_eq!(
        request["map"],
        json!({ "to": { "bucket": "gray", "prefix": "2026/" }, "tolerate_percent": 25.0 })
    );
    let id = request["job_id"].as_str().unwrap();
    let listed = stand_in.asked_for("ListMapRuns");
    assert_eq!(listed.len(), 1, "a round is looked for once");
    let body: Value = serde_json::from_slice(&listed[0].body).unwrap();
    assert_eq!(body["executionArn"], arn("execution", id));
    assert_eq!(listed[0].header("x-amz-target"), "AWSStepFunctions.ListMapRuns");
    assert!(
        listed[0]
            .header("authorization")
            .contains("/eu-west-1/states/aws4_request")
    );
}

#[test]
fn files_of_many_objects_are_brought_here_and_their_tree_is_kept() {
    let stand_in = images().start();
    let errand = errand(&stand_in);
    let ended = errand.run(&["result", ID, "-o", "gray"]);
    ended.with(
        1,
        &[
            "here in gray",
            &format!("kept at s3://errand-results-{ACCOUNT}-eu-west-1/results/*/{ID}/"),
        ],
    );
    for name in ["gray/a.jpg", "gray/b/c.jpg"] {
        assert_eq!(
            std::fs::read(errand.home.path().join(name)).unwrap(),
            b"gray",
            "{name}"
        );
    }
    let again = errand.run(&["result", ID, "-o", "gray", "--skip-existing", "--json"]);
    let answer: Value = serde_json::from_str(again.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&answer["done"], &answer["failed"], &answer["output"]),
        (&json!(2), &json!(1), &json!("gray"))
    );
    let there = errand.run(&["result", ID, "-o", "gray"]);
    there.with(1, &["exists; replace it with --force"]);
}

#[test]
fn no_key_leads_out_of_the_folder() {
    let mut job = images();
    job.report[0]["object"]["key"] = json!(format!("results/3f/{ID}/../../out.jpg"));
    let stand_in = job.start();
    let errand = errand(&stand_in);
    let ended = errand.run(&["result", ID, "-o", "a/b/gray"]);
    ended.with(1, &["its key leads out of the folder"]);
    assert!(errand.home.path().join("a/b/gray/b/c.jpg").exists());
    assert!(!errand.home.path().join("a/out.jpg").exists());
}

#[test]
fn each_list_below_a_prefix_is_a_row_and_a_failure_is_named() {
    let job = Job {
        outcome_after: Some(0),
        result: json!({
            "objects": 3, "done": 2, "skipped": 0, "failed": 1, "bytes_in": 30, "bytes_out": 0, "reports": 1,
            "failures": [{ "key": "l/c.txt", "code": "not_an_integer", "message": "`x` is not a number" }],
        }),
        report: vec![
            json!({ "key": "l/a.txt", "size_bytes": 9, "status": "done", "result": { "count": 3, "sum": "6" } }),
            json!({ "key": "l/b.txt", "size_bytes": 9, "status": "done", "result": { "count": 1, "sum": "-2" } }),
            json!({ "key": "l/c.txt", "size_bytes": 9, "status": "failed", "code": "not_an_integer", "message": "`x` is not a number" }),
        ],
        ..Job::default()
    };
    let stand_in = job.start();
    let errand = errand(&stand_in);
    let ended = errand.run(&["stats", "s3://lists/l/", "--each", "--statistics", "count,sum"]);
    assert_eq!(
        ended.stdout, "count  sum  list\n    3    6  s3://lists/l/a.txt\n    1   -2  s3://lists/l/b.txt\n",
        "{ended:?}"
    );
    ended.with(
        1,
        &[
            "errand: s3://lists/l/c.txt: `x` is not a number",
            "2 done, 1 failed",
        ],
    );
    assert_eq!(request(&stand_in)["map"], json!({ "each": true }));
    let lines = errand.run(&["result", ID, "--json"]).stdout;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(
        (&lines[0]["input"], &lines[0]["sum"]),
        (&json!("l/a.txt"), &json!("6"))
    );
    assert_eq!(lines[2]["error"]["code"], "not_an_integer");
    assert_eq!(lines[3]["summary"]["failed"], 1);
}

#[test]
fn a_job_whose_execution_ended_without_an_answer_is_not_waited_for() {
    let job = Job {
        ended: Some("FAILED"),
        ..Job::default()
    };
    let stand_in = job.start();
    let ended = errand(&stand_in).run(&["wait", ID]);
    ended.with(
        6,
        &[&format!("job {ID} was done by an execution that ended (FAILED, States.Runtime: no such key) without an answer")],
    );
}

#[test]
fn canceling_stops_the_execution_and_tells_what_was_done() {
    let stand_in = Job::default().start();
    let errand = errand(&stand_in);
    let canceled = errand.run(&["cancel", ID]);
    canceled.with(0, &[]);
    assert_eq!(
        canceled.stdout,
        format!("{ID}  canceled and stopped: 1 of 3 batches were done\n")
    );
    let stopped = stand_in.asked_for("StopExecution");
    let body: Value = serde_json::from_slice(&stopped[0].body).unwrap();
    assert_eq!(body["executionArn"], arn("execution", ID));

    let job = Job {
        denied: Some("StopExecution"),
        ..Job::default()
    };
    let denied = self::errand(&job.start()).run(&["cancel", ID, "--json"]);
    denied.with(0, &[]);
    let answer: Value = serde_json::from_str(&denied.stdout).unwrap();
    assert_eq!(
        (
            &answer["canceled"],
            &answer["stopped"],
            &answer["progress"]["items_done"]
        ),
        (&json!(true), &json!(false), &json!(1))
    );
}

#[test]
fn what_runs_is_listed_with_its_progress() {
    let stand_in = Job::default().start();
    let errand = errand(&stand_in);
    let sent = errand.run(&["grayscale", "s3://photos/2026/", "--detach"]);
    let id = sent.stdout.trim();
    let listed = errand.run(&["jobs", "--state", "running"]);
    assert!(
        listed.stdout.starts_with(&format!("{id}  running "))
            && listed
                .stdout
                .ends_with("grayscale  s3://photos/2026/: planned 3 batches, 1 done\n"),
        "{listed:?}"
    );
    assert_eq!(errand.run(&["jobs", "--state", "waiting"]).stdout, "");
    let status = errand.run(&["status"]);
    status.with(
        0,
        &[
            "map jobs: 1 running\n",
            &format!("grayscale  {ID}  planned 3 batches, 1 done\n"),
            "last map job that failed, ",
        ],
    );
    let job = Job {
        denied: Some("ListExecutions"),
        ..Job::default()
    };
    self::errand(&job.start()).run(&["status"]).with(
        0,
        &["map jobs: not looked at: needs states:ListExecutions: attach the stack's operator policy"],
    );
}

/// Answers every listing with three objects, the last of 600 MiB.
#[expect(clippy::option_option, reason = "what the stand-in takes")]
fn listing(asked: &Asked) -> Option<Option<Answer>> {
    if asked.method == "HEAD" {
        return Some(Some((
            "200 OK",
            vec![("Content-Length", "0".to_owned())],
            String::new(),
        )));
    }
    let objects = [("a.txt", 10), ("b.csv", 20), ("c.txt", 600 << 20)];
    let contents =
        objects.map(|(key, size)| format!("<Contents><Key>l/{key}</Key><Size>{size}</Size></Contents>"));
    let contents = contents.concat();
    asked.target.contains("list-type=2").then(|| {
        Some((
            "200 OK",
            vec![],
            format!("<ListBucketResult>{contents}</ListBucketResult>"),
        ))
    })
}

#[test]
fn a_dry_run_lists_and_estimates_and_sends_nothing() {
    let stand_in = StandIn::with(f64::INFINITY, listing);
    let errand = errand(&stand_in);
    let all = errand.run(&["stats", "s3://lists/l/", "--dry-run", "--json"]);
    all.with(0, &["errand: would do 3 objects, 629 MB, in 5 slices; about "]);
    let summary: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(
        (
            &summary["summary"]["slices"],
            &summary["summary"]["would_be_done"]
        ),
        (&json!(5), &json!(3))
    );
    errand
        .run(&["stats", "s3://lists/l/", "--dry-run", "--include", "b.*"])
        .with(0, &["would do 1 object, 20 bytes, in 1 slice; about "]);
    errand
        .run(&["grayscale", "s3://lists/l/", "--dry-run"])
        .with(0, &["would do 3 objects, 629 MB, in 1 batch; about "]);
    assert!(stand_in.asked_for("SendMessage").is_empty());

    let denied = StandIn::with(f64::INFINITY, |asked| {
        asked
            .target
            .contains("list-type=2")
            .then(|| Some(s3_error("403 Forbidden", "AccessDenied")))
    });
    self::errand(&denied)
        .run(&["stats", "s3://lists/l/", "--dry-run"])
        .with(
            3,
            &["a dry run needs s3:ListBucket on lists, which the job itself does not"],
        );
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_asked() {
    let stand_in = StandIn::start();
    let errand = errand(&stand_in).with_file("a.txt", "1");
    for (command, words) in [
        (
            &["stats", "s3://lists"][..],
            "expected s3://BUCKET/KEY, or s3://BUCKET/PREFIX/",
        ),
        (
            &["stats", "s3://lists/a/", "s3://lists/b/", "--each"],
            "--each is about one prefix",
        ),
        (
            &["stats", "s3://lists/a/", "a.txt", "--together"],
            "--together of files is done in this process",
        ),
        (
            &["stats", "s3://lists/a/", "s3://lists/b/", "--together"],
            "name the prefix that is above all of them",
        ),
        (
            &["grayscale", "a.txt", "--to", "s3://gray/"],
            "--to and --tolerate are for the images below a prefix",
        ),
        (
            &["grayscale", "s3://photos/", "--to", "s3://gray/x"],
            "with a slash at the end",
        ),
        (
            &["grayscale", "s3://photos/", "-o", "-"],
            "many images do not go to standard output",
        ),
        (
            &["grayscale", "s3://photos/", "--tolerate", "200%"],
            "expected 0% to 100%",
        ),
        (
            &["stats", "s3://lists/a/", "--engine", "athena"],
            "expected queue or map",
        ),
        (&["stats", "s3://lists/", "--include", "[a"], "`[a` is no glob"),
        (
            &["--offline", "stats", "s3://lists/a.txt"],
            "is in the cloud: leave out --offline",
        ),
    ] {
        errand.run(command).with(2, &[words]);
    }
    assert!(stand_in.asked_for("SendMessage").is_empty());
}

#[test]
fn several_objects_are_one_list_and_one_object_is_an_ordinary_job() {
    let stand_in = StandIn::start();
    let errand = errand(&stand_in);
    errand
        .run(&["stats", "s3://lists/a.txt", "s3://other/b.txt", "--together"])
        .with(0, &["count", "1"]);
    assert_eq!(
        request(&stand_in)["input"],
        json!({ "objects": [{ "bucket": "lists", "key": "a.txt" }, { "bucket": "other", "key": "b.txt" }] })
    );
    let stand_in = StandIn::start();
    let errand = self::errand(&stand_in);
    errand
        .run(&["stats", "s3://lists/a.txt", "--engine", "map"])
        .with(0, &["count"]);
    let request = request(&stand_in);
    assert_eq!(
        request["input"],
        json!({ "object": { "bucket": "lists", "key": "a.txt" } })
    );
    assert_eq!(request["map"], json!({ "engine": "map" }));
    assert!(
        stand_in.asked_for("GET").is_empty(),
        "nothing is listed or looked at"
    );
}
