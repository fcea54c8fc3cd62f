//! Where objects are in the two buckets.
//!
//! | bucket | prefix | what | written by |
//! |---|---|---|---|
//! | input | `uploads/<job id>/` | the input of the request with that id, and of no other (claim check) | the client |
//! | input | `stats/`, `grayscale/` | files uploaded for an operation | any tool |
//! | results | `outcomes/<job id>.json` | the outcome of every job | the functions |
//! | results | `outcomes/<job id>.deferrals` | how often the job was deferred | the functions |
//! | results | `results/<job id>/` | what a requested job made | the functions |
//! | results | `results/<2 hex digits>/<job id>/` | what a map job made of each object | the functions |
//! | results | `maps/<job id>/` | what a map job needs and reports | the functions |
//! | results | `grayscale/` | what an uploaded file became, under the file's key | the functions |

use crate::{FileName, JobId, ObjectKey, OperationName};

/// Prefix of the inputs that requests name. No notification watches it.
pub const CLAIM_CHECKS: &str = "uploads/";
/// Prefix of outcomes.
pub const OUTCOMES: &str = "outcomes/";
/// Prefix of what requested jobs made.
pub const RESULTS: &str = "results/";

/// Prefix of what map jobs keep.
pub const MAPS: &str = "maps/";

/// The user metadata of an uploaded file that holds parameters for its job, as a JSON object: on the wire
/// `x-amz-meta-errand-parameters`.
pub const PARAMETERS_METADATA: &str = "errand-parameters";

/// Where a client puts the input of a request before it sends it.
///
/// # Panics
///
/// Never: every [`FileName`] makes a valid key.
#[must_use]
pub fn claim_check(job_id: JobId, name: &FileName) -> ObjectKey {
    key(format!("{}{name}", claim_checks_of(job_id)))
}

/// What the keys of a job's own uploads begin with. A request that names another job's upload is refused: its id is known
/// to nobody but its client, who drew it, until the job has its outcome, and so the upload is nobody else's to read.
#[must_use]
pub fn claim_checks_of(job_id: JobId) -> String {
    format!("{CLAIM_CHECKS}{job_id}/")
}

/// Whether a key is of one of the job's own uploads. Its client may have written the id in either case.
#[must_use]
pub fn is_claim_check_of(key: &ObjectKey, job_id: JobId) -> bool {
    let rest = key.as_str().strip_prefix(CLAIM_CHECKS);
    rest.and_then(|rest| rest.split_once('/'))
        .is_some_and(|(id, _)| id.parse() == Ok(job_id))
}

/// Where the outcome of a job is.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn outcome(job_id: JobId) -> ObjectKey {
    key(format!("{OUTCOMES}{job_id}.json"))
}

/// Where it is kept how often a job was deferred, for the functions alone.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn deferrals(job_id: JobId) -> ObjectKey {
    key(format!("{OUTCOMES}{job_id}.deferrals"))
}

/// Where the file that a requested job made is.
///
/// # Panics
///
/// Never: every [`FileName`] makes a valid key.
#[must_use]
pub fn result(job_id: JobId, name: &FileName) -> ObjectKey {
    key(format!("{RESULTS}{job_id}/{name}"))
}

/// What the keys of all that a map job keeps begin with.
#[must_use]
pub fn maps_of(job_id: JobId) -> String {
    format!("{MAPS}{job_id}/")
}

/// Where something that a map job keeps is.
///
/// # Panics
///
/// `name` has over 900 bytes.
#[must_use]
pub fn map(job_id: JobId, name: &str) -> ObjectKey {
    key(format!("{}{name}", maps_of(job_id)))
}

/// Where it is told how far a map job has come: a [`MapPlan`](crate::MapPlan).
///
/// # Panics
///
/// Never.
#[must_use]
pub fn map_plan(job_id: JobId) -> ObjectKey {
    map(job_id, "plan.json")
}

/// Where a report of a map job is, counted from 0: lines of JSON, each an [`ObjectReport`](crate::ObjectReport).
///
/// # Panics
///
/// Never.
#[must_use]
pub fn map_report(job_id: JobId, report: u64) -> ObjectKey {
    map(job_id, &format!("reports/{report:08}.jsonl"))
}

/// Where a file is that a map job made of an object, of which `name` is what its key has behind the prefix. The key begins with a hash,
/// so that S3, which takes 3,500 writes a second below a prefix and divides prefixes that are busy, can spread them ("Best practices
/// design patterns", Amazon S3 user guide). None if it would be too long.
#[must_use]
pub fn map_result(job_id: JobId, name: &str) -> Option<ObjectKey> {
    // FNV-1a: any hash that spreads does, and it must not change. http://www.isthe.com/chongo/tech/comp/fnv/
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    ObjectKey::try_from(format!("{RESULTS}{:02x}/{job_id}/{name}", hash >> 24)).ok()
}

/// Where the result of an uploaded file is: under the same key, whatever it is. A key that followed the result's format would
/// be another file's too: `photo.png` with a JPEG in it, and `photo.jpg`.
#[must_use]
pub fn uploaded_result(uploaded: &ObjectKey) -> ObjectKey {
    uploaded.clone()
}

/// The operation that an uploaded file asks for: the first part of its key. None for a key that asks for none.
#[must_use]
pub fn uploaded_operation(key: &ObjectKey) -> Option<OperationName> {
    let (first, rest) = key.as_str().split_once('/')?;
    if rest.is_empty()
        || [CLAIM_CHECKS, OUTCOMES, RESULTS, MAPS]
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
    fn an_uploaded_file_comes_out_under_its_own_key() {
        let uploaded: ObjectKey = "grayscale/holiday/é 1.heic.png".parse().unwrap();
        assert_eq!(uploaded_result(&uploaded), uploaded);
    }

    #[test]
    fn the_first_part_of_an_uploaded_files_key_is_the_operation() {
        let operation = |key: &str| uploaded_operation(&key.parse().unwrap()).map(|o| o.to_string());
        assert_eq!(operation("stats/a.txt").as_deref(), Some("stats"));
        assert_eq!(operation("stats/"), None);
        assert_eq!(operation("stats"), None);
        assert_eq!(
            operation("uploads/01920000-0000-7000-8000-000000000000/a.txt"),
            None
        );
    }

    #[test]
    fn an_upload_is_of_the_job_whose_id_is_in_its_key_however_that_is_written() {
        let id = JobId::of_message("an id with letters");
        let is_its_own = |key: String| is_claim_check_of(&key.parse().unwrap(), id);
        assert!(is_its_own(claim_check(id, &FileName::new("a")).into()));
        assert!(is_its_own(format!(
            "uploads/{}/a/b",
            id.to_string().to_uppercase()
        )));
        assert!(!is_its_own(format!("uploads/{}/a", JobId::random())));
        assert!(!is_its_own(format!("uploads/{id}0/a")));
        assert!(!is_its_own(format!("uploads/{id}")));
        assert!(!is_its_own(format!("stats/{id}/a")));
    }

    #[test]
    fn the_longest_file_name_makes_a_valid_key() {
        let name = FileName::new(&"n".repeat(1000));
        assert!(claim_check(JobId::random(), &name).as_str().len() < 1024);
        assert!(result(JobId::random(), &name).as_str().len() < 1024);
    }
}
