//! What holds in the end, and where it comes from.

use super::file::{File, Target, Value};
use super::find::Files;
use super::given::Given;
use super::keys::{Key, nearest};
use super::resolved::{Resolved, Setting, Source};
use crate::error::Error;

/// How much what named the target counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Option,
    Variable,
    /// The file of this index.
    File(usize),
}

struct Chosen<'a> {
    name: &'a str,
    rank: Rank,
    source: Source,
    target: &'a Target,
    file: &'a File,
}

/// What holds, when this was typed and set, and these files are there.
pub(crate) fn resolve(given: &Given, files: &Files) -> Result<Resolved, Error> {
    let mut resolved = Resolved::default();
    let chosen = chosen(given, &files.read)?;
    match &chosen {
        Some(chosen) => {
            resolved.add(Key::Target, Some(chosen.name.to_owned()), chosen.source.clone());
            resolved.target = Some(chosen.name.to_owned());
            resolved.is_emulator = chosen.target.is_emulator();
        }
        None => resolved.add(Key::Target, None, Source::Default),
    }
    if resolved.is_emulator {
        resolved.unheeded = given.aws(Key::Profile).map(|(name, _)| name);
    }
    let default = |key| match key {
        Key::Stack => (Some("errand"), Source::Default),
        Key::KmsKeyArn => (None, Source::Default),
        Key::Region if resolved.is_emulator => (Some("us-east-1"), Source::Default),
        _ => (None, Source::Aws),
    };
    let mut found = Vec::new();
    for key in [
        Key::Stack,
        Key::EndpointUrl,
        Key::Region,
        Key::Profile,
        Key::KmsKeyArn,
    ] {
        let setting = place(key, given, &files.read, chosen.as_ref()).unwrap_or_else(|| {
            let (value, source) = default(key);
            Setting {
                key,
                value: value.map(str::to_owned),
                source,
            }
        });
        if key == Key::EndpointUrl
            && setting.value.is_none()
            && matches!(setting.source, Source::Target { .. })
        {
            resolved.is_at_aws = true;
        }
        found.push(setting);
    }
    resolved.settings.extend(found);
    for key in [Key::Timeout, Key::Memory, Key::Quiet, Key::Timing] {
        if let Some(setting) = of_command(key, given, &files.read) {
            resolved.settings.push(setting);
        }
    }
    Ok(resolved)
}

/// The target that holds; none where none was named, or where something that counts more names another place.
fn chosen<'a>(given: &'a Given, files: &'a [File]) -> Result<Option<Chosen<'a>>, Error> {
    let option = given.option(Key::Target);
    let variable = given.variable(Key::Target);
    let (name, rank, source) = if let Some(name) = option {
        (name, Rank::Option, Source::Option("target"))
    } else if let Some(name) = variable {
        (name, Rank::Variable, Source::Variable("ERRAND_TARGET".to_owned()))
    } else {
        let of_file = |(index, file): (usize, &'a File)| {
            let value = file.values.get(&Key::Target)?;
            let source = Source::File {
                path: file.path.clone(),
                line: value.line,
            };
            Some((value.text.as_str(), Rank::File(index), source))
        };
        match files.iter().enumerate().find_map(of_file) {
            Some(found) => found,
            None => return Ok(None),
        }
    };
    let defined = files
        .iter()
        .find_map(|file| Some((file.targets.get(name)?, file)));
    let Some((target, file)) = defined else {
        return Err(unknown_target(name, &source, files));
    };
    let says = |key| given.option(key).or(given.variable(key)).is_some();
    let other_place = match rank {
        Rank::Option => false,
        Rank::Variable => says(Key::EndpointUrl),
        Rank::File(_) => says(Key::EndpointUrl) || given.aws(Key::EndpointUrl).is_some(),
    };
    // A profile is one of AWS's.
    let other_account = rank != Rank::Option && target.is_emulator() && says(Key::Profile);
    if other_place || other_account {
        return Ok(None);
    }
    if target.is_emulator() && given.option(Key::Profile).is_some() {
        return Err(Error::Usage(format!(
            "--profile is for AWS, and target `{name}` is an emulator: leave one of them out"
        )));
    }
    Ok(Some(Chosen {
        name,
        rank,
        source,
        target,
        file,
    }))
}

fn unknown_target(name: &str, source: &Source, files: &[File]) -> Error {
    let mut known: Vec<_> = files
        .iter()
        .flat_map(|file| file.targets.keys().map(String::as_str))
        .collect();
    known.sort_unstable();
    known.dedup();
    let cure = match (nearest(name, known.iter().copied()), known.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, false) => format!("there are {}", known.join(", ")),
        (None, true) if name == "local" => {
            "no settings file names one; `make local-up` in a checkout starts the local cloud and names it"
                .to_owned()
        }
        (None, true) => format!(
            "no settings file names one; add it with `errand config set targets.{}.region=REGION`",
            if name.is_empty() { "NAME" } else { name }
        ),
    };
    Error::Settings(format!("there is no target `{name}` (from {source}): {cure}"))
}

