//! A stand-in for S3 and SQS on one port: as much of them as one run of the command needs, at a speed that can be set, and
//! with a record of what was asked.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The account that the stand-in's queues are in.
pub(crate) const ACCOUNT: &str = "123456789012";

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// With names in small letters.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// How long the body took to arrive.
    pub(crate) took: Duration,
}

impl Asked {
    /// SQS's word for the action, or S3's method and target.
    pub(crate) fn action(&self) -> String {
        match self.headers.get("x-amz-target") {
            Some(target) => target.rsplit('.').next().unwrap().to_owned(),
            None => format!("{} {}", self.method, self.target),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The key that signed it.
    pub(crate) fn key(&self) -> &str {
        let (_, rest) = self
            .header("authorization")
            .split_once("Credential=")
            .unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }
}

/// An answer: status, headers, body.
pub(crate) type Answer = (&'static str, Vec<(&'static str, String)>, String);

/// Answers in the place of the stand-in; `Some(None)` hangs up.
type Override = dyn Fn(&Asked) -> Option<Option<Answer>> + Send + Sync;

#[derive(Default)]
struct Store {
    asked: Vec<Asked>,
    objects: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    /// What waits in the one queue that all names stand for, and from when on it can be received.
    messages: VecDeque<(Instant, String)>,
}

#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) endpoint: String,
    store: Arc<Mutex<Store>>,
    /// Where the bytes that may still be read at the set speed are counted.
    speed: Option<Arc<Mutex<(Instant, f64)>>>,
    bytes_a_second: f64,
    /// How long a function takes for a request, after it is done with the one before.
    seconds_a_request: Duration,
    first: Arc<Override>,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        Self::with(f64::INFINITY, |_| None)
    }

    /// Reads all bodies together at so many bytes a second, and lets `first` answer before it does.
    pub(crate) fn with(
        bytes_a_second: f64,
        first: impl Fn(&Asked) -> Option<Option<Answer>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stand_in = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            store: Arc::default(),
            speed: bytes_a_second
                .is_finite()
                .then(|| Arc::new(Mutex::new((Instant::now(), 0.0)))),
            bytes_a_second,
            seconds_a_request: Duration::ZERO,
            first: Arc::new(first),
        };
        stand_in.listen(listener);
        stand_in
    }

    /// With a function that takes its time for each request.
    pub(crate) fn working(seconds_a_request: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stand_in = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            store: Arc::default(),
            speed: None,
            bytes_a_second: f64::INFINITY,
            seconds_a_request,
            first: Arc::new(|_| None),
        };
        stand_in.listen(listener);
        stand_in
    }

    /// What its own first answer would be.
    #[expect(clippy::option_option, reason = "what the stand-in takes")]
    pub(crate) fn first(&self, asked: &Asked) -> Option<Option<Answer>> {
        (self.first)(asked)
    }

    fn listen(&self, listener: TcpListener) {
        let serving = self.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let serving = serving.clone();
                // A connection that breaks ends its thread.
                thread::spawn(move || serving.serve(&connection.unwrap()));
            }
        });
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.store.lock().unwrap().asked.clone()
    }

    /// What was asked whose action begins with `action`.
    pub(crate) fn asked_for(&self, action: &str) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.action().starts_with(action));
        asked
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.store.lock().unwrap().objects.clone()
    }

    /// Uploads that were begun, and neither completed nor aborted.
    pub(crate) fn unfinished(&self) -> usize {
        self.store.lock().unwrap().parts.len()
    }

    /// Puts a message into the one queue that all names stand for.
    pub(crate) fn send(&self, message: String) {
        let mut store = self.store.lock().unwrap();
        let now = Instant::now();
        let last = store.messages.back().map_or(now, |(due, _)| (*due).max(now));
        store.messages.push_back((last + self.seconds_a_request, message));
    }

    fn serve(&self, connection: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(connection.try_clone().ok()?);
        loop {
            let asked = self.read(&mut reader, connection)?;
            self.store.lock().unwrap().asked.push(asked.clone());
            let (status, headers, body) = match (self.first)(&asked) {
                Some(answer) => answer?,
                None => self.answer(&asked),
            };
            let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                head.extend([name, ": ", &value, "\r\n"]);
            }
            let body = if asked.method == "HEAD" { "" } else { &body };
            let mut writer = connection;
            writer.write_all(format!("{head}\r\n{body}").as_bytes()).ok()?;
        }
    }

    fn read(&self, reader: &mut BufReader<TcpStream>, mut connection: &TcpStream) -> Option<Asked> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let mut words = lines[0].split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let headers: HashMap<_, _> = lines[1..]
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        if headers.contains_key("expect") {
            connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        let begun = Instant::now();
        let mut left = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = Vec::new();
        let mut part = [0; 16 * 1024];
        while left > 0 {
            let wanted = part.len().min(left);
            let count = reader.read(&mut part[..wanted]).ok().filter(|count| *count > 0)?;
            self.wait_for(count);
            body.extend(&part[..count]);
            left -= count;
        }
        if headers
            .get("content-encoding")
            .is_some_and(|coding| coding.contains("aws-chunked"))
        {
            body = dechunked(&body);
        }
        Some(Asked {
            method,
            target,
            headers,
            body,
            took: begun.elapsed(),
        })
    }

    /// Waits as long as so many bytes take at the set speed.
    fn wait_for(&self, bytes: usize) {
        let Some(speed) = &self.speed else { return };
        let due = {
            let mut counted = speed.lock().unwrap();
            let now = Instant::now();
            // What was not used of the time before is not made up for.
            if counted.0 + Duration::from_secs_f64(counted.1 / self.bytes_a_second) < now {
                *counted = (now, 0.0);
            }
            #[expect(clippy::cast_precision_loss, reason = "parts are small")]
            {
                counted.1 += bytes as f64;
            }
            counted.0 + Duration::from_secs_f64(counted.1 / self.bytes_a_second)
        };
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }

    fn answer(&self, asked: &Asked) -> Answer {
        match asked.headers.get("x-amz-target") {
            Some(_) => {
                let body = serde_json::from_slice(&asked.body).unwrap_or_default();
                let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
                (
                    "200 OK",
                    vec![kind],
                    self.queues(&asked.action(), &body).to_string(),
                )
            }
            None => self.objects_answer(asked),
        }
    }

    fn queues(&self, action: &str, body: &Value) -> Value {
        match action {
            "GetQueueUrl" | "CreateQueue" => {
                let name = body["QueueName"].as_str().unwrap();
                json!({ "QueueUrl": format!("{}/{ACCOUNT}/{name}", self.endpoint) })
            }
            "SendMessage" => {
                let request: Value = serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap();
                self.send(reply_to(&request).to_string());
                json!({ "MessageId": "1", "MD5OfMessageBody": "" })
            }
            "SendMessageBatch" => {
                let entries = body["Entries"].as_array().unwrap();
                assert!((1..=10).contains(&entries.len()), "{}", entries.len());
                let mut sent = Vec::new();
                for entry in entries {
                    let request: Value =
                        serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
                    self.send(reply_to(&request).to_string());
                    sent.push(json!({ "Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "" }));
                }
                json!({ "Successful": sent, "Failed": [] })
            }
            "ReceiveMessage" => {
                let most = usize::try_from(body["MaxNumberOfMessages"].as_u64().unwrap_or(1)).unwrap();
                let end = Instant::now() + Duration::from_millis(500);
                loop {
                    let mut messages = Vec::new();
                    let mut store = self.store.lock().unwrap();
                    while messages.len() < most
                        && store
                            .messages
                            .front()
                            .is_some_and(|(due, _)| *due <= Instant::now())
                        && let Some((_, body)) = store.messages.pop_front()
                    {
                        messages.push(json!({ "MessageId": "1", "ReceiptHandle": "h", "Body": body }));
                    }
                    drop(store);
                    if !messages.is_empty() {
                        return json!({ "Messages": messages });
                    }
                    if Instant::now() > end {
                        return json!({});
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            }
            "DeleteMessageBatch" => json!({ "Successful": [], "Failed": [] }),
            "GetQueueAttributes" => {
                let url = body["QueueUrl"].as_str().unwrap();
                let name = url
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .replace("-requests", "-dead-letters");
                let arn = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}");
                let redrive = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 100 }).to_string();
                json!({ "Attributes": { "ApproximateNumberOfMessages": "0", "RedrivePolicy": redrive } })
            }
            _ => json!({}),
        }
    }

    fn objects_answer(&self, asked: &Asked) -> Answer {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        if asked.body.starts_with(b"Action=GetCallerIdentity") {
            return ok(format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/student</Arn>\
                 <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ));
        }
        let mut store = self.store.lock().unwrap();
        let etag = vec![("ETag", "\"e\"".to_owned())];
        match (asked.method.as_str(), value("uploadId"), value("partNumber")) {
            ("POST", None, None) => {
                let id = format!("upload-{}", store.asked.len());
                store.parts.insert(id.clone(), BTreeMap::new());
                ok(format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            ("PUT", Some(id), Some(number)) => {
                let Some(parts) = store.parts.get_mut(&id) else {
                    // It was aborted meanwhile.
                    return s3_error("404 Not Found", "NoSuchUpload");
                };
                parts.insert(number.parse().unwrap(), asked.body.clone());
                ("200 OK", etag, String::new())
            }
            ("POST", Some(id), None) => {
                let whole = store.parts.remove(&id).unwrap().into_values().flatten().collect();
                store.objects.insert(path.to_owned(), whole);
                ok(
                    "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
                        .to_owned(),
                )
            }
            ("DELETE", Some(id), None) => {
                store.parts.remove(&id);
                ("204 No Content", vec![], String::new())
            }
            ("PUT", None, None) => {
                store.objects.insert(path.to_owned(), asked.body.clone());
                ("200 OK", etag, String::new())
            }
            ("HEAD", None, None) => ("200 OK", etag, String::new()),
            _ => s3_error("404 Not Found", "NoSuchKey"),
        }
    }
}

/// An answer of S3 in XML.
fn ok(body: String) -> Answer {
    (
        "200 OK",
        vec![("Content-Type", "application/xml".to_owned())],
        body,
    )
}

/// An error of S3 (Amazon S3 API reference, "REST error responses").
pub(crate) fn s3_error(status: &'static str, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>The message of {code}.</Message></Error>");
    (status, vec![("Content-Type", "application/xml".to_owned())], body)
}

/// An error of SQS (AWS JSON 1.0).
pub(crate) fn sqs_error(code: &str) -> Answer {
    let body = json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": format!("The message of {code}.") });
    let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
    ("400 Bad Request", vec![kind], body.to_string())
}

/// What a function answers to a request: that there was one integer.
pub(crate) fn reply_to(request: &Value) -> Value {
    let id = &request["job_id"];
    json!({
        "version": 1, "job_id": id, "location": { "bucket": "errand-results", "key": "outcomes/x.json" },
        "outcome": {
            "version": 1, "job_id": id, "operation": "stats", "status": "succeeded", "result": { "count": 1 },
            "attempt": 1, "duration_ms": 1, "finished_at_unix_ms": 1,
        }
    })
}

/// The content of a body in the coding `aws-chunked` (Amazon S3 API reference, "Signature calculations ... multiple
/// chunks").
fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let line = std::str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(line.split(';').next().unwrap(), 16).unwrap();
        if size == 0 {
            return content;
        }
        content.extend(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
    }
}
