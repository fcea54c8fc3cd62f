//! Which files are meant: files, folders, globs and lists of names, each with its name below the output folder.
//!
//! Folders are walked in the order of their names. Links are followed; one that leads back to a folder above it ends there.
//! What begins with a dot is passed over, as a shell's `*` does, and so is the folder that the answers go to. Nothing here
//! opens a file.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use errand_client::{Client, Uploaded};
use errand_protocol::keys::CLAIM_CHECKS;
use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::plan::default_output;
use crate::error::Error;

/// How the name of an object begins.
const S3: &str = "s3://";

/// What to look for, as it was typed.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Files, folders and globs.
    pub(crate) names: &'a [PathBuf],
    /// A file of more names; `-` is standard input.
    pub(crate) list: Option<&'a Path>,
    /// Whether its names end with NUL instead of a new line.
    pub(crate) nul: bool,
    pub(crate) include: &'a [String],
    pub(crate) exclude: &'a [String],
    /// Where the answers go, if it is said: not searched.
    pub(crate) output: Option<&'a Path>,
    /// Whether a file in a folder is one, by its name; asked where nothing is said by `include`.
    pub(crate) is_fit: Option<fn(&Path) -> bool>,
}

/// One file, or why there is none.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Its name below the output folder: one or more parts, none of which leads out of it.
    pub(crate) below: PathBuf,
    pub(crate) size_bytes: u64,
    /// Where it is, if it is in the cloud already.
    pub(crate) object: Option<Box<Uploaded>>,
    pub(crate) problem: Option<Error>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) inputs: Vec<Input>,
    /// Files in folders that are none by their names.
    pub(crate) passed_over: usize,
}

/// Whether these names are one file, to be done as ever: no folder, no glob, no list.
pub(crate) fn is_single(names: &[PathBuf], list: Option<&Path>) -> bool {
    match (names, list) {
        ([], None) => true,
        ([name], None) => name == Path::new("-") || !(is_uploaded(name) || is_glob(name) || name.is_dir()),
        _ => false,
    }
}

/// Finds all of them, in the order in which they were named.
pub(crate) fn find(wanted: &Wanted) -> Result<Found, Error> {
    let mut search = Search {
        filter: Filter::of(wanted)?,
        outputs: wanted
            .output
            .and_then(|output| fs::canonicalize(output).ok())
            .into_iter()
            .collect(),
        keeps_folder_names: wanted.output.is_none(),
        found: Found::default(),
    };
    for name in wanted.names {
        if name == Path::new("-") {
            return Err(Error::Usage(
                "`-` is one input and goes by itself; a list of names comes with --files-from -".to_owned(),
            ));
        }
        if is_uploaded(name) {
            return Err(Error::Usage(format!(
                "`{}` is in the cloud: leave out --offline (or ERRAND_OFFLINE)",
                name.display()
            )));
        }
        search.argument(name)?;
    }
    if let Some(list) = wanted.list {
        for name in listed(list, wanted.nul)? {
            search.listed(Path::new(&name));
        }
    }
    Ok(search.found)
}

/// Which of what is found is wanted.
struct Filter {
    include: Option<GlobSet>,
    exclude: Option<GlobSet>,
    is_fit: Option<fn(&Path) -> bool>,
}

impl Filter {
    fn of(wanted: &Wanted) -> Result<Self, Error> {
        Ok(Self {
            include: set_of(wanted.include)?,
            exclude: set_of(wanted.exclude)?,
            is_fit: wanted.is_fit,
        })
    }

    fn wants(&self, below: &Path) -> bool {
        self.include
            .as_ref()
            .is_none_or(|include| include.is_match(below))
            && !self.excludes(below)
    }

    fn excludes(&self, below: &Path) -> bool {
        self.exclude
            .as_ref()
            .is_some_and(|exclude| below.ancestors().any(|part| exclude.is_match(part)))
    }

    /// Whether a file in a folder is none by its name, and nothing says that it is one.
    fn passes_over(&self, name: &Path) -> bool {
        self.include.is_none() && self.is_fit.is_some_and(|is_fit| !is_fit(name))
    }
}

