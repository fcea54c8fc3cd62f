//! Which cloud, and which stack in it.

use std::fmt;
use std::sync::Arc;

use errand_aws::Endpoint;
use errand_protocol::Stack;

use crate::kms_key::KmsKey;

/// Which cloud, and which stack in it. What is `None` comes from where every AWS tool looks: the environment and the
/// profiles.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The deployed stack's name.
    pub stack: Stack,
    /// Where the cloud is, if not at AWS. Default: none.
    pub endpoint_url: Option<Endpoint>,
    /// Whether the cloud is at AWS, whatever endpoint the environment and the profiles name. Default: no.
    pub is_at_aws: bool,
    /// The AWS region, as in `eu-west-1`. Default: none.
    pub region: Option<String>,
    /// The profile of the AWS configuration files; its credentials are taken, whatever keys are in the environment.
    /// Default: none.
    pub profile: Option<String>,
    /// Credentials to be used, whatever the profile and the environment say. Default: none.
    pub access_key: Option<AccessKey>,
    /// The KMS key for reply queues: the stack's parameter `KmsKeyArn`, where it has one. Default: none, which is SQS's own
    /// key.
    pub kms_key: Option<KmsKey>,
    /// Who is told what goes on. Default: nobody.
    pub notes: Notes,
}

impl Settings {
    /// A stack of this name, with all else as it is found.
    #[must_use]
    pub fn of_stack(stack: Stack) -> Self {
        Self {
            stack,
            endpoint_url: None,
            is_at_aws: false,
            region: None,
            profile: None,
            access_key: None,
            kms_key: None,
            notes: Notes::default(),
        }
    }
}

/// An access key of AWS.
#[derive(Clone)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token of the session that it is for, if it is for one.
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({})", self.id)
    }
}

/// Who is told, in words for a person, what goes on: an upload that begins, a call that is tried again.
#[derive(Clone, Default)]
pub struct Notes(Option<Arc<Tell>>);

type Tell = dyn Fn(&str) + Send + Sync;

impl Notes {
    /// Calls `tell` with each note, on the thread that the work is done on: it must not block.
    pub fn to(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Tells a note.
    pub(crate) fn tell(&self, note: impl FnOnce() -> String) {
        if let Some(tell) = &self.0 {
            tell(&note());
        }
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notes(told)" } else { "Notes" })
    }
}
