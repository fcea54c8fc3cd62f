//! The objects that a map job is about.

use errand_protocol::{JobError, ObjectKey, ObjectLocation, Prefix, code};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::ports::{Described, ETag, Listed, Objects};
use crate::retry::unreadable;

/// An object in the state in which it was planned: read in any other, it is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pinned {
    #[serde(flatten)]
    pub(super) location: ObjectLocation,
    pub(super) size_bytes: u64,
    pub(super) etag: ETag,
    /// When it was written, in milliseconds since 1970-01-01 UTC; none where that is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) modified_unix_ms: Option<u64>,
}

impl Pinned {
    /// Fails where it is not told how large it is: taken for empty, an object would be left out without a word.
    pub(super) fn new(location: ObjectLocation, described: Described) -> Result<Self, JobError> {
        let Described {
            size_bytes,
            etag,
            modified,
        } = described;
        let Some(size_bytes) = size_bytes else {
            let message = format!("nothing tells the size of {location}");
            return Err(JobError::transient(code::SERVICE_UNAVAILABLE, message));
        };
        let modified = modified.and_then(|moment| moment.duration_since(std::time::UNIX_EPOCH).ok());
        Ok(Self {
            location,
            size_bytes,
            etag,
            modified_unix_ms: modified.and_then(|time| u64::try_from(time.as_millis()).ok()),
        })
    }
}

/// An object that a request names by itself.
pub(super) async fn pin<S: Objects>(
    objects: &S,
    location: &ObjectLocation,
    config: &Config,
) -> Result<Pinned, JobError> {
    let described = objects
        .describe(location)
        .await
        .map_err(|error| unreadable(error, &location.bucket, config))?;
    match described {
        Some(described) => Pinned::new(location.clone(), described),
        None => Err(JobError::permanent(
            code::INPUT_NOT_FOUND,
            format!(
                "input {location} does not exist: it was deleted, or never uploaded; upload it and ask again"
            ),
        )),
    }
}

/// Some of the objects below a prefix, and by what the next are asked for.
pub(super) async fn page<S: Objects>(
    objects: &S,
    prefix: &Prefix,
    after: Option<String>,
    config: &Config,
) -> Result<(Vec<Pinned>, Option<String>), JobError> {
    let page = objects
        .list(&prefix.bucket, &prefix.prefix, after)
        .await
        .map_err(|error| unreadable(error, &prefix.bucket, config))?;
    let wanted = page
        .objects
        .into_iter()
        .filter(|listed| is_wanted(prefix, listed));
    let pinned = wanted.map(|Listed { key, described }| {
        let location = ObjectLocation {
            bucket: prefix.bucket.clone(),
            key,
            version_id: None,
        };
        Pinned::new(location, described)
    });
    let pinned: Result<Vec<_>, _> = pinned.collect();
    Ok((pinned?, page.next))
}

fn is_wanted(prefix: &Prefix, listed: &Listed) -> bool {
    let key = listed.key.as_str();
    // What stands for a folder in consoles.
    if key.ends_with('/') && listed.described.size_bytes == Some(0) {
        return false;
    }
    let name = name_below(prefix, &listed.key);
    let last = name.rsplit('/').next().unwrap_or(name);
    let fits = |glob: &String| fast_glob::glob_match(glob, name) || fast_glob::glob_match(glob, last);
    (prefix.include.is_empty() || prefix.include.iter().any(fits)) && !prefix.exclude.iter().any(fits)
}

/// What a key has behind the last slash of the prefix: its place in the tree that the prefix is about. It is never empty, but for a
/// key that ends with a slash.
pub(super) fn name_below<'a>(prefix: &Prefix, key: &'a ObjectKey) -> &'a str {
    let folder = prefix.prefix.rfind('/').map_or(0, |slash| slash + 1);
    key.as_str().get(folder..).unwrap_or(key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(prefix: &str, include: &[&str], exclude: &[&str], key: &str, size_bytes: u64) -> bool {
        let list = |globs: &[&str]| globs.iter().map(ToString::to_string).collect();
        let prefix = Prefix {
            bucket: "lake".parse().unwrap(),
            prefix: prefix.to_owned(),
            include: list(include),
            exclude: list(exclude),
        };
        let described = Described {
            size_bytes: Some(size_bytes),
            etag: ETag(String::new()),
            modified: None,
        };
        let key = key.parse().unwrap();
        is_wanted(&prefix, &Listed { key, described })
    }

    #[test]
    fn an_object_of_unknown_size_is_not_taken_for_an_empty_one() {
        let described = Described {
            size_bytes: None,
            etag: ETag(String::new()),
            modified: None,
        };
        let error = Pinned::new(crate::tests::object("lake", "a"), described).unwrap_err();
        assert!(
            error.retryable && error.message.contains("s3://lake/a"),
            "{error}"
        );
    }

    #[test]
    fn globs_are_held_against_the_name_below_the_prefix_and_its_last_part() {
        assert!(wanted("a/", &[], &[], "a/b/c.jpg", 1));
        assert!(wanted("a/", &["*.jpg"], &[], "a/b/c.jpg", 1));
        assert!(wanted("a/", &["b/**"], &[], "a/b/c.jpg", 1));
        assert!(!wanted("a/", &["*.png"], &[], "a/b/c.jpg", 1));
        assert!(!wanted("a/", &["*.jpg"], &["b/*"], "a/b/c.jpg", 1));
        assert!(!wanted("a/", &[], &[], "a/b/", 0));
        assert!(wanted("a/20", &["2026/*"], &[], "a/2026/c.jpg", 1));
    }
}
