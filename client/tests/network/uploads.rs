//! What an upload leaves behind, and whom it goes to.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Ended, Errand};
use crate::stand_in::{ACCOUNT, StandIn, s3_error};

/// 18 MB: three parts.
fn large() -> String {
    "1234567 ".repeat(2_250_000)
}

#[test]
fn an_upload_that_is_interrupted_is_aborted() {
    let cloud = StandIn::with(500_000.0, |_| None);
    let errand = Errand::new().with_file("list.txt", large());
    let child = errand.start(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint]);
    let end = Instant::now() + Duration::from_secs(30);
    while cloud.unfinished() == 0 {
        assert!(
            Instant::now() < end,
            "no upload was begun: {:?}",
            cloud.asked_for("")
        );
        thread::sleep(Duration::from_millis(50));
    }
    // The command has to hear that it was begun.
    thread::sleep(Duration::from_secs(1));
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let ended = Ended::of(child.wait_with_output().unwrap());
    ended.with(130, &["interrupted before anything was sent"]);
    assert_eq!(cloud.unfinished(), 0, "parts were left behind");
    assert_eq!(cloud.asked_for("DeleteQueue").len(), 1);
}

#[test]
fn an_upload_that_is_refused_is_aborted() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let is_second = asked.target.contains("partNumber=2&");
        is_second.then(|| Some(s3_error("403 Forbidden", "AccessDenied")))
    });
    let errand = Errand::new().with_file("list.txt", large());
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint]);
    ended.with(
        3,
        &[
            "upload part 2 to s3://errand-input-",
            "AccessDenied",
            "client policy",
            "another account",
        ],
    );
    assert_eq!(cloud.unfinished(), 0, "parts were left behind");
    assert!(cloud.asked_for("SendMessage").is_empty());
}

#[test]
fn every_call_to_s3_names_the_account_that_the_bucket_has_to_belong_to() {
    let cloud = StandIn::start();
    for size in [1_100_000, 17_000_000] {
        let errand = Errand::new().with_file("list.txt", "1 ".repeat(size / 2));
        let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint]);
        ended.with(0, &["count"]);
    }
    let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
    errand
        .run(&["result", "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b"])
        .with(7, &["no answer"]);
    errand
        .run(&[
            "result",
            &format!("s3://errand-input-{ACCOUNT}-eu-west-1/stats/list.txt"),
        ])
        .with(4, &["no answer"]);
    errand.run(&["doctor"]).with(0, &["input bucket"]);
    let mut asked = cloud.asked();
    // Of S3 alone: not STS, Lambda, nor what asks for the time.
    asked.retain(|asked| {
        let service = asked
            .header("authorization")
            .split('/')
            .nth(3)
            .unwrap_or_default();
        service == "s3"
    });
    let mut methods: Vec<_> = asked.iter().map(|asked| asked.method.as_str()).collect();
    methods.sort_unstable();
    methods.dedup();
    assert_eq!(methods, ["GET", "HEAD", "POST", "PUT"]);
    for asked in asked {
        assert_eq!(
            asked.header("x-amz-expected-bucket-owner"),
            ACCOUNT,
            "{}",
            asked.action()
        );
    }
}

#[test]
fn doctor_calls_a_foreign_bucket_foreign() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let is_foreign = asked.target.contains("errand-results")
            && asked.headers.contains_key("x-amz-expected-bucket-owner");
        is_foreign.then(|| Some(s3_error("403 Forbidden", "AccessDenied")))
    });
    let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
    let ended = errand.run(&["doctor"]);
    let bucket = format!("errand-results-{ACCOUNT}-eu-west-1 belongs to another account");
    ended.with(
        3,
        &[
            "ok       input bucket",
            &format!("failed   result bucket  {bucket}"),
        ],
    );
}

#[test]
fn a_reply_queue_takes_the_largest_messages() {
    let cloud = StandIn::start();
    let errand = Errand::new().with_file("list.txt", "1");
    errand
        .run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint])
        .with(0, &["count"]);
    let created = cloud.asked_for("CreateQueue");
    let body: serde_json::Value = serde_json::from_slice(&created[0].body).unwrap();
    assert_eq!(body["Attributes"]["MaximumMessageSize"], "1048576");
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

#[test]
fn a_reply_queue_has_the_key_that_is_named_and_no_more_is_asked_for_it() {
    let mut counts = Vec::new();
    for (key, attribute, value) in [("", "SqsManagedSseEnabled", "true"), (KEY, "KmsMasterKeyId", KEY)] {
        let cloud = StandIn::start();
        let errand = Errand::new()
            .with_file("list.txt", "1")
            .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
            .with("ERRAND_KMS_KEY_ARN", key);
        errand.run(&["stats", "list.txt"]).with(0, &["count"]);
        let created = cloud.asked_for("CreateQueue");
        let body: serde_json::Value = serde_json::from_slice(&created[0].body).unwrap();
        let mut attributes = body["Attributes"].as_object().unwrap().clone();
        attributes.retain(|name, _| name.contains("Sse") || name.contains("Kms"));
        // SQS refuses both together.
        assert_eq!(
            serde_json::Value::from(attributes),
            serde_json::json!({ attribute: value })
        );
        assert!(cloud.asked_for("GetQueueAttributes").is_empty());
        counts.push(cloud.asked().len());
    }
    assert_eq!(counts[0], counts[1]);
    let errand = Errand::new().with_file("list.txt", "1");
    errand
        .run(&["stats", "list.txt", "--kms-key-arn", "alias/errand"])
        .with(2, &["`alias/errand` is not the ARN of a KMS key"]);
}

#[test]
fn doctor_tells_when_reply_queues_have_another_key_than_the_stack() {
    let told = |of_stack: Option<&'static str>, ours: &str| {
        let cloud = StandIn::with(f64::INFINITY, move |asked| {
            let is_asked = asked.action() == "GetQueueAttributes"
                && String::from_utf8_lossy(&asked.body).contains("errand-responses");
            let attributes = serde_json::json!({ "Attributes": { "KmsMasterKeyId": of_stack? } });
            let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
            is_asked.then(|| Some(("200 OK", vec![kind], attributes.to_string())))
        });
        let errand = Errand::new()
            .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
            .with("ERRAND_KMS_KEY_ARN", ours);
        let ended = errand.run(&["doctor"]);
        ended.with(0, &["ok       input bucket"]);
        ended.stdout
    };
    let other = KEY.replace("1234abcd-", "0000abcd-");
    assert!(!told(None, "").contains("encryption"));
    assert!(told(Some(KEY), KEY).contains(&format!("ok       encryption     {KEY}")));
    for ours in ["", &other] {
        let text = told(Some(KEY), ours);
        assert!(
            text.contains("warning  encryption") && text.contains("set ERRAND_KMS_KEY_ARN to it"),
            "{text}"
        );
    }
    assert!(told(None, KEY).contains("which the stack has not: leave out ERRAND_KMS_KEY_ARN"));
}

#[test]
fn a_result_that_is_missing_or_may_not_be_read_is_told_as_that() {
    for status in ["403 Forbidden", "404 Not Found"] {
        let cloud = StandIn::with(f64::INFINITY, move |asked| {
            // A HEAD is answered without a body.
            (asked.method == "HEAD").then(|| Some((status, vec![], String::new())))
        });
        let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
        let file = format!("s3://errand-input-{ACCOUNT}-eu-west-1/stats/missing");
        let ended = errand.run(&["result", &file]);
        ended.with(7, &[&format!("there is no object {file}, or it may not be read")]);
    }
}
