//! Which objects of the stack's input bucket are meant.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use errand_client::{Client, Operation};
use errand_protocol::keys::CLAIM_CHECKS;

use super::filter::{Filter, glob, has_glob};
use super::{Found, Input, Wanted, below};
use crate::error::Error;

/// How the name of an object begins.
const S3: &str = "s3://";

/// Finds objects of the stack's input bucket, named as `s3://BUCKET/KEY`, with a slash at the end for all below, or as a glob.
pub(crate) async fn find_uploaded(
    client: &Client,
    operation: Operation,
    names: &[PathBuf],
    wanted: &Wanted<'_>,
) -> Result<Found, Error> {
    let filter = Filter::of(wanted)?;
    let mut found = Found::default();
    for name in names {
        let address = name
            .to_str()
            .and_then(|name| name.strip_prefix(S3))
            .unwrap_or_default();
        let (bucket, key) = address.split_once('/').unwrap_or((address, ""));
        let deployment = client.deployment().await?;
        if bucket != deployment.input_bucket.as_str() {
            return Err(Error::Usage(format!(
                "`{}`: functions take objects of their stack's input bucket alone, s3://{}/: copy it there",
                name.display(),
                deployment.input_bucket
            )));
        }
        // All before the first part that is a glob.
        let parts = key.split_inclusive('/');
        let base: String = parts.take_while(|part| !has_glob(OsStr::new(part))).collect();
        let matcher = (base.len() < key.len())
            .then(|| glob(&key[base.len()..]))
            .transpose()?;
        let before = found.inputs.len();
        for object in client.uploaded(&listed(&base, operation)).await? {
            let key = object.location.key.as_str();
            let path = PathBuf::from(object.location.to_string());
            let rest = match key.strip_prefix(&base) {
                // What requests brought with them is theirs alone.
                _ if key.starts_with(CLAIM_CHECKS) => continue,
                Some("") => object.location.key.file_name(),
                Some(rest) if base.is_empty() || base.ends_with('/') => rest,
                // A name without a slash may be a folder's; `photos2/` is none below `photos`.
                Some(rest) if rest.starts_with('/') => &rest[1..],
                _ => continue,
            };
            if matcher.as_ref().is_some_and(|matcher| !matcher.is_match(rest)) {
                continue;
            }
            let Some(below) = below(Path::new(rest)) else {
                let error = Error::Usage("its key leads out of the output folder".to_owned());
                found.inputs.push(Input::without(&path, error));
                continue;
            };
            if !filter.wants(&below) {
                continue;
            }
            let is_named = key.len() == base.len() || matcher.is_some();
            if !is_named && filter.passes_over(&below) {
                found.passed_over += 1;
                continue;
            }
            found.inputs.push(Input {
                path,
                below,
                folder: PathBuf::new(),
                size_bytes: object.size_bytes,
                object: Some(Box::new(object)),
                problem: None,
            });
        }
        if found.inputs.len() == before {
            let error = Error::Usage("there is no such object".to_owned());
            found.inputs.push(Input::without(name, error));
        }
    }
    Ok(found)
}

/// What is asked for, so that all keys that begin with `base` come: never more than what lies in an operation's folder, which
/// is all that a function takes, and all that clients may list.
fn listed(base: &str, operation: Operation) -> String {
    if base.contains('/') {
        base.to_owned()
    } else {
        format!("{}/", operation.name())
    }
}

/// Whether a name is that of an object, or of more.
pub(crate) fn is_uploaded(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(S3))
}
