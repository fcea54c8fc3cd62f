//! Which files are wanted, by globs.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::Wanted;
use crate::error::Error;

/// Which of what is found is wanted.
pub(super) struct Filter {
    include: Option<GlobSet>,
    exclude: Option<GlobSet>,
    is_fit: Option<fn(&Path) -> bool>,
}

impl Filter {
    pub(super) fn of(wanted: &Wanted) -> Result<Self, Error> {
        Ok(Self {
            include: set_of(wanted.include)?,
            exclude: set_of(wanted.exclude)?,
            is_fit: wanted.is_fit,
        })
    }

    pub(super) fn wants(&self, below: &Path) -> bool {
        self.include
            .as_ref()
            .is_none_or(|include| include.is_match(below))
            && !self.excludes(below)
    }

    pub(super) fn excludes(&self, below: &Path) -> bool {
        self.exclude
            .as_ref()
            .is_some_and(|exclude| below.ancestors().any(|part| exclude.is_match(part)))
    }

    /// Whether a file in a folder is none by its name, and nothing says that it is one.
    pub(super) fn passes_over(&self, name: &Path) -> bool {
        self.include.is_none() && self.is_fit.is_some_and(|is_fit| !is_fit(name))
    }
}

/// Which names `--include` and `--exclude` leave.
pub(crate) struct Selection(Filter);

impl Selection {
    pub(crate) fn of(include: &[String], exclude: &[String]) -> Result<Self, Error> {
        Ok(Self(Filter {
            include: set_of(include)?,
            exclude: set_of(exclude)?,
            is_fit: None,
        }))
    }

    pub(crate) fn wants(&self, below: &Path) -> bool {
        self.0.wants(below)
    }
}

/// Whether a name is a glob. One that is there is a file, whatever its name.
pub(super) fn is_glob(name: &Path) -> bool {
    name.to_str().is_some() && has_glob(name.as_os_str()) && fs::symlink_metadata(name).is_err()
}

pub(crate) fn has_glob(name: &OsStr) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'{');
    name.as_encoded_bytes().iter().any(is_special)
}

pub(super) fn glob(pattern: &str) -> Result<GlobMatcher, Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| not_a_glob(pattern, &error))
}

/// Fails at the first that is no glob.
pub(crate) fn check_globs(patterns: &[String]) -> Result<(), Error> {
    patterns.iter().try_for_each(|pattern| glob(pattern).map(drop))
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

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::super::tests::{elsewhere, found, tree};
    use super::*;

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
}
