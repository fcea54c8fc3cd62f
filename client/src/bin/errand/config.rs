//! Settings files: which there are, what they say, and what holds in the end.
//!
//! Option, then variable, then the project's file, then the user's, then the default. A **target** is a named cloud: endpoint,
//! region, stack and where credentials come from, which belong together. Its values count as much as the place that named it:
//! those of `--target aws` outdo the environment, those of a file's `target = "aws"` do not.
//!
//! A project's file is found, and so may be somebody else's: in a folder that was unpacked, cloned, or left in /tmp. It therefore
//! must belong to the user, may name no endpoint but on this machine, and holds no secret. What is named with --config-file is
//! meant.

mod edit;
mod file;
mod find;
mod given;
mod keys;
mod resolve;
mod resolved;

pub(crate) use self::edit::change;
pub(crate) use self::file::Kind;
pub(crate) use self::find::{Files, project_path, user_path};
pub(crate) use self::given::{Given, aws_variables};
pub(crate) use self::keys::{Assignment, Key, KeyName, names as key_names, nearest};
pub(crate) use self::resolve::resolve;
pub(crate) use self::resolved::{Resolved, Setting};

/// The name of a project's file.
pub(crate) const PROJECT_FILE: &str = ".errand.toml";
