//! What this user sent: a file of one JSON line a job, so that a job is found again whose id has scrolled away.
//!
//! It survives a crash at any moment: a line is one write at the end of the file, made before the request goes out; a line that
//! was torn is not read, and the next one begins on a line of its own. It is a convenience: what cannot be kept is told and
//! keeps no job from being sent. Whoever writes holds a lock shared, whoever shortens the file holds it alone.

use std::collections::{HashMap, HashSet};
use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use errand_client::admin::unix_ms;
use errand_client::{Client, JobId, OperationName};
use serde::{Deserialize, Serialize};

use crate::many::plan::Below;
use crate::output;

/// A file that is larger is shortened, to the newest so many jobs, in so many bytes: enough that a run of ten thousand files,
/// or a few of them, are found again with their places.
const MOST_BYTES: u64 = 32 << 20;
const KEPT_JOBS: usize = 50_000;
const KEPT_BYTES: usize = 16 << 20;

/// A job that was sent, or was about to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) job_id: JobId,
    pub(crate) operation: OperationName,
    pub(crate) stack: String,
    /// The cloud that the stack is in: an endpoint, or a region of AWS.
    pub(crate) place: String,
    /// What it works on, for a person.
    pub(crate) input: String,
    pub(crate) sent_at_unix_ms: u64,
    /// Where the file that it makes goes below the folder that the answers go to; none where it makes none, or where the name
    /// is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) below: Option<String>,
    /// Which first part of that is left out where the folder of the answers is named; none where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<String>,
    /// Whether many functions may do it, so that it is worth a look how far it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) may_be_mapped: bool,
}

impl Entry {
    /// A job that is sent now.
    pub(crate) fn now(
        client: &Client,
        job_id: JobId,
        operation: OperationName,
        input: String,
        below: Option<&Below>,
    ) -> Self {
        let text = |path: &Path| {
            path.to_str()
                .filter(|text| !text.is_empty())
                .map(ToOwned::to_owned)
        };
        Self {
            job_id,
            operation,
            stack: client.stack().to_string(),
            place: client.cloud().place_name(),
            input,
            sent_at_unix_ms: unix_ms(),
            below: below.and_then(|below| text(&below.path)),
            folder: below.and_then(|below| text(&below.folder)),
            may_be_mapped: false,
        }
    }

    /// Whether it was sent to this stack.
    pub(crate) fn is_of(&self, client: &Client) -> bool {
        self.stack == client.stack().as_str() && self.place == client.cloud().place_name()
    }
}

