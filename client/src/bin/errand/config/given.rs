//! Who said something about settings on the command line and in the environment, and what.

use std::env;

use super::keys::Key;

/// Who said something on this command line, and what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// Options, by the setting's key.
    pub(crate) options: Vec<(Key, String)>,
    /// Variables of errand's own.
    pub(crate) variables: Vec<(Key, String)>,
    /// Variables that every AWS tool knows, those that are set and not empty.
    pub(crate) aws: Vec<(&'static str, String)>,
}

/// The AWS variables that are looked at.
const AWS_VARIABLES: [&str; 7] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
];

/// Those of AWS that are set and not empty.
pub(crate) fn aws_variables() -> Vec<(&'static str, String)> {
    let set = |name: &&'static str| {
        let text = env::var(name).ok().filter(|text| !text.is_empty())?;
        Some((*name, text))
    };
    AWS_VARIABLES.iter().filter_map(set).collect()
}

impl Given {
    pub(super) fn option(&self, key: Key) -> Option<&str> {
        Self::of(&self.options, key)
    }

    pub(super) fn variable(&self, key: Key) -> Option<&str> {
        Self::of(&self.variables, key)
    }

    fn of(said: &[(Key, String)], key: Key) -> Option<&str> {
        let (_, text) = said.iter().find(|(each, _)| *each == key)?;
        Some(text)
    }

    /// The AWS variable that says something of a setting.
    pub(super) fn aws(&self, key: Key) -> Option<(&'static str, &str)> {
        let names: &[&str] = match key {
            Key::EndpointUrl => &AWS_VARIABLES[..3],
            Key::Region => &AWS_VARIABLES[3..5],
            // Keys in the environment are who one is, as a profile would be.
            Key::Profile => &AWS_VARIABLES[5..],
            _ => &[],
        };
        let of_key = |name: &&str| self.aws.iter().find(|(each, _)| each == name);
        names
            .iter()
            .find_map(of_key)
            .map(|(name, text)| (*name, text.as_str()))
    }
}
