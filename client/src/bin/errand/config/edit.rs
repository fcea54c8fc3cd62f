//! Changes a settings file, and leaves all else in it as it is, comments and order.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, value};

use super::file::{File, Kind, TABLES};
use super::keys::{Assignment, Key, KeyName, Type};
use crate::error::Error;

/// What to write, and what to take away, in this order.
pub(crate) fn change(path: &Path, kind: Kind, set: &[Assignment], unset: &[KeyName]) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => {
            return Err(Error::Read {
                path: path.to_owned(),
                source,
            });
        }
        Ok(text) => text,
    };
    // With what is wrong and where.
    File::parse(&text, path, kind)?;
    let mut document: DocumentMut = text.parse().expect("it was just read");
    for assignment in set {
        put(&mut document, assignment);
    }
    for key in unset {
        take(&mut document, key);
    }
    let changed = document.to_string();
    // What would be refused when it is read is not written: an endpoint elsewhere, in a project's file.
    File::parse(&changed, path, kind)?;
    if changed != text {
        write(path, &changed).map_err(failed)?;
    }
    Ok(())
}

fn put(document: &mut DocumentMut, Assignment { key, value: text }: &Assignment) {
    let (table, key) = match key {
        KeyName::Top(key) => (document.as_table_mut(), *key),
        KeyName::OfTarget(target, key) => (target_table(document, target), *key),
        KeyName::WholeTarget(_) => return,
    };
    let new = match key.kind() {
        Type::Text => value(text.as_str()),
        Type::Number => value(text.parse::<i64>().expect("it was checked")),
        Type::Switch => value(text == "true"),
    };
    match table.get_mut(key.name()) {
        // What stands behind it, such as a comment, stays.
        Some(Item::Value(old)) => {
            let mut new = new.into_value().expect("it is a value");
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        _ => {
            table.insert(key.name(), new);
        }
    }
}

fn target_table<'a>(document: &'a mut DocumentMut, target: &str) -> &'a mut Table {
    let tables = document.as_table_mut().entry(TABLES).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let tables = as_table(tables);
    as_table(tables.entry(target).or_insert_with(|| Item::Table(Table::new())))
}

/// A table of its own, also of one that was written in a line.
fn as_table(item: &mut Item) -> &mut Table {
    if !item.is_table() {
        let old = std::mem::take(item);
        *item = Item::Table(old.into_table().unwrap_or_default());
    }
    item.as_table_mut().expect("it was made one")
}

fn take(document: &mut DocumentMut, key: &KeyName) {
    let root = document.as_table_mut();
    match key {
        KeyName::Top(key) => {
            root.remove(key.name());
        }
        KeyName::OfTarget(target, key) => {
            if let Some(table) = table_of(root, target) {
                table.remove(key.name());
            }
        }
        KeyName::WholeTarget(target) => {
            if let Some(tables) = root.get_mut(TABLES).and_then(Item::as_table_like_mut) {
                tables.remove(target);
            }
            // Nobody is left at a place that is no more.
            if root.get(Key::Target.name()).and_then(Item::as_str) == Some(target) {
                root.remove(Key::Target.name());
            }
        }
    }
}

fn table_of<'a>(root: &'a mut Table, target: &str) -> Option<&'a mut dyn toml_edit::TableLike> {
    let tables = root.get_mut(TABLES)?.as_table_like_mut()?;
    tables.get_mut(target)?.as_table_like_mut()
}

/// Whole or not at all; through a link, to the file that it leads to.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut part = tempfile::Builder::new().prefix(".errand-").tempfile_in(folder)?;
    part.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(part.path(), metadata.permissions())?;
    }
    part.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, set: &[&str], unset: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/config.toml");
        if !text.is_empty() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        let set: Vec<_> = set.iter().map(|each| each.parse().unwrap()).collect();
        let unset: Vec<_> = unset.iter().map(|each| each.parse().unwrap()).collect();
        change(&path, Kind::User, &set, &unset).unwrap();
        fs::read_to_string(&path).unwrap_or_default()
    }

    #[test]
    fn a_new_file_has_what_was_set() {
        let set = [
            "targets.local.endpoint-url=http://127.0.0.1:4566",
            "targets.local.emulator=true",
            "target=local",
            "timeout=30",
        ];
        assert_eq!(
            changed("", &set, &[]),
            "target = \"local\"\ntimeout = 30\n\n[targets.local]\nendpoint-url = \"http://127.0.0.1:4566\"\nemulator = true\n"
        );
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# mine\nregion = \"a\" # why\n\n[targets.aws] # work\nstack = \"one\"\n# end\n";
        assert_eq!(
            changed(text, &["region=b", "targets.aws.stack=two"], &[]),
            "# mine\nregion = \"b\" # why\n\n[targets.aws] # work\nstack = \"two\"\n# end\n"
        );
        assert_eq!(
            changed(text, &[], &["targets.aws.stack", "stack"]),
            "# mine\nregion = \"a\" # why\n\n[targets.aws] # work\n# end\n"
        );
    }

    #[test]
    fn a_target_that_is_taken_away_is_no_longer_chosen() {
        let text = "target = \"local\"\n[targets]\nlocal = { region = \"a\" }\n";
        assert_eq!(changed(text, &[], &["targets.local"]), "[targets]\n");
        let other = "target = \"aws\"\n[targets.local]\n";
        assert_eq!(changed(other, &[], &["targets.local"]), "target = \"aws\"\n");
    }

    #[test]
    fn what_would_be_refused_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".errand.toml");
        let set = ["endpoint-url=https://example.com".parse().unwrap()];
        let error = change(&path, Kind::Project, &set, &[]).unwrap_err();
        assert!(error.to_string().contains("another machine"), "{error}");
        assert!(!path.exists());
    }
}
