//! Work that is given up ends soon, and gives no statistics.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use errand_stats::{Accumulator, Error, Parameters};
use flate2::Compression;
use flate2::write::GzEncoder;

fn accumulator() -> (Accumulator, Arc<AtomicBool>) {
    let canceled = Arc::new(AtomicBool::new(false));
    let accumulator = Accumulator::new(&Parameters::default()).with_cancel(Arc::clone(&canceled));
    (accumulator, canceled)
}

#[test]
fn a_list_that_is_given_up_takes_no_chunk_and_has_no_end() {
    let (mut list, canceled) = accumulator();
    list.push(b"1 2 3 ").unwrap();
    canceled.store(true, Ordering::Relaxed);
    assert!(matches!(list.push(b"4"), Err(Error::Canceled)));
    assert!(matches!(list.finish(), Err(Error::Canceled)));
}

#[test]
fn a_small_chunk_that_decompresses_to_gigabytes_is_given_up_in_the_middle() {
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    member.write_all(&b"7 ".repeat(1 << 19)).unwrap();
    // Members of 1 MiB each, as many as take minutes.
    let chunk = member.finish().unwrap().repeat(100_000);
    let (mut list, canceled) = accumulator();
    let (ended, took) = thread::scope(|scope| {
        let work = scope.spawn(|| list.push(&chunk));
        thread::sleep(Duration::from_millis(100));
        let given_up = Instant::now();
        canceled.store(true, Ordering::Relaxed);
        (work.join().unwrap(), given_up.elapsed())
    });
    assert!(matches!(ended, Err(Error::Canceled)), "{ended:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn statistics_that_take_long_are_given_up_in_the_middle() {
    // Squares of numbers this long take milliseconds each.
    let number = "7".repeat(100_000);
    let parameters: Parameters =
        serde_json::from_str(r#"{"statistics": ["variance"], "histogram": "auto"}"#).unwrap();
    let canceled = Arc::new(AtomicBool::new(false));
    let mut list = Accumulator::new(&parameters).with_cancel(Arc::clone(&canceled));
    for _ in 0..300 {
        list.push(number.as_bytes()).unwrap();
        list.push(b" ").unwrap();
    }
    let (ended, took) = thread::scope(|scope| {
        let work = scope.spawn(|| list.finish().map(drop));
        thread::sleep(Duration::from_millis(30));
        assert!(!work.is_finished(), "the list is too short to be given up");
        let given_up = Instant::now();
        canceled.store(true, Ordering::Relaxed);
        (work.join().unwrap(), given_up.elapsed())
    });
    assert!(matches!(ended, Err(Error::Canceled)), "{ended:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}
