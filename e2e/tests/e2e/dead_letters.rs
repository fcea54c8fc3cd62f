//! Requests that cannot be done for a reason that may pass: tried until the attempts are used up, answered, kept, and
//! redriven when the reason has passed.
//!
//! The reason here is an input in an archive storage class, which S3 refuses to hand out until somebody restores it.
//! The five attempts follow each other at once: the stack of the tests is deployed with `RetryBaseSeconds=0`.

use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::StorageClass;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use errand_e2e::{Errand, PATIENCE, Stack};
use serde_json::{Value, json};

/// The trace that the requests of these tests belong to.
const TRACE: &str = "1-6925a480-bd862e3fe1be46a994272793";

/// Sends a request for a list that lies in an archive; gives the id of its job and the list's key.
async fn send_archived(stack: &Stack, name: &str) -> (String, String) {
    let job_id = uuid::Uuid::now_v7().to_string();
    let key = format!("uploads/{job_id}/{name}");
    archive(stack, &key).await;
    let input = json!({ "object": { "bucket": stack.input_bucket, "key": key } });
    let body = json!({ "version": 1, "job_id": job_id, "operation": "stats", "input": input });
    let send = stack
        .sqs
        .send_message()
        .queue_url(stack.queue("stats-requests").await);
    let header = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(format!("Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=0"))
        .build()
        .unwrap();
    send.message_body(body.to_string())
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, header)
        .send()
        .await
        .unwrap();
    (job_id, key)
}

async fn archive(stack: &Stack, key: &str) {
    let put = stack.s3.put_object().bucket(&stack.input_bucket).key(key);
    put.storage_class(StorageClass::Glacier)
        .body(ByteStream::from_static(b"1 2 3"))
        .send()
        .await
        .unwrap();
}

