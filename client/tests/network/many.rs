//! Many jobs that are sent now and fetched later.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{Ended, Errand};
use crate::grayscale::{GRAY, cloud};
use crate::stand_in::{Asked, StandIn};

const IMAGE: &[u8] = b"P6 1 1 255\n\xff\x00\x00";

/// Runs the command with something on its standard input.
fn run_with(errand: &Errand, arguments: &[&str], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_errand"))
        .args(arguments)
        .current_dir(errand.home.path())
        .env_clear()
        .env("ERRAND_NO_CONFIG", "1")
        .env("HOME", errand.home.path())
        .envs(errand.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ended::of(child.wait_with_output().unwrap())
}

#[test]
fn a_thousand_lists_are_sent_in_tens_without_a_reply_queue() {
    let stand_in = StandIn::start();
    let mut errand = Errand::new().with("ERRAND_ENDPOINT_URL", &stand_in.endpoint);
    for number in 0..1_000 {
        errand = errand.with_file(&format!("lists/{number:04}.txt"), number.to_string());
    }
    let sent = errand.run(&["stats", "lists", "--detach"]);
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    let ids: BTreeSet<_> = sent.stdout.lines().collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.iter().all(|id| id.len() == 36));
    assert!(
        sent.stderr.starts_with("errand: 1000 sent; 2.89 kB in "),
        "{}",
        sent.stderr
    );
    let kinds: BTreeSet<_> = stand_in.asked().iter().map(Asked::action).collect();
    let usual = ["GetQueueUrl", "SendMessage", "SendMessageBatch"];
    assert!(
        kinds.iter().all(|kind| usual.contains(&kind.as_str())),
        "{kinds:?}"
    );
    let count = stand_in.asked().len();
    assert!(count <= 200, "{count} requests");
    let journal = fs::read_to_string(errand.home.path().join(".local/state/errand/jobs.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 1_000);
}

#[test]
fn what_was_sent_is_told_in_json_with_its_file_and_what_failed_among_it() {
    let stand_in = StandIn::start();
    let errand = Errand::new()
        .with("ERRAND_ENDPOINT_URL", &stand_in.endpoint)
        .with_file("a.txt", "1");
    let sent = errand.run(&["stats", "a.txt", "no.txt", "--detach", "--json"]);
    assert_eq!(sent.code, Some(1), "{sent:?}");
    let lines: Vec<Value> = sent
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["input"], &lines[0]["status"]),
        (&"no.txt".into(), &"failed".into())
    );
    assert_eq!(
        (&lines[1]["input"], &lines[1]["status"]),
        (&"a.txt".into(), &"sent".into())
    );
    let summary = &lines[2]["summary"];
    assert_eq!(
        (&summary["sent"], &summary["failed"]),
        (&1.into(), &1.into()),
        "{summary}"
    );
    let id = lines[1]["job_id"].as_str().unwrap();

    let one = errand.run(&["stats", "a.txt", "--detach", "--json"]);
    let line: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(
        (&line["input"], &line["status"]),
        (&"a.txt".into(), &"sent".into())
    );

    // As it was printed, it is a list of jobs.
    let waited = run_with(&errand, &["cancel", "-"], &sent.stdout);
    assert_eq!(
        (waited.code, waited.stdout),
        (Some(0), format!("{id}  canceled\n"))
    );
    let wrong = run_with(&errand, &["wait", "-"], &format!("{id}\nlist.txt\n"));
    assert_eq!(
        (wrong.code, wrong.stderr.as_str()),
        (
            Some(2),
            "errand: standard input, line 2: `list.txt`: it is no job; give one job a line, by its id\n"
        )
    );
}

#[test]
fn results_keep_the_tree_that_their_files_came_from() {
    let images = cloud(|_| false);
    let mut errand = Errand::new().with("ERRAND_ENDPOINT_URL", &images.endpoint);
    let mut tree = BTreeSet::new();
    for number in 0..40 {
        let name = format!("{}/{number}.ppm", number % 3);
        errand = errand.with_file(&format!("photos/{name}"), IMAGE);
        tree.insert(name);
    }
    let sent = errand.run(&["grayscale", "photos", "--detach"]);
    assert_eq!(
        (sent.code, sent.stdout.lines().count()),
        (Some(0), 40),
        "{sent:?}"
    );
    assert!(!errand.home.path().join("output_photos").exists());

    let waited = run_with(&errand, &["wait", "-", "--json"], &sent.stdout);
    assert_eq!(
        (waited.code, waited.stdout.lines().count()),
        (Some(0), 40),
        "{waited:?}"
    );
    let made = |folder: &str| -> BTreeSet<String> {
        let folder = errand.home.path().join(folder);
        let mut made = BTreeSet::new();
        for inner in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            for entry in fs::read_dir(&inner).unwrap() {
                let path = entry.unwrap().path();
                assert_eq!(fs::read_to_string(&path).unwrap(), GRAY);
                made.insert(path.strip_prefix(&folder).unwrap().display().to_string());
            }
        }
        made
    };
    let fetched = run_with(&errand, &["result", "-", "-o", "gray"], &sent.stdout);
    assert_eq!((fetched.code, fetched.stderr.as_str()), (Some(0), ""));
    assert_eq!(made("gray"), tree);
    let ids: Vec<_> = sent.stdout.lines().collect();
    let told: Vec<_> = fetched
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("kept at "))
        .collect();
    assert_eq!(told.len(), 40);
    assert!(
        told.iter().zip(&ids).all(|(place, id)| place.contains(id)),
        "in their order"
    );

    // Nothing is overwritten, and a run that was interrupted goes on.
    let again = run_with(&errand, &["result", "-", "-o", "gray"], &sent.stdout);
    assert_eq!(
        (again.code, again.stderr.lines().count()),
        (Some(5), 40),
        "{again:?}"
    );
    fs::remove_file(errand.home.path().join("gray/1/1.ppm")).unwrap();
    let rest = run_with(
        &errand,
        &["result", "-", "-o", "gray", "--skip-existing"],
        &sent.stdout,
    );
    assert_eq!(rest.code, Some(0), "{rest:?}");
    let skipped = rest
        .stdout
        .lines()
        .filter(|line| line.ends_with(": skipped, it is there"));
    assert_eq!(skipped.count(), 39, "{rest:?}");
    assert_eq!(made("gray"), tree);

    // Without a folder, they go where the command would have put them.
    let beside = run_with(&errand, &["result", "-"], &sent.stdout);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    assert_eq!(made("output_photos"), tree);
}
