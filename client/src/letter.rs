//! Dead letters: requests that could not be done, read as the functions read them, so that each is known by the id
//! under which it was answered.

use errand_protocol::{Input, JobId, ObjectKey, ObjectLocation, Operation, Request, keys, limits, salvage};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// What a dead letter asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Letter {
    /// Its jobs: one, or as many as the S3 event that it holds tells of.
    pub(crate) jobs: Vec<JobId>,
    /// What they work on, for a person.
    pub(crate) input: String,
    /// What to send so that they are done again under their old ids.
    pub(crate) again: String,
}

impl Letter {
    /// Reads a message of a dead-letter queue.
    pub(crate) fn read(operation: &Operation, message_id: &str, body: &str) -> Self {
        if let Ok(request) = Request::from_json(body) {
            return Self {
                jobs: vec![request.job_id],
                input: describe(&request.input),
                again: body.to_owned(),
            };
        }
        if let Ok(event) = serde_json::from_str::<Event>(body) {
            let dropped: Vec<_> = event.records.iter().filter_map(Record::dropped).collect();
            let addresses: Vec<_> = dropped.iter().map(|(_, place)| place.to_string()).collect();
            return Self {
                jobs: dropped.into_iter().map(|(id, _)| id).collect(),
                input: addresses.join(" "),
                again: body.to_owned(),
            };
        }
        let id = salvage(body)
            .job_id
            .unwrap_or_else(|| JobId::of_message(message_id));
        if body.trim_start().starts_with('{') {
            return Self {
                jobs: vec![id],
                input: "not readable".to_owned(),
                again: body.to_owned(),
            };
        }
        // A bare list has its id from its message, and a message that is sent again is a new one: the id has to be
        // written into it. A list so long that it does not fit beside the id has to go as it is.
        let text = serde_json::from_str::<String>(body).unwrap_or_else(|_| body.to_owned());
        let input = Input::Inline(text);
        let described = describe(&input);
        let request = Request::new(id, operation.clone(), serde_json::Map::new(), input).to_json();
        Self {
            jobs: vec![id],
            input: described,
            again: if request.len() <= limits::MESSAGE_BYTES {
                request
            } else {
                body.to_owned()
            },
        }
    }
}

fn describe(input: &Input) -> String {
    match input {
        Input::Inline(text) => format!("{} bytes in the message", text.len()),
        Input::Object(location) => location.to_string(),
    }
}

/// As much of an S3 event as names its jobs.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
}

impl Record {
    /// The job that the record asks for, and the file; none where it asks for none.
    fn dropped(&self) -> Option<(JobId, ObjectLocation)> {
        let Entity { bucket, object } = &self.s3;
        // Keys in events are form-encoded.
        let spaced = object.key.replace('+', " ");
        let key = percent_decode_str(&spaced).decode_utf8().ok()?;
        let key: ObjectKey = key.parse().ok()?;
        keys::dropped_operation(&key)?;
        let version = object
            .version_id
            .as_deref()
            .filter(|id| !id.is_empty() && *id != "null");
        let revision = version.or(object.e_tag.as_deref()).unwrap_or_default();
        let location = ObjectLocation {
            bucket: bucket.name.parse().ok()?,
            key,
            version_id: None,
        };
        Some((JobId::of_object(&location, revision.trim_matches('"')), location))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Letter {
        Letter::read(
            &"stats".parse().unwrap(),
            "5fea7756-0ea4-451a-a703-a558b933e274",
            body,
        )
    }

    #[test]
    fn a_request_is_sent_again_as_it_is() {
        let id = JobId::random();
        let body = format!(
            r#"{{"version":1,"job_id":"{id}","operation":"stats","input":{{"inline":"1 2"}},"new":1}}"#
        );
        let letter = read(&body);
        assert_eq!((letter.jobs, letter.again), (vec![id], body));
        assert_eq!(letter.input, "3 bytes in the message");
    }

    #[test]
    fn a_bare_list_keeps_its_id_when_it_is_sent_again() {
        let id = JobId::of_message("5fea7756-0ea4-451a-a703-a558b933e274");
        for (body, text) in [("3 1 2", "3 1 2"), ("\"3\\n1\"", "3\n1"), ("[3, 1]", "[3, 1]")] {
            let letter = read(body);
            let request = Request::from_json(&letter.again).unwrap();
            assert_eq!(
                (request.job_id, request.input),
                (id, Input::Inline(text.to_owned())),
                "{body}"
            );
            assert_eq!(letter.jobs, [id]);
        }
    }

    #[test]
    fn a_dropped_file_is_known_by_the_id_of_its_version() {
        let body = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"errand-input"},
            "object":{"key":"stats/two+words%2B.txt","versionId":"v1","eTag":"e"}}}]}"#;
        let letter = read(body);
        let location = ObjectLocation {
            bucket: "errand-input".parse().unwrap(),
            key: "stats/two words+.txt".parse().unwrap(),
            version_id: None,
        };
        assert_eq!(letter.jobs, [JobId::of_object(&location, "v1")]);
        assert_eq!(letter.input, "s3://errand-input/stats/two words+.txt");
        assert_eq!(letter.again, body);
    }

    #[test]
    fn a_letter_that_cannot_be_read_is_known_by_what_can() {
        let id = JobId::random();
        let letter = read(&format!(r#"{{"version":9,"job_id":"{id}"}}"#));
        assert_eq!((letter.jobs, letter.input.as_str()), (vec![id], "not readable"));
    }
}
