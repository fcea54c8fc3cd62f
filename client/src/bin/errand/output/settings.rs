//! Settings, and where they come from.

use std::path::Path;

use serde_json::json;

use super::show::{Style, show};
use crate::config::{Files, Key, Kind, Resolved, Setting, project_path, user_path};
use crate::error::Error;

/// Shows what holds.
pub(crate) fn settings(resolved: &Resolved, files: &Files, style: Style) -> Result<(), Error> {
    let targets = files.targets();
    let settings: Vec<_> = resolved
        .settings
        .iter()
        .map(|setting| {
            json!({
                "name": setting.key.name(),
                "value": setting.value,
                "source": setting.source.to_string(),
            })
        })
        .collect();
    let read: Vec<_> = files
        .read
        .iter()
        .map(|file| json!({ "file": file.path, "kind": kind(file.kind) }))
        .collect();
    let answer = json!({
        "settings": settings,
        "credentials": credentials(resolved),
        "files": read,
        "targets": targets,
    });
    show(style, &answer, || text(resolved, files, &targets))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "project",
        Kind::Named => "named",
        Kind::User => "user",
    }
}

/// Who one is, for a person; no secret.
fn credentials(resolved: &Resolved) -> String {
    if resolved.is_emulator {
        return "the keys that all emulators take".to_owned();
    }
    match resolved.value(Key::Profile) {
        Some(profile) => format!("profile {profile}"),
        None => "as every AWS tool finds them".to_owned(),
    }
}

fn text(resolved: &Resolved, files: &Files, targets: &[String]) -> String {
    let shown = |setting: &Setting| {
        let value = setting.value.clone();
        value.unwrap_or_else(|| match setting.key {
            Key::EndpointUrl if resolved.is_at_aws => "AWS".to_owned(),
            _ => "-".to_owned(),
        })
    };
    let mut rows: Vec<_> = resolved
        .settings
        .iter()
        .map(|setting| (setting.key.name(), shown(setting), setting.source.to_string()))
        .collect();
    rows.push(("credentials", credentials(resolved), String::new()));
    let names = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    // One long value does not push the others' sources away.
    let sourced = rows.iter().filter(|(.., source)| !source.is_empty());
    let values = sourced.map(|(_, value, _)| value.len().min(30)).max();
    let values = values.unwrap_or_default();
    let mut lines: Vec<_> = rows
        .iter()
        .map(|(name, value, source)| {
            let line = format!("{name:names$}  {value:values$}  {source}");
            line.trim_end().to_owned()
        })
        .collect();
    if let Some(variable) = resolved.unheeded {
        lines.push(format!(
            "\n{variable} is not heeded: the target is an emulator. For AWS, name a profile or another target."
        ));
    }
    let of_kind = |wanted: &[Kind]| files.read.iter().find(|file| wanted.contains(&file.kind));
    let there = |path: Option<&Path>| path.map_or("none".to_owned(), |path| path.display().to_string());
    let project = of_kind(&[Kind::Project, Kind::Named]).map(|file| file.path.as_path());
    lines.push(format!("\nproject's file  {}", there(project)));
    lines.push(match (of_kind(&[Kind::User]), user_path()) {
        (Some(file), _) => format!("user's file     {}", file.path.display()),
        (None, Some(path)) => format!("user's file     none (it would be {})", path.display()),
        (None, None) => "user's file     none".to_owned(),
    });
    if files.read.is_empty() && project_path().is_some() {
        lines.push("                files are left out (--no-config or ERRAND_NO_CONFIG)".to_owned());
    }
    if !targets.is_empty() {
        lines.push(format!("targets         {}", targets.join(", ")));
    }
    lines.join("\n")
}

/// Tells which file is meant, or was changed.
pub(crate) fn settings_file(path: &Path, style: Style) -> Result<(), Error> {
    show(style, &json!({ "file": path }), || path.display().to_string())
}
