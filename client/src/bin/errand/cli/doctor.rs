//! What is typed after `errand doctor`.

use clap::Args;

/// Find out why it does not work
///
/// Looks at clock, credentials and whose they are, region, stack and its release, buckets and what they tell to queues, queues and
/// whether what waits in them is worked on, functions and what feeds them, dead letters, your jobs without an answer, and reply queues
/// whose client has died: made, or last waited at, more than an hour ago, as their tags tell. Every finding that is not ok says what to
/// do. What your policy does not let you see is `skipped`, with what it needs, and is no fault: functions, triggers and buckets' settings
/// need the operator policy. Nothing is changed without --fix and --probe.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand doctor
  errand doctor --probe                     send a trial job to each function, and wait for its answer
  errand doctor --fix                       remove the reply queues of dead clients
  errand doctor --json | jq '.findings[] | select(.status != \"ok\")'

Exit codes: 0 all is well, or only warnings; 3 something does not work")]
pub(crate) struct DoctorArguments {
    /// Remove the reply queues of dead clients
    #[arg(long, env = "ERRAND_FIX")]
    pub(crate) fix: bool,

    /// Send a small job to each function and wait up to 30 s for its answer: it costs what a job costs
    #[arg(long, env = "ERRAND_PROBE")]
    pub(crate) probe: bool,
}
