//! `errand doctor` and `errand status`, where it takes a cloud that can be told what to say: clocks, keys, Lambda, `CloudWatch`.

use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::command::Errand;
use crate::stand_in::{ACCOUNT, Answer, Asked, StandIn};

fn at(cloud: &StandIn) -> Errand {
    Errand::new().with("AWS_ENDPOINT_URL", &cloud.endpoint)
}

/// The first finding of a check whose message begins so: its status and message.
fn finding_of(errand: &Errand, check: &str, begin: &str) -> (String, String) {
    let ended = errand.run(&["doctor", "--json"]);
    let health: Value = serde_json::from_str(&ended.stdout).unwrap();
    let findings = health["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["check"] == check && finding["message"].as_str().unwrap().starts_with(begin));
    let found = found.unwrap_or_else(|| panic!("no finding {check}: {health:#}"));
    let text = |field: &str| found[field].as_str().unwrap().to_owned();
    (text("status"), text("message"))
}

fn finding(errand: &Errand, check: &str) -> (String, String) {
    finding_of(errand, check, "")
}

fn json_answer(body: &Value) -> Answer {
    let kind = ("Content-Type", "application/json".to_owned());
    ("200 OK", vec![kind], body.to_string())
}

/// A date as HTTP has it, so many minutes from now.
fn date(minutes: i32) -> String {
    let shown = Command::new("date")
        .args([
            "--utc",
            &format!("--date={minutes} minutes"),
            "+%a, %d %b %Y %H:%M:%S GMT",
        ])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_clock_that_is_off_is_told_with_what_sets_it() {
    for (minutes, status, told) in [
        (0, "ok", "as the cloud's"),
        (3, "warning", "behind the cloud: set it"),
        (-3, "warning", "ahead of the cloud: set it"),
        (9, "failed", "AWS refuses what is signed with such a time"),
    ] {
        let cloud = StandIn::with(f64::INFINITY, move |asked| {
            let is_clock = asked.method == "GET" && asked.target == "/";
            is_clock.then(|| Some(("404 Not Found", vec![("Date", date(minutes))], String::new())))
        });
        let (found, message) = finding(&at(&cloud), "clock");
        assert_eq!(found, status, "{minutes}: {message}");
        assert!(message.contains(told), "{message}");
        let asked = cloud.asked();
        let place = |is_it: &dyn Fn(&Asked) -> bool| asked.iter().position(is_it).unwrap();
        let clock = place(&|asked| asked.target == "/" && asked.method == "GET");
        assert_eq!(asked[clock].header("authorization"), "", "it needs no right");
        // Keys are refused for a clock that is wrong: the clock comes first.
        assert!(clock < place(&|asked| asked.body.starts_with(b"Action=GetCallerIdentity")));
    }
}

#[test]
fn keys_are_told_with_whose_they_are_and_until_when() {
    let cloud = StandIn::start();
    let whose = format!("arn:aws:iam::{ACCOUNT}:user/student, account {ACCOUNT}");
    let (status, message) = finding(&at(&cloud), "credentials");
    assert_eq!(
        (status.as_str(), message),
        ("ok", format!("{whose}, without an end"))
    );
    for (lifetime, wanted) in [("+2 hours", "ok"), ("+5 minutes", "warning")] {
        let process = format!(
            r#"#!/bin/sh
cat <<END
{{ "Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "SessionToken": "t",
   "Expiration": "$(date -u -d '{lifetime}' +%Y-%m-%dT%H:%M:%SZ)" }}
END
"#
        );
        let errand = Errand::without_keys()
            .with("AWS_ENDPOINT_URL", &cloud.endpoint)
            .with_file("process", process);
        let home = errand.home.path().display().to_string();
        let config = format!("[default]\ncredential_process = /bin/sh {home}/process\n");
        let (status, message) = finding(&errand.with_file(".aws/config", config), "credentials");
        assert_eq!(status, wanted, "{message}");
        assert!(message.starts_with(&format!("{whose}, until 20")), "{message}");
    }
}

#[test]
fn keys_that_are_nobodys_are_not_found_and_end_the_examination() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token \
                    included in the request is invalid.</Message></Error></ErrorResponse>";
        let kind = ("Content-Type", "text/xml".to_owned());
        let is_identity = asked.body.starts_with(b"Action=GetCallerIdentity");
        is_identity.then(|| Some(("403 Forbidden", vec![kind], body.to_owned())))
    });
    let ended = at(&cloud).run(&["doctor"]);
    ended.with(
        3,
        &[
            "failed   credentials",
            "access key AKIDENVIRONMENT is refused",
            "renew them (AWS_ACCESS_KEY_ID and its like in the environment, or `aws configure`)",
        ],
    );
    assert!(!ended.stdout.contains("stack"), "{}", ended.stdout);
}

