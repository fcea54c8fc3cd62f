//! What is typed after `errand listen`.

use clap::Args;

/// Print what arrives on the stack's response queue
///
/// Answers to requests that name no reply queue, and to files uploaded to the input bucket, arrive there. What has
/// been printed is removed from the queue (the outcomes stay on S3). Ends when interrupted, or after --count answers
/// or --timeout seconds without one, where these are given.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand listen
  errand listen --json --count 1 --timeout 60")]
pub(crate) struct ListenArguments {
    /// End after so many answers
    #[arg(long, env = "ERRAND_COUNT", value_name = "N")]
    pub(crate) count: Option<u64>,
}
