//! Which objects on S3 are meant.

use std::path::{Path, PathBuf};

use errand_client::operations::GRAYSCALE;
use errand_client::{Client, Operation, Uploaded};
use errand_protocol::keys::CLAIM_CHECKS;

use super::filter::{Filter, glob};
use super::{Found, Input, There, Wanted, below};
use crate::address::{self, Address, address};
use crate::error::Error;

/// Finds objects, named as `s3://BUCKET/KEY`, with a slash at the end for all below, or as a glob. An object that is named is not
/// looked at. All below a prefix are one list; images are listed, and so is what a glob means.
pub(crate) async fn find_there(
    client: &Client,
    operation: Operation,
    names: &[PathBuf],
    wanted: &Wanted<'_>,
) -> Result<Found, Error> {
    let filter = Filter::of(wanted)?;
    let mut found = Found::default();
    for name in names {
        match address(name)? {
            Some(Address::Object(location)) => {
                let rest = location.key.file_name().to_owned();
                add(&mut found, &filter, Uploaded::at(location), &rest, true);
            }
            Some(Address::Prefix { bucket, prefix }) if operation != GRAYSCALE => {
                let prefix = address::prefix(bucket, prefix, wanted.include, wanted.exclude)?;
                found.inputs.push(Input {
                    path: name.clone(),
                    below: PathBuf::new(),
                    folder: PathBuf::new(),
                    size_bytes: 0,
                    there: Some(Box::new(There::Prefix(prefix))),
                    problem: None,
                });
            }
            Some(Address::Prefix { bucket, prefix: base } | Address::Glob { bucket, base, .. }) => {
                let before = found.inputs.len();
                let matcher = match address(name)? {
                    Some(Address::Glob { pattern, .. }) => Some(glob(&pattern)?),
                    _ => None,
                };
                let is_own = client.deployment().await?.input_bucket == bucket;
                let listed = if is_own {
                    of_input_bucket(&base, operation)
                } else {
                    base.clone()
                };
                for object in client.listed(&bucket, &listed).await? {
                    let key = object.location.key.as_str();
                    // What requests brought with them is theirs alone.
                    let is_taken = !(is_own && key.starts_with(CLAIM_CHECKS));
                    let Some(rest) = key.strip_prefix(&base).filter(|_| is_taken).map(str::to_owned) else {
                        continue;
                    };
                    if matcher.as_ref().is_none_or(|matcher| matcher.is_match(&rest)) {
                        add(&mut found, &filter, object, &rest, matcher.is_some());
                    }
                }
                if found.inputs.len() == before {
                    let error = Error::Usage("there is no such object".to_owned());
                    found.inputs.push(Input::without(name, error));
                }
            }
            None => {}
        }
    }
    Ok(found)
}

/// Adds an object at `rest` below the output folder, unless it is left out.
fn add(found: &mut Found, filter: &Filter, object: Uploaded, rest: &str, is_named: bool) {
    let path = PathBuf::from(object.location.to_string());
    let Some(below) = below(Path::new(rest)) else {
        let error = Error::Usage("its key leads out of the output folder".to_owned());
        return found.inputs.push(Input::without(&path, error));
    };
    if !filter.wants(&below) {
        return;
    }
    if !is_named && filter.passes_over(&below) {
        found.passed_over += 1;
        return;
    }
    found.inputs.push(Input {
        path,
        below,
        folder: PathBuf::new(),
        size_bytes: object.size_bytes,
        there: Some(Box::new(There::Object(object))),
        problem: None,
    });
}

/// What is asked for of the stack's own input bucket, so that all keys that begin with `base` come: never more than what lies in an
/// operation's folder, which is all that a function takes, and all that clients may list.
fn of_input_bucket(base: &str, operation: Operation) -> String {
    if base.contains('/') {
        base.to_owned()
    } else {
        format!("{}/", operation.name())
    }
}