/// A setting of the place that work is sent to; none where nobody says anything.
fn place(key: Key, given: &Given, files: &[File], chosen: Option<&Chosen<'_>>) -> Option<Setting> {
    let setting = |value: &str, source| Setting {
        key,
        value: Some(value.to_owned()),
        source,
    };
    let of_target = |rank: Rank| {
        let chosen = chosen.filter(|chosen| chosen.rank == rank)?;
        let source = |line| Source::Target {
            name: chosen.name.to_owned(),
            path: chosen.file.path.clone(),
            line,
        };
        match chosen.target.values.get(&key) {
            Some(Value { text, line }) => Some(setting(text, source(*line))),
            // A target is a place: one that names no endpoint is at AWS.
            None if key == Key::EndpointUrl => Some(Setting {
                key,
                value: None,
                source: source(chosen.target.line),
            }),
            None => None,
        }
    };
    let option = given
        .option(key)
        .map(|text| setting(text, Source::Option(key.name())));
    let variable = || {
        let name = format!("ERRAND_{}", key.name().to_uppercase().replace('-', "_"));
        Some(setting(given.variable(key)?, Source::Variable(name)))
    };
    let aws = || {
        // Those are of AWS, which an emulator is not.
        if chosen.is_some_and(|chosen| chosen.target.is_emulator()) {
            return None;
        }
        let (name, text) = given.aws(key)?;
        let value = match name {
            // They are AWS's to read.
            "AWS_ACCESS_KEY_ID" => None,
            _ => Some(text.to_owned()),
        };
        Some(Setting {
            key,
            value,
            source: Source::Variable(name.to_owned()),
        })
    };
    let of_file = |(index, file): (usize, &File)| {
        of_target(Rank::File(index)).or_else(|| {
            // The rest of the file is of another place than an emulator.
            let is_foreign = chosen.is_some_and(|chosen| chosen.target.is_emulator()) && key == Key::Profile;
            let Value { text, line } = file.values.get(&key).filter(|_| !is_foreign)?;
            let path = file.path.clone();
            Some(setting(text, Source::File { path, line: *line }))
        })
    };
    option
        .or_else(|| of_target(Rank::Option))
        .or_else(variable)
        .or_else(|| of_target(Rank::Variable))
        .or_else(aws)
        .or_else(|| files.iter().enumerate().find_map(of_file))
}

