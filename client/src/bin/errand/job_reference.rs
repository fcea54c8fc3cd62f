//! How a person names a job.

use std::io::BufRead;
use std::str::FromStr;

use errand_client::{JobId, ObjectLocation, operations};
use errand_protocol::{InvalidJobId, ObjectKey, keys};
use serde_json::Value;

use crate::error::Error;

/// A job, by its id or by the file that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobReference {
    /// By its id.
    Id(JobId),
    /// By the file that was uploaded to the input bucket, in the version that is there now.
    Uploaded(ObjectLocation),
    /// Those that standard input names, one a line.
    Listed,
}

impl FromStr for JobReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-" {
            return Ok(Self::Listed);
        }
        let Some(address) = text.strip_prefix("s3://") else {
            return text
                .parse()
                .map(Self::Id)
                .map_err(|error: InvalidJobId| error.to_string());
        };
        let (bucket, key) = address.split_once('/').ok_or("expected s3://BUCKET/KEY")?;
        let location = ObjectLocation {
            bucket: bucket.parse().map_err(|error| format!("{error}"))?,
            key: key.parse().map_err(|error| format!("{error}"))?,
            version_id: None,
        };
        check_asks(&location.key)?;
        Ok(Self::Uploaded(location))
    }
}

/// Fails where a file with this key asks for nothing.
fn check_asks(key: &ObjectKey) -> Result<(), String> {
    let operation = keys::uploaded_operation(key);
    if operation.is_some_and(|name| operations::names().any(|known| known == name.as_str())) {
        return if key.as_str().ends_with('/') {
            Err("a folder asks for nothing: name a file in it".to_owned())
        } else {
            Ok(())
        };
    }
    let job = key.as_str().strip_prefix(keys::CLAIM_CHECKS);
    let job = job.and_then(|rest| rest.split_once('/')?.0.parse::<JobId>().ok());
    if let Some(job) = job {
        return Err(format!("this is the input of job {job}: name that"));
    }
    let prefixes: Vec<_> = operations::names().map(|name| format!("{name}/")).collect();
    Err(format!(
        "a file with this key asks for nothing: only those under {} do",
        prefixes.join(" and ")
    ))
}

/// The jobs that a list names, one a line: as a person would name them, or as `--detach --json` does, among the files that
/// failed.
pub(crate) fn listed(list: impl BufRead) -> Result<Vec<JobReference>, Error> {
    let mut jobs = Vec::new();
    for (line, number) in list.lines().zip(1..) {
        let line = line.map_err(|source| Error::Read {
            path: "-".into(),
            source,
        })?;
        let text = line.trim();
        let wrong = |what: &str| {
            let text: String = text.chars().take(80).collect();
            Error::Usage(format!(
                "standard input, line {number}: `{text}`: {what}; give one job a line, by its id"
            ))
        };
        if text.starts_with('{') {
            let object: Value = serde_json::from_str(text).map_err(|_| wrong("it is no JSON"))?;
            if let Some(id) = object["job_id"].as_str().filter(|_| object["error"].is_null()) {
                jobs.push(id.parse().map_err(|error: String| wrong(&error))?);
            }
        } else if !text.is_empty() {
            match text.parse() {
                Ok(JobReference::Listed) | Err(_) => return Err(wrong("it is no job")),
                Ok(job) => jobs.push(job),
            }
        }
    }
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_asks_for_nothing_is_told_as_that() {
        let told = |key: &str| {
            format!("s3://errand-input/{key}")
                .parse::<JobReference>()
                .unwrap_err()
        };
        for key in ["other/x", "x", "statistics/x", "stats", "results/x/y"] {
            let told = told(key);
            assert!(
                told.contains("asks for nothing: only those under stats/ and grayscale/ do"),
                "{key}: {told}"
            );
        }
        assert!(told("stats/2026/").contains("a folder asks for nothing"));
        let id = JobId::random();
        assert_eq!(
            told(&format!("uploads/{id}/list.txt")),
            format!("this is the input of job {id}: name that")
        );
    }

    #[test]
    fn a_list_names_a_job_a_line_as_text_or_as_json() {
        let (one, two) = (JobId::random(), JobId::random());
        let list = format!(
            "{one}\r\n\n{{\"input\":\"a\",\"status\":\"sent\",\"job_id\":\"{two}\"}}\n{{\"summary\":{{}}}}\n\
             {{\"input\":\"b\",\"status\":\"failed\",\"error\":{{}}}}\ns3://errand-input/stats/a\n"
        );
        let jobs = listed(list.as_bytes()).unwrap();
        assert_eq!(jobs[..2], [JobReference::Id(one), JobReference::Id(two)]);
        assert_eq!(jobs.len(), 3);
        for wrong in ["a.txt", "-", "{", "{\"job_id\":\"x\"}"] {
            let error = listed(format!("{one}\n{wrong}\n").as_bytes()).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("standard input, line 2: `"), "{text}");
        }
    }

    #[test]
    fn a_job_is_named_by_its_id_or_by_the_address_of_its_file() {
        let id = JobId::random();
        assert_eq!(id.to_string().parse(), Ok(JobReference::Id(id)));
        let Ok(JobReference::Uploaded(location)) = "s3://errand-input/stats/a b.txt".parse() else {
            panic!("not taken as an address")
        };
        assert_eq!(location.to_string(), "s3://errand-input/stats/a b.txt");
        for wrong in ["list.txt", "s3://errand-input", "s3://No/stats/a"] {
            assert!(wrong.parse::<JobReference>().is_err(), "{wrong}");
        }
    }
}
