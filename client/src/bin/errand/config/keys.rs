//! What a settings file may say.

use std::fmt;
use std::str::FromStr;

use errand_client::{Endpoint, KmsKey, Stack};

/// A setting of a file. Each has the name of its option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Target,
    Stack,
    EndpointUrl,
    Region,
    Profile,
    KmsKeyArn,
    /// Of a target alone: it is an emulator on this machine, which takes the keys that all emulators take.
    Emulator,
    Timeout,
    Memory,
    Quiet,
    Timing,
}

/// What a value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Number,
    Switch,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::Number => "a whole number, at least 1",
            Self::Switch => "true or false",
        }
    }
}

/// Those of a file itself.
const TOP: [Key; 10] = [
    Key::Target,
    Key::Stack,
    Key::EndpointUrl,
    Key::Region,
    Key::Profile,
    Key::KmsKeyArn,
    Key::Timeout,
    Key::Memory,
    Key::Quiet,
    Key::Timing,
];

/// Those of a target.
const OF_TARGET: [Key; 6] = [
    Key::Stack,
    Key::EndpointUrl,
    Key::Region,
    Key::Profile,
    Key::KmsKeyArn,
    Key::Emulator,
];

impl Key {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Stack => "stack",
            Self::EndpointUrl => "endpoint-url",
            Self::Region => "region",
            Self::Profile => "profile",
            Self::KmsKeyArn => "kms-key-arn",
            Self::Emulator => "emulator",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Quiet => "quiet",
            Self::Timing => "timing",
        }
    }

    pub(crate) fn kind(self) -> Type {
        match self {
            Self::Timeout | Self::Memory => Type::Number,
            Self::Quiet | Self::Timing | Self::Emulator => Type::Switch,
            _ => Type::Text,
        }
    }

    /// Those that may stand here.
    pub(crate) fn all(in_target: bool) -> &'static [Self] {
        if in_target { &OF_TARGET } else { &TOP }
    }

    pub(crate) fn named(name: &str, in_target: bool) -> Option<Self> {
        Self::all(in_target)
            .iter()
            .copied()
            .find(|key| key.name() == name)
    }

    /// Refuses a text that the option would refuse.
    pub(crate) fn check(self, text: &str) -> Result<(), String> {
        let told = |error: &dyn fmt::Display| Err(error.to_string());
        match self {
            Self::Stack => text
                .parse::<Stack>()
                .map_or_else(|error| told(&error), |_| Ok(())),
            Self::EndpointUrl => text
                .parse::<Endpoint>()
                .map_or_else(|error| told(&error), |_| Ok(())),
            Self::KmsKeyArn => text
                .parse::<KmsKey>()
                .map_or_else(|error| told(&error), |_| Ok(())),
            Self::Target => check_target_name(text),
            Self::Timeout | Self::Memory => match text.parse::<u32>() {
                Ok(1..) => Ok(()),
                _ => Err(format!("`{text}` is not {}", Type::Number.name())),
            },
            Self::Quiet | Self::Timing | Self::Emulator => match text {
                "true" | "false" => Ok(()),
                _ => Err(format!("`{text}` is not {}", Type::Switch.name())),
            },
            Self::Region | Self::Profile if text.is_empty() => {
                Err(format!("`{}` is empty: leave it out", self.name()))
            }
            Self::Region | Self::Profile => Ok(()),
        }
    }
}

/// Targets are named as stacks are, so that a name needs no quotes in a file or in a shell.
pub(crate) fn check_target_name(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.is_empty() && name.len() <= 60 && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name of a target: take letters, digits and hyphens, as in local",
        name.chars().take(60).collect::<String>()
    ))
}

/// The name of a setting on the command line: `region`, or `targets.aws.region`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    Top(Key),
    OfTarget(String, Key),
    /// A target as a whole, to take away.
    WholeTarget(String),
}

impl FromStr for KeyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix("targets.") else {
            return Key::named(text, false)
                .map(Self::Top)
                .ok_or_else(|| unknown(text, false));
        };
        let (target, key) = rest.split_once('.').unzip();
        let target = target.unwrap_or(rest);
        check_target_name(target)?;
        match key {
            None => Ok(Self::WholeTarget(target.to_owned())),
            Some(key) => Key::named(key, true)
                .map(|key| Self::OfTarget(target.to_owned(), key))
                .ok_or_else(|| unknown(key, true)),
        }
    }
}

