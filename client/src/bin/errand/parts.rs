//! Files that are being written: each beside its place, under a name of its own, until it is whole.
//!
//! All are known here, so that a command that is told to end removes them before it does. A process that is killed outright
//! leaves them: their names begin with a dot, and no folder's walk takes them for inputs. Each is locked for as long as its
//! process lives, so that a later run can tell those that nobody writes any more, and remove them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(unix)]
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

const PREFIX: &str = ".errand-";
const SUFFIX: &str = ".part";

/// A file that is not locked belongs to nobody once it is so old: before, it may have been made a moment ago.
#[cfg(unix)]
const LEFT_AFTER: Duration = Duration::from_mins(1);

/// Where unfinished files are.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file that has no name of its own yet. Dropped, it is removed.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    /// None once it is in its place.
    path: Option<TempPath>,
    registered: PathBuf,
}

impl Part {
    /// Makes one in a folder that is there.
    pub(crate) fn new_in(folder: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // What any new file gets; the process's umask takes from it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        // Under the lock, so that none is made behind the back of `remove_all`.
        let mut unfinished = unfinished();
        let part = builder
            .tempfile_in(folder)
            // Its message names the temporary file.
            .map_err(|error| io::Error::from(error.kind()))?;
        let (file, path) = NamedTempFile::into_parts(part);
        // A file system without locks keeps what a killed process leaves.
        #[cfg(unix)]
        let _ = file.try_lock();
        unfinished.insert(path.to_path_buf());
        Ok(Self {
            file,
            registered: path.to_path_buf(),
            path: Some(path),
        })
    }

    /// Gives it its name. What has that name already is replaced only if it may be.
    pub(crate) fn persist(mut self, to: &Path, may_replace: bool) -> io::Result<()> {
        let path = self.path.take().expect("it is taken once");
        let persisted = if may_replace {
            path.persist(to)
        } else {
            path.persist_noclobber(to)
        };
        persisted.map_err(|error| error.error)
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.path.take();
        unfinished().remove(&self.registered);
    }
}

/// Removes what processes that were killed have left in a folder.
#[cfg(unix)]
pub(crate) fn remove_left_in(folder: &Path) {
    let is_left = |path: &Path| {
        let is_old = fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age >= LEFT_AFTER));
        is_old && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes()) && is_left(&entry.path())
        {
            // Whoever else removes it does the same.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn remove_left_in(_: &Path) {}

/// Removes all of them, for good: whoever would make another waits until the process ends.
pub(crate) fn remove_all() {
    let unfinished = unfinished();
    for path in unfinished.iter() {
        // One that has its name by now is not there any more.
        let _ = fs::remove_file(path);
    }
    std::mem::forget(unfinished);
}

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // The set is whole whenever the lock is free.
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::new_in(folder.path()).unwrap();
        let left = folder.path().join(".errand-Xyz123.part");
        let fresh = folder.path().join(".errand-Xyz124.part");
        for path in [&left, &fresh] {
            fs::write(path, "half").unwrap();
        }
        let old = std::time::SystemTime::now() - 2 * LEFT_AFTER;
        for path in [&left, &part.registered] {
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(old)
                .unwrap();
        }
        remove_left_in(folder.path());
        assert_eq!(
            (left.exists(), fresh.exists(), part.registered.exists()),
            (false, true, true)
        );
    }

    #[test]
    fn a_part_replaces_only_what_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        let part = || {
            let mut part = Part::new_in(folder.path()).unwrap();
            part.write_all(b"new").unwrap();
            part
        };
        fs::write(&place, "old").unwrap();
        let error = part().persist(&place, false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        part().persist(&place, true).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
        drop(part());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no part is left");
    }
}
