//! Brings the files here that a job made of many objects. The tree is kept, and no name leads out of the folder.

use std::path::{Path, PathBuf};

use errand_client::{Client, JobId, MapReport, ObjectLocation, ObjectReport, ObjectStatus, StoredObject};
use errand_protocol::keys;
use tokio::task::JoinSet;

use crate::answer::download;
use crate::commands::images;
use crate::error::Error;
use crate::many::inputs::below;
use crate::output::{self, shown};

/// Files that are downloaded at once.
const AT_ONCE: usize = 16;

/// Which files, and where they go.
pub(super) struct Wanted<'a> {
    pub(super) job_id: JobId,
    /// What the keys of the objects begin with, if that is known.
    pub(super) prefix: Option<&'a str>,
    pub(super) folder: &'a Path,
    pub(super) may_replace: bool,
    /// Whether those are left that are there.
    pub(super) are_skipped: bool,
    pub(super) quiet: bool,
}

/// How many of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fetched {
    pub(super) done: usize,
    pub(super) skipped: usize,
    pub(super) failed: usize,
}

/// Brings all files here. Each that cannot be is told of; nothing else is kept by it.
pub(super) async fn all(client: &Client, report: &MapReport, wanted: &Wanted<'_>) -> Result<Fetched, Error> {
    let mut fetched = Fetched::default();
    let mut running: JoinSet<(PathBuf, Result<(), Error>)> = JoinSet::new();
    let take = |fetched: &mut Fetched, path: &Path, ended: Result<(), Error>| match ended {
        Ok(()) => fetched.done += 1,
        Err(error) => {
            fetched.failed += 1;
            output::line(&format!("{}: {}", shown(path), error.of(path)));
        }
    };
    for number in 0..report.reports {
        for object in client.object_reports(wanted.job_id, number).await? {
            let Some((stored, name)) = file_of(&object, wanted) else {
                continue;
            };
            let Some(below) = below(Path::new(&name)) else {
                let error = Error::Usage("its key leads out of the folder: fetch it by itself".to_owned());
                take(&mut fetched, Path::new(&object.key), Err(error));
                continue;
            };
            let path = wanted.folder.join(below);
            if wanted.are_skipped && path.is_file() {
                fetched.skipped += 1;
                continue;
            }
            while running.len() >= AT_ONCE {
                let (path, ended) = joined(&mut running).await;
                take(&mut fetched, &path, ended);
            }
            let (client, may_replace) = (client.clone(), wanted.may_replace);
            running.spawn(async move {
                let ended = one(&client, &stored, &path, may_replace).await;
                (path, ended)
            });
        }
    }
    while !running.is_empty() {
        let (path, ended) = joined(&mut running).await;
        take(&mut fetched, &path, ended);
    }
    if !wanted.quiet {
        output::note(&format!(
            "{} fetched, {} there already, {} not fetched",
            fetched.done, fetched.skipped, fetched.failed
        ));
    }
    Ok(fetched)
}

async fn joined(running: &mut JoinSet<(PathBuf, Result<(), Error>)>) -> (PathBuf, Result<(), Error>) {
    let ended = running.join_next().await.expect("there is one");
    ended.expect("a download that panics")
}

async fn one(client: &Client, stored: &StoredObject, path: &Path, may_replace: bool) -> Result<(), Error> {
    let mut target = images::open(path, may_replace)?;
    download(client, stored, &mut target).await?;
    target.finish()
}

/// The file that was made of an object, and its name in the tree.
fn file_of(report: &ObjectReport, wanted: &Wanted) -> Option<(StoredObject, String)> {
    let ObjectStatus::Done {
        object, bytes_out, ..
    } = &report.status
    else {
        return None;
    };
    let location = object.clone()?;
    let name = name_in_tree(wanted.job_id, &location, &report.key, wanted.prefix).to_owned();
    let stored = StoredObject {
        location,
        media_type: String::new(),
        size_bytes: *bytes_out,
        etag: None,
    };
    Some((stored, name))
}

/// What a file is called below the folder: what its key has behind the job's id in the result bucket, or else behind what it has
/// before what the object's key has behind the prefix.
pub(super) fn name_in_tree<'a>(
    job_id: JobId,
    made: &'a ObjectLocation,
    key: &str,
    prefix: Option<&str>,
) -> &'a str {
    let made = made.key.as_str();
    let kept = made
        .strip_prefix(keys::RESULTS)
        .and_then(|rest| rest.split_once('/'));
    if let Some((_, rest)) = kept
        && let Some((id, name)) = rest.split_once('/')
        && id.parse() == Ok(job_id)
    {
        return name;
    }
    // The file's ending may be another than the object's, so that only the folders are the same.
    let inner = prefix.and_then(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
    let folders = inner.matches('/').count();
    let begin = made.rmatch_indices('/').nth(folders).map_or(0, |(at, _)| at + 1);
    &made[begin..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_that_of_the_keys_behind_the_prefix() {
        let id: JobId = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b".parse().unwrap();
        let name = |made: &str, key: &str, prefix: Option<&str>| {
            let made = ObjectLocation {
                bucket: "results".parse().unwrap(),
                key: made.parse().unwrap(),
                version_id: None,
            };
            name_in_tree(id, &made, key, prefix).to_owned()
        };
        let kept = format!("results/3f/{id}/a/b.png");
        assert_eq!(name(&kept, "2026/a/b.jpg", None), "a/b.png");
        assert_eq!(
            name("gray/2026/a/b.png", "photos/a/b.jpg", Some("photos/")),
            "a/b.png"
        );
        assert_eq!(name("b.png", "photos/b.jpg", Some("photos/")), "b.png");
        assert_eq!(name("gray/photos/b.png", "photos/b.jpg", None), "photos/b.png");
        let out = format!("results/3f/{id}/../../x");
        assert_eq!(below(Path::new(&name(&out, "../../x", Some("")))), None);
    }
}
