//! The adapters on recorded exchanges: real sockets, and answers as the services give them, to the byte where that
//! matters. And on the local cloud, where one runs.

mod local_cloud;
mod slow;
mod stub;

use std::time::Duration;

use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, ProvideCredentials as _, Region, SharedCredentialsProvider,
};
use aws_types::SdkConfig;
use bytes::Bytes;
use errand_protocol::ObjectLocation;
use lambda_runtime::Error;

use self::stub::{Stub, answer};
use super::{RetryConfig, S3, Sqs, clients, downloads_within, read, timeouts};
use crate::ports::{Condition, ETag, Objects, PortError, PortErrorKind, Queues, Range, Written};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/errand-responses";

/// The local cloud's account, whose the buckets of these tests are.
const ACCOUNT: &str = "000000000000";

/// How long nothing may move in these tests.
const STALL: Duration = Duration::from_secs(2);

/// Clients that send everything to `endpoint`, once.
fn clients_of(endpoint: &str) -> (S3, Sqs) {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(errand_aws::http_client().unwrap())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(STALL))
        .stalled_stream_protection(downloads_within(STALL))
        .endpoint_url(endpoint)
        .build();
    clients(&config, Some(ACCOUNT), vec!["bucket".parse().unwrap()])
}

fn location() -> ObjectLocation {
    ObjectLocation {
        bucket: "errand-results".parse().unwrap(),
        key: "outcomes/é 1+1.json".parse().unwrap(),
        version_id: None,
    }
}

/// An error of S3 (Amazon S3 API reference, "REST error responses").
fn s3_error(status: &str, code: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>The message of {code}.</Message>\
         <Resource>/errand-results</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    answer(status, &[("Content-Type", "application/xml")], &body)
}

/// An error of SQS (AWS JSON 1.0, with the older code in a header).
fn sqs_error(status: &str, code: &str, older: &str) -> Vec<u8> {
    let body = format!("{{\"__type\":\"com.amazonaws.sqs#{code}\",\"message\":\"The message of {code}.\"}}");
    let headers = [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-query-error", older),
    ];
    answer(status, &headers, &body)
}

async fn opened(exchange: Vec<u8>) -> PortError {
    let stub = Stub::start(vec![exchange]);
    let (s3, _) = clients_of(stub.endpoint());
    s3.open(&location()).await.err().expect("it was opened")
}

async fn written(exchange: Vec<u8>, condition: Condition) -> Result<Written, PortError> {
    let stub = Stub::start(vec![exchange]);
    let (s3, _) = clients_of(stub.endpoint());
    s3.write(
        &location(),
        Bytes::from_static(b"{}"),
        "application/json",
        condition,
    )
    .await
}

/// Settings by the environment that Lambda gives, with one variable changed.
fn settings_with(changed: &str, value: Option<&str>) -> Result<SdkConfig, Error> {
    read(&|name| {
        let usual = match name {
            "AWS_ACCESS_KEY_ID" => Some("ASIAQEXAMPLE"),
            "AWS_SECRET_ACCESS_KEY" => Some("a secret"),
            "AWS_SESSION_TOKEN" => Some("a token"),
            "AWS_REGION" => Some("eu-west-1"),
            _ => None,
        };
        let value = if name == changed { value } else { usual };
        value.map(str::to_owned)
    })
}

#[tokio::test]
async fn credentials_region_and_endpoint_are_those_of_the_environment() {
    let settings = settings_with("AWS_ENDPOINT_URL", Some("http://127.0.0.1:4566")).unwrap();
    assert_eq!(settings.region().map(Region::as_ref), Some("eu-west-1"));
    assert_eq!(settings.endpoint_url(), Some("http://127.0.0.1:4566"));
    let credentials = settings.credentials_provider().unwrap();
    let credentials = credentials.provide_credentials().await.unwrap();
    assert_eq!(credentials.access_key_id(), "ASIAQEXAMPLE");
    assert_eq!(credentials.session_token(), Some("a token"));
    // On AWS the endpoints are the SDK's own.
    assert_eq!(settings_with("", None).unwrap().endpoint_url(), None);
}

