//! A setting that holds, with where it comes from.

use std::fmt;
use std::path::PathBuf;

use super::keys::Key;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An option.
    Option(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// A settings file.
    File { path: PathBuf, line: usize },
    /// A target, and the file that it stands in.
    Target {
        name: String,
        path: PathBuf,
        line: usize,
    },
    /// Nobody said anything: what the AWS configuration says, if it does.
    Aws,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(key) => write!(f, "--{key}"),
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Target { name, path, line } => {
                write!(f, "target {name}, {}:{line}", path.display())
            }
            Self::Aws => f.write_str("as the AWS configuration says"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: Key,
    pub(crate) value: Option<String>,
    pub(crate) source: Source,
}

/// All that holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) settings: Vec<Setting>,
    /// The target that was chosen and not put aside.
    pub(crate) target: Option<String>,
    /// The chosen target is an emulator, with the keys that all emulators take.
    pub(crate) is_emulator: bool,
    /// The chosen target is at AWS, whatever endpoint the environment names.
    pub(crate) is_at_aws: bool,
    /// What of the environment is not heeded, since an emulator is none of AWS's clouds.
    pub(crate) unheeded: Option<&'static str>,
}

impl Resolved {
    pub(crate) fn value(&self, key: Key) -> Option<&str> {
        let found = self.settings.iter().find(|setting| setting.key == key)?;
        found.value.as_deref()
    }

    /// The same, but of what every AWS tool reads for itself.
    pub(crate) fn said(&self, key: Key) -> Option<&str> {
        let found = self.settings.iter().find(|setting| setting.key == key)?;
        match &found.source {
            Source::Variable(name) if name.starts_with("AWS_") => None,
            _ => found.value.as_deref(),
        }
    }

    pub(super) fn add(&mut self, key: Key, value: Option<String>, source: Source) {
        self.settings.push(Setting { key, value, source });
    }
}
