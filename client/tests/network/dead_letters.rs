//! A dead letter that is looked at is hidden from all others. However the look ends, it is given back at once.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command::{Ended, Errand};
use crate::stand_in::StandIn;

const JOB: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

/// A cloud with one dead letter, whose outcome it does not tell for a long time.
fn silent_about_outcomes() -> StandIn {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        if asked.target.contains("/outcomes/") {
            thread::sleep(Duration::from_secs(30));
        }
        None
    });
    cloud.send(
        json!({ "version": 1, "job_id": JOB, "operation": "stats", "input": { "inline": "1" } }).to_string(),
    );
    cloud
}

fn is_given_back(cloud: &StandIn) -> bool {
    let changed = cloud.asked_for("ChangeMessageVisibilityBatch");
    let [asked] = changed.as_slice() else { return false };
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    body["Entries"][0]["VisibilityTimeout"] == 0 && body["Entries"][0]["ReceiptHandle"] == "h"
}

fn look(cloud: &StandIn) -> Errand {
    Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
}

#[test]
fn a_look_that_runs_out_of_time_gives_its_dead_letter_back() {
    let cloud = silent_about_outcomes();
    let ended = look(&cloud).run(&["dead-letters", "show", JOB, "--timeout", "2"]);
    ended.with(3, &["not done within 2 s"]);
    assert!(is_given_back(&cloud), "{:#?}", cloud.asked_for("Change"));
}

#[test]
fn a_look_that_is_interrupted_gives_its_dead_letter_back_and_dies_of_the_signal() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let cloud = silent_about_outcomes();
        let child = look(&cloud).start(&["dead-letters", "list"]);
        let end = Instant::now() + Duration::from_secs(20);
        while cloud.asked_for("GET").is_empty() && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        let killed = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        assert!(is_given_back(&cloud), "{:#?}", cloud.asked_for("Change"));
    }
}
