//! Answers that are fetched later, and clients that go away.

use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use errand_e2e::{Ended, PATIENCE, Stack, scene_png};
use serde_json::json;

/// A request that nobody waits for.
async fn send(stack: &Stack, id: &str, operation: &str, input: serde_json::Value) {
    let body = json!({ "version": 1, "job_id": id, "operation": operation, "input": input });
    stack.request(operation, body).await;
}

fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[tokio::test]
async fn a_late_answer_is_fetched_by_the_id_of_its_job() {
    let stack = Stack::connect().await;
    let id = new_id();
    send(&stack, &id, "stats", json!({ "inline": "4 4 10" })).await;
    stack.outcome(&id).await;
    let text = stack.errand().run(&["result", &id]).succeeded().stdout;
    assert_eq!(
        text,
        "count    3\nsum      18\nminimum  4\nmaximum  10\nmean     6\nmedian   4\n"
    );

    let image = scene_png(30, 20, 9);
    let id = new_id();
    let key = format!("uploads/{id}/late.png");
    stack.upload_file(&key, image).await;
    let object = json!({ "bucket": stack.input_bucket, "key": key });
    send(&stack, &id, "grayscale", json!({ "object": object })).await;
    let errand = stack.errand();
    let _ = errand.run(&["result", &id, "--timeout", "60"]).succeeded();
    assert_eq!(errand.files(), ["output_late.png"]);
    assert_eq!(
        errand.file("output_late.png"),
        stack.result(&format!("results/{id}/late.png")).await.unwrap()
    );
}

/// Makes the requests for images wait, so that a client can be caught waiting: no image takes that long by itself.
pub(crate) async fn hold_images_back(stack: &Stack, time: Duration) {
    let queue = stack.queue("grayscale-requests").await;
    let set = stack.sqs.set_queue_attributes().queue_url(queue);
    set.attributes(QueueAttributeName::DelaySeconds, time.as_secs().to_string())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_client_that_stops_waiting_tells_the_id_and_the_answer_comes_all_the_same() {
    let stack = Stack::alone().await;
    hold_images_back(&stack, Duration::from_secs(4)).await;

    let errand = stack.errand().with("late.png", scene_png(60, 40, 10));
    let ended = errand
        .run(&["grayscale", "late.png", "--timeout", "1"])
        .failed_with_id(4);
    assert!(
        ended
            .stderr
            .contains("fetch the answer later with `errand result"),
        "{}",
        ended.stderr
    );
    assert_eq!(errand.files(), ["late.png"], "no half of an image is left");
    assert_eq!(
        stack.reply_queues().await,
        Vec::<String>::new(),
        "its reply queue is gone"
    );
    let _ = errand.run(&["result", &ended.id, "--timeout", "60"]).succeeded();
    assert_eq!(errand.files(), ["late.png", "output_late.png"]);

    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let errand = stack.errand().with("late.png", scene_png(60, 40, 11));
        let mut command = errand.command(["grayscale", "late.png"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The request is sent once the queue holds it back.
        let end = Instant::now() + PATIENCE;
        while delayed(&stack).await == 0 {
            assert!(Instant::now() < end, "no request was sent");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let killed = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let ended = Ended::from(child.wait_with_output().unwrap()).failed_with_id(code);
        assert!(
            ended.stderr.contains("fetch the answer with `errand result"),
            "{}",
            ended.stderr
        );
        assert_eq!(
            stack.reply_queues().await,
            Vec::<String>::new(),
            "its reply queue is gone"
        );
        let _ = errand.run(&["result", &ended.id, "--timeout", "60"]).succeeded();
        assert_eq!(errand.files(), ["late.png", "output_late.png"]);
    }
    hold_images_back(&stack, Duration::ZERO).await;
}

/// How many requests for images wait for their time.
async fn delayed(stack: &Stack) -> u32 {
    let name = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
    let asked = stack
        .sqs
        .get_queue_attributes()
        .queue_url(stack.queue("grayscale-requests").await);
    let answer = asked.attribute_names(name.clone()).send().await.unwrap();
    answer.attributes.unwrap_or_default()[&name].parse().unwrap()
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_not_waited_for() {
    let stack = Stack::connect().await;
    let id = new_id();
    let start = Instant::now();
    stack
        .errand()
        .run(&["result", &id])
        .failed(7, &[&id, "there was no such job in stack"]);
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
        let mut words = self.stderr.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        let id = words.rfind(|word| word.len() == 36).expect("an id").to_owned();
        Named {
            stderr: self.stderr,
            id,
        }
    }
}
