//! `--timeout`: the time that a command may take in all, whatever does not answer.

use std::net::TcpListener;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Ended, Errand};
use crate::stand_in::{Asked, StandIn};

const JOB: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

/// Longer than any limit here.
const LONG: Duration = Duration::from_mins(1);

/// Runs a command with a limit of 5 s, and looks whether it took as many seconds as it should.
#[track_caller]
fn limited(errand: &Errand, arguments: &[&str], seconds: Range<u64>) -> Ended {
    let begun = Instant::now();
    let ended = errand.run(&[arguments, &["--timeout", "5"]].concat());
    let took = begun.elapsed();
    let (least, most) = (
        Duration::from_secs(seconds.start),
        Duration::from_secs(seconds.end),
    );
    assert!(
        least <= took && took < most,
        "{arguments:?} took {took:?}: {ended:#?}"
    );
    ended
}

/// What is not answered.
type Silence = fn(&Asked) -> bool;

/// A cloud that does not answer that.
fn silent_where(is_silent: Silence) -> StandIn {
    StandIn::with(f64::INFINITY, move |asked| {
        if is_silent(asked) {
            thread::sleep(LONG);
        }
        None
    })
}

#[test]
fn every_command_ends_at_its_limit_when_the_cloud_accepts_and_never_answers() {
    // The system accepts the connections; nobody reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let commands = [
        &["stats", "list.txt"][..],
        &["grayscale", "image.jpg"],
        &["stats", "list.txt", "--detach"],
        &["stats", "lists/"],
        &["stats", "s3://errand-input-123456789012-eu-west-1/stats/"],
        &["grayscale", "images/", "-o", "gray/"],
        &[
            "grayscale",
            "s3://errand-input-123456789012-eu-west-1/grayscale/",
            "-o",
            "gray/",
        ],
        &["wait", JOB],
        &[
            "wait",
            JOB,
            "s3://errand-input-123456789012-eu-west-1/stats/list.txt",
        ],
        &["jobs", "--all"],
        &["cancel", JOB],
        &["result", JOB],
        &["result", JOB, "--url"],
        &[
            "result",
            "s3://errand-input-123456789012-eu-west-1/stats/list.txt",
        ],
        &["listen"],
        &["dead-letters", "list"],
        &["dead-letters", "show", JOB],
        &["dead-letters", "redrive", JOB],
        &["dead-letters", "redrive", "--all"],
        &["status"],
        &["doctor"],
        &["doctor", "--fix"],
        &["doctor", "--probe"],
    ];
    thread::scope(|scope| {
        for command in commands {
            let endpoint = &endpoint;
            scope.spawn(move || {
                let errand = Errand::new()
                    .with("ERRAND_ENDPOINT_URL", endpoint)
                    .with_file("list.txt", "1")
                    .with_file("image.jpg", "no image")
                    .with_file("lists/1.txt", "1")
                    .with_file("lists/2.txt", "2")
                    .with_file("images/1.jpg", "no image")
                    .with_file("images/2.jpg", "no image");
                let ended = limited(&errand, command, 5..8);
                ended.with(
                    3,
                    &["the cloud was not done within 5 s, all that --timeout gives"],
                );
            });
        }
    });
}

#[test]
fn credentials_that_do_not_come_end_at_the_limit() {
    let errand = Errand::without_keys()
        .with("ERRAND_ENDPOINT_URL", "http://127.0.0.1:1")
        .with_file("list.txt", "1")
        .with_file(".aws/config", "[default]\ncredential_process = /bin/sleep 20\n");
    limited(&errand, &["stats", "list.txt"], 5..8).with(3, &["within 5 s"]);
    limited(&errand, &["doctor"], 5..8)
        .with(3, &["failed   credentials    the cloud was not done within 5 s"]);
}

#[test]
fn a_job_that_was_sent_is_told_when_the_limit_is_over_and_one_that_was_not_is_not() {
    // Removing the reply queue is not answered either, in any of these.
    fn is_end(asked: &Asked) -> bool {
        asked.action() == "DeleteQueue"
    }
    let large = "1 ".repeat(600_000);
    let cases: [(&str, Silence, i32, &[&str]); 4] = [
        (
            "1",
            |asked| asked.action() == "CreateQueue" || is_end(asked),
            3,
            &["within 5 s, all that"],
        ),
        (
            &large,
            |asked| asked.method == "PUT" || is_end(asked),
            3,
            &["within 5 s, all that"],
        ),
        (
            "1",
            |asked| asked.action() == "SendMessage" || is_end(asked),
            3,
            &[
                "within 5 s, all that",
                "may have been sent: fetch the answer with `errand result ",
            ],
        ),
        (
            "1",
            |asked| asked.action() == "ReceiveMessage" || asked.method == "GET" || is_end(asked),
            4,
            &[
                "no answer to job ",
                "within 5 s: it goes on in the cloud; fetch the answer later with `errand result ",
            ],
        ),
    ];
    thread::scope(|scope| {
        for (list, is_silent, code, words) in cases {
            scope.spawn(move || {
                let cloud = silent_where(is_silent);
                let errand = Errand::new()
                    .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
                    .with_file("list.txt", list);
                let ended = limited(&errand, &["stats", "list.txt"], 5..9);
                ended.with(code, words);
                let is_named = ended.stderr.contains("errand result");
                assert_eq!(is_named, words.len() > 1, "{ended:#?}");
            });
        }
    });
}

#[test]
fn no_answer_is_no_failure_of_listening_and_a_cloud_that_is_silent_is_one() {
    let cloud = StandIn::start();
    let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
    limited(&errand, &["listen"], 5..8).with(0, &[]);
    let cloud = silent_where(|asked| asked.action() == "ReceiveMessage");
    let errand = Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint);
    limited(&errand, &["listen"], 6..10).with(3, &["within 5 s"]);
}

#[test]
fn a_limit_beyond_all_time_is_refused_and_a_long_one_is_not() {
    let cloud = StandIn::start();
    let errand = Errand::new()
        .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
        .with_file("list.txt", "1");
    let longest = u64::MAX.to_string();
    errand
        .run(&["stats", "list.txt", "--timeout", &longest])
        .with(2, &["expected a whole number of seconds"]);
    errand
        .run(&["stats", "list.txt", "--timeout", "9000000000000000000"])
        .with(0, &["count"]);
}
