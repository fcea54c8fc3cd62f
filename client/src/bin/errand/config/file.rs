//! One settings file, read whole and checked, so that what is wrong is told with its line whether it is used or not.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use errand_client::Endpoint;
use toml_edit::{Document, Item, TableLike};

use super::keys::{Key, Type, check_target_name, unknown};
use crate::error::Error;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Found in the working directory or above it.
    Project,
    /// Named with --config-file.
    Named,
    /// The user's own.
    User,
}

/// What a settings file says.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) values: BTreeMap<Key, Value>,
    pub(crate) targets: BTreeMap<String, Target>,
}

/// A value, as its option would take it, and its line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A named cloud.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) values: BTreeMap<Key, Value>,
    /// Where it begins.
    pub(crate) line: usize,
}

impl Target {
    /// Whether it takes the keys that every emulator takes.
    pub(crate) fn is_emulator(&self) -> bool {
        self.values
            .get(&Key::Emulator)
            .is_some_and(|value| value.text == "true")
    }
}

impl File {
    /// Reads a file; none if it is not there.
    pub(crate) fn read(path: &Path, kind: Kind) -> Result<Option<Self>, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && kind != Kind::Named => return Ok(None),
            Err(source) => {
                return Err(Error::Settings(format!(
                    "cannot read the settings of `{}`: {source}; mend it, or leave settings files out with --no-config",
                    path.display()
                )));
            }
        };
        Self::parse(&text, path, kind).map(Some)
    }

    pub(crate) fn parse(text: &str, path: &Path, kind: Kind) -> Result<Self, Error> {
        let at = |span: Option<Range<usize>>| line_of(text, span);
        let wrong = |line: usize, what: &str| Error::Settings(format!("{}:{line}: {what}", path.display()));
        let document = Document::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            wrong(at(error.span()), &format!("this is no TOML: {message}"))
        })?;
        let mut file = Self {
            path: path.to_owned(),
            kind,
            values: BTreeMap::new(),
            targets: BTreeMap::new(),
        };
        for (name, item) in document.iter() {
            let line = at(document.key(name).and_then(toml_edit::Key::span));
            // `target = "local"` and `[target.local]` are one key of TOML, and cannot both be: the tables are `[targets]`.
            if name == TABLES {
                let tables = item
                    .as_table_like()
                    .ok_or_else(|| wrong(line, "`targets` holds tables, as in [targets.local]"))?;
                for (target, item) in tables.iter() {
                    let line = at(tables.key(target).and_then(toml_edit::Key::span));
                    check_target_name(target).map_err(|error| wrong(line, &error))?;
                    let table = item.as_table_like().ok_or_else(|| {
                        wrong(
                            line,
                            &format!("`{target}` holds settings, as in [targets.{target}]"),
                        )
                    })?;
                    let found = read_target(table, line, &at, &wrong)?;
                    file.targets.insert(target.to_owned(), found);
                }
                continue;
            }
            let key = Key::named(name, false).ok_or_else(|| wrong(line, &unknown(name, false)))?;
            let value = read_value(key, item, line).map_err(|error| wrong(line, &error))?;
            file.values.insert(key, value);
        }
        file.check_endpoints(&wrong)?;
        Ok(file)
    }

    /// What was found in a folder sends nothing to another machine of its own accord.
    fn check_endpoints(&self, wrong: &dyn Fn(usize, &str) -> Error) -> Result<(), Error> {
        let tables = self.targets.values().map(|target| &target.values);
        for (values, is_emulator) in std::iter::once((&self.values, false)).chain(tables.map(|values| {
            (
                values,
                values
                    .get(&Key::Emulator)
                    .is_some_and(|value| value.text == "true"),
            )
        })) {
            let endpoint = values.get(&Key::EndpointUrl);
            let is_near = endpoint.is_some_and(|value| {
                let endpoint = value.text.parse::<Endpoint>();
                endpoint.is_ok_and(|endpoint| endpoint.is_loopback())
            });
            if is_emulator && !is_near {
                let line = endpoint
                    .or(values.get(&Key::Emulator))
                    .map_or(1, |value| value.line);
                return Err(wrong(
                    line,
                    "an emulator is on this machine, since its keys are no secret: give it an endpoint-url such as \
                     http://127.0.0.1:4566, or leave out `emulator`",
                ));
            }
            if let Some(value) = endpoint
                && self.kind == Kind::Project
                && !is_near
            {
                return Err(wrong(
                    value.line,
                    &format!(
                        "a project's file may not send to `{}`, which is another machine: name that in your own file (`errand \
                         config path`), or name this file with --config-file",
                        value.text
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// The key that the targets' tables are under.
pub(crate) const TABLES: &str = "targets";

fn read_target(
    table: &dyn TableLike,
    line: usize,
    at: &dyn Fn(Option<Range<usize>>) -> usize,
    wrong: &dyn Fn(usize, &str) -> Error,
) -> Result<Target, Error> {
    let mut target = Target {
        line,
        ..Target::default()
    };
    for (name, item) in table.iter() {
        let line = at(table.key(name).and_then(toml_edit::Key::span));
        let key = Key::named(name, true).ok_or_else(|| wrong(line, &unknown(name, true)))?;
        let value = read_value(key, item, line).map_err(|error| wrong(line, &error))?;
        target.values.insert(key, value);
    }
    Ok(target)
}

fn read_value(key: Key, item: &Item, line: usize) -> Result<Value, String> {
    let text = match key.kind() {
        Type::Text => item.as_str().map(str::to_owned),
        Type::Number => item.as_integer().map(|number| number.to_string()),
        Type::Switch => item.as_bool().map(|switch| switch.to_string()),
    };
    let text = text.ok_or_else(|| format!("`{}` is {}", key.name(), key.kind().name()))?;
    key.check(&text)?;
    Ok(Value { text, line })
}

/// The line of a place in a text, from 1.
fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let end = span.map_or(0, |span| span.start);
    let before = text.char_indices().take_while(|(index, _)| *index < end);
    1 + before.filter(|(_, letter)| *letter == '\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, kind: Kind) -> Result<File, String> {
        File::parse(text, Path::new("f.toml"), kind).map_err(|error| error.to_string())
    }

    const WHOLE: &str = "# mine\ntarget = \"local\"\ntimeout = 30\nquiet = true\n\n[targets.local]\n\
                         endpoint-url = \"http://127.0.0.1:4566\"\nemulator = true\n\n[targets.aws]\nregion = \"eu-west-1\"\n";

    #[test]
    fn values_are_known_with_their_lines() {
        let file = parse(WHOLE, Kind::Project).unwrap();
        let value = |text: &str, line| Value {
            text: text.to_owned(),
            line,
        };
        assert_eq!(file.values[&Key::Target], value("local", 2));
        assert_eq!(file.values[&Key::Timeout], value("30", 3));
        let local = &file.targets["local"];
        assert_eq!((local.line, local.is_emulator()), (6, true));
        assert_eq!(local.values[&Key::EndpointUrl], value("http://127.0.0.1:4566", 7));
        assert!(!file.targets["aws"].is_emulator());
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        for (text, words) in [
            ("region = ", &["f.toml:1: ", "no TOML"][..]),
            ("\nregoin = \"x\"", &["f.toml:2: ", "did you mean `region`"]),
            ("timeout = \"30\"", &["f.toml:1: ", "`timeout` is a whole number"]),
            ("timeout = -1", &["f.toml:1: ", "at least 1"]),
            ("stack = \"Errand\"", &["f.toml:1: ", "Errand"]),
            ("region = \"a\"\nregion = \"b\"", &["f.toml:2: ", "duplicate key"]),
            ("[targets.local]\nprofil = \"a\"", &["f.toml:2: ", "`profile`"]),
            ("[targets.'a b']\n", &["f.toml:1: ", "no name of a target"]),
            ("targets = 3", &["f.toml:1: ", "[targets.local]"]),
            ("[targets]\nlocal = 3", &["f.toml:2: ", "[targets.local]"]),
            ("[targets.l]\nemulator = true", &["f.toml:2: ", "on this machine"]),
            (
                "[targets.l]\nemulator = true\nendpoint-url = \"http://169.254.0.1\"",
                &["f.toml:3: ", "on this machine"],
            ),
        ] {
            let error = parse(text, Kind::User).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{text:?}: no {word} in {error}");
            }
        }
    }

    #[test]
    fn a_projects_file_sends_to_no_other_machine() {
        for text in [
            "endpoint-url = \"https://example.com\"",
            "[targets.x]\nendpoint-url = \"http://127.0.0.1.example.com\"",
        ] {
            let error = parse(text, Kind::Project).unwrap_err();
            assert!(error.contains("another machine"), "{error}");
            for kind in [Kind::User, Kind::Named] {
                assert!(parse(text, kind).is_ok(), "{text}");
            }
        }
    }
}