/// Finds objects of the stack's input bucket, named as `s3://BUCKET/KEY`, with a slash at the end for all below, or as a glob.
pub(crate) async fn find_uploaded(
    client: &Client,
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
        for object in client.uploaded(&base).await? {
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

/// Whether a name is that of an object, or of more.
pub(crate) fn is_uploaded(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(S3))
}

struct Search {
    filter: Filter,
    /// Where the answers go, as far as such folders are there.
    outputs: Vec<PathBuf>,
    /// Whether a folder's name is a part of the names below the output folder: there is none that is said.
    keeps_folder_names: bool,
    found: Found,
}

impl Search {
    fn argument(&mut self, name: &Path) -> Result<(), Error> {
        if is_glob(name) {
            return self.glob(name);
        }
        match fs::metadata(name) {
            Ok(metadata) if metadata.is_dir() => self.named_folder(name),
            Ok(metadata) => {
                let below = PathBuf::from(name.file_name().unwrap_or_default());
                self.file(name.to_owned(), below, metadata.len());
            }
            Err(error) => self.problem(name, error),
        }
        Ok(())
    }

    /// A name out of a list: it keeps its path.
    fn listed(&mut self, name: &Path) {
        let Some(below) = below(name) else {
            let error = Error::Usage(
                "its name leads out of the output folder; name it on the command line, or from a folder above it"
                    .to_owned(),
            );
            return self.found.inputs.push(Input::without(name, error));
        };
        match fs::metadata(name) {
            Ok(metadata) if metadata.is_dir() => self.folder(name, &below),
            Ok(metadata) => self.file(name.to_owned(), below, metadata.len()),
            Err(error) => self.problem(name, error),
        }
    }

    /// A glob that no shell has expanded, because it is quoted, or because there is no such shell.
    fn glob(&mut self, name: &Path) -> Result<(), Error> {
        let mut base = PathBuf::new();
        let mut pattern = PathBuf::new();
        for part in name.components() {
            if pattern.as_os_str().is_empty() && !has_glob(part.as_os_str()) {
                base.push(part);
            } else {
                pattern.push(part);
            }
        }
        // A glob is text, or it would not have been taken for one.
        let pattern = pattern.to_string_lossy();
        let matcher = glob(&pattern)?;
        let is_deep = pattern.contains("**");
        let depth = if is_deep {
            usize::MAX
        } else {
            Path::new(&*pattern).components().count()
        };
        let takes_hidden = pattern.starts_with('.') || pattern.contains("/.");
        let root = if base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &base
        };
        let mut any = false;
        let mut walk = walk(root).max_depth(depth).into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                // A base that is not there is a glob that matches nothing.
                Err(error) if error.depth() == 0 => break,
                Err(error) => {
                    self.walk_problem(&error);
                    continue;
                }
            };
            if entry.depth() == 0 {
                continue;
            }
            let is_folder = entry.file_type().is_dir();
            if is_hidden(&entry) && !takes_hidden || is_folder && self.is_output(entry.path()) {
                if is_folder {
                    walk.skip_current_dir();
                }
                continue;
            }
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            if !matcher.is_match(below) {
                continue;
            }
            // Without the `./` that the walk begins with where the glob has none.
            let path = base.join(below);
            if !is_folder {
                any = true;
                let size = entry.metadata().map_or(0, |metadata| metadata.len());
                self.file(path, below.to_owned(), size);
            } else if !is_deep {
                any = true;
                walk.skip_current_dir();
                self.named_folder(&path);
            }
        }
        if !any {
            let error = Error::Usage("no file matches; quote it if the shell should not read it".to_owned());
            self.found.inputs.push(Input::without(name, error));
        }
        Ok(())
    }

    /// A folder that was named itself. Its tree is kept below the output folder, without its own name; without an output
    /// folder, below one that has its name.
    fn named_folder(&mut self, folder: &Path) {
        let mut name = PathBuf::new();
        if self.keeps_folder_names {
            name = folder_name(folder);
            self.outputs.extend(fs::canonicalize(default_output(&name)));
        }
        self.folder(folder, &name);
    }

    /// All files in a folder, below `name`.
    fn folder(&mut self, folder: &Path, name: &Path) {
        let mut walk = walk(folder).into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_problem(&error);
                    continue;
                }
            };
            let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            if entry.file_type().is_dir() {
                let is_left_out = entry.depth() > 0
                    && (is_hidden(&entry) || self.is_output(entry.path()) || self.filter.excludes(below));
                if is_left_out {
                    walk.skip_current_dir();
                }
            } else if !is_hidden(&entry) {
                let size = entry.metadata().map_or(0, |metadata| metadata.len());
                self.file_in_folder(entry.path().to_owned(), name, below, size);
            }
        }
    }

    /// A file that was found in a folder, at `below` in it.
    fn file_in_folder(&mut self, path: PathBuf, folder_name: &Path, below: &Path, size_bytes: u64) {
        if !self.filter.wants(below) {
            return;
        }
        if self.filter.passes_over(&path) {
            self.found.passed_over += 1;
            return;
        }
        self.add(path, folder_name.join(below), size_bytes);
    }

    /// A file that was named, or matched.
    fn file(&mut self, path: PathBuf, below: PathBuf, size_bytes: u64) {
        if self.filter.wants(&below) {
            self.add(path, below, size_bytes);
        }
    }

    fn add(&mut self, path: PathBuf, below: PathBuf, size_bytes: u64) {
        self.found.inputs.push(Input {
            path,
            below,
            size_bytes,
            object: None,
            problem: None,
        });
    }

    fn is_output(&self, folder: &Path) -> bool {
        // The names tell mostly, and cost nothing.
        let mut alike = self
            .outputs
            .iter()
            .filter(|output| output.file_name() == folder.file_name())
            .peekable();
        alike.peek().is_some()
            && fs::canonicalize(folder).is_ok_and(|folder| alike.any(|output| *output == folder))
    }

    fn problem(&mut self, path: &Path, source: io::Error) {
        let error = Error::Read {
            path: path.to_owned(),
            source,
        };
        self.found.inputs.push(Input::without(path, error));
    }

    fn walk_problem(&mut self, error: &walkdir::Error) {
        // A link in a circle: what it leads to has been walked.
        if error.loop_ancestor().is_some() {
            return;
        }
        let path = error.path().unwrap_or(Path::new("")).to_owned();
        let source = match error.io_error() {
            // Its message names the file, which the line does already.
            Some(source) => source
                .raw_os_error()
                .map_or_else(|| source.kind().into(), io::Error::from_raw_os_error),
            None => io::Error::other("it cannot be walked"),
        };
        self.problem(&path, source);
    }
}

