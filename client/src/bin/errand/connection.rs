//! Which cloud, and which stack in it.

use errand_aws::Endpoint;
use errand_protocol::Stack;

use crate::kms_key::KmsKey;

/// What is told of the cloud on the command line and in `ERRAND_` variables. What is not told comes from where every AWS
/// tool looks: the environment and the profiles.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The deployed stack's name.
    pub(crate) stack: Stack,
    /// Where the cloud is, if not at AWS.
    pub(crate) endpoint_url: Option<Endpoint>,
    /// The AWS region.
    pub(crate) region: Option<String>,
    /// The profile of the AWS configuration files.
    pub(crate) profile: Option<String>,
    /// The key for reply queues; SQS's own if there is none.
    pub(crate) kms_key: Option<KmsKey>,
}
