//! Whose credentials are in use, and until when.

use std::time::UNIX_EPOCH;

use errand_aws::{code, message};

use super::{Cloud, Seen};
use crate::error::Error;

/// Whose credentials are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account of AWS, twelve digits.
    pub account: String,
    /// The user or the role's session.
    pub arn: String,
}

/// The codes of STS for keys that are not, or no longer, valid.
const INVALID: [&str; 5] = [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidAccessKeyId",
];

impl Cloud {
    /// Asks STS whose the credentials are. Nobody needs a right for that. Never [`Seen::Missing`]: that they are nobody's is
    /// [`Error::Credentials`].
    pub async fn identity(&self) -> Result<Seen<Identity>, Error> {
        let Some(sts) = &self.others.sts else {
            return Ok(Seen::not(
                "nobody said where STS is: set AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_STS",
            ));
        };
        match sts.get_caller_identity().send().await {
            Ok(caller) => Ok(match (caller.account, caller.arn) {
                (Some(account), Some(arn)) => Seen::There(Identity { account, arn }),
                _ => Seen::not("STS does not tell"),
            }),
            Err(error) if code(&error).is_some_and(|code| INVALID.contains(&code)) => {
                Err(Error::Credentials {
                    cause: format!("{} is refused: {}", self.access_key(), message(&error)),
                    cure: self.profile.cure_of_refused_keys(),
                })
            }
            Err(error) if error.raw_response().is_some() => {
                Ok(Seen::not(format!("STS does not tell: {}", message(&error))))
            }
            Err(error) => Ok(Seen::not(format!(
                "STS cannot be reached: {}",
                errand_aws::root_cause(&error)
            ))),
        }
    }

    /// The access key in use, as it may be shown.
    #[must_use]
    pub fn access_key(&self) -> String {
        format!("access key {}", self.others.credentials.access_key_id())
    }

    /// When the credentials in use end, in seconds since 1970-01-01 UTC; none if they do not.
    #[must_use]
    pub fn credentials_end_unix_secs(&self) -> Option<u64> {
        let end = self.others.credentials.expiry()?;
        end.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
    }
}