#[test]
fn a_variable_of_lambda_that_is_missing_is_named() {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        for value in [None, Some("")] {
            let error = settings_with(name, value).unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is not set")), "{error}");
        }
    }
}

#[tokio::test]
async fn each_answer_of_s3_to_a_read_is_the_kind_of_failure_that_it_means() {
    use PortErrorKind::{NotFound, Refused, Unavailable};
    for (status, code, kind) in [
        ("404 Not Found", "NoSuchKey", NotFound),
        ("404 Not Found", "NoSuchVersion", NotFound),
        // A version id that was never one, and one that tells of a deletion.
        ("400 Bad Request", "InvalidArgument", NotFound),
        ("405 Method Not Allowed", "MethodNotAllowed", NotFound),
        ("404 Not Found", "NoSuchBucket", Refused),
        ("403 Forbidden", "AccessDenied", Refused),
        ("403 Forbidden", "InvalidObjectState", Refused),
        ("400 Bad Request", "ExpiredToken", Refused),
        ("301 Moved Permanently", "PermanentRedirect", Refused),
        ("400 Bad Request", "RequestTimeout", Unavailable),
        ("429 Too Many Requests", "TooManyRequests", Unavailable),
        ("500 Internal Server Error", "InternalError", Unavailable),
        ("503 Service Unavailable", "SlowDown", Unavailable),
        ("503 Service Unavailable", "ServiceUnavailable", Unavailable),
    ] {
        let error = opened(s3_error(status, code)).await;
        assert_eq!(error.kind, kind, "{status} {code}: {error}");
        // Whoever reads the failed job is told what the service said.
        assert_eq!(error.action, "read s3://errand-results/outcomes/é 1+1.json");
        assert!(error.message.contains(code), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_words_is_told_by_its_status() {
    let error = opened(answer("503 Service Unavailable", &[], "")).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.message.contains("503"), "{error}");
}

#[tokio::test]
async fn no_answer_at_all_may_pass_and_its_cause_is_told() {
    let error = opened(Vec::new()).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    let (s3, _) = clients_of("http://127.0.0.1:9");
    let error = s3.read(&location()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.message.contains("refused"), "{error}");
}

#[tokio::test]
async fn an_object_is_read_with_its_tag_and_a_missing_one_is_none() {
    let found = answer("200 OK", &[("ETag", "\"e1\"")], "{\"version\": 1}");
    let stub = Stub::start(vec![
        found,
        s3_error("404 Not Found", "NoSuchKey"),
        s3_error("404 Not Found", "NoSuchBucket"),
    ]);
    let (s3, _) = clients_of(stub.endpoint());
    let (bytes, etag) = s3.read(&location()).await.unwrap().unwrap();
    assert_eq!(
        (&bytes[..], etag),
        (&b"{\"version\": 1}"[..], ETag("\"e1\"".to_owned()))
    );
    assert_eq!(s3.read(&location()).await, Ok(None));
    assert_eq!(
        s3.read(&location()).await.unwrap_err().kind,
        PortErrorKind::Refused
    );
    // Path style, since the endpoint was set by hand.
    let request = &stub.requests()[0];
    assert!(
        request.starts_with("GET /errand-results/outcomes/%C3%A9%201%2B1.json"),
        "{request}"
    );
}

#[tokio::test]
async fn the_version_that_is_named_is_asked_for() {
    let stub = Stub::start(vec![s3_error("404 Not Found", "NoSuchVersion")]);
    let (s3, _) = clients_of(stub.endpoint());
    let version = ObjectLocation {
        version_id: Some("v+1".to_owned()),
        ..location()
    };
    assert_eq!(
        s3.open(&version).await.err().unwrap().kind,
        PortErrorKind::NotFound
    );
    assert!(stub.requests()[0].contains("versionId=v%2B1"));
}

#[tokio::test]
async fn a_body_that_is_cut_off_ends_in_an_error() {
    let cut =
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: \"e1\"\r\nConnection: close\r\n\r\n1 2 3".to_vec();
    let stub = Stub::start(vec![cut.clone(), cut]);
    let (s3, _) = clients_of(stub.endpoint());
    let mut object = s3.open(&location()).await.unwrap();
    assert_eq!(object.size_bytes, 100);
    let mut last = object.chunks.recv().await;
    while let Some(Ok(_)) = last {
        last = object.chunks.recv().await;
    }
    let error = last.expect("it ended as if it were whole").unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.message.starts_with("broke off after 5 bytes"), "{error}");
    assert_eq!(
        s3.read(&location()).await.unwrap_err().kind,
        PortErrorKind::Unavailable
    );
}

#[tokio::test]
async fn a_condition_is_sent_and_a_lost_race_is_no_failure() {
    let stub = Stub::start(vec![answer("200 OK", &[("ETag", "\"e2\"")], ""); 3]);
    let (s3, _) = clients_of(stub.endpoint());
    let unchanged = Condition::Unchanged(ETag("\"e1\"".to_owned()));
    for condition in [Condition::None, Condition::Absent, unchanged.clone()] {
        let written = s3
            .write(
                &location(),
                Bytes::from_static(b"{}"),
                "application/json",
                condition,
            )
            .await;
        assert!(matches!(written, Ok(Written::Yes(_))), "{written:?}");
    }
    let requests = stub.requests();
    let has = |i: usize, header: &str| requests[i].to_lowercase().contains(header);
    assert!(!has(0, "if-none-match") && !has(0, "if-match"));
    assert!(has(1, "if-none-match: *\r\n") && !has(1, "if-match"));
    assert!(has(2, "if-match: \"e1\"\r\n") && !has(2, "if-none-match"));
    assert!(has(0, "content-type: application/json\r\n"));

    for (status, code) in [
        ("412 Precondition Failed", "PreconditionFailed"),
        ("409 Conflict", "ConditionalRequestConflict"),
        ("404 Not Found", "NoSuchKey"),
    ] {
        let answer = s3_error(status, code);
        for condition in [Condition::Absent, unchanged.clone()] {
            assert_eq!(
                written(answer.clone(), condition).await,
                Ok(Written::ConditionFailed),
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn any_other_answer_to_a_write_is_a_failure() {
    use PortErrorKind::{Refused, Unavailable};
    for (status, code, kind) in [
        ("404 Not Found", "NoSuchBucket", Refused),
        ("403 Forbidden", "AccessDenied", Refused),
        ("503 Service Unavailable", "SlowDown", Unavailable),
        ("400 Bad Request", "RequestTimeout", Unavailable),
    ] {
        for condition in [Condition::None, Condition::Absent] {
            let error = written(s3_error(status, code), condition).await.unwrap_err();
            assert_eq!(error.kind, kind, "{code}: {error}");
        }
    }
    // Without a condition a conflict is none of ours.
    let conflict = s3_error("409 Conflict", "OperationAborted");
    let error = written(conflict, Condition::None).await.unwrap_err();
    assert_eq!(error.kind, Unavailable);
}

#[tokio::test]
async fn each_message_of_a_batch_is_told_apart() {
    let body = r#"{
        "Successful": [{ "Id": "0", "MessageId": "a", "MD5OfMessageBody": "c4ca4238a0b923820dcc509a6f75849b" }],
        "Failed": [
            { "Id": "1", "SenderFault": false, "Code": "InternalError", "Message": "try again" },
            { "Id": "2", "SenderFault": true, "Code": "InvalidMessageContents", "Message": "no such character" },
            { "Id": "3", "SenderFault": true, "Code": "KMS.ThrottlingException", "Message": "slower" },
            { "Id": "unknown", "SenderFault": true, "Code": "Odd" }
        ]
    }"#;
    let stub = Stub::start(vec![answer(
        "200 OK",
        &[("Content-Type", "application/x-amz-json-1.0")],
        body,
    )]);
    let (_, sqs) = clients_of(stub.endpoint());
    let bodies = ["1", "2", "3", "4"].map(str::to_owned);
    let results = sqs.send(QUEUE, &bodies).await;
    let kinds: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(|error| error.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            None,
            Some(PortErrorKind::Unavailable),
            Some(PortErrorKind::Refused),
            Some(PortErrorKind::Unavailable)
        ]
    );
    let error = results[2].clone().unwrap_err();
    assert_eq!(error.message, "no such character (InvalidMessageContents)");
    let request = &stub.requests()[0];
    assert!(request.contains("AmazonSQS.SendMessageBatch"), "{request}");
    assert!(request.contains(r#""MessageBody":"4""#), "{request}");
}

#[tokio::test]
async fn a_failure_of_the_whole_batch_is_told_of_each_message() {
    use PortErrorKind::{NotFound, Refused, Unavailable};
    for (status, code, older, kind) in [
        (
            "400 Bad Request",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
            NotFound,
        ),
        (
            "403 Forbidden",
            "AccessDeniedException",
            "AccessDenied;Sender",
            Refused,
        ),
        (
            "400 Bad Request",
            "RequestThrottled",
            "RequestThrottled;Sender",
            Unavailable,
        ),
        (
            "400 Bad Request",
            "ThrottlingException",
            "Throttling;Sender",
            Unavailable,
        ),
        (
            "503 Service Unavailable",
            "ServiceUnavailable",
            "ServiceUnavailable;Receiver",
            Unavailable,
        ),
    ] {
        let stub = Stub::start(vec![sqs_error(status, code, older)]);
        let (_, sqs) = clients_of(stub.endpoint());
        let results = sqs.send(QUEUE, &["1".to_owned(), "2".to_owned()]).await;
        assert_eq!(results.len(), 2);
        for error in results.into_iter().map(Result::unwrap_err) {
            assert_eq!(error.kind, kind, "{code}: {error}");
            assert!(error.message.contains("The message of"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_visibility_timeout_is_sent_in_whole_seconds() {
    let stub = Stub::start(vec![answer(
        "200 OK",
        &[("Content-Type", "application/x-amz-json-1.0")],
        "{}",
    )]);
    let (_, sqs) = clients_of(stub.endpoint());
    assert_eq!(
        sqs.change_visibility(QUEUE, "handle", Duration::from_millis(2500))
            .await,
        Ok(())
    );
    let request = &stub.requests()[0];
    assert!(request.contains("AmazonSQS.ChangeMessageVisibility"), "{request}");
    assert!(request.contains(r#""VisibilityTimeout":2"#), "{request}");
}

/// All bytes of what is read of a part of an object that is answered so, or why there are none.
async fn part(exchange: Vec<u8>, from: u64, to: Option<u64>) -> Result<(u64, Vec<u8>), PortError> {
    let stub = Stub::start(vec![exchange]);
    let (s3, _) = clients_of(stub.endpoint());
    let of = ETag("\"e\"".to_owned());
    let mut object = s3.open_range(&location(), Range { from, to, of }).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = object.chunks.recv().await {
        bytes.extend(chunk?);
    }
    let asked = &stub.requests()[0].to_lowercase();
    assert!(asked.contains("if-match: \"e\""), "{asked}");
    let end = to.map_or(String::new(), |to| (to - 1).to_string());
    assert!(asked.contains(&format!("range: bytes={from}-{end}")), "{asked}");
    Ok((object.size_bytes, bytes))
}

#[tokio::test]
async fn of_a_part_that_is_answered_with_the_whole_the_part_is_taken() {
    let whole = || answer("200 OK", &[], "0123456789");
    let partial = |range, body| answer("206 Partial Content", &[("Content-Range", range)], body);
    assert_eq!(part(whole(), 3, Some(6)).await, Ok((3, b"345".to_vec())));
    assert_eq!(part(whole(), 8, None).await, Ok((2, b"89".to_vec())));
    assert_eq!(part(whole(), 0, Some(99)).await, Ok((10, b"0123456789".to_vec())));
    let answered = partial("bytes 3-5/10", "345");
    assert_eq!(part(answered, 3, Some(6)).await, Ok((3, b"345".to_vec())));
    let error = part(partial("bytes 0-2/10", "012"), 3, Some(6))
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.message.contains("`bytes 0-2/10`"), "{error}");
}

#[tokio::test]
async fn an_object_that_was_written_over_is_told_apart() {
    let error = part(s3_error("412 Precondition Failed", "PreconditionFailed"), 0, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
}