#[test]
fn a_cloud_whose_sts_and_lambda_nobody_named_is_not_asked_at_aws() {
    let cloud = StandIn::start();
    let errand = Errand::new()
        .with("AWS_ENDPOINT_URL_S3", &cloud.endpoint)
        .with("AWS_ENDPOINT_URL_SQS", &cloud.endpoint);
    let (status, message) = finding(&errand, "credentials");
    assert_eq!(status, "skipped");
    assert!(message.contains("AWS_ENDPOINT_URL_STS"), "{message}");
    assert_eq!(finding(&errand, "trigger").0, "skipped");
    errand.run(&["doctor"]).with(0, &["skipped  function"]);
}

#[test]
fn lambda_is_asked_with_a_signature_of_its_own_and_what_it_says_is_told() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let of_function = "/2015-03-31/functions/errand-stats/configuration?Qualifier=live";
        let of_queue = "/2015-03-31/event-source-mappings?EventSourceArn=";
        if asked.target == of_function {
            return Some(Some(json_answer(&json!({
                "Timeout": 60, "State": "Failed", "StateReason": "The image is gone",
                "Environment": { "Variables": { "ERRAND_MAX_RECEIVE_COUNT": "50" } },
            }))));
        }
        let arn = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:errand-stats:live");
        let mapping = json!({
            "UUID": "u-1", "FunctionArn": arn, "State": "Enabled",
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "LastProcessingResult": "PROBLEM: Function call failed",
        });
        let is_asked = asked.target.starts_with(of_queue);
        is_asked.then(|| Some(json_answer(&json!({ "EventSourceMappings": [mapping] }))))
    });
    let errand = at(&cloud);
    for (check, status, told) in [
        ("function", "failed", "errand-stats is Failed (The image is gone)"),
        ("trigger", "warning", "PROBLEM: Function call failed"),
        ("redrive", "failed", "its function counts to 50"),
    ] {
        let (found, message) = finding(&errand, check);
        assert_eq!(found, status, "{check}: {message}");
        assert!(message.contains(told), "{message}");
    }
    let asked = cloud.asked_for("GET /2015-03-31/functions/");
    let signature = asked[0].header("authorization");
    for part in [
        "AWS4-HMAC-SHA256 Credential=AKIDENVIRONMENT/",
        "/eu-west-1/lambda/aws4_request",
        "Signature=",
    ] {
        assert!(signature.contains(part), "{signature}");
    }
}

#[test]
fn what_a_policy_does_not_allow_to_see_is_skipped_with_what_it_needs() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            (
                "x-amzn-ErrorType",
                "AccessDeniedException:http://internal.amazon.com/".to_owned(),
            ),
        ];
        let refused = json!({ "Message": "User is not authorized" }).to_string();
        let is_lambda = asked.target.starts_with("/2015-03-31/");
        is_lambda.then_some(Some(("403 Forbidden", headers, refused)))
    });
    let ended = at(&cloud).run(&["doctor"]);
    let policy = "attach the stack's operator policy (output OperatorPolicyArn)";
    ended.with(
        0,
        &[
            &format!("skipped  trigger        not looked at: needs lambda:ListEventSourceMappings: {policy}"),
            &format!(
                "skipped  function       not looked at: needs lambda:GetFunctionConfiguration: {policy}"
            ),
        ],
    );
    assert_eq!(
        ended.stdout.matches("skipped  trigger").count(),
        1,
        "{}",
        ended.stdout
    );
}

