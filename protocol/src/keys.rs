//! Where objects lie in the two buckets.
//!
//! | bucket | prefix | what | written by |
//! |---|---|---|---|
//! | input | `uploads/<job id>/` | a request's input by claim check | the client |
//! | input | `stats/`, `grayscale/` | files dropped for an operation | any tool |
//! | results | `outcomes/<job id>.json` | the outcome of every job | the functions |
//! | results | `results/<job id>/` | what a requested job made | the functions |
//! | results | `grayscale/` | what a dropped file became, under the dropped key | the functions |

use crate::{FileName, InvalidName, JobId, ObjectKey, Operation};

/// Prefix of uploads. No notification watches it.
pub const UPLOADS: &str = "uploads/";
/// Prefix of outcomes.
pub const OUTCOMES: &str = "outcomes/";
/// Prefix of what requested jobs made.
pub const RESULTS: &str = "results/";

/// Where a client puts the input of a request before it sends it.
///
/// # Panics
///
/// Never: every [`FileName`] makes a valid key.
#[must_use]
pub fn upload(job_id: JobId, name: &FileName) -> ObjectKey {
    key(format!("{UPLOADS}{job_id}/{name}"))
}

/// Where the outcome of a job lies.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn outcome(job_id: JobId) -> ObjectKey {
    key(format!("{OUTCOMES}{job_id}.json"))
}

/// Where the file that a requested job made lies.
///
/// # Panics
///
/// Never: every [`FileName`] makes a valid key.
#[must_use]
pub fn result(job_id: JobId, name: &FileName) -> ObjectKey {
    key(format!("{RESULTS}{job_id}/{name}"))
}

/// Where the file that a dropped object became lies: under the same key, with its last part replaced by `name`.
///
/// # Errors
///
/// The new key is longer than S3 allows.
pub fn dropped_result(dropped: &ObjectKey, name: &FileName) -> Result<ObjectKey, InvalidName> {
    let folder = &dropped.as_str()[..dropped.as_str().len() - dropped.file_name().len()];
    ObjectKey::try_from(format!("{folder}{name}"))
}

/// The operation that a dropped object asks for: the first part of its key. None for any other key.
#[must_use]
pub fn dropped_operation(key: &ObjectKey) -> Option<Operation> {
    let (first, rest) = key.as_str().split_once('/')?;
    if rest.is_empty()
        || [UPLOADS, OUTCOMES, RESULTS]
            .iter()
            .any(|prefix| key.as_str().starts_with(prefix))
    {
        return None;
    }
    first.parse().ok()
}

fn key(text: String) -> ObjectKey {
    ObjectKey::try_from(text).expect("prefix, id and a name of at most 255 bytes are within 1024 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_file_comes_out_under_its_own_key() {
        let dropped: ObjectKey = "grayscale/holiday/é 1.heic.png".parse().unwrap();
        let result = dropped_result(&dropped, &FileName::new("é 1.heic.jpg")).unwrap();
        assert_eq!(result.as_str(), "grayscale/holiday/é 1.heic.jpg");
    }

    #[test]
    fn the_first_part_of_a_dropped_key_is_the_operation() {
        let operation = |key: &str| dropped_operation(&key.parse().unwrap()).map(|o| o.to_string());
        assert_eq!(operation("stats/a.txt").as_deref(), Some("stats"));
        assert_eq!(operation("stats/"), None);
        assert_eq!(operation("stats"), None);
        assert_eq!(
            operation("uploads/01920000-0000-7000-8000-000000000000/a.txt"),
            None
        );
    }

    #[test]
    fn the_longest_file_name_makes_a_valid_key() {
        let name = FileName::new(&"n".repeat(1000));
        assert!(upload(JobId::random(), &name).as_str().len() < 1024);
        assert!(result(JobId::random(), &name).as_str().len() < 1024);
    }
}
