//! Files uploaded to the input bucket, and messages without a client.
//!
//! Their answers all arrive on the stack's one response queue, from which whoever listens takes them. So there is one
//! test that listens, and the others look at S3.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use errand_e2e::{PATIENCE, Stack, luma_of, record_answers, scene_png};
use serde_json::Value;

/// Names that an event's form encoding, or a careless reader of it, would change.
const NAMES: [&str; 5] = ["plain", "two words", "a+b", "café", "100% sure %41"];

#[tokio::test]
async fn an_uploaded_image_comes_out_in_the_result_bucket_under_its_own_key() {
    let stack = Stack::connect().await;
    let run = uuid::Uuid::now_v7();
    for (seed, name) in (1..).zip(NAMES) {
        let image = scene_png(50, 40, seed);
        let key = format!("grayscale/{run}/{name}.png");
        stack.upload_file(&key, image.clone()).await;
        let gray = image::load_from_memory(&stack.await_result(&key).await).unwrap();
        assert_eq!(
            (gray.width(), gray.height(), gray.into_bytes()),
            luma_of(&image),
            "{key}"
        );
    }
}

#[tokio::test]
async fn the_answer_to_an_uploaded_list_is_fetched_by_the_address_of_the_list() {
    let stack = Stack::connect().await;
    let run = uuid::Uuid::now_v7();
    for (number, name) in (1..).zip(NAMES) {
        let key = format!("stats/{run}/{name}.txt");
        stack
            .upload_file(&key, format!("{number} 100").into_bytes())
            .await;
        let address = format!("s3://{}/{key}", stack.input_bucket);
        let json = stack
            .errand()
            .run(&["result", &address, "--json", "--timeout", "60"])
            .succeeded()
            .json();
        assert_eq!(json["minimum"], number.to_string(), "{key}");
    }
}

#[tokio::test]
async fn an_uploaded_table_is_asked_for_a_column_by_its_metadata() {
    let stack = Stack::connect().await;
    let key = format!("stats/{}/sales.csv", uuid::Uuid::now_v7());
    let table = b"name,amount\nb,30\na,40\n".to_vec();
    stack
        .upload_file_with(&key, table, Some(r#"{"column": "amount"}"#))
        .await;
    let address = format!("s3://{}/{key}", stack.input_bucket);
    let json = stack
        .errand()
        .run(&["result", &address, "--json", "--timeout", "60"])
        .succeeded()
        .json();
    assert_eq!(json["sum"], "70");
}

#[tokio::test]
async fn the_picture_of_a_newer_version_is_not_handed_out_for_an_older_one() {
    let stack = Stack::connect().await;
    let key = format!("grayscale/{}/photo.png", uuid::Uuid::now_v7());
    let address = format!("s3://{}/{key}", stack.input_bucket);
    let errand = stack.errand();
    stack.upload_file(&key, scene_png(50, 40, 1)).await;
    let first = errand
        .run(&["result", &address, "--json", "--timeout", "60", "-o", "first.png"])
        .succeeded()
        .json();
    let first = first["job_id"].as_str().unwrap();
    stack.upload_file(&key, scene_png(50, 40, 2)).await;
    let _ = errand
        .run(&["result", &address, "--timeout", "60", "-o", "second.png"])
        .succeeded();
    let gray = image::load_from_memory(&errand.file("second.png")).unwrap();
    assert_eq!(
        (gray.width(), gray.height(), gray.into_bytes()),
        luma_of(&scene_png(50, 40, 2))
    );
    errand
        .run(&["result", first, "-o", "again.png"])
        .failed(1, &["is not what this job made", "uploaded again"]);
    assert_eq!(errand.files(), ["first.png", "second.png"]);
}

/// What they became would be called alike by its format.
#[tokio::test]
async fn files_of_one_name_and_two_endings_do_not_write_over_each_other() {
    let stack = Stack::connect().await;
    let folder = format!("grayscale/{}", uuid::Uuid::now_v7());
    let keys = ["png", "jpg"].map(|ending| format!("{folder}/photo.{ending}"));
    for (seed, key) in (1..).zip(&keys) {
        stack.upload_file(key, scene_png(50, 40, seed)).await;
    }
    for (seed, key) in (1..).zip(&keys) {
        let gray = image::load_from_memory(&stack.await_result(key).await).unwrap();
        assert_eq!(
            (gray.width(), gray.height(), gray.into_bytes()),
            luma_of(&scene_png(50, 40, seed)),
            "{key}"
        );
    }
}

#[tokio::test]
async fn every_version_of_an_uploaded_file_is_a_job_of_its_own() {
    let stack = Stack::connect().await;
    let key = format!("stats/{}/list.txt", uuid::Uuid::now_v7());
    let address = format!("s3://{}/{key}", stack.input_bucket);
    for list in ["1 2", "30 40"] {
        stack.upload_file(&key, list.into()).await;
        let json = stack
            .errand()
            .run(&["result", &address, "--json", "--timeout", "60"])
            .succeeded()
            .json();
        assert_eq!(json["minimum"], list.split(' ').next().unwrap());
    }
}

#[tokio::test]
async fn answers_without_a_client_are_heard_by_listening() {
    let stack = Stack::connect().await;
    let run = uuid::Uuid::now_v7();
    let listener = stack.errand();
    // A bare body, as `aws sqs send-message --message-body "3 1 2"` sends it.
    let marker = run.as_u128() >> 64;
    let body = format!("3 1 2 {marker}");
    let message_id = stack.request("stats", body).await;
    // Who only looks leaves it to the others, who get it at once.
    let end = Instant::now() + PATIENCE;
    let line = loop {
        let looked = listener
            .run(&["listen", "--keep", "--timeout", "2"])
            .succeeded()
            .stdout;
        let found = looked.lines().find(|line| line.contains(&marker.to_string()));
        if let Some(line) = found {
            break line.to_owned();
        }
        assert!(Instant::now() < end, "{looked}");
    };
    let time = line.split("  ").next().unwrap();
    assert!(
        time.len() == 20 && time.starts_with("20") && time.ends_with('Z'),
        "{line}"
    );
    let mut child = listener
        .command(["listen", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let broken = format!("grayscale/{run}/broken.png");
    stack.upload_file(&broken, b"no image".to_vec()).await;

    let (mut bare, mut failed) = (None, None);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let end = Instant::now() + PATIENCE;
    while (bare.is_none() || failed.is_none()) && Instant::now() < end {
        let line = lines.next().unwrap().unwrap();
        record_answers(&["listen", "--json"], &line);
        let outcome: Value = serde_json::from_str(&line).unwrap();
        if outcome["result"]["maximum"] == marker.to_string() {
            bare = Some(outcome);
        } else if outcome["input"]["key"] == broken {
            failed = Some(outcome);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let bare = bare.expect("the bare body was answered");
    assert_eq!(bare["result"]["count"], 4);
    assert_eq!(
        bare["message_id"], message_id,
        "its sender can tell that it is the answer"
    );
    let failed = failed.expect("the broken image was answered");
    assert_eq!(
        (&failed["status"], &failed["error"]["retryable"]),
        (&"failed".into(), &false.into())
    );
    // Answered, kept, and not tried again.
    let id = failed["job_id"].as_str().unwrap();
    assert_eq!(stack.outcome(id).await["error"], failed["error"]);
}
