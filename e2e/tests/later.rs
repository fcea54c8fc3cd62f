//! Answers that are fetched later, and clients that go away.

use std::process::Stdio;
use std::time::{Duration, Instant};

use errand_e2e::{Ended, Errand, PATIENCE, Stack, noise_png, scene_png};
use serde_json::json;

/// A request that nobody waits for.
async fn send(stack: &Stack, operation: &str, input: serde_json::Value) -> String {
    let job_id = uuid::Uuid::now_v7().to_string();
    let body = json!({ "version": 1, "job_id": job_id, "operation": operation, "input": input });
    let queue = stack.queue(&format!("{operation}-requests")).await;
    stack
        .sqs
        .send_message()
        .queue_url(queue)
        .message_body(body.to_string())
        .send()
        .await
        .unwrap();
    job_id
}

#[tokio::test]
async fn a_late_answer_is_fetched_by_the_id_of_its_job() {
    let stack = Stack::connect().await;
    let id = send(&stack, "stats", json!({ "inline": "4 4 10" })).await;
    stack.outcome(&id).await;
    let text = Errand::new().run(&["result", &id]).succeeded().stdout;
    assert_eq!(
        text,
        "count    3\nsum      18\nminimum  4\nmaximum  10\nmean     6\nmedian   4\n"
    );

    let image = scene_png(30, 20, 9);
    let key = format!("uploads/{}/late.png", uuid::Uuid::now_v7());
    stack.drop_file(&key, image).await;
    let object = json!({ "bucket": stack.input_bucket, "key": key });
    let id = send(&stack, "grayscale", json!({ "object": object })).await;
    let errand = Errand::new();
    let _ = errand.run(&["result", &id, "--timeout", "60"]).succeeded();
    assert_eq!(errand.files(), ["output_late.png"]);
    assert_eq!(
        errand.file("output_late.png"),
        stack.result(&format!("results/{id}/late.png")).await.unwrap()
    );
}

#[tokio::test]
async fn a_time_out_tells_the_id_and_the_answer_comes_all_the_same() {
    // Large enough not to be done within the second.
    let errand = Errand::new().with("noise.png", noise_png(6_000, 4_000));
    let ended = errand
        .run(&["grayscale", "noise.png", "--timeout", "1"])
        .failed_with_id(4);
    assert!(
        ended
            .stderr
            .contains("fetch the answer later with `errand result"),
        "{}",
        ended.stderr
    );
    assert_eq!(errand.files(), ["noise.png"], "no half of an image is left");
    let _ = errand.run(&["result", &ended.id, "--timeout", "60"]).succeeded();
    assert_eq!(errand.files(), ["noise.png", "output_noise.png"]);
}

#[tokio::test]
async fn an_interrupted_client_removes_its_queue_and_tells_how_to_resume() {
    let stack = Stack::connect().await;
    let errand = Errand::new().with("noise.png", noise_png(6_000, 4_000));
    let child = errand
        .command(["grayscale", "noise.png"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut requests = stack.reply_queues().await.len();
    let end = Instant::now() + PATIENCE;
    while requests == 0 && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
        requests = stack.reply_queues().await.len();
    }
    // The upload of 72 MB is under way, or the request is sent.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let ended = Ended::from(child.wait_with_output().unwrap()).failed_with_id(130);
    assert!(
        ended.stderr.contains("fetch the answer with `errand result"),
        "{}",
        ended.stderr
    );
    let _ = errand.run(&["result", &ended.id, "--timeout", "60"]).succeeded();
    assert_eq!(errand.files(), ["noise.png", "output_noise.png"]);
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_not_waited_for() {
    let id = uuid::Uuid::now_v7().to_string();
    let start = Instant::now();
    Errand::new()
        .run(&["result", &id])
        .failed(4, &[&id, "there was no such job in stack"]);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// An end that names a job.
struct Named {
    stderr: String,
    id: String,
}

trait FailedWithId {
    fn failed_with_id(self, code: i32) -> Named;
}

impl FailedWithId for Ended {
    fn failed_with_id(self, code: i32) -> Named {
        assert_eq!(self.code, Some(code), "{self:?}");
        let words = self.stderr.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        let id = words
            .filter(|word| word.len() == 36)
            .last()
            .expect("an id")
            .to_owned();
        Named {
            stderr: self.stderr,
            id,
        }
    }
}