/// The dead letters of lists, as `errand dead-letters list` shows them, once those of all `jobs` are there.
async fn await_dead_letters(operator: &Errand<'_>, jobs: &[&str]) -> Vec<Value> {
    let end = Instant::now() + PATIENCE;
    loop {
        let list = operator
            .run_as_operator(&["dead-letters", "list", "--operation", "stats", "--json"])
            .succeeded();
        let dead_letters: Vec<Value> = list
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let is_there = |job: &&str| dead_letters.iter().any(|message| message["job_ids"][0] == **job);
        if jobs.iter().all(is_there) {
            return dead_letters;
        }
        assert!(
            Instant::now() < end,
            "not dead-lettered: {jobs:?} in {dead_letters:#?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The list tells why at once, `--body` the request alone; and a look that fails gives back what it looked at.
fn looking_hides_nothing(operator: &Errand<'_>, job: &str, message: &Value, outcome: &Value) {
    assert_eq!(message["error"], outcome["error"], "the list tells why, at once");
    let body = operator
        .run_as_operator(&["dead-letters", "show", job, "--body"])
        .succeeded()
        .json();
    assert_eq!(body["job_id"], job, "the request, and nothing else");
    // A look that fails, here for want of room where it prints to, gives back what it looked at: the next one finds it.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut looking = operator.command_as_operator(["dead-letters", "show", job]);
    let failed = looking.stdout(full).output().unwrap();
    assert_eq!(failed.status.code(), Some(5), "{failed:?}");
    let list = operator.run_as_operator(&["dead-letters", "list"]).succeeded();
    assert_eq!(list.stdout.lines().count(), 2, "{}", list.stdout);
    assert!(list.stdout.contains("  misconfigured  s3://"), "{}", list.stdout);
}

#[tokio::test]
async fn a_job_that_failed_to_the_last_attempt_is_kept_shown_and_done_when_it_is_redriven() {
    let stack = Stack::alone().await;
    let operator = stack.errand();
    let (job, key) = send_archived(&stack, "list.txt").await;
    let (other, other_key) = send_archived(&stack, "other.txt").await;

    // Answered on the last attempt, and the answer says what becomes of the request.
    let outcome = stack.outcome(&job).await;
    assert_eq!(
        (&outcome["status"], &outcome["attempt"]),
        (&"failed".into(), &5.into())
    );
    assert_eq!(outcome["trace_id"], TRACE, "through all attempts");
    let said = [
        "failed after 5 attempts, kept in the dead-letter queue for redrive",
        "misconfigured",
    ];
    stack.errand().run(&["result", &job]).failed(6, &said);

    // Kept, listed, shown; looking changes nothing.
    let dead_letters = await_dead_letters(&operator, &[&job, &other]).await;
    let message = dead_letters
        .iter()
        .find(|message| message["job_ids"][0] == job.as_str())
        .unwrap();
    assert_eq!(message["input"], format!("s3://{}/{key}", stack.input_bucket));
    for _ in 0..2 {
        let shown = operator
            .run_as_operator(&["dead-letters", "show", &job, "--json"])
            .succeeded()
            .json();
        assert_eq!(shown["error"], outcome["error"]);
        let request: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
        assert_eq!(request["job_id"], job.as_str());
    }
    looking_hides_nothing(&operator, &job, message, &outcome);
    let by_message = message["message_id"].as_str().unwrap();
    let text = operator
        .run_as_operator(&["dead-letters", "show", by_message])
        .succeeded()
        .stdout;
    assert!(
        text.starts_with(&format!("job        {job}\noperation  stats\n")),
        "{text}"
    );
    let health = operator.run(&["doctor", "--json"]).succeeded().json();
    assert_eq!(health["healthy"], true);
    let waiting = health["findings"].as_array().unwrap().iter();
    let waiting: Vec<_> = waiting
        .filter(|finding| finding["status"] == "warning")
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert!(
        waiting.iter().any(|message| message.contains("2 waiting")),
        "{waiting:?}"
    );

    // Redriven: done under its old id, and its new answer has taken the place of the failure.
    stack.upload_file(&key, b"1 2 3 10".to_vec()).await;
    let text = operator
        .run_as_operator(&["dead-letters", "redrive", &job])
        .succeeded()
        .stdout;
    assert!(text.contains(&format!("errand result {job}")), "{text}");
    let json = operator
        .run(&["result", &job, "--json", "--timeout", "60"])
        .succeeded()
        .json();
    assert_eq!(
        (&json["job_id"], &json["sum"]),
        (&job.clone().into(), &"16".into())
    );
    let outcome = stack.outcome(&job).await;
    assert_eq!(
        (&outcome["status"], &outcome["trace_id"]),
        (&"succeeded".into(), &TRACE.into())
    );
    let begun = Instant::now();
    operator
        .run_as_operator(&["dead-letters", "show", &job])
        .failed(7, &["no dead letter of job", &job]);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    // The other one is where it was.
    let dead_letters = await_dead_letters(&operator, &[&other]).await;
    assert_eq!(dead_letters.len(), 1, "{dead_letters:#?}");

    // One that fails again is dead-lettered again, once.
    let text = operator
        .run_as_operator(&["dead-letters", "redrive", "--all", "--operation", "stats"])
        .succeeded()
        .stdout;
    assert_eq!(text.lines().count(), 1, "{text}");
    let dead_letters = await_dead_letters(&operator, &[&other]).await;
    assert_eq!(dead_letters.len(), 1, "{dead_letters:#?}");

    // And once it can be done, nothing is left.
    stack.upload_file(&other_key, b"5".to_vec()).await;
    let _ = operator
        .run_as_operator(&["dead-letters", "redrive", "--all", "--json"])
        .succeeded();
    let json = operator
        .run(&["result", &other, "--json", "--timeout", "60"])
        .succeeded()
        .json();
    assert_eq!(json["sum"], "5");
    let list = operator.run_as_operator(&["dead-letters", "list"]).succeeded();
    assert_eq!(list.stdout, "");
}

/// Somebody else's look hides what it looks at; a redrive of all then has not sent all, and says so.
#[tokio::test]
async fn a_redrive_of_all_does_not_pass_over_what_somebody_else_holds() {
    let stack = Stack::alone().await;
    let operator = stack.errand();
    let (job, key) = send_archived(&stack, "held.txt").await;
    await_dead_letters(&operator, &[&job]).await;
    let url = stack.queue("stats-dead-letters").await;
    let receive = stack.sqs.receive_message().queue_url(&url).visibility_timeout(60);
    let held = receive.send().await.unwrap().messages.unwrap();
    assert_eq!(held.len(), 1);
    let redrive = ["dead-letters", "redrive", "--all", "--json"];
    operator
        .run_as_operator(&redrive)
        .failed(4, &["1 more are held by somebody else"]);
    let health = operator.run(&["doctor", "--json"]).succeeded().json();
    assert!(
        health
            .to_string()
            .contains("1 held by somebody who looks at them"),
        "{health:#}"
    );

    let give_back = stack.sqs.change_message_visibility().queue_url(&url);
    let handle = held[0].receipt_handle.clone().unwrap();
    give_back
        .receipt_handle(handle)
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    stack.upload_file(&key, b"7".to_vec()).await;
    let _ = operator.run_as_operator(&redrive).succeeded();
    let result = operator
        .run(&["result", &job, "--json", "--timeout", "60"])
        .succeeded();
    assert_eq!(result.json()["sum"], "7");
}
