//! What is typed after `errand status`.

use std::time::Duration;

use clap::Args;

use crate::commands::jobs;

/// How the stack does: queues, dead letters, last outcomes
///
/// For each queue, how many messages wait, are in flight (given to a function that is not done with them) and are delayed, as SQS
/// counts them, which may lag by some seconds; and how old the oldest is, as CloudWatch has it from SQS once a minute (this needs the
/// operator policy; a local cloud does not know). Then what became of the jobs of the last hour, their failures by code, and the last
/// outcomes; of yours, those without an answer. Nothing is received and nothing is changed. `errand doctor` says whether all is well.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand status
  errand status --since 1d --limit 1000
  watch errand status
  errand status --json | jq '.outcomes.failures'")]
pub(crate) struct StatusArguments {
    /// Count the outcomes of jobs that were done no longer ago: 90s, 30m, 1h, 7d
    #[arg(long, env = "ERRAND_SINCE", value_name = "TIME", value_parser = jobs::duration, default_value = "1h")]
    pub(crate) since: Duration,

    /// Look at no more than so many outcomes, the newest
    #[arg(long, env = "ERRAND_LIMIT", value_name = "N", default_value_t = 200)]
    pub(crate) limit: usize,
}
