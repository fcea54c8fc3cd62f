//! Where settings files are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::PROJECT_FILE;
use super::file::{File, Kind};
use crate::error::Error;

/// The files that are read, as --config-file and --no-config say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// What was read, the one that counts most first.
    pub(crate) read: Vec<File>,
}

impl Files {
    /// Finds and reads them. What is `named` takes the place of the project's file; with `none`, there are none.
    pub(crate) fn find(named: Option<&Path>, none: bool) -> Result<Self, Error> {
        if none {
            return Ok(Self::default());
        }
        let user = user_path();
        let mut read = Vec::new();
        match named {
            Some(path) => read.extend(File::read(path, Kind::Named)?),
            None => {
                if let Some(path) = project_path() {
                    check_owner(&path)?;
                    read.extend(File::read(&path, Kind::Project)?);
                }
            }
        }
        if let Some(path) = user {
            read.extend(File::read(&path, Kind::User)?);
        }
        Ok(Self { read })
    }

    /// The names of all targets.
    pub(crate) fn targets(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .read
            .iter()
            .flat_map(|file| file.targets.keys().cloned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The user's own: `errand/config.toml` in the configuration folder of the XDG Base Directory Specification, or, on Windows, in
/// the application data. None where there is no such folder.
pub(crate) fn user_path() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let folder = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .or_else(|| absolute("APPDATA"))?;
    Some(folder.join("errand").join("config.toml"))
}

/// The project's: in the working directory, or the nearest above it; no further up than the user's home, where that is on the way.
pub(crate) fn project_path() -> Option<PathBuf> {
    let folder = env::current_dir().ok()?;
    // The working directory has no links in it.
    let home = env::var_os("HOME").map(|home| fs::canonicalize(&home).unwrap_or(home.into()));
    above(&folder, home.as_deref()).find(|path| path.is_file())
}

fn above(folder: &Path, home: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let mut is_past_home = false;
    let folders = folder.ancestors().take_while(move |folder| {
        let is_wanted = !is_past_home;
        is_past_home = Some(*folder) == home;
        is_wanted
    });
    folders.map(|folder| folder.join(PROJECT_FILE))
}

/// Refuses a file that somebody else left where this user works, as git does.
#[cfg(unix)]
fn check_owner(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    const ROOT: u32 = 0;
    let Ok(metadata) = fs::metadata(path) else {
        return Ok(());
    };
    let me = rustix::process::geteuid().as_raw();
    // Whoever became root from an account still works in that one's folders.
    let was = env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok());
    let owner = metadata.uid();
    if owner == me || owner == ROOT || (me == ROOT && was == Some(owner)) {
        return Ok(());
    }
    Err(Error::Settings(format!(
        "`{}` belongs to another user, whose settings are not taken unasked: name it with --config-file (or \
         ERRAND_CONFIG_FILE) to take them, or leave it out with --no-config",
        path.display()
    )))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on systems that tell whose a file is")]
fn check_owner(path: &Path) -> Result<(), Error> {
    let _ = fs::metadata(path);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_looked_for_up_to_the_users_home() {
        let folders = |folder: &str, home: &str| -> Vec<_> {
            above(Path::new(folder), Some(Path::new(home)))
                .map(|path| path.parent().unwrap().display().to_string())
                .collect()
        };
        assert_eq!(
            folders("/home/me/a/b", "/home/me"),
            ["/home/me/a/b", "/home/me/a", "/home/me"]
        );
        assert_eq!(folders("/srv/a", "/home/me"), ["/srv/a", "/srv", "/"]);
    }
}