/// A setting of the command itself; none where nobody says anything.
fn of_command(key: Key, given: &Given, files: &[File]) -> Option<Setting> {
    let (value, source) = if let Some(text) = given.option(key) {
        (text, Source::Option(key.name()))
    } else if let Some(text) = given.variable(key) {
        let name = format!("ERRAND_{}", key.name().to_uppercase());
        (text, Source::Variable(name))
    } else {
        let (file, value) = files
            .iter()
            .find_map(|file| Some((file, file.values.get(&key)?)))?;
        let source = Source::File {
            path: file.path.clone(),
            line: value.line,
        };
        (value.text.as_str(), source)
    };
    Some(Setting {
        key,
        value: Some(value.to_owned()),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::Kind;
    use super::*;

    fn files(project: &str, user: &str) -> Files {
        let read = |text, path: &str, kind| File::parse(text, Path::new(path), kind).unwrap();
        Files {
            read: vec![
                read(project, "p.toml", Kind::Project),
                read(user, "u.toml", Kind::User),
            ],
        }
    }

    fn said(words: &[(Key, &str)]) -> Vec<(Key, String)> {
        words
            .iter()
            .map(|(key, text)| (*key, (*text).to_owned()))
            .collect()
    }

    /// A value and its source, as a person reads them.
    fn told(resolved: &Resolved, key: Key) -> String {
        let setting = resolved.settings.iter().find(|each| each.key == key).unwrap();
        format!("{} ({})", setting.value.as_deref().unwrap_or("-"), setting.source)
    }

    const LOCAL: &str =
        "target = \"local\"\n[targets.local]\nendpoint-url = \"http://127.0.0.1:4566\"\nemulator = true\n";
    const AWS: &str = "[targets.aws]\nregion = \"eu-west-1\"\nstack = \"two\"\nprofile = \"work\"\n";

    #[test]
    fn option_outdoes_variable_outdoes_project_outdoes_user_outdoes_default() {
        let files = files(
            "region = \"project-1\"\n",
            "region = \"user-1\"\nstack = \"user\"\n",
        );
        let mut given = Given::default();
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Region), "project-1 (p.toml:1)");
        assert_eq!(told(&resolved, Key::Stack), "user (u.toml:2)");
        given.aws = vec![("AWS_REGION", "aws-1".to_owned())];
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Region), "aws-1 (AWS_REGION)");
        given.variables = said(&[(Key::Region, "variable-1")]);
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Region), "variable-1 (ERRAND_REGION)");
        given.options = said(&[(Key::Region, "option-1")]);
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Region), "option-1 (--region)");
        let nothing = resolve(&Given::default(), &Files::default()).unwrap();
        assert_eq!(told(&nothing, Key::Stack), "errand (default)");
    }

    #[test]
    fn a_target_that_is_named_on_the_command_line_outdoes_the_environment() {
        let files = files(LOCAL, AWS);
        let given = Given {
            options: said(&[(Key::Target, "aws")]),
            variables: said(&[(Key::Stack, "errand")]),
            aws: vec![
                ("AWS_ENDPOINT_URL", "http://127.0.0.1:1".to_owned()),
                ("AWS_REGION", "us-east-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ],
        };
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Region), "eu-west-1 (target aws, u.toml:2)");
        assert_eq!(told(&resolved, Key::Stack), "two (target aws, u.toml:3)");
        assert_eq!(told(&resolved, Key::Profile), "work (target aws, u.toml:4)");
        assert_eq!(told(&resolved, Key::EndpointUrl), "- (target aws, u.toml:1)");
        assert!(resolved.is_at_aws && !resolved.is_emulator);
    }

    #[test]
    fn an_emulator_has_its_own_region_and_keys_whatever_the_environment_says_of_aws() {
        let files = files(LOCAL, AWS);
        let given = Given {
            aws: vec![
                ("AWS_REGION", "eu-west-1".to_owned()),
                ("AWS_PROFILE", "work".to_owned()),
            ],
            ..Given::default()
        };
        let resolved = resolve(&given, &files).unwrap();
        assert!(resolved.is_emulator);
        assert_eq!(resolved.unheeded, Some("AWS_PROFILE"));
        assert_eq!(told(&resolved, Key::Region), "us-east-1 (default)");
        assert_eq!(resolved.value(Key::Profile), None);
    }

    #[test]
    fn whoever_names_another_place_puts_a_files_target_aside_as_a_whole() {
        let files = files(LOCAL, AWS);
        let elsewhere = "http://127.0.0.1:1";
        for given in [
            Given {
                options: said(&[(Key::EndpointUrl, elsewhere)]),
                ..Given::default()
            },
            Given {
                variables: said(&[(Key::EndpointUrl, elsewhere)]),
                ..Given::default()
            },
            Given {
                aws: vec![("AWS_ENDPOINT_URL", elsewhere.to_owned())],
                ..Given::default()
            },
        ] {
            let resolved = resolve(&given, &files).unwrap();
            assert_eq!((resolved.target.as_deref(), resolved.is_emulator), (None, false));
            assert!(told(&resolved, Key::EndpointUrl).starts_with(elsewhere));
        }
        // So does whoever names an account of AWS.
        let given = Given {
            options: said(&[(Key::Profile, "work")]),
            ..Given::default()
        };
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(
            told(&resolved, Key::EndpointUrl),
            "- (as the AWS configuration says)"
        );
    }

    #[test]
    fn keys_in_the_environment_outdo_a_files_profile() {
        let files = files("profile = \"work\"\n", "");
        let given = Given {
            aws: vec![("AWS_ACCESS_KEY_ID", "AKID".to_owned())],
            ..Given::default()
        };
        let resolved = resolve(&given, &files).unwrap();
        assert_eq!(told(&resolved, Key::Profile), "- (AWS_ACCESS_KEY_ID)");
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_where_it_was_named() {
        let named = Given {
            options: said(&[(Key::Target, "lokal")]),
            ..Given::default()
        };
        let error = resolve(&named, &files(LOCAL, AWS)).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no target `lokal` (from --target): did you mean `local`?"
        );
        let error = resolve(&Given::default(), &files("\ntarget = \"prod\"", AWS)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no target `prod` (from p.toml:2): there are aws"
        );
    }

    #[test]
    fn settings_of_the_command_come_from_files_as_well() {
        let files = files("timeout = 5\n", "timeout = 9\nquiet = true\n");
        let resolved = resolve(&Given::default(), &files).unwrap();
        assert_eq!(told(&resolved, Key::Timeout), "5 (p.toml:1)");
        assert_eq!(told(&resolved, Key::Quiet), "true (u.toml:2)");
        assert_eq!(resolved.value(Key::Memory), None);
    }
}
