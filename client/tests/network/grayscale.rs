//! A stand-in for the function that makes images gray: every image becomes the same one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::stand_in::{ACCOUNT, Answer, Asked, StandIn};

/// What every image becomes: one pixel.
pub(crate) const GRAY: &str = "P2 1 1 255 76\n";

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(1);

/// A cloud that makes images gray, but does not answer what `is_held`.
pub(crate) fn cloud(is_held: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> StandIn {
    let waiting: Arc<Mutex<VecDeque<String>>> = Arc::default();
    StandIn::with(f64::INFINITY, move |asked| {
        if is_held(asked) {
            thread::sleep(LONG);
        }
        answer(asked, &mut waiting.lock().unwrap()).map(Some)
    })
}

fn answer(asked: &Asked, waiting: &mut VecDeque<String>) -> Option<Answer> {
    let action = asked.action();
    let json = |value: Value| {
        let kind = ("Content-Type", "application/x-amz-json-1.0".to_owned());
        Some(("200 OK", vec![kind], value.to_string()))
    };
    match action.as_str() {
        "SendMessage" => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            waiting.push_back(id_of(&body["MessageBody"]));
            json(json!({ "MessageId": "1", "MD5OfMessageBody": "" }))
        }
        "SendMessageBatch" => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            let entries = body["Entries"].as_array().unwrap();
            waiting.extend(entries.iter().map(|entry| id_of(&entry["MessageBody"])));
            let sent: Vec<_> = entries
                .iter()
                .map(|entry| json!({ "Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "" }))
                .collect();
            json(json!({ "Successful": sent, "Failed": [] }))
        }
        "ReceiveMessage" => {
            let messages: Vec<_> = waiting
                .drain(..waiting.len().min(10))
                .map(|id| json!({ "MessageId": "1", "ReceiptHandle": "h", "Body": reply(&id).to_string() }))
                .collect();
            if messages.is_empty() {
                thread::sleep(Duration::from_millis(50));
            }
            json(json!({ "Messages": messages }))
        }
        _ if action.starts_with("GET ") && asked.target.contains("/results/") => {
            Some(("200 OK", vec![("ETag", "\"gray\"".to_owned())], GRAY.to_owned()))
        }
        _ if action.starts_with("GET ") && asked.target.contains("/outcomes/") => {
            let (_, name) = asked.target.split_once("/outcomes/")?;
            let outcome = reply(name.split('.').next()?)["outcome"].to_string();
            Some(("200 OK", vec![], outcome))
        }
        _ => None,
    }
}

fn id_of(message: &Value) -> String {
    let request: Value = serde_json::from_str(message.as_str().unwrap()).unwrap();
    request["job_id"].as_str().unwrap().to_owned()
}

fn reply(id: &str) -> Value {
    let bucket = format!("errand-results-{ACCOUNT}-eu-west-1");
    json!({
        "version": 1, "job_id": id, "location": { "bucket": bucket, "key": format!("outcomes/{id}.json") },
        "outcome": {
            "version": 1, "job_id": id, "operation": "grayscale", "status": "succeeded",
            "result": {
                "input_format": "pnm", "format": "pnm", "path": "pixels", "luma": "bt601", "width": 1, "height": 1,
                "bit_depth": 8, "input_bytes": 14, "output_bytes": GRAY.len(),
            },
            "object": {
                "bucket": bucket, "key": format!("results/{id}/image.ppm"), "media_type": "image/x-portable-anymap",
                "size_bytes": GRAY.len(), "etag": "\"gray\"",
            },
            "attempt": 1, "duration_ms": 1, "finished_at_unix_ms": 1,
        }
    })
}
