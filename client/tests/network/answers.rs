//! What the cloud, or something in its place, may answer instead of an answer: each is told with what to do.

use std::thread;

use crate::command::Errand;
use crate::stand_in::{Answer, StandIn, s3_error};

const JOB: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

/// An answer, and what is told of it.
type Case = (fn() -> Answer, &'static [&'static str]);

/// A cloud that answers everything in this way.
fn always(answer: fn() -> Answer) -> StandIn {
    StandIn::with(f64::INFINITY, move |_| Some(Some(answer())))
}

/// An error of SQS with words of its own.
fn sqs(code: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": message });
    let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
    ("403 Forbidden", vec![kind], body.to_string())
}

fn page(status: &'static str) -> Answer {
    let kind = ("Content-Type", "text/html; charset=utf-8".to_owned());
    (
        status,
        vec![kind],
        "<!DOCTYPE html><title>Sign in</title>".to_owned(),
    )
}

fn redirect() -> Answer {
    let to = ("Location", "http://login.example/?from=errand".to_owned());
    ("302 Found", vec![to], String::new())
}

#[test]
fn an_answer_that_says_nothing_is_told_with_its_status_and_the_endpoint() {
    let cases: [Case; 5] = [
        (
            || ("503 Service Unavailable", Vec::new(), String::new()),
            &["answered with status 503 (Service Unavailable)", "try again"],
        ),
        (
            || page("502 Bad Gateway"),
            &[
                "answered with status 502 (Bad Gateway) and an HTML page",
                "a proxy",
            ],
        ),
        (
            || page("200 OK"),
            &["answered with status 200 (OK) and an HTML page", "a proxy"],
        ),
        (
            || page("403 Forbidden"),
            &["answered with status 403 (Forbidden) and an HTML page", "a proxy"],
        ),
        (
            redirect,
            &[
                "answered with status 302 (Found) and a redirect to http://login.example/",
                "a proxy",
            ],
        ),
    ];
    thread::scope(|scope| {
        for (answer, words) in cases {
            for command in [
                &["stats", "list.txt"][..],
                &["listen"],
                &["result", JOB],
                &["dead-letters", "list"],
            ] {
                scope.spawn(move || {
                    let cloud = always(answer);
                    let errand = Errand::new()
                        .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
                        .with_file("list.txt", "1");
                    let ended = errand.run(&[command, &["--timeout", "20"]].concat());
                    ended.with(3, words);
                    ended.with(3, &[&cloud.endpoint]);
                    assert!(!ended.stderr.contains("local-up"), "{ended:#?}");
                });
            }
        }
    });
}

#[test]
fn refused_credentials_and_a_wrong_clock_are_told_with_their_cure() {
    let expired = &[
        "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew",
        "--profile",
    ][..];
    let unknown = &["does not know these credentials in eu-west-1", "--profile"][..];
    let secret = &["does not belong to the access key", "AWS_SECRET_ACCESS_KEY"][..];
    let clock = &["set this machine's clock"][..];
    let cases: [(&str, &str, &[&str]); 11] = [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            expired,
        ),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            expired,
        ),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            unknown,
        ),
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            unknown,
        ),
        (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
            unknown,
        ),
        (
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
            unknown,
        ),
        (
            "InvalidSignatureException",
            "The request signature we calculated does not match",
            secret,
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            secret,
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20261130T030000Z is now earlier than 20261130T040000Z",
            clock,
        ),
        ("RequestExpired", "Request has expired.", clock),
        (
            "KMS.DisabledException",
            "key/1 is disabled.",
            &["key of KMS", "KmsKeyArn"],
        ),
    ];
    thread::scope(|scope| {
        for (code, message, words) in cases {
            scope.spawn(move || {
                let cloud = StandIn::with(f64::INFINITY, move |_| Some(Some(sqs(code, message))));
                let errand = Errand::new()
                    .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
                    .with_file("list.txt", "1");
                let ended = errand.run(&["stats", "list.txt"]);
                ended.with(3, words);
                ended.with(3, &[code, message]);
            });
        }
    });
}

#[test]
fn what_s3_says_of_credentials_and_clock_has_the_same_cures() {
    let cases: [(&str, &str); 4] = [
        ("RequestTimeTooSkewed", "set this machine's clock"),
        ("InvalidAccessKeyId", "does not know these credentials"),
        ("ExpiredToken", "AWS_SESSION_TOKEN anew"),
        ("AuthorizationHeaderMalformed", "name that with --region"),
    ];
    thread::scope(|scope| {
        for (code, cure) in cases {
            scope.spawn(move || {
                let cloud = StandIn::with(f64::INFINITY, move |asked| {
                    (asked.method == "GET").then(|| Some(s3_error("403 Forbidden", code)))
                });
                let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
                errand.run(&["result", JOB]).with(3, &[code, cure]);
            });
        }
    });
}
