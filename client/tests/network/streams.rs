//! Standard outputs that take nothing: what was done in the cloud by then is not lost.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{Ended, Errand};
use crate::grayscale::{GRAY, cloud};
use crate::stand_in::{StandIn, s3_error};

const ID: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";
const IMAGE: &[u8] = b"P6 1 1 255\n\xff\x00\x00";

fn errand(cloud: &StandIn) -> Errand {
    Errand::new()
        .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
        .with_file("list.txt", "1 2 3")
        .with_file("lists/a.txt", "1")
        .with_file("in/a.ppm", IMAGE)
        .with_file("image.ppm", IMAGE)
}

/// Runs the command by a shell that does something to its standard output.
fn run_to(sink: &str, errand: &Errand, arguments: &[&str]) -> Ended {
    let mut shell = Command::new("/bin/sh");
    shell
        .args([
            "-c",
            &format!("exec \"$0\" \"$@\" {sink}"),
            env!("CARGO_BIN_EXE_errand"),
        ])
        .args(arguments)
        .current_dir(errand.home.path())
        .env_clear()
        .env("ERRAND_NO_CONFIG", "1")
        .env("HOME", errand.home.path())
        .envs(errand.variables())
        .stdin(Stdio::null());
    Ended::of(shell.output().unwrap())
}

#[test]
fn every_command_tells_that_its_answer_could_not_be_printed_and_keeps_the_job() {
    let stats = StandIn::start();
    let images = cloud(|_| false);
    let (of_lists, of_images) = (errand(&stats), errand(&images));
    let full = "No space left on device (os error 28)";
    for (sink, why) in [(">&-", "it is closed"), (">/dev/full", full)] {
        let cases: [(&Errand, &[&str], &str); 15] = [
            (
                &of_lists,
                &["stats", "list.txt"],
                " is done: fetch its answer with `errand result ",
            ),
            (
                &of_lists,
                &["stats", "list.txt", "--detach"],
                " was sent: fetch the answer with `errand result ",
            ),
            (&of_lists, &["stats", "lists"], ""),
            (&of_lists, &["stats", "lists", "--detach"], ""),
            (&of_lists, &["doctor"], ""),
            (&of_lists, &["jobs"], ""),
            (
                &of_images,
                &["grayscale", "image.ppm", "--force"],
                " is done: fetch its answer with `errand result ",
            ),
            (&of_images, &["grayscale", "image.ppm", "-o", "-"], ""),
            (&of_images, &["grayscale", "in", "-o", "out", "--force"], ""),
            (&of_images, &["wait", ID], ""),
            (&of_images, &["result", ID, "--force"], ""),
            (&of_images, &["result", ID, "-o", "-"], ""),
            (&of_images, &["result", ID, "--url"], ""),
            (&of_images, &["cancel", ID], ""),
            (&of_images, &["jobs"], ""),
        ];
        for (errand, arguments, cure) in cases {
            for json in [&[][..], &["--json"]] {
                let ended = run_to(sink, errand, &[arguments, json].concat());
                let told = format!("cannot write standard output: {why}; send it to another place");
                assert_eq!(ended.code, Some(5), "{sink} {arguments:?} {json:?}: {ended:?}");
                assert!(
                    ended.stderr.contains(&told),
                    "{sink} {arguments:?} {json:?}: {ended:?}"
                );
                assert!(
                    ended.stderr.contains(cure),
                    "{sink} {arguments:?} {json:?}: {ended:?}"
                );
                assert_eq!(ended.stdout, "");
            }
        }
    }
}

#[test]
fn an_answer_that_cannot_be_brought_here_is_told_with_its_job_and_its_file() {
    let refused = StandIn::with(f64::INFINITY, {
        let images = cloud(|_| false);
        move |asked| {
            let is_result = asked.method == "GET" && asked.target.contains("/results/");
            is_result
                .then(|| Some(s3_error("403 Forbidden", "AccessDenied")))
                .or_else(|| images.first(asked))
        }
    });
    let errand = errand(&refused);
    let ended = errand.run(&["grayscale", "image.ppm", "--json"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    let id = json["job_id"].as_str().unwrap();
    assert_eq!(json["input"], "image.ppm");
    assert!(
        ended
            .stderr
            .starts_with("errand: image.ppm: download s3://errand-results-"),
        "{ended:?}"
    );
    let cure = format!("job {id} is done: fetch its answer with `errand result {id}`");
    assert!(ended.stderr.contains(&cure), "{ended:?}");
    assert!(
        json["error"]["message"].as_str().unwrap().ends_with(&cure),
        "{json}"
    );

    let many = errand.run(&["grayscale", "in", "-o", "out", "--json"]);
    assert_eq!(many.code, Some(1), "{many:?}");
    let line: Value = serde_json::from_str(many.stdout.lines().next().unwrap()).unwrap();
    let id = line["job_id"].as_str().unwrap();
    assert!(many.stderr.contains(&format!("`errand result {id}`")), "{many:?}");
    assert_eq!(line["status"], "failed");
    assert!(!errand.home.path().join("out/a.ppm").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_costs_no_answer() {
    let images = cloud(|_| false);
    let errand = errand(&images);
    let ended = errand.run(&["grayscale", "image.ppm", "-o", "/dev/full", "--force"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    for words in [
        "errand: image.ppm: cannot write `/dev/full`: No space left on device (os error 28); make room there, or name another place; \
         job ",
        " is done: fetch its answer with `errand result ",
    ] {
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
    let (_, rest) = ended.stderr.split_once("`errand result ").unwrap();
    let id = rest.split('`').next().unwrap();
    let fetched = errand.run(&["result", id, "-o", "gray.ppm"]);
    assert_eq!(fetched.code, Some(0), "{fetched:?}");
    let gray = std::fs::read_to_string(errand.home.path().join("gray.ppm")).unwrap();
    assert_eq!(gray, GRAY);
}
