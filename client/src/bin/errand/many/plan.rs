//! Where each answer goes, decided for all of them before anything is done: what would make two into one is refused.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::SystemTime;

use errand_client::{Input as JobInput, ObjectLocation};
use errand_grayscale::Format;

use super::inputs::{Input, There};
use crate::error::Error;
use crate::files;

/// Where an answer goes below the folder of the answers, wherever that is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Below {
    pub(crate) path: PathBuf,
    /// Which first part of the path is the own name of a folder of inputs, and left out where the answers' folder is named;
    /// empty where there is none.
    pub(crate) folder: PathBuf,
}

/// One thing to do.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) input: PathBuf,
    /// Where the answer goes; empty where it is printed.
    pub(crate) output: PathBuf,
    /// The same, below any folder; none where it is printed.
    pub(crate) below: Option<Below>,
    pub(crate) size_bytes: u64,
    /// What the input is, if it is in the cloud already.
    pub(crate) there: Option<Box<There>>,
    /// Why nothing can be done.
    pub(crate) problem: Option<Error>,
}

impl Item {
    /// One file by itself; of standard input it is not known how much comes.
    pub(crate) fn of(input: &Path, output: PathBuf) -> Result<Self, Error> {
        let size_bytes = match fs::metadata(input) {
            Ok(metadata) => metadata.len(),
            Err(_) if input == Path::new("-") => 0,
            Err(source) => {
                return Err(Error::Read {
                    path: input.to_owned(),
                    source,
                });
            }
        };
        Ok(Self {
            input: input.to_owned(),
            output,
            below: None,
            size_bytes,
            there: None,
            problem: None,
        })
    }

    /// When the input was last changed.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        match self.there.as_deref() {
            Some(There::Object(object)) => object.modified,
            Some(There::Prefix(_)) => None,
            None => fs::metadata(&self.input).and_then(|input| input.modified()).ok(),
        }
    }

    /// Where the input is, if it is an object that was not looked at.
    pub(crate) fn unseen(&self) -> Option<&ObjectLocation> {
        match self.there.as_deref() {
            Some(There::Object(object)) if object.modified.is_none() => Some(&object.location),
            _ => None,
        }
    }

    /// The input, as a job takes it.
    pub(crate) fn job_input(&self) -> Result<JobInput, Error> {
        match self.there.as_deref() {
            Some(There::Object(object)) => Ok(JobInput::object(object.location.clone(), object.size_bytes)),
            Some(There::Prefix(prefix)) => Ok(JobInput::prefix(prefix.clone())),
            None => files::input(&self.input),
        }
    }
}

/// Where the answer to a file goes if nothing is said: the first part of its name gets `output_` before it.
pub(crate) fn default_output(below: &Path) -> PathBuf {
    let mut output = PathBuf::new();
    for (index, part) in below.components().enumerate() {
        let mut name = OsString::from(if index == 0 { "output_" } else { "" });
        name.push(part);
        output.push(name);
    }
    output
}

/// Things to do whose answers are printed.
pub(crate) fn printed(inputs: Vec<Input>) -> Vec<Item> {
    let without_output = |input: Input| Item {
        input: input.path,
        output: PathBuf::new(),
        below: None,
        size_bytes: input.size_bytes,
        there: input.there,
        problem: input.problem,
    };
    inputs.into_iter().map(without_output).collect()
}

/// Gives each image its place: below `folder`, or beside with `output_` before its name, ending as its format does.
///
/// A file that was named twice is done once.
pub(crate) fn images(
    inputs: Vec<Input>,
    folder: Option<&Path>,
    format: Option<Format>,
) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = Vec::with_capacity(inputs.len());
    let mut places: HashMap<OsString, usize> = HashMap::with_capacity(inputs.len());
    let mut clashes = Vec::new();
    for mut input in inputs {
        end_as(&mut input.below, format);
        let mut item = Item {
            input: input.path,
            output: PathBuf::new(),
            below: None,
            size_bytes: input.size_bytes,
            there: input.there,
            problem: input.problem,
        };
        if item.problem.is_none() {
            item.output = match folder {
                Some(folder) => folder.join(&input.below),
                None => default_output(&input.below),
            };
            item.below = Some(Below {
                path: input.below,
                folder: input.folder,
            });
            match places.entry(key(&item.output)) {
                Entry::Vacant(entry) => {
                    entry.insert(items.len());
                }
                Entry::Occupied(entry) => {
                    let first = &items[*entry.get()].input;
                    if !is_same(first, &item.input) {
                        clashes.push(format!(
                            "`{}` and `{}` would both become `{}`",
                            first.display(),
                            item.input.display(),
                            item.output.display()
                        ));
                    }
                    continue;
                }
            }
        }
        items.push(item);
    }
    refuse(
        &clashes,
        "name them in runs of their own, each with its own -o, or name a folder above them",
    )?;
    let replaced = items
        .iter()
        .filter(|item| item.problem.is_none())
        .filter_map(|item| {
            let other = &items[*places.get(&key(&item.input))?];
            // One that is made in its own place is what --force is for.
            (!is_same(&other.input, &item.input)).then(|| {
                format!(
                    "`{}` is an input and would be the answer to `{}`, too",
                    item.input.display(),
                    other.input.display()
                )
            })
        });
    let replaced: Vec<_> = replaced.collect();
    refuse(
        &replaced,
        "send the answers to a folder with -o, or leave earlier answers out with --exclude",
    )?;
    Ok(items)
}