impl Input {
    fn without(path: &Path, error: Error) -> Self {
        Self {
            path: path.to_owned(),
            below: PathBuf::new(),
            size_bytes: 0,
            object: None,
            problem: Some(error),
        }
    }
}

fn walk(root: &Path) -> WalkDir {
    WalkDir::new(root).follow_links(true).sort_by_file_name()
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// What a folder is called, also if it is named `.` or `..`.
fn folder_name(folder: &Path) -> PathBuf {
    let name = folder.file_name().map(OsStr::to_owned);
    let name = name.or_else(|| Some(fs::canonicalize(folder).ok()?.file_name()?.to_owned()));
    name.unwrap_or_else(|| "root".into()).into()
}

/// A path without its root and without `.` and `..`; none if it leads out of the folder that it begins in, or nowhere.
pub(crate) fn below(path: &Path) -> Option<PathBuf> {
    let mut below = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => below.push(name),
            Component::ParentDir if below.pop() => {}
            Component::ParentDir => return None,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    (!below.as_os_str().is_empty()).then_some(below)
}

/// Whether a name is a glob. One that is there is a file, whatever its name.
fn is_glob(name: &Path) -> bool {
    name.to_str().is_some() && has_glob(name.as_os_str()) && fs::symlink_metadata(name).is_err()
}

fn has_glob(name: &OsStr) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'{');
    name.as_encoded_bytes().iter().any(is_special)
}

fn glob(pattern: &str) -> Result<GlobMatcher, Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| not_a_glob(pattern, &error))
}

fn not_a_glob(pattern: &str, error: &globset::Error) -> Error {
    Error::Usage(format!(
        "`{pattern}` is no glob: {}; write \\ before a character that stands for itself",
        error.kind()
    ))
}

/// A pattern without a slash is for a name in any folder, one with a slash for the path.
fn set_of(patterns: &[String]) -> Result<Option<GlobSet>, Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let trimmed = pattern.trim_end_matches('/');
        let deep = match trimmed.strip_prefix('/') {
            Some(from_the_top) => from_the_top.to_owned(),
            None if trimmed.contains('/') => trimmed.to_owned(),
            None => format!("**/{trimmed}"),
        };
        let glob = GlobBuilder::new(&deep).literal_separator(true).build();
        set.add(glob.map_err(|error| not_a_glob(pattern, &error))?);
    }
    set.build()
        .map(Some)
        .map_err(|error| not_a_glob(&patterns.join(" "), &error))
}

/// The names in a list of them, one a line.
fn listed(list: &Path, nul: bool) -> Result<Vec<OsString>, Error> {
    let read = || {
        if list == Path::new("-") {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(list)
        }
    };
    let bytes = read().map_err(|source| Error::Read {
        path: list.to_owned(),
        source,
    })?;
    let names = bytes.split(|byte| *byte == if nul { 0 } else { b'\n' });
    let names = names.map(|name| {
        if nul {
            name
        } else {
            name.strip_suffix(b"\r").unwrap_or(name)
        }
    });
    Ok(names.filter(|name| !name.is_empty()).map(name_of).collect())
}

