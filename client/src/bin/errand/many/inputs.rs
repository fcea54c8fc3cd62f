//! Which files are meant: files, folders, globs and lists of names, each with its name below the output folder.
//!
//! Folders are walked in the order of their names. Links are followed; one that leads back to a folder above it ends there.
//! What begins with a dot is passed over, as a shell's `*` does, and so is the folder that the answers go to. Nothing here
//! opens a file.

mod filter;
mod list;
mod there;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use errand_client::{Prefix, Uploaded};
use walkdir::{DirEntry, WalkDir};

use self::filter::{Filter, glob, is_glob};
pub(crate) use self::filter::{Selection, check_globs, has_glob};
pub(crate) use self::there::find_there;
use super::plan::default_output;
use crate::address::{Address, address};
use crate::error::Error;

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
    /// Which first part of that is the own name of a folder that was named; empty where it has none.
    pub(crate) folder: PathBuf,
    pub(crate) size_bytes: u64,
    /// What it is, if it is in the cloud already.
    pub(crate) there: Option<Box<There>>,
    pub(crate) problem: Option<Error>,
}

/// What is in the cloud already.
#[derive(Clone, Debug)]
pub(crate) enum There {
    Object(Uploaded),
    /// All below a prefix, as one input.
    Prefix(Prefix),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) inputs: Vec<Input>,
    /// Files in folders that are none by their names.
    pub(crate) passed_over: usize,
}

/// Whether these names are one file, here or on S3, to be done as ever: no folder, no glob, no list.
pub(crate) fn is_single(names: &[PathBuf], list: Option<&Path>) -> bool {
    match (names, list) {
        ([], None) => true,
        ([name], None) => match address(name) {
            Ok(Some(address)) => matches!(address, Address::Object(_)),
            // What is wrong is told where it is looked for.
            Err(_) => true,
            Ok(None) => name == Path::new("-") || !(is_glob(name) || name.is_dir()),
        },
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
        folder: PathBuf::new(),
        found: Found::default(),
    };
    for name in wanted.names {
        if name == Path::new("-") {
            return Err(Error::Usage(
                "`-` is one input and goes by itself; a list of names comes with --files-from -".to_owned(),
            ));
        }
        search.argument(name)?;
    }
    if let Some(list) = wanted.list {
        for name in list::names(list, wanted.nul)? {
            search.listed(Path::new(&name));
        }
    }
    Ok(search.found)
}

struct Search {
    filter: Filter,
    /// Where the answers go, as far as such folders are there.
    outputs: Vec<PathBuf>,
    /// Whether a folder's name is a part of the names below the output folder: there is none that is said.
    keeps_folder_names: bool,
    /// The name of the named folder that is walked, if it is a part of the names.
    folder: PathBuf,
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
        self.folder.clone_from(&name);
        self.folder(folder, &name);
        self.folder = PathBuf::new();
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
            folder: self.folder.clone(),
            size_bytes,
            there: None,
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
            folder: PathBuf::new(),
            size_bytes: 0,
            there: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        }
        folder
    }

    /// The names below the output folder; `!` before those that have a problem.
    pub(super) fn found(wanted: &Wanted) -> Vec<String> {
        let found = find(wanted).unwrap();
        let name = |input: &Input| match &input.problem {
            None => input.below.display().to_string(),
            Some(_) => format!("!{}", input.path.file_name().unwrap_or_default().display()),
        };
        found.inputs.iter().map(name).collect()
    }

    pub(super) fn elsewhere() -> &'static Path {
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
