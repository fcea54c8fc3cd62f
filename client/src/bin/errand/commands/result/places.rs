//! Where the files go that jobs made.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use errand_client::JobId;

use crate::commands::grayscale::is_folder;
use crate::journal::Entry;
use crate::many::inputs::below;
use crate::many::plan::default_output;

/// The place of one file.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// It is to be made here.
    Free(PathBuf),
    /// There is one already, and it is to be left.
    There(PathBuf),
}

/// The places of the files of one command, which are told apart.
pub(super) struct Places {
    output: Option<PathBuf>,
    is_alone: bool,
    are_left: bool,
    taken: HashSet<PathBuf>,
}

impl Places {
    /// With what `-o` says, if it says anything. What is there already is left alone if `are_left`.
    pub(super) fn new(output: Option<PathBuf>, is_alone: bool, are_left: bool) -> Self {
        Self {
            output,
            is_alone,
            are_left,
            taken: HashSet::new(),
        }
    }

    /// The place of a job's file: where the run that sent the job would have put it, if the journal knows that, else under the
    /// file's own name. Of two with one name in one folder, the second keeps the name of the folder that it came from, or has
    /// the job's id before it.
    pub(super) fn of(&mut self, job_id: JobId, name: &str, known: Option<&Entry>) -> Place {
        // The journal is a file that anybody's editor may have changed.
        let known_path = known.and_then(|entry| below(Path::new(entry.below.as_deref()?)));
        let whole = known_path.unwrap_or_else(|| name.into());
        let folder = known.and_then(|entry| entry.folder.as_deref());
        let inner = folder.and_then(|folder| whole.strip_prefix(folder).ok());
        let mut path = match &self.output {
            Some(file) if self.is_alone && !is_folder(file) => file.clone(),
            Some(folder) => folder.join(inner.unwrap_or(&whole)),
            None => default_output(&whole),
        };
        if let Some(folder) = &self.output
            && self.taken.contains(&path)
        {
            path = folder.join(&whole);
        }
        if !self.taken.insert(path.clone()) {
            let name = path.file_name().unwrap_or_default().display().to_string();
            path.set_file_name(format!("{job_id}_{name}"));
            self.taken.insert(path.clone());
        }
        // A device is there, and is written to.
        if self.are_left && path.is_file() {
            Place::There(path)
        } else {
            Place::Free(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(path: &str) -> Place {
        Place::Free(path.into())
    }

    fn entry(below: &str, folder: Option<&str>) -> Entry {
        Entry {
            job_id: JobId::random(),
            operation: "grayscale".parse().unwrap(),
            stack: "errand".to_owned(),
            place: "AWS in eu-west-1".to_owned(),
            input: "a".to_owned(),
            sent_at_unix_ms: 1,
            below: Some(below.to_owned()),
            folder: folder.map(ToOwned::to_owned),
            may_be_mapped: false,
        }
    }

    #[test]
    fn the_tree_is_kept_where_it_is_known() {
        let id = JobId::random();
        let known = entry("photos/a/b.jpg", Some("photos"));
        let mut several = Places::new(Some("gray".into()), false, false);
        assert_eq!(several.of(id, "b.jpg", Some(&known)), free("gray/a/b.jpg"));
        assert_eq!(several.of(id, "b.jpg", None), free("gray/b.jpg"));
        assert_eq!(several.of(id, "b.jpg", None), free(&format!("gray/{id}_b.jpg")));
        let mut here = Places::new(None, false, false);
        assert_eq!(here.of(id, "b.jpg", Some(&known)), free("output_photos/a/b.jpg"));
        assert_eq!(here.of(id, "b.jpg", None), free("output_b.jpg"));
    }

    #[test]
    fn two_folders_with_the_same_names_keep_their_own() {
        let mut several = Places::new(Some("gray".into()), false, false);
        let mut place =
            |below: &str, folder: &str| several.of(JobId::random(), "x", Some(&entry(below, Some(folder))));
        assert_eq!(place("a/x.jpg", "a"), free("gray/x.jpg"));
        assert_eq!(place("b/x.jpg", "b"), free("gray/b/x.jpg"));
    }

    #[test]
    fn one_file_goes_where_it_is_told_and_no_name_leads_out_of_the_folder() {
        let id = JobId::random();
        let mut one = Places::new(Some("x.png".into()), true, false);
        assert_eq!(one.of(id, "b.jpg", Some(&entry("a/b.jpg", None))), free("x.png"));
        let mut folder = Places::new(Some("gray/".into()), true, false);
        assert_eq!(
            folder.of(id, "b.jpg", Some(&entry("../b.jpg", None))),
            free("gray/b.jpg")
        );
        let outside = entry("/etc/c.jpg", Some("/"));
        assert_eq!(folder.of(id, "c.jpg", Some(&outside)), free("gray/etc/c.jpg"));
    }

    #[test]
    fn what_is_there_is_left_if_it_is_to_be() {
        let there = tempfile::NamedTempFile::new().unwrap();
        let path = there.path().to_owned();
        let place = |are_left| Places::new(Some(path.clone()), true, are_left).of(JobId::random(), "a", None);
        assert_eq!(place(true), Place::There(path.clone()));
        assert_eq!(place(false), Place::Free(path.clone()));
    }
}