/// What waits in the queue of stats, as SQS counts it: first so many, with each look so many fewer.
fn backlog(first: u32, fewer: u32, in_flight: u32) -> StandIn {
    let left = Mutex::new(first);
    StandIn::with(f64::INFINITY, move |asked| {
        let is_asked = asked.action() == "GetQueueAttributes"
            && String::from_utf8_lossy(&asked.body).contains("errand-stats-requests");
        if !is_asked {
            return None;
        }
        let mut left = left.lock().unwrap();
        let waiting = *left;
        *left = left.saturating_sub(fewer);
        let arn = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:errand-stats-dead-letters");
        let redrive = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 100 }).to_string();
        Some(Some(json_answer(&json!({ "Attributes": {
            "ApproximateNumberOfMessages": waiting.to_string(),
            "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
            "RedrivePolicy": redrive,
        } }))))
    })
}

#[test]
fn requests_that_nothing_works_on_are_a_failure_to_those_too_who_may_not_look_at_lambda() {
    let queue = |cloud: &StandIn| finding_of(&at(cloud), "queue", "errand-stats-requests");
    let (status, message) = queue(&backlog(5, 0, 0));
    assert_eq!(status, "failed", "{message}");
    let told = "5 waiting, 0 in flight: for 5 s none of them was worked on";
    assert!(message.contains(told), "{message}");
    // They are worked on, or become fewer.
    for cloud in [backlog(5, 0, 1), backlog(5, 1, 0), backlog(0, 0, 0)] {
        let (status, message) = queue(&cloud);
        assert_eq!(status, "ok", "{message}");
    }
}

#[test]
fn the_age_of_the_oldest_message_is_asked_of_cloudwatch_once_for_all_queues() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        if asked.target.contains("list-type=2") {
            let kind = ("Content-Type", "application/xml".to_owned());
            return Some(Some((
                "200 OK",
                vec![kind],
                "<ListBucketResult></ListBucketResult>".to_owned(),
            )));
        }
        if asked.header("x-amz-target") != "GraniteServiceVersion20100801.GetMetricData" {
            return None;
        }
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let measured = body["EndTime"].as_u64().unwrap() - 120;
        let result = |query: &Value| {
            let metric = &query["MetricStat"]["Metric"];
            assert_eq!(
                (&metric["Namespace"], &metric["MetricName"]),
                (&"AWS/SQS".into(), &"ApproximateAgeOfOldestMessage".into())
            );
            let (times, ages) = if metric["Dimensions"][0]["Value"] == "errand-stats-requests" {
                (vec![measured], vec![250.0])
            } else {
                (vec![], vec![])
            };
            json!({ "Id": query["Id"], "Timestamps": times, "Values": ages, "StatusCode": "Complete" })
        };
        let queries = body["MetricDataQueries"].as_array().unwrap();
        let results: Vec<_> = queries.iter().map(result).collect();
        Some(Some(json_answer(&json!({ "MetricDataResults": results }))))
    });
    let ended = at(&cloud).run(&["status", "--json"]);
    let status: Value = serde_json::from_str(&ended.stdout).unwrap();
    let queues = &status["queues"];
    assert_eq!(queues[0]["queue"], "errand-stats-requests");
    assert_eq!(queues[0]["oldest_age_secs"], 250);
    assert!(
        queues[1]["oldest_age_secs"].is_null() && status["ages_need"].is_null(),
        "{status:#}"
    );
    let asked = cloud.asked_for("GetMetricData");
    assert_eq!(asked.len(), 1);
    let signature = asked[0].header("authorization");
    assert!(
        signature.contains("/eu-west-1/monitoring/aws4_request"),
        "{signature}"
    );
}

#[test]
fn a_trial_job_is_sent_only_when_it_is_asked_for() {
    let cloud = StandIn::start();
    at(&cloud).run(&["doctor"]).with(0, &["ok       reply queues"]);
    assert!(cloud.asked_for("SendMessage").is_empty());
    let ended = at(&cloud).run(&["doctor", "--probe"]);
    ended.with(
        0,
        &[
            "ok       probe          stats: a trial job was done in ",
            "ok       probe          grayscale: a trial job was done in ",
        ],
    );
    assert_eq!(cloud.asked_for("SendMessage").len(), 2);
    assert_eq!(cloud.asked_for("DeleteQueue").len(), 2, "nothing stays behind");
}
