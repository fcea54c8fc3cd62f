//! The key of KMS that a run's reply queue is encrypted with.

use std::fmt;
use std::str::FromStr;

/// The ARN of a key, as the stack's parameter `KmsKeyArn` takes it: an alias, or a key's id, would be looked up in
/// whatever account the queue is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey(String);

/// The text is not the ARN of a key.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not the ARN of a KMS key: expected the stack's parameter KmsKeyArn, as in \
     arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)]
pub struct InvalidKmsKey(String);

impl FromStr for KmsKey {
    type Err = InvalidKmsKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The parameter's `AllowedPattern` in `template.yaml`.
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let consists_of = |text: &str, is_part: fn(u8) -> bool| !text.is_empty() && text.bytes().all(is_part);
        let valid = match parts[..] {
            ["arn", partition, "kms", region, account, resource] => {
                consists_of(partition, |b| matches!(b, b'a'..=b'z' | b'-'))
                    && consists_of(region, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                    && account.len() == 12
                    && consists_of(account, |b| b.is_ascii_digit())
                    && resource
                        .strip_prefix("key/")
                        .is_some_and(|id| consists_of(id, |b| b.is_ascii_alphanumeric() || b == b'-'))
            }
            _ => false,
        };
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKmsKey(text.chars().take(100).collect()))
        }
    }
}

impl fmt::Display for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KmsKey {
    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_arn_of_a_key_is_one() {
        for arn in [
            "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        ] {
            assert_eq!(arn.parse::<KmsKey>().unwrap().as_str(), arn);
        }
        for other in [
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/errand",
            "arn:aws:kms:eu-west-1:123456789012:alias/errand",
            "arn:aws:sqs:eu-west-1:123456789012:key/1",
            "arn:aws:kms:eu-west-1:12345678901:key/1",
            "arn:aws:kms:eu-west-1:123456789012:key/",
            "arn:aws:kms:eu-west-1:123456789012:key/1:2",
        ] {
            let error = other.parse::<KmsKey>().unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("`{other}` is not the ARN"))
            );
        }
    }
}
