//! Commands that are told to end, or are killed, in every phase of a job.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Ended, Errand};
use crate::grayscale::{GRAY, cloud};
use crate::stand_in::{Asked, StandIn};

/// Bytes that are no text, so that they are uploaded.
const IMAGE: &[u8] = b"P6 1 1 255\n\xff\x00\x00";

/// What is not answered, and so how far a job is.
type Phase = (&'static str, fn(&Asked) -> bool);

const PHASES: [Phase; 5] = [
    ("upload", |asked| asked.method == "PUT"),
    ("send", |asked| asked.action().starts_with("SendMessage")),
    ("wait", |asked| asked.action() == "ReceiveMessage"),
    ("download", is_download),
    ("clear up", |asked| asked.action() == "DeleteQueue"),
];

fn is_download(asked: &Asked) -> bool {
    asked.method == "GET" && asked.target.contains("/results/")
}

fn errand(cloud: &StandIn) -> Errand {
    Errand::new().with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
}

/// Runs the command until it is held up, sends it a signal, and another if it still clears up; gives how it ended.
fn killed(
    cloud: &StandIn,
    errand: &Errand,
    arguments: &[&str],
    is_held: fn(&Asked) -> bool,
    signal: &str,
) -> Ended {
    let child = errand.start(arguments);
    let end = Instant::now() + Duration::from_secs(30);
    while !cloud.asked().iter().any(is_held) {
        assert!(
            Instant::now() < end,
            "it does not come so far: {:?}",
            cloud.asked()
        );
        thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    Ended::of(child.wait_with_output().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_signal_ends_one_job_in_every_phase_and_nothing_half_written_stays() {
    thread::scope(|scope| {
        for (phase, is_held) in PHASES {
            for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
                scope.spawn(move || {
                    let cloud = cloud(is_held);
                    let errand = errand(&cloud).with_file("image.ppm", IMAGE);
                    let ended = killed(
                        &cloud,
                        &errand,
                        &["grayscale", "image.ppm", "--json"],
                        is_held,
                        signal,
                    );
                    assert_eq!(ended.code, Some(code), "{phase} {signal}: {ended:?}");
                    assert!(ended.stderr.contains("errand: interrupted"), "{phase}: {ended:?}");
                    let has_id = phase != "upload";
                    assert_eq!(
                        ended.stderr.contains("`errand result "),
                        has_id,
                        "{phase} {signal}: {ended:?}"
                    );
                    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
                    assert_eq!(json["error"]["code"], "interrupted", "{phase}: {json}");
                    assert_eq!(json["job_id"].is_string(), has_id, "{phase}: {json}");
                    let left = names(errand.home.path());
                    let unexpected: Vec<_> = left
                        .iter()
                        .filter(|name| !["image.ppm", ".local"].contains(&name.as_str()))
                        .collect();
                    assert!(unexpected.is_empty(), "{phase} {signal}: {unexpected:?}");
                    if phase != "clear up" {
                        assert_eq!(
                            cloud.asked_for("DeleteQueue").len(),
                            1,
                            "{phase}: its reply queue is gone"
                        );
                    }
                });
            }
        }
    });
}

#[test]
fn a_signal_ends_many_jobs_in_every_phase_and_the_same_command_does_the_rest() {
    thread::scope(|scope| {
        for (phase, is_held) in PHASES {
            for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-KILL", 137)] {
                scope.spawn(move || {
                    let held = cloud(is_held);
                    let mut errand = errand(&held);
                    for number in 0..12 {
                        errand = errand.with_file(&format!("in/{number:02}.ppm"), IMAGE);
                    }
                    let arguments = ["grayscale", "in", "-o", "out", "--skip-existing", "--jobs", "3"];
                    let ended = killed(&held, &errand, &arguments, is_held, signal);
                    assert_eq!(ended.code, Some(code), "{phase} {signal}: {ended:?}");
                    let out = errand.home.path().join("out");
                    let made = names(&out);
                    if code != 137 {
                        assert!(
                            ended.stderr.contains("errand: interrupted: "),
                            "{phase}: {ended:?}"
                        );
                        assert!(
                            made.iter().all(|name| !name.starts_with('.')),
                            "{phase} {signal}: {made:?}"
                        );
                    }
                    let well = cloud(|_| false);
                    let errand = errand.with("ERRAND_ENDPOINT_URL", &well.endpoint);
                    let rest = errand.run(&arguments);
                    assert_eq!(rest.code, Some(0), "{phase} {signal}: {rest:?}");
                    assert_eq!(rest.stdout.lines().count(), 12, "{phase} {signal}: {rest:?}");
                    let mut all = names(&out);
                    all.retain(|name| !name.starts_with('.'));
                    assert_eq!(all.len(), 12, "{phase} {signal}: {all:?}");
                    for name in all {
                        assert_eq!(fs::read_to_string(out.join(name)).unwrap(), GRAY);
                    }
                });
            }
        }
    });
}

#[test]
fn a_signal_ends_fetching_and_waiting_too() {
    const ID: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let held = cloud(is_download);
        let ended = killed(
            &held,
            &errand(&held),
            &["result", ID, "-o", "a.ppm"],
            is_download,
            signal,
        );
        assert_eq!(ended.code, Some(code), "{ended:?}");
        let is_look: fn(&Asked) -> bool = |asked| asked.target.contains("/outcomes/");
        let held = cloud(is_look);
        let errand = errand(&held);
        let ended = killed(&held, &errand, &["wait", ID], is_look, signal);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(names(errand.home.path()), Vec::<String>::new());
    }
}

#[test]
fn a_signal_in_the_midst_of_sending_many_jobs_tells_what_was_sent() {
    let held = cloud(|asked| asked.method == "PUT" && asked.target.contains("09.ppm"));
    let mut errand = errand(&held);
    for number in 0..12 {
        errand = errand.with_file(&format!("in/{number:02}.ppm"), IMAGE);
    }
    let is_held: fn(&Asked) -> bool = |asked| asked.method == "PUT" && asked.target.contains("09.ppm");
    let ended = killed(
        &held,
        &errand,
        &["grayscale", "in", "--detach", "-j1"],
        is_held,
        "-INT",
    );
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 9, "{ended:?}");
    assert!(
        ended.stderr.contains("errand: interrupted: 9 sent, 3 not sent; "),
        "{ended:?}"
    );
}
