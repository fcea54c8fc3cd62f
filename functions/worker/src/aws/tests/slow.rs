//! Slow, stalled and silent services: what takes its time is waited for, what does not move is given up.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{STALL, clients_of, location};
use crate::ports::{Condition, Objects, PortError, PortErrorKind, Written};

/// Far more than the buffers on the way hold, which take it at once.
const LARGE: usize = 40_000_000;

/// How long a call may take beyond the time-out before a test fails: the machine has other things to do.
const LATE: Duration = Duration::from_secs(5);

/// A service for one connection; gives its endpoint.
fn service(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || serve(listener.accept().unwrap().0));
    endpoint
}

/// Reads a request's head; gives the length of the body, and a reader of it.
fn head(connection: &TcpStream) -> (usize, BufReader<&TcpStream>) {
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            return (length, reader);
        }
    }
}

/// Keeps a connection open for longer than any test waits.
fn fall_silent(connection: TcpStream) {
    thread::sleep(STALL + 2 * LATE);
    drop(connection);
}

async fn write(endpoint: &str, size: usize) -> (Result<Written, PortError>, Duration) {
    let (s3, _) = clients_of(endpoint);
    let begun = Instant::now();
    let bytes = Bytes::from(vec![7; size]);
    let written = s3.write(&location(), bytes, "text/plain", Condition::None).await;
    (written, begun.elapsed())
}

/// That a call was given up for want of any movement, in time.
fn assert_given_up(error: &PortError, elapsed: Duration, words: &str) {
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(error.message.contains(words), "{error}");
    assert!(elapsed >= STALL && elapsed < STALL + LATE, "after {elapsed:?}");
}

#[tokio::test]
async fn an_upload_may_take_longer_than_the_time_out() {
    let endpoint = service(|connection| {
        let (length, mut reader) = head(&connection);
        let mut left = length;
        let mut part = vec![0; 500_000];
        while left > 0 {
            let wanted = part.len().min(left);
            reader.read_exact(&mut part[..wanted]).unwrap();
            left -= wanted;
            thread::sleep(Duration::from_millis(50));
        }
        let answer = super::answer("200 OK", &[("ETag", "\"e1\"")], "");
        (&connection).write_all(&answer).unwrap();
    });
    let (written, elapsed) = write(&endpoint, LARGE).await;
    assert!(matches!(written, Ok(Written::Yes(_))), "{written:?}");
    assert!(elapsed > STALL * 3 / 2, "{elapsed:?} is no slow upload");
}

#[tokio::test]
async fn a_service_that_stops_reading_is_given_up() {
    let endpoint = service(|connection| {
        head(&connection);
        fall_silent(connection);
    });
    let (written, elapsed) = write(&endpoint, LARGE).await;
    assert_given_up(&written.unwrap_err(), elapsed, "no answer for 2 s");
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up() {
    let endpoint = service(fall_silent);
    let (written, elapsed) = write(&endpoint, 1000).await;
    assert_given_up(&written.unwrap_err(), elapsed, "no answer for 2 s");
    let endpoint = service(fall_silent);
    let (s3, _) = clients_of(&endpoint);
    let begun = Instant::now();
    let error = s3.read(&location()).await.unwrap_err();
    assert_given_up(&error, begun.elapsed(), "no answer for 2 s");
}

/// Answers with an object of 100 kB, `parts` of it in parts of 1 kB, 40 ms each.
fn download(parts: u32) -> String {
    service(move |connection| {
        head(&connection);
        let mut writer = &connection;
        writer
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nETag: \"e1\"\r\n\r\n")
            .unwrap();
        for _ in 0..parts {
            writer.write_all(&[7; 1000]).unwrap();
            thread::sleep(Duration::from_millis(40));
        }
        fall_silent(connection);
    })
}

#[tokio::test]
async fn a_download_may_take_longer_than_the_time_out() {
    let (s3, _) = clients_of(&download(100));
    let begun = Instant::now();
    let (bytes, _) = s3.read(&location()).await.unwrap().unwrap();
    assert_eq!(bytes.len(), 100_000);
    assert!(
        begun.elapsed() > STALL * 3 / 2,
        "{:?} is no slow download",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_download_that_stalls_is_given_up() {
    let (s3, _) = clients_of(&download(10));
    let begun = Instant::now();
    let error = s3.read(&location()).await.unwrap_err();
    assert_given_up(&error, begun.elapsed(), "broke off");
}
