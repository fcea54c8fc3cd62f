//! `errand config`.

use std::path::PathBuf;

use crate::cli::{ConfigAction, ConfigArguments, Global};
use crate::config::{self, Given, Kind, PROJECT_FILE};
use crate::error::Error;
use crate::output::{self, Style};

pub(crate) fn run(global: &Global, given: &Given, wanted: &ConfigArguments) -> Result<(), Error> {
    let style = Style {
        json: global.json,
        aside: false,
    };
    match &wanted.action {
        ConfigAction::Show => {
            let files = global.files()?;
            let resolved = config::resolve(given, &files)?;
            output::settings(&resolved, &files, style)
        }
        ConfigAction::Set { settings, project } => {
            let (path, kind) = file(global, *project)?;
            config::change(&path, kind, settings, &[])?;
            output::settings_file(&path, style)
        }
        ConfigAction::Unset { settings, project } => {
            let (path, kind) = file(global, *project)?;
            config::change(&path, kind, &[], settings)?;
            output::settings_file(&path, style)
        }
        ConfigAction::Path { project } => {
            let (path, _) = file(global, *project)?;
            output::settings_file(&path, style)
        }
    }
}

/// The file that is meant: the user's, or the project's, which --config-file names, or which is found, or is to be made here.
fn file(global: &Global, project: bool) -> Result<(PathBuf, Kind), Error> {
    if let Some(path) = &global.config_file {
        return Ok((path.clone(), Kind::Named));
    }
    if project {
        let path = config::project_path().unwrap_or_else(|| PROJECT_FILE.into());
        return Ok((std::path::absolute(&path).unwrap_or(path), Kind::Project));
    }
    let path = config::user_path().ok_or_else(|| {
        Error::Settings(
            "there is no place for your settings: set HOME or XDG_CONFIG_HOME to a folder, or name a file with --config-file".to_owned(),
        )
    })?;
    Ok((path, Kind::User))
}