/// A setting and its value, as in `targets.aws.region=eu-west-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) key: KeyName,
    pub(crate) value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text
            .split_once('=')
            .ok_or("expected KEY=VALUE, as in region=eu-west-1")?;
        let key: KeyName = name.parse()?;
        match &key {
            KeyName::Top(key) | KeyName::OfTarget(_, key) => key.check(value)?,
            KeyName::WholeTarget(target) => {
                return Err(format!(
                    "a target has settings of its own: name one, as in targets.{target}.region, or say which target is taken with \
                     target={target}"
                ));
            }
        }
        Ok(Self {
            key,
            value: value.to_owned(),
        })
    }
}

/// What to say of a name that no setting has.
pub(crate) fn unknown(name: &str, in_target: bool) -> String {
    let all = Key::all(in_target).iter().map(|key| key.name());
    let place = if in_target { " of a target" } else { "" };
    let name: String = name.chars().take(60).collect();
    match nearest(&name, all.clone()) {
        Some(meant) => format!("there is no setting{place} `{name}`: did you mean `{meant}`?"),
        None => format!(
            "there is no setting{place} `{name}`: there are {}",
            all.collect::<Vec<_>>().join(", ")
        ),
    }
}

/// The word that was meant, most likely: by the same measure as clap's, and one letter that is wrong, or has changed places.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.replace('_', "-");
    let close = |known: &&str| {
        let slip = if strsim::osa_distance(&word, known) == 1 {
            0.9
        } else {
            0.0
        };
        strsim::jaro(&word, known).max(slip)
    };
    known
        .filter(|known| close(known) > 0.7)
        .max_by(|one, other| close(one).total_cmp(&close(other)))
}

/// All names that can be typed, for completion.
pub(crate) fn names(targets: &[String]) -> Vec<String> {
    let mut names: Vec<_> = TOP.iter().map(|key| key.name().to_owned()).collect();
    let mut known: Vec<&str> = targets.iter().map(String::as_str).collect();
    for usual in ["local", "aws"] {
        if !known.contains(&usual) {
            known.push(usual);
        }
    }
    for target in known {
        names.extend(
            OF_TARGET
                .iter()
                .map(|key| format!("targets.{target}.{}", key.name())),
        );
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_named_by_itself_or_in_its_target() {
        assert_eq!("region".parse(), Ok(KeyName::Top(Key::Region)));
        assert_eq!(
            "targets.aws.region".parse(),
            Ok(KeyName::OfTarget("aws".to_owned(), Key::Region))
        );
        assert_eq!("targets.aws".parse(), Ok(KeyName::WholeTarget("aws".to_owned())));
    }

    #[test]
    fn a_name_that_no_setting_has_is_told_with_the_one_that_was_meant() {
        for (wrong, word) in [
            ("regoin", "`region`"),
            ("endpoint_url", "`endpoint-url`"),
            ("targets.aws.profil", "`profile`"),
            ("targets.aws.target", "there are stack"),
            ("paint", "there are target"),
            ("targets.", "no name of a target"),
        ] {
            let error = wrong.parse::<KeyName>().unwrap_err();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_value_is_held_to_what_its_option_takes() {
        for right in [
            "stack=errand-two",
            "targets.local.endpoint-url=http://127.0.0.1:4566",
            "timeout=30",
            "quiet=true",
            "targets.local.emulator=true",
        ] {
            assert!(right.parse::<Assignment>().is_ok(), "{right}");
        }
        for (wrong, word) in [
            ("stack=Errand", "Errand"),
            ("endpoint-url=127.0.0.1", "http://"),
            ("timeout=0", "at least 1"),
            ("quiet=1", "true or false"),
            ("region=", "is empty"),
            ("region", "KEY=VALUE"),
            ("targets.local=x", "targets.local.region"),
            ("emulator=true", "no setting `emulator`"),
        ] {
            let error = wrong.parse::<Assignment>().unwrap_err();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }
}
