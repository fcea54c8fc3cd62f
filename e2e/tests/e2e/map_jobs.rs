//! Jobs that many functions do: objects that lie on S3, as one list, as many, and as images. Small ones here: `--engine map` makes
//! map jobs of them.

use errand_e2e::{Ended, Stack, luma_of, scene_png};
use serde_json::Value;
use uuid::Uuid;

/// A prefix of the stack's own input bucket that nobody else has: its key and its address.
fn prefix(stack: &Stack, operation: &str) -> (String, String) {
    let key = format!("{operation}/maps/{}/", Uuid::now_v7());
    let address = format!("s3://{}/{key}", stack.input_bucket);
    (key, address)
}

fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn all_objects_below_a_prefix_are_one_list_whatever_does_it() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "stats");
    let texts = ["3 1 2\n", "-5,7\r\n", "# nothing\n10\n10\n"];
    for (name, text) in ["a.txt", "b.csv", "sub/c.txt"].iter().zip(texts) {
        stack.upload_file(&format!("{key}{name}"), text.into()).await;
    }
    let errand = stack.errand().with("all.txt", texts.concat());
    let all = ["--all", "--percentiles", "10,90"];
    let wanted = errand
        .run(&[&["--offline", "stats", "all.txt"], &all[..]].concat())
        .succeeded()
        .stdout;
    for engine in [&[][..], &["--engine", "map"]] {
        let ended = errand.run(&[&["stats", &address, "--timeout", "120"], engine, &all[..]].concat());
        assert_eq!(ended.succeeded().stdout, wanted, "{engine:?}");
    }
    errand
        .run(&["stats", &address, "--engine", "queue"])
        .failed(1, &["leave the engine `queue` out"]);
    let some = errand.run(&[
        "stats",
        &address,
        "--include",
        "*.txt",
        "--exclude",
        "sub/",
        "--json",
        "--engine",
        "map",
    ]);
    assert_eq!(some.succeeded().json()["sum"], "6");
    let (a, b) = (format!("{address}b.csv"), format!("{address}a.txt"));
    let two = errand.run(&["stats", &a, &b, "--together", "--json"]).succeeded();
    assert_eq!(two.json()["count"], 5);
    let one = errand
        .run(&["stats", &a, "--engine", "map", "--json"])
        .succeeded();
    assert_eq!(one.json()["sum"], "2");
}

#[tokio::test]
async fn each_object_below_a_prefix_has_a_row_and_a_failure_is_named() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "stats");
    for (name, text) in [("a.txt", "1 2"), ("b.txt", "3"), ("c.txt", "x")] {
        stack.upload_file(&format!("{key}{name}"), text.into()).await;
    }
    let errand = stack.errand();
    let ended = errand.run(&["stats", &address, "--each", "--json", "--timeout", "120"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let lines = lines(&ended);
    let told: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            Some((
                line["input"].as_str()?.to_owned(),
                line["status"].as_str()?.to_owned(),
            ))
        })
        .collect();
    let wanted = [("a.txt", "done"), ("b.txt", "done"), ("c.txt", "failed")];
    assert_eq!(
        told,
        wanted.map(|(name, status)| (format!("{address}{name}"), status.to_owned()))
    );
    assert_eq!(lines[0]["sum"], "3");
    let id = lines[0]["job_id"].as_str().unwrap();
    let again = errand.run(&["result", id]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(
        again.stdout.contains("a.txt") && again.stderr.contains("c.txt: "),
        "{again:?}"
    );
}

