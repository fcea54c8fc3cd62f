//! What is typed after `errand doctor`.

use clap::Args;

/// Find out why it does not work
///
/// Looks at credentials, region, stack, queues and buckets, at dead letters that wait, and at reply queues whose client
/// has died: made, or last waited at, more than an hour ago, as their tags tell. Clients that end by themselves remove
/// theirs.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand doctor
  errand doctor --fix                       remove the reply queues of dead clients
  errand doctor --json | jq '.findings[] | select(.status != \"ok\")'

Exit codes: 0 all is well, or only warnings; 3 something does not work")]
pub(crate) struct DoctorArguments {
    /// Remove the reply queues of dead clients
    #[arg(long, env = "ERRAND_FIX")]
    pub(crate) fix: bool,
}
