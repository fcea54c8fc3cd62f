//! A service that gives recorded answers, one a connection, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Listens on a port of its own until the test process ends.
pub(super) struct Stub {
    endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Gives `answers` in their order; an empty one hangs up.
    pub(super) fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (answer, connection) in answers.into_iter().zip(listener.incoming()) {
                let mut connection = connection.unwrap();
                let request = read(&connection);
                kept.lock().unwrap().push(request);
                connection.write_all(&answer).unwrap();
            }
        });
        Self { endpoint, requests }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Head and body of every request so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer after which the connection is closed.
pub(super) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let length = body.len().to_string();
    let mut head = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers
        .iter()
        .chain(&[("Content-Length", length.as_str()), ("Connection", "close")])
    {
        head.extend([name, ": ", value, "\r\n"]);
    }
    format!("{head}\r\n{body}").into_bytes()
}

fn read(connection: &TcpStream) -> String {
    let mut reader = BufReader::new(connection);
    let mut request = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8_lossy(&body));
    request
}