#[tokio::test]
async fn images_below_a_prefix_are_one_job_and_come_here_as_a_tree() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "grayscale");
    let image = scene_png(20, 10, 3);
    for name in ["a.png", "sub/b.png"] {
        stack.upload_file(&format!("{key}{name}"), image.clone()).await;
    }
    let errand = stack.errand();
    let ended = errand.run(&["grayscale", &address, "-o", "gray", "--json", "--timeout", "120"]);
    let answer = ended.succeeded().json();
    assert_eq!(
        (&answer["done"], &answer["failed"]),
        (&2.into(), &0.into()),
        "{answer:#}"
    );
    for name in ["gray/a.png", "gray/sub/b.png"] {
        let gray = image::load_from_memory(&errand.file(name)).unwrap();
        assert_eq!(
            (gray.width(), gray.height(), gray.into_bytes()),
            luma_of(&image),
            "{name}"
        );
    }
    let id = answer["job_id"].as_str().unwrap();
    let again = errand.run(&["result", id, "-o", "again"]).succeeded();
    assert!(
        again.stdout.starts_with("2 objects: 2 done; "),
        "{}",
        again.stdout
    );
    assert_eq!(errand.file("again/sub/b.png"), errand.file("gray/sub/b.png"));

    stack
        .upload_file(&format!("{key}notes.txt"), b"no image".to_vec())
        .await;
    let some = errand
        .run(&["grayscale", &address, "--timeout", "120"])
        .failed(1, &[&format!("{address}notes.txt: ")]);
    assert!(
        some.stdout.starts_with("3 objects: 2 done, 1 failed"),
        "{}",
        some.stdout
    );
    // More failures than are tolerated fail the job.
    errand
        .run(&["grayscale", &address, "--tolerate", "5%", "--timeout", "120"])
        .failed(1, &[]);
}

#[tokio::test]
async fn a_map_job_is_sent_now_and_waited_for_later() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "stats");
    stack.upload_file(&format!("{key}a.txt"), b"1 2 3".to_vec()).await;
    let errand = stack.errand();
    let sent = errand
        .run(&["stats", &address, "--engine", "map", "--detach"])
        .succeeded();
    let id = sent.stdout.trim();
    let waited = errand.run(&["wait", id, "--timeout", "120"]).succeeded();
    assert!(
        waited.stdout.contains(" succeeded: count 3, "),
        "{}",
        waited.stdout
    );
    let listed = errand.run(&["jobs", "--json"]).succeeded().json();
    assert_eq!(
        (&listed["job_id"], &listed["state"]),
        (&id.into(), &"succeeded".into())
    );
    assert_eq!(listed["input"], address.as_str());
}

#[tokio::test]
async fn a_map_job_that_is_canceled_is_stopped() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "stats");
    stack.upload_file(&format!("{key}a.txt"), b"1 2 3".to_vec()).await;
    let errand = stack.errand();
    let sent = errand
        .run(&["stats", &address, "--engine", "map", "--detach"])
        .succeeded();
    let id = sent.stdout.trim();
    let canceled = errand.run(&["cancel", id, "--json"]);
    // It may be done by then.
    if canceled.code == Some(0) {
        assert_eq!(canceled.json()["canceled"], true);
        errand.run(&["result", id]).failed(1, &["canceled"]);
    } else {
        assert_eq!(canceled.code, Some(1), "{canceled:?}");
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_refused_by_name_and_what_is_not_there_too() {
    let stack = Stack::connect().await;
    let errand = stack.errand();
    for address in [
        "s3://a-bucket-of-somebody-else/a.txt",
        "s3://a-bucket-of-somebody-else/lists/",
    ] {
        errand
            .run(&["stats", address, "--timeout", "60"])
            .failed(1, &["a-bucket-of-somebody-else", "ReadableBuckets"]);
    }
    let (_, address) = prefix(&stack, "stats");
    errand
        .run(&["stats", &format!("{address}none.txt"), "--timeout", "60"])
        .failed(1, &["none.txt"]);
    errand.run(&["stats", &address, "--timeout", "60"]).failed(1, &[]);
}

#[tokio::test]
async fn a_dry_run_says_what_a_prefix_would_be() {
    let stack = Stack::connect().await;
    let (key, address) = prefix(&stack, "stats");
    for name in ["a.txt", "b.txt"] {
        stack
            .upload_file(&format!("{key}{name}"), b"1 2 3".to_vec())
            .await;
    }
    let errand = stack.errand();
    let ended = errand.run(&["stats", &address, "--dry-run", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let summary = &ended.json()["summary"];
    assert_eq!(
        (&summary["would_be_done"], &summary["slices"]),
        (&2.into(), &1.into()),
        "{summary:#}"
    );
    assert!(
        ended
            .stderr
            .contains("would do 2 objects, 10 bytes, in 1 slice; about "),
        "{}",
        ended.stderr
    );
}
