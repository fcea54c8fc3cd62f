//! The profile of the AWS configuration files that is used: whether there is one, and how one logs in with it.

use std::borrow::Cow;
use std::env;

use aws_config::profile::{self, ProfileFileLoadError, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::Error;

/// How many profiles take their credentials from another before that is taken for a circle.
const MOST_SOURCES: usize = 10;

/// How many profiles are named to somebody who named one that does not exist.
const NAMED: usize = 5;

/// How a person renews the credentials of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// `aws sso login`
    Sso,
    /// `aws login`
    SignIn,
    /// In some other way.
    Other,
}

/// The profile in use.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) login: Login,
    /// Whether the person named it on the command line.
    pub(super) is_wanted: bool,
}

impl Profile {
    /// Of whoever needs nothing of any.
    pub(super) fn none() -> Self {
        Self {
            name: "default".to_owned(),
            login: Login::Other,
            is_wanted: false,
        }
    }

    /// The profile that `wanted` names, or else `AWS_PROFILE`, or else the default one, which need not exist.
    pub(super) async fn find(wanted: Option<&str>) -> Result<Self, Error> {
        let variable = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let name = wanted
            .map(str::to_owned)
            .or(variable)
            .unwrap_or_else(|| "default".to_owned());
        let selected = Some(Cow::Owned(name.clone()));
        #[expect(
            clippy::default_trait_access,
            reason = "the type's name is one of aws-runtime, which is no dependency"
        )]
        let profiles = profile::load(&Fs::real(), &Env::real(), &Default::default(), selected)
            .await
            .map_err(|error| unreadable(&error))?;
        if name != "default" && profiles.get_profile(&name).is_none() {
            let mut known: Vec<_> = profiles.profiles().map(str::to_owned).collect();
            known.sort();
            return Err(Error::UnknownProfile {
                name,
                known: listed(&known),
            });
        }
        Ok(Self {
            login: login(&profiles, &name),
            is_wanted: wanted.is_some(),
            name,
        })
    }

    /// What renews the credentials, for a person to type or to do.
    pub(super) fn cure(&self) -> String {
        match self.login {
            Login::Sso => format!("run `aws sso login --profile {}`", self.name),
            Login::SignIn => format!("run `aws login --profile {}`", self.name),
            Login::Other => format!(
                "look at profile `{}` (`aws configure list --profile {}`), or name another with --profile",
                self.name, self.name
            ),
        }
    }
}

impl Profile {
    /// The same of keys that were found, and are nobody's any more. Where nobody named a profile, they may be the environment's.
    pub(super) fn cure_of_refused_keys(&self) -> String {
        if self.login == Login::Other && !self.is_wanted {
            return "renew them (AWS_ACCESS_KEY_ID and its like in the environment, or `aws configure`), or name a profile with \
                    --profile"
                .to_owned();
        }
        self.cure()
    }
}

fn unreadable(error: &ProfileFileLoadError) -> Error {
    Error::Configuration(format!(
        "cannot read the AWS configuration files: {}; mend ~/.aws/config or ~/.aws/credentials",
        super::failure::chain(error)
    ))
}

fn listed(known: &[String]) -> String {
    match known.len() {
        0 => "there are none".to_owned(),
        count if count > NAMED => format!(
            "there are {} and {} more",
            known[..NAMED].join(", "),
            count - NAMED
        ),
        _ => format!("there are {}", known.join(", ")),
    }
}

/// How one logs in with a profile, or with the one that it takes its credentials from.
fn login(profiles: &ProfileSet, name: &str) -> Login {
    let mut name = name;
    for _ in 0..MOST_SOURCES {
        let Some(profile) = profiles.get_profile(name) else {
            break;
        };
        if profile
            .get("sso_session")
            .or(profile.get("sso_start_url"))
            .is_some()
        {
            return Login::Sso;
        }
        if profile.get("login_session").is_some() {
            return Login::SignIn;
        }
        match profile.get("source_profile") {
            Some(source) => name = source,
            None => break,
        }
    }
    Login::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_profiles_are_named_and_many_are_counted() {
        let names = |count: usize| (1..=count).map(|index| format!("p{index}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(0)), "there are none");
        assert_eq!(listed(&names(2)), "there are p1, p2");
        assert_eq!(listed(&names(7)), "there are p1, p2, p3, p4, p5 and 2 more");
    }
}