/// Refuses all if there is one, and shows the first of them.
fn refuse(clashes: &[String], cure: &str) -> Result<(), Error> {
    let Some(first) = clashes.first() else {
        return Ok(());
    };
    let more = match clashes.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Err(Error::Usage(format!("{first}{more}: {cure}; nothing was done")))
}

/// Changes the ending to that of a format, if it is said and the name says another.
pub(crate) fn end_as(output: &mut PathBuf, format: Option<Format>) {
    if let Some(format) = format
        && format_of(output) != Some(format)
    {
        output.set_extension(format.extension());
    }
}

/// The format that a name's ending stands for.
pub(crate) fn format_of(path: &Path) -> Option<Format> {
    path.extension()
        .and_then(|extension| extension.to_str())
        .and_then(Format::from_extension)
}

/// What is the same for names that a file system takes for one: macOS and Windows do not tell `A` from `a`.
fn key(path: &Path) -> OsString {
    let path: PathBuf = absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .components()
        .collect();
    if cfg!(any(target_os = "macos", windows)) {
        path.to_string_lossy().to_lowercase().into()
    } else {
        path.into()
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, below: &str) -> Input {
        Input {
            path: path.into(),
            below: below.into(),
            folder: PathBuf::new(),
            size_bytes: 1,
            there: None,
            problem: None,
        }
    }

    fn outputs(inputs: Vec<Input>, folder: Option<&str>, format: Option<Format>) -> Vec<PathBuf> {
        let items = images(inputs, folder.map(Path::new), format).unwrap();
        items.into_iter().map(|item| item.output).collect()
    }

    #[test]
    fn the_tree_is_kept_below_the_output_folder() {
        let inputs = || vec![input("photos/a/b.JPG", "a/b.JPG"), input("c.png", "c.png")];
        assert_eq!(
            outputs(inputs(), Some("gray"), None),
            [Path::new("gray/a/b.JPG"), Path::new("gray/c.png")]
        );
        assert_eq!(
            outputs(inputs(), None, None),
            [Path::new("output_a/b.JPG"), Path::new("output_c.png")]
        );
        let webp = outputs(inputs(), Some("gray"), Some(Format::WebP));
        assert_eq!(webp, [Path::new("gray/a/b.webp"), Path::new("gray/c.webp")]);
    }

    #[test]
    fn two_inputs_that_would_make_one_output_are_refused() {
        let inputs = vec![
            input("x/a.png", "a.png"),
            input("b.png", "b.png"),
            input("y/a.png", "a.png"),
        ];
        let error = images(inputs, Some(Path::new("gray")), None)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("`x/a.png` and `y/a.png` would both become `gray/a.png`: "),
            "{error}"
        );
        let inputs = vec![
            input("a.png", "a.png"),
            input("a.jpg", "a.jpg"),
            input("a.gif", "a.gif"),
        ];
        let error = images(inputs, Some(Path::new("gray")), Some(Format::WebP)).unwrap_err();
        assert!(error.to_string().contains("(and 1 more)"), "{error}");
    }

    #[test]
    fn a_file_that_is_named_twice_is_done_once() {
        let inputs = vec![input("a.png", "a.png"), input("a.png", "a.png")];
        assert_eq!(outputs(inputs, None, None), [Path::new("output_a.png")]);
    }

    #[test]
    fn no_answer_takes_the_place_of_another_input() {
        let inputs = vec![input("a.png", "a.png"), input("output_a.png", "output_a.png")];
        let error = images(inputs, None, None).unwrap_err().to_string();
        assert!(
            error.starts_with("`output_a.png` is an input and would be the answer to `a.png`, too"),
            "{error}"
        );
    }
}
