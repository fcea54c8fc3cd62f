//! Slow networks, and services that are silent.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::command::Errand;
use crate::stand_in::{Answer, StandIn};

/// So slow an upload failed after 30 s, however steadily it went on.
#[test]
fn an_upload_of_40_mb_at_1_mb_a_second_succeeds() {
    let cloud = StandIn::with(1e6, |_| None);
    let list = "1234567 ".repeat(5_000_000);
    let errand = Errand::new().with_file("list.txt", &list);
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint]);
    ended.with(0, &["count", " MB of 40.0 MB up\n"]);
    let parts: Vec<_> = cloud
        .asked()
        .into_iter()
        .filter(|asked| asked.target.contains("partNumber"))
        .collect();
    assert_eq!(parts.len(), 5, "none was sent twice");
    let slowest = parts.iter().map(|part| part.took).max().unwrap();
    assert!(
        slowest > Duration::from_secs(30),
        "{slowest:?} would have passed before"
    );
    let objects = cloud.objects();
    assert_eq!(objects.len(), 1);
    assert!(
        objects.into_values().next().unwrap() == list.as_bytes(),
        "it arrived otherwise"
    );
}

#[test]
fn a_service_that_accepts_and_never_answers_is_given_up_within_40_s() {
    // The system accepts the connections; nobody reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let errand = Errand::new().with_file("list.txt", "1");
    let begun = Instant::now();
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &endpoint]);
    let elapsed = begun.elapsed();
    ended.with(3, &["cannot reach", &endpoint, "(no answer for 10 s)"]);
    assert!(
        elapsed > Duration::from_secs(29) && elapsed < Duration::from_secs(40),
        "{elapsed:?}"
    );
}

#[test]
fn a_part_that_breaks_off_is_sent_again_and_the_others_are_not() {
    let broken = std::sync::atomic::AtomicBool::new(false);
    let cloud = StandIn::with(f64::INFINITY, move |asked| {
        let is_second = asked.target.contains("partNumber=2&");
        (is_second && !broken.swap(true, std::sync::atomic::Ordering::SeqCst)).then_some(None::<Answer>)
    });
    let list = "7654321 ".repeat(2_200_000);
    let errand = Errand::new().with_file("list.txt", &list);
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint]);
    ended.with(0, &["count"]);
    let count = |part| {
        cloud
            .asked()
            .iter()
            .filter(|asked| asked.target.contains(part))
            .count()
    };
    assert_eq!(
        (
            count("partNumber=1&"),
            count("partNumber=2&"),
            count("partNumber=3&")
        ),
        (1, 2, 1)
    );
    assert!(
        cloud.objects().into_values().next().unwrap() == list.as_bytes(),
        "it arrived otherwise"
    );
    assert_eq!(cloud.unfinished(), 0);
}
