//! Jobs that are sent now and fetched later: `--detach`, `wait`, `result` of several, `jobs`, `cancel`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use errand_e2e::{Ended, Errand, Stack, luma_of, scene_png};
use serde_json::{Value, json};

use crate::later::hold_images_back;

/// Sends a job that is not waited for; gives its id.
fn detach(errand: &Errand, arguments: &[&str]) -> String {
    let mut all = arguments.to_vec();
    all.push("--detach");
    let printed = errand.run(&all).succeeded().stdout;
    let id = printed.strip_suffix('\n').unwrap();
    assert_eq!(id.len(), 36, "{printed}");
    id.to_owned()
}

fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_detached_job_is_waited_for_listed_and_fetched_by_its_id() {
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("list.txt", "4 4 10")
        .with("bad.txt", "4 x")
        .with("a.png", scene_png(30, 20, 21));
    let list = detach(&errand, &["stats", "list.txt"]);
    let image = detach(&errand, &["grayscale", "a.png"]);
    let printed = errand
        .run(&["stats", "bad.txt", "--detach", "--json"])
        .succeeded();
    let bad = printed.json()["job_id"].as_str().unwrap().to_owned();

    let waited = errand
        .run(&["wait", &list, &image, "--timeout", "60", "--json"])
        .succeeded();
    let mut ids: Vec<_> = lines(&waited)
        .iter()
        .map(|outcome| outcome["job_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    let mut sent = [list.clone(), image.clone()];
    sent.sort();
    assert_eq!(ids, sent);
    errand
        .run(&["wait", &list, &bad, "--timeout", "60"])
        .failed(1, &["1 of the jobs did not succeed"]);
    let nobody = uuid::Uuid::now_v7().to_string();
    errand
        .run(&["wait", &list, &nobody, "--timeout", "2"])
        .failed(7, &[&nobody, "within 2 s"]);

    let listed = lines(&errand.run(&["jobs", "--json"]).succeeded());
    let told: Vec<_> = listed
        .iter()
        .map(|job| (job["job_id"].as_str().unwrap(), job["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (bad.as_str(), "failed"),
            (image.as_str(), "succeeded"),
            (list.as_str(), "succeeded")
        ],
        "newest first"
    );
    assert_eq!(
        (&listed[1]["input"], &listed[1]["operation"]),
        (&json!("a.png"), &json!("grayscale"))
    );
    let failed = lines(
        &errand
            .run(&["jobs", "--state", "failed", "--since", "1h", "--json"])
            .succeeded(),
    );
    assert_eq!(
        (failed.len(), &failed[0]["error"]["code"]),
        (1, &json!("not_an_integer"))
    );
    let text = errand.run(&["jobs", "--limit", "1"]).succeeded().stdout;
    assert!(
        text.starts_with(&bad) && text.contains("failed") && text.lines().count() == 1,
        "{text}"
    );

    let fetched = errand.run(&["result", &list, &bad, &image, "-o", "answers", "--json"]);
    let fetched = fetched.failed(1, &["`x`"]);
    let answers = lines(&fetched);
    assert_eq!(
        (&answers[0]["job_id"], &answers[0]["count"]),
        (&json!(list), &json!(3))
    );
    assert_eq!(answers[1]["output"], "answers/a.png");
    assert_eq!(answers[2]["error"]["code"], "not_an_integer");
    assert_eq!(
        errand.file("answers/a.png"),
        stack.result(&format!("results/{image}/a.png")).await.unwrap()
    );

    let everybody = lines(
        &errand
            .run(&["jobs", "--all", "--since", "1h", "--limit", "1000", "--json"])
            .succeeded(),
    );
    for id in [&list, &image, &bad] {
        assert!(
            everybody.iter().any(|job| job["job_id"] == **id),
            "{id} is not in {everybody:?}"
        );
    }

    a_link_leads_to(&errand, &image, &errand.file("answers/a.png"));
}

/// As text and as JSON.
fn a_link_leads_to(errand: &Errand, image: &str, made: &[u8]) {
    let url = errand.run(&["result", image, "--url"]).succeeded().stdout;
    assert!(url.contains("X-Amz-Expires=3600"), "{url}");
    let json = errand
        .run(&["result", image, "--url", "--json"])
        .succeeded()
        .json();
    assert!(
        json["url"].as_str().unwrap().contains("X-Amz-Expires=3600"),
        "{json}"
    );
    if let Some(address) = url.trim().strip_prefix("http://") {
        let (host, path) = address.split_once('/').unwrap();
        let mut connection = TcpStream::connect(host).unwrap();
        write!(
            connection,
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        assert!(answer.ends_with(made), "{url}");
    }
}

#[tokio::test]
async fn many_jobs_are_sent_at_once_and_fetched_into_the_tree_they_came_from() {
    let stack = Stack::connect().await;
    let errand = stack.errand();
    for index in 0..60 {
        let folder = errand.path().join(format!("in/{}", index % 3));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{index}.png")), scene_png(30, 20, index)).unwrap();
    }
    std::fs::write(errand.path().join("in/bad.png"), "no image").unwrap();
    let sent = errand
        .run(&["grayscale", "in", "--detach", "--json", "--quiet"])
        .succeeded();
    let told = lines(&sent);
    let (summary, told) = told.split_last().unwrap();
    assert_eq!((&summary["summary"]["sent"], told.len()), (&json!(61), 61));
    let bad = told.iter().find(|line| line["input"] == "in/bad.png").unwrap();

    let waited = with_input(&errand, &["wait", "-", "--timeout", "120"], &sent.stdout);
    let waited = waited.failed(1, &["1 of the jobs did not succeed"]);
    assert_eq!(waited.stdout.lines().count(), 61);
    let fetched = with_input(&errand, &["result", "-", "-o", "gray"], &sent.stdout);
    let fetched = fetched.failed(
        1,
        &[
            "errand: in/bad.png: not an image: ",
            bad["job_id"].as_str().unwrap(),
        ],
    );
    assert_eq!(
        fetched
            .stdout
            .lines()
            .filter(|line| line.starts_with("gray/"))
            .count(),
        60
    );
    for index in 0..60 {
        let gray = image::load_from_memory(&errand.file(&format!("gray/{}/{index}.png", index % 3))).unwrap();
        assert_eq!(
            (gray.width(), gray.height(), gray.into_bytes()),
            luma_of(&scene_png(30, 20, index)),
            "{index}"
        );
    }
    let late = with_input(&errand, &["cancel", "-"], &sent.stdout);
    let _ = late.failed(1, &["61 of the jobs had an answer already"]);
}

/// Runs the command with something on its standard input.
fn with_input(errand: &Errand, arguments: &[&str], input: &str) -> Ended {
    let mut child = errand
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ended::from(child.wait_with_output().unwrap())
}

#[tokio::test]
async fn the_same_work_on_the_same_bytes_is_done_once() {
    let stack = Stack::connect().await;
    let list = format!("1 2 3 {}", uuid::Uuid::now_v7().as_u128());
    let errand = stack.errand().with("a.txt", &list).with("b.txt", &list);
    let ask = |arguments: &[&str]| {
        let mut all = vec!["stats", "--json", "--id-from-content"];
        all.extend(arguments);
        let answer = errand.run(&all).succeeded().json();
        answer["job_id"].as_str().unwrap().to_owned()
    };
    let first = ask(&["a.txt"]);
    let outcome = stack.outcome(&first).await;
    assert_eq!(ask(&["b.txt"]), first, "whatever the file is called");
    assert_eq!(ask(&["a.txt", "--detach"]), first);
    assert_eq!(stack.outcome(&first).await, outcome);
    assert_ne!(ask(&["a.txt", "--all"]), first);
}

#[tokio::test]
async fn a_job_that_is_canceled_in_time_is_answered_so_and_not_done() {
    let stack = Stack::alone().await;
    hold_images_back(&stack, Duration::from_secs(4)).await;
    let errand = stack
        .errand()
        .with("a.png", scene_png(60, 40, 12))
        .with("list.txt", "1 2");
    let image = detach(&errand, &["grayscale", "a.png"]);
    let canceled = errand.run(&["cancel", &image]).succeeded();
    assert_eq!(canceled.stdout, format!("{image}  canceled\n"));
    let again = errand.run(&["cancel", &image, "--json"]).succeeded().json();
    assert_eq!(again, json!({ "job_id": image, "canceled": true }));
    errand.run(&["result", &image]).failed(1, &["canceled"]);
    assert_eq!(
        lines(&errand.run(&["jobs", "--state", "canceled", "--json"]).succeeded()).len(),
        1
    );

    let list = detach(&errand, &["stats", "list.txt"]);
    let _ = errand.run(&["wait", &list, "--timeout", "60"]).succeeded();
    let late = errand.run(&["cancel", &list]).failed(1, &["too late to cancel"]);
    assert!(
        late.stdout.contains("fetch it with `errand result"),
        "{}",
        late.stdout
    );
    let _ = errand.run(&["result", &list]).succeeded();

    // By then its message has been delivered.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(stack.outcome(&image).await["error"]["code"], "canceled");
    assert_eq!(
        stack.result(&format!("results/{image}/a.png")).await,
        None,
        "it was not begun"
    );
    hold_images_back(&stack, Duration::ZERO).await;
}