#[cfg(unix)]
fn name_of(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn name_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        }
        folder
    }

    /// The names below the output folder; `!` before those that have a problem.
    fn found(wanted: &Wanted) -> Vec<String> {
        let found = find(wanted).unwrap();
        let name = |input: &Input| match &input.problem {
            None => input.below.display().to_string(),
            Some(_) => format!("!{}", input.path.file_name().unwrap_or_default().display()),
        };
        found.inputs.iter().map(name).collect()
    }

    fn elsewhere() -> &'static Path {
        Path::new("no/such/folder")
    }

    #[test]
    fn a_folder_is_walked_in_order_without_what_is_hidden() {
        let folder = tree(&[
            "b.txt",
            "a/z.txt",
            "a/b/c.txt",
            ".hidden",
            ".git/config",
            "a/.part",
        ]);
        let names = [folder.path().to_owned()];
        let mut wanted = Wanted {
            names: &names,
            output: Some(elsewhere()),
            ..Wanted::default()
        };
        assert_eq!(found(&wanted), ["a/b/c.txt", "a/z.txt", "b.txt"]);
        // Without an output folder, the folder's own name is a part of the name.
        wanted.output = None;
        let own = folder.path().file_name().unwrap().display().to_string();
        assert_eq!(found(&wanted)[2], format!("{own}/b.txt"));
        let output = folder.path().join("a");
        wanted.output = Some(&output);
        assert_eq!(found(&wanted), ["b.txt"], "answers are no inputs");
    }

    #[test]
    fn patterns_are_for_names_or_for_paths() {
        let folder = tree(&["a.jpg", "b.png", "old/c.jpg", "new/old/d.jpg", "new/e.jpg"]);
        let names = [folder.path().to_owned()];
        for (include, exclude, expected) in [
            (
                &["*.jpg"][..],
                &[][..],
                &["a.jpg", "new/e.jpg", "new/old/d.jpg", "old/c.jpg"][..],
            ),
            (&[], &["old"], &["a.jpg", "b.png", "new/e.jpg"]),
            (&[], &["/old/"], &["a.jpg", "b.png", "new/e.jpg", "new/old/d.jpg"]),
            (&["new/*.jpg"], &[], &["new/e.jpg"]),
            (&["*.{png,gif}", "a.*"], &["b*"], &["a.jpg"]),
        ] {
            let owned = |patterns: &[&str]| patterns.iter().map(|&each| each.to_owned()).collect::<Vec<_>>();
            let (include, exclude) = (owned(include), owned(exclude));
            let wanted = Wanted {
                names: &names,
                include: &include,
                exclude: &exclude,
                output: Some(elsewhere()),
                ..Wanted::default()
            };
            assert_eq!(found(&wanted), expected, "{include:?} {exclude:?}");
        }
        let wrong = ["[a".to_owned()];
        let wanted = Wanted {
            names: &names,
            include: &wrong,
            ..Wanted::default()
        };
        let error = find(&wanted).unwrap_err().to_string();
        assert!(error.starts_with("`[a` is no glob: "), "{error}");
    }

    #[test]
    fn a_glob_is_expanded_where_no_shell_did() {
        let folder = tree(&["a.jpg", "b/c.jpg", "b/d/e.jpg", "[f].jpg"]);
        for (glob, expected) in [
            ("*.jpg", &["[f].jpg", "a.jpg"][..]),
            ("**/*.jpg", &["[f].jpg", "a.jpg", "b/c.jpg", "b/d/e.jpg"]),
            ("b/*.jpg", &["c.jpg"]),
            ("[f].jpg", &["[f].jpg"]),
            ("[b]", &["c.jpg", "d/e.jpg"]),
            ("x*", &["!x*"]),
            ("no/**", &["!**"]),
        ] {
            let names = [folder.path().join(glob)];
            let wanted = Wanted {
                names: &names,
                output: Some(elsewhere()),
                ..Wanted::default()
            };
            assert_eq!(found(&wanted), expected, "{glob}");
        }
    }

    #[test]
    fn names_out_of_a_list_keep_their_path_and_stay_below_the_output_folder() {
        assert_eq!(below(Path::new("a/./b/../c.jpg")), Some("a/c.jpg".into()));
        assert_eq!(below(Path::new("/etc/passwd")), Some("etc/passwd".into()));
        for out in ["../a", "a/../../b", "..", "/..", "a/..", "."] {
            assert_eq!(below(Path::new(out)), None, "{out}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_circle_ends_and_a_dangling_one_is_told() {
        let folder = tree(&["a/b.txt"]);
        std::os::unix::fs::symlink("..", folder.path().join("a/circle")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
        let names = [folder.path().to_owned()];
        let wanted = Wanted {
            names: &names,
            output: Some(elsewhere()),
            ..Wanted::default()
        };
        assert_eq!(found(&wanted), ["a/b.txt", "!dangling"]);
    }
}