/// The file.
pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The user's own: `errand/jobs.jsonl` in the state folder of the XDG Base Directory Specification, or, on Windows, in the
    /// local application data. None where there is no such folder.
    pub(crate) fn of_user() -> Option<Self> {
        let absolute = |name: &str| {
            let path = env::var_os(name).map(PathBuf::from)?;
            path.is_absolute().then_some(path)
        };
        let state = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
            .or_else(|| absolute("LOCALAPPDATA"))?;
        Some(Self {
            path: state.join("errand").join("jobs.jsonl"),
        })
    }

    /// Keeps entries in the user's journal, if that can be.
    pub(crate) fn keep(entries: &[Entry]) {
        let Some(journal) = Self::of_user() else { return };
        if let Err(error) = journal.add(entries) {
            output::note(&format!(
                "the job is not noted in {}: {error}",
                journal.path.display()
            ));
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn add(&self, entries: &[Entry]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let lock = self.lock_file()?;
        // A file system without locks has no other errand at this moment, most likely.
        let _ = lock.lock_shared();
        let mut file = private(File::options().read(true).append(true).create(true)).open(&self.path)?;
        let size_bytes = file.metadata()?.len();
        for (index, entry) in entries.iter().enumerate() {
            let mut line = Vec::new();
            if index == 0 && size_bytes > 0 && !ends_with_newline(&mut file)? {
                line.push(b'\n');
            }
            serde_json::to_writer(&mut line, entry)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        drop(file);
        drop(lock);
        if size_bytes > MOST_BYTES {
            self.shorten()?;
        }
        Ok(())
    }

    /// All jobs that can be read, newest first, each once: as it was sent last.
    pub(crate) fn read(&self) -> io::Result<Vec<Entry>> {
        let bytes = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        let mut jobs = HashMap::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            // One that was torn, or that a later release wrote.
            if let Ok(entry) = serde_json::from_slice::<Entry>(line) {
                jobs.insert(entry.job_id, entry);
            }
        }
        let mut jobs: Vec<_> = jobs.into_values().collect();
        jobs.sort_by_key(|entry| (std::cmp::Reverse(entry.sent_at_unix_ms), entry.job_id));
        Ok(jobs)
    }

    /// Whether this user sent a job, as far as can be known: without a journal, every job may have been.
    pub(crate) fn knows(job_id: JobId) -> bool {
        match Self::of_user().map(|journal| journal.read()) {
            Some(Ok(jobs)) => jobs.iter().any(|job| job.job_id == job_id),
            _ => true,
        }
    }

    /// What the user's journal knows of some jobs.
    pub(crate) fn known(job_ids: &[JobId]) -> HashMap<JobId, Entry> {
        let all = Self::of_user().and_then(|journal| journal.read().ok());
        let wanted: HashSet<_> = job_ids.iter().collect();
        let known = all.into_iter().flatten();
        known
            .filter(|entry| wanted.contains(&entry.job_id))
            .map(|entry| (entry.job_id, entry))
            .collect()
    }

    /// Leaves the newest jobs, unless somebody else is writing: then whoever comes next does.
    fn shorten(&self) -> io::Result<()> {
        let lock = self.lock_file()?;
        if lock.try_lock().is_err() {
            return Ok(());
        }
        let mut lines = Vec::new();
        let mut bytes = 0;
        for entry in self.read()?.iter().take(KEPT_JOBS) {
            let mut line = serde_json::to_vec(entry)?;
            line.push(b'\n');
            bytes += line.len();
            // Room for many more, or each of them would shorten the file again.
            if bytes > KEPT_BYTES {
                break;
            }
            lines.push(line);
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        // Made with mode 0600, as `tempfile` makes all.
        let mut part = tempfile::Builder::new().prefix(".jobs-").tempfile_in(folder)?;
        lines.reverse();
        part.write_all(&lines.concat())?;
        part.persist(&self.path)?;
        Ok(())
    }

    fn lock_file(&self) -> io::Result<File> {
        let path = self.path.with_extension("lock");
        private(File::options().write(true).create(true)).open(path)
    }
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// For this user alone: names of files are nobody else's business.
fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errand/jobs.jsonl");
        (folder, Journal { path })
    }

    fn entry(input: &str, sent_at_unix_ms: u64) -> Entry {
        Entry {
            job_id: JobId::random(),
            operation: "stats".parse().unwrap(),
            stack: "errand".to_owned(),
            place: "AWS in eu-west-1".to_owned(),
            input: input.to_owned(),
            sent_at_unix_ms,
            below: None,
            folder: None,
            may_be_mapped: false,
        }
    }

    #[test]
    fn jobs_are_read_newest_first_and_each_once() {
        let (_folder, journal) = journal();
        assert_eq!(journal.read().unwrap(), []);
        let (first, second) = (entry("a", 1), entry("b", 2));
        journal.add(&[first.clone(), second.clone()]).unwrap();
        let again = Entry {
            sent_at_unix_ms: 3,
            ..first
        };
        journal.add(std::slice::from_ref(&again)).unwrap();
        assert_eq!(journal.read().unwrap(), [again, second]);
    }

    #[test]
    fn a_torn_line_costs_no_other() {
        let (_folder, journal) = journal();
        let (first, second) = (entry("a", 1), entry("b", 2));
        journal.add(std::slice::from_ref(&first)).unwrap();
        let mut file = File::options().append(true).open(&journal.path).unwrap();
        file.write_all(b"{\"job_id\":\"0192f0c4-7c1e").unwrap();
        journal.add(std::slice::from_ref(&second)).unwrap();
        assert_eq!(journal.read().unwrap(), [second, first]);
    }

    #[test]
    fn a_large_file_keeps_its_newest_jobs() {
        let (_folder, journal) = journal();
        let long = "x".repeat(3_000);
        let entries: Vec<_> = (1..=11_000).map(|time| entry(&long, time)).collect();
        journal.add(&entries).unwrap();
        let last = entry("last", 11_001);
        journal.add(std::slice::from_ref(&last)).unwrap();
        let left = journal.read().unwrap();
        assert_eq!(left[0], last);
        assert!((5_000..6_000).contains(&left.len()), "{}", left.len());
        assert!(fs::metadata(&journal.path).unwrap().len() <= KEPT_BYTES as u64);
        assert_eq!(fs::read_dir(journal.path.parent().unwrap()).unwrap().count(), 2);
    }

    #[test]
    fn many_writers_lose_no_line() {
        let (_folder, journal) = journal();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let journal = &journal;
                scope.spawn(move || {
                    for number in 0..50 {
                        journal.add(&[entry("a", writer * 100 + number)]).unwrap();
                    }
                });
            }
        });
        assert_eq!(journal.read().unwrap().len(), 400);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, journal) = journal();
        journal.add(&[entry("a", 1)]).unwrap();
        for path in [&journal.path, &journal.path.with_extension("lock")] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
